"""λ by hand: one record (1, 2), an identity for a trunk, and logistic heads with known weights."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from mtrec.errors import MtrecError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.strategies.sum import Sum
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.losses import record_losses
from mtrec.training.step import Updater, encoder_groups, schedule

HEADS = {"a": [1.0, 0.0], "b": [0.0, -1.0]}
VECTORS = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
READING = {Unit.TEXT: Ragged.single(VECTORS[:, None])}


class NoEncoder(nn.Module):
    width = 2
    config = EncoderConfig(method="frozen")


def updater(lambdas: dict[str, float], clip: float = 1000) -> Updater:
    specs = [HeadSpec(task, "binary", ("no", "yes")) for task in lambdas]
    model = MultiTaskModel(cast(Any, NoEncoder()), TrunkConfig(width=8), specs)
    model.trunk = nn.Sequential(nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        model.trunk[0].weight.copy_(torch.eye(2))
        for index, task in enumerate(lambdas):
            head = nn.Linear(2, 1)
            head.weight.copy_(torch.tensor([HEADS[task]]))
            head.bias.zero_()
            model.heads[f"task_{index}"] = head
    weighted = {task: value for task, value in lambdas.items() if value > 0}
    return Updater(model, Sum(weighted), lambdas.keys() - weighted.keys(), TrainConfig(clip=clip))


def examples(
    targets: dict[str, list[int]], weights: dict[str, list[float]] | None = None
) -> Examples:
    encoded = {task: np.array(values) for task, values in targets.items()}
    return Examples(
        texts=["", ""],
        rows={},
        targets={
            task: Ragged(torch.from_numpy(values[values >= 0]), (values >= 0).astype(np.int64))
            for task, values in encoded.items()
        },
        weights={task: torch.tensor(each) for task, each in (weights or {}).items()},
        truth={},
        people=None,
    )


def trunk_gradient(lambdas: dict[str, float], targets: dict[str, list[int]]) -> np.ndarray:
    chosen = updater(lambdas)
    known = examples({task: targets[task] for task in lambdas})
    chosen.update(lambda: READING, known, np.arange(2), 0.5)
    gradient = chosen.model.trunk[0].weight.grad
    return np.zeros((2, 2)) if gradient is None else gradient.numpy()


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_the_trunks_gradient_is_the_sum_weighted_by_lambda() -> None:
    """d L_k / d trunk = mean over records of (σ(w·x) - y) w xᵀ, the trunk being the identity."""
    gradient = trunk_gradient({"a": 2.0, "b": 0.5}, {"a": [1, 0], "b": [0, 0]})
    x = VECTORS.numpy()
    of_a = ((sigmoid(1) - 1) * x[0] + (sigmoid(3) - 0) * x[1]) / 2
    of_b = -(sigmoid(-2) * x[0] + sigmoid(1) * x[1]) / 2
    np.testing.assert_allclose(gradient, [2.0 * of_a, 0.5 * of_b], rtol=1e-5)


def test_lambda_two_doubles_the_gradient() -> None:
    targets = {"a": [1, 0]}
    np.testing.assert_allclose(
        trunk_gradient({"a": 2.0}, targets), 2 * trunk_gradient({"a": 1.0}, targets), rtol=1e-6
    )


def test_a_loss_is_the_mean_over_the_records_that_carry_the_task() -> None:
    """With one of two records labelled, the gradient is that record's whole, not half of it."""
    gradient = trunk_gradient({"a": 1.0}, {"a": [-1, 0]})
    np.testing.assert_allclose(gradient[0], sigmoid(3) * VECTORS[1].numpy(), rtol=1e-5)


def test_a_record_counts_as_much_as_its_weight_says() -> None:
    chosen = updater({"a": 1.0})
    chosen.update(lambda: READING, examples({"a": [1, 0]}, {"a": [0.5, 1.5]}), np.arange(2), 0.5)
    x = VECTORS.numpy()
    expected = (0.5 * (sigmoid(1) - 1) * x[0] + 1.5 * sigmoid(3) * x[1]) / 2
    gradient = chosen.model.trunk[0].weight.grad
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-5)


def test_the_loss_of_a_record_is_the_mean_over_its_words() -> None:
    """Two words and one: L = (mean of the first two + the third) / 2, whatever their number."""
    tags = HeadSpec("t", "tags", ("x",))
    model = MultiTaskModel(cast(Any, NoEncoder()), TrunkConfig(width=8), [tags])
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    counts = np.array([2, 1])
    known = examples({})
    known.targets["t"] = Ragged(torch.tensor([0, 1, 2]), counts)
    losses = record_losses(model, {"t": Ragged(logits, counts)}, known, np.arange(2))["t"]
    words = [-math.log(math.exp(z) / (math.exp(z) + 2)) for z in (2, 1, 3)]
    np.testing.assert_allclose(losses, [(words[0] + words[1]) / 2, words[2]], rtol=1e-5)


def test_an_absent_task_contributes_nothing_and_hands_nothing_on() -> None:
    targets = {"a": [1, 0], "b": [-1, -1]}
    np.testing.assert_array_equal(
        trunk_gradient({"a": 1.0, "b": 5.0}, targets), trunk_gradient({"a": 1.0}, targets)
    )


def test_lambda_zero_leaves_the_trunk_alone_and_trains_the_head_with_weight_one() -> None:
    chosen = updater({"a": 1.0, "b": 0.0})
    known = examples({"a": [-1, -1], "b": [1, 1]})
    losses = chosen.update(lambda: READING, known, np.arange(2), 0.5)
    assert chosen.model.trunk[0].weight.grad is None
    of_head = ((sigmoid(-2) - 1) * VECTORS[0] + (sigmoid(1) - 1) * VECTORS[1]) / 2
    gradient = chosen.model.head("b").weight.grad
    assert gradient is not None
    np.testing.assert_allclose(gradient[0], of_head, rtol=1e-5)
    assert set(losses) == {"b"}


@pytest.mark.parametrize("since", ["the start", "later"])
def test_a_watching_task_does_not_change_the_others_under_clipping(since: str) -> None:
    """Both kinds of gradient are clipped apart, so that the watching one takes up no room."""
    lambdas = {"a": 1.0, "b": 0.0 if since == "the start" else 3.0}
    with_it, without = updater(lambdas, clip=0.01), updater({"a": 1.0}, clip=0.01)
    with_it.watch({"b"})
    assert with_it.steering == ["a"]
    with_it.update(lambda: READING, examples({"a": [1, 0], "b": [1, 1]}), np.arange(2), 0.5)
    without.update(lambda: READING, examples({"a": [1, 0]}), np.arange(2), 0.5)
    one, other = with_it.model.trunk[0].weight, without.model.trunk[0].weight
    assert one.grad is not None
    assert other.grad is not None
    assert torch.equal(one.grad, other.grad)
    assert torch.equal(one, other)


@pytest.mark.parametrize("kind", ["mmoe", "cgc"])
def test_a_watching_task_that_mixes_experts_changes_nothing_that_others_read(kind: str) -> None:
    """Its gate, its experts and its head learn; all else moves as if it were not there."""
    updaters = []
    trunk = TrunkConfig.model_validate({"kind": kind, "width": 8, "dropout": 0})
    for tasks in (("a", "b"), ("a",)):
        torch.manual_seed(0)
        specs = [HeadSpec(task, "binary", ("no", "yes")) for task in tasks]
        model = MultiTaskModel(cast(Any, NoEncoder()), trunk, specs)
        updaters.append(Updater(model, Sum({"a": 1.0}), set(tasks) - {"a"}, TrainConfig(clip=0.01)))
    with_it, without = (each.model for each in updaters)
    without.load_state_dict(with_it.state_dict(), strict=False)
    before = {name: value.clone() for name, value in with_it.own("b").state_dict().items()}
    for each, targets in zip(updaters, ({"a": [1, 0], "b": [1, 1]}, {"a": [1, 0]}), strict=True):
        for _ in range(3):
            each.update(lambda: READING, examples(targets), np.arange(2), 0.5)
    for name, value in without.state_dict().items():
        assert torch.equal(value, with_it.state_dict()[name]), name
    after = with_it.own("b").state_dict()
    assert all(not torch.equal(value, after[name]) for name, value in before.items())


def test_gradients_are_clipped_to_the_norm() -> None:
    chosen = updater({"a": 1.0}, clip=0.01)
    chosen.update(lambda: READING, examples({"a": [1, 0]}), np.arange(2), 0.5)
    gradients = [p.grad for p in chosen.model.parameters() if p.grad is not None]
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert float(norm) == pytest.approx(0.01, rel=1e-3)


def test_a_loss_that_is_no_number_names_step_and_task() -> None:
    chosen = updater({"a": 1.0})
    chosen.update(lambda: READING, examples({"a": [1, 0]}), np.arange(2), 0.5)
    with pytest.raises(MtrecError, match=r"task 'a' is no longer a number.*at step 2.*lower"):
        nothing = {Unit.TEXT: Ragged.single(VECTORS[:, None] * float("nan"))}
        chosen.update(lambda: nothing, examples({"a": [1, 0]}), np.arange(2), 0.5)


def test_the_schedule_rises_over_the_warm_up_and_falls_to_zero() -> None:
    assert [schedule(p, 0.1) for p in (0, 0.05, 0.1, 0.55, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert schedule(0, 0) == 1


def rates(encoder: Encoder, decay: float) -> dict[str, set[float]]:
    """The learning rates of what learns, by layer, or by the module outside of all layers."""
    config = TrainConfig(learning_rate=0.01, layer_decay=decay)
    names = {id(parameter): name for name, parameter in encoder.named_parameters()}
    found: dict[str, set[float]] = {}
    for group in encoder_groups(encoder, config):
        for parameter in group["params"]:
            name = names.pop(id(parameter))
            layer = re.search(r"layer\.\d", name)
            found.setdefault(layer[0] if layer else name.split(".")[1], set()).add(group["lr"])
    assert not any(encoder.get_parameter(name).requires_grad for name in names.values())
    return found


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("full", {"embeddings": 0.0025, "layer.0": 0.005, "layer.1": 0.01, "pooler": 0.01}),
        ("top", {"embeddings": 0.0025, "layer.1": 0.01}),  # the marks' embeddings
        ("lora", {"embeddings": 0.0025, "layer.0": 0.005, "layer.1": 0.01}),
    ],
)
def test_each_layer_down_has_the_rate_above_times_the_decay(
    method: str, expected: dict[str, float], tiny_encoder_folder: Path
) -> None:
    """Two layers at 0.01 and a decay of one half."""
    settings = {"name": str(tiny_encoder_folder), "method": method, "top_layers": 1}
    encoder = load_encoder(EncoderConfig.model_validate(settings), marks=True)
    assert rates(encoder, 0.5) == {place: {rate} for place, rate in expected.items()}
    assert rates(encoder, 1.0) == {place: {0.01} for place in expected}


def test_the_first_steps_are_as_large_as_the_rates(tiny_encoder_folder: Path) -> None:
    """Adam's first step is the rate, whatever the gradient; half-way through, half the rate."""
    settings = {"name": str(tiny_encoder_folder), "method": "full"}
    encoder = load_encoder(EncoderConfig.model_validate(settings))
    model = MultiTaskModel(encoder, TrunkConfig(width=8), [HeadSpec("a", "binary", ("no", "yes"))])
    config = TrainConfig(learning_rate=0.01, layer_decay=0.5, weight_decay=0, warmup=0)
    before = {name: value.detach().clone() for name, value in encoder.named_parameters()}
    tokens = encoder.tokenize(["good film", "bad book"])
    wanted = {Unit.TEXT: np.ones(2, dtype=bool)}
    Updater(model, Sum({"a": 1.0}), (), config).update(
        lambda: encoder.read(tokens, np.arange(2), wanted),
        examples({"a": [1, 0]}),
        np.arange(2),
        0.5,
    )
    for place, rate in (("embeddings.", 0.0025), ("layer.0.", 0.005), ("layer.1.", 0.01)):
        moved = [
            float((value.detach() - before[name]).abs().max())
            for name, value in encoder.named_parameters()
            if place in name
        ]
        assert max(moved) == pytest.approx(rate / 2, rel=0.01)
