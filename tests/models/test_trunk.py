"""Mixtures of experts: worked out by hand, and what tasks share of them and what they do not."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Reading, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.models.trunk import Mixture, build_trunk
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.training.step import whose

SIZE, WIDTH = 6, 8
TASKS = (
    HeadSpec("mood", "binary", ("bad", "good")),
    HeadSpec("topic", "multiclass", ("book", "film", "song")),
    HeadSpec("names", "tags", ("film", "person")),
    HeadSpec("how", "relation", ("Is(e1,e2)", "Is(e2,e1)")),
)
MIXING = ("mmoe", "cgc")


class NoEncoder(nn.Module):
    width = SIZE
    config = EncoderConfig(method="frozen")


def config(kind: str, **settings: Any) -> TrunkConfig:
    return TrunkConfig.model_validate({"kind": kind, "width": WIDTH, "experts": 3, **settings})


def made(kind: str, tasks: tuple[HeadSpec, ...] = TASKS, **settings: Any) -> MultiTaskModel:
    torch.manual_seed(0)
    return MultiTaskModel(cast(Any, NoEncoder()), config(kind, **settings), tasks).eval()


def reading() -> Reading:
    """Five texts of two words each, of which two mark entities."""
    torch.manual_seed(1)
    return {
        Unit.TEXT: Ragged.single(torch.randn(5, 1, SIZE)),
        Unit.WORDS: Ragged(torch.randn(10, 1, SIZE), np.full(5, 2)),
        Unit.MARKS: Ragged(torch.randn(2, 2, SIZE), np.array([0, 1, 0, 1, 0])),
    }


def taught(
    model: MultiTaskModel, loss_of: str, detached: Collection[str] = ()
) -> dict[str, Tensor | None]:
    """The gradients that one task's logits give to the parameters, by name."""
    model.zero_grad()
    model(reading(), detached)[loss_of].rows.square().sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def test_a_gate_with_known_weights_mixes_two_known_experts() -> None:
    """x = (3, 1) reads (1, -1) for the gate, whose logits are then (ln 4, 0): shares 4/5, 1/5."""
    mixture = Mixture(TrunkConfig(kind="mmoe", experts=2, width=8), 2)
    gate = cast(nn.Linear, mixture.gate[1])
    with torch.no_grad():
        gate.weight.copy_(torch.tensor([[math.log(2), -math.log(2)], [0.0, 0.0]]))
        shared = torch.tensor([[[10.0, 0.0, 5.0], [0.0, 20.0, 5.0]]])
        mixed = mixture(torch.tensor([[3.0, 1.0]]), shared)
    np.testing.assert_allclose(mixed, [[8.0, 4.0, 5.0]], rtol=1e-4)


def test_a_tasks_own_expert_is_mixed_with_those_that_all_share() -> None:
    """The own expert gives 7 throughout, whatever it reads; shares are 1/2, 1/4, 1/4."""
    mixture = Mixture(TrunkConfig(kind="cgc", experts=2, task_experts=1, width=8, dropout=0), 2)
    assert mixture.own is not None
    layer, gate = cast(nn.Linear, mixture.own[1]), cast(nn.Linear, mixture.gate[1])
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.fill_(7.0)  # GELU(7) is 7 but for 1e-11
        gate.weight.copy_(torch.tensor([[math.log(2), 0.0], [0.0, 0.0], [0.0, 0.0]]))
        shared = torch.stack([torch.full((8,), 2.0), torch.arange(8.0)])[None]
        mixed = mixture(torch.tensor([[3.0, 1.0]]), shared)
    np.testing.assert_allclose(mixed, [7 / 2 + 2 / 4 + np.arange(8) / 4], rtol=1e-4)


@pytest.mark.parametrize("kind", MIXING)
def test_a_gates_weights_add_up_to_one_over_all_experts(kind: str) -> None:
    model = made(kind, task_experts=2)
    for mixture in model.mixtures.values():
        weights = cast(Mixture, mixture).gate(100 * torch.randn(7, 2, SIZE))
        assert weights.shape == (7, 2, 3 if kind == "mmoe" else 5) and (weights >= 0).all()
        np.testing.assert_allclose(weights.sum(-1).detach(), np.ones((7, 2)), rtol=1e-5)


def test_each_expert_is_a_shared_trunk_with_its_part_of_the_weights() -> None:
    experts = build_trunk(config("mmoe"), SIZE).eval()
    vectors = torch.randn(4, 2, SIZE)
    with torch.no_grad():
        found = experts(vectors)
        for place in range(3):
            rows = slice(place * WIDTH, (place + 1) * WIDTH)
            alone = build_trunk(config("shared"), SIZE).eval()
            for name in ("weight", "bias"):
                getattr(alone[0], name).copy_(getattr(experts[0], name))
                getattr(alone[1], name).copy_(getattr(experts[1], name)[rows])
            np.testing.assert_allclose(found[..., place, :], alone(vectors), atol=1e-6)


def test_one_expert_is_the_shared_trunk() -> None:
    """Given equal weights, to the same digits: a gate over one expert is 1."""
    shared, one = made("shared"), made("mmoe", experts=1)
    one.trunk.load_state_dict(shared.trunk.state_dict())
    one.heads.load_state_dict(shared.heads.state_dict())
    for name, logits in shared(reading()).items():
        assert torch.equal(one(reading())[name].rows, logits.rows)


def test_a_shared_trunk_starts_as_it_always_did() -> None:
    """Runs of before go on and are read: same names, and same random numbers."""
    model = made("shared")
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.LayerNorm(SIZE), nn.Linear(SIZE, WIDTH))
    head = TASKS[0].task_type.head(WIDTH, TASKS[0].labels)
    assert torch.equal(model.trunk.state_dict()["1.weight"], trunk[1].weight)
    assert torch.equal(model.head("mood").weight, head.weight)
    assert not [name for name in model.state_dict() if name.startswith("mixtures")]


@pytest.mark.parametrize("kind", ["shared", *MIXING])
def test_tasks_in_another_order_say_the_same(kind: str) -> None:
    model, turned = made(kind), made(kind, TASKS[::-1])
    turned.trunk.load_state_dict(model.trunk.state_dict())
    for task in TASKS:
        turned.own(task.name).load_state_dict(model.own(task.name).state_dict())
    before, after = model(reading()), turned(reading())
    for task in TASKS:
        assert torch.equal(before[task.name].rows, after[task.name].rows)
        assert before[task.name].counts.tolist() == after[task.name].counts.tolist()


@pytest.mark.parametrize("kind", ["shared", *MIXING])
@pytest.mark.parametrize("task", [each.name for each in TASKS])
def test_a_task_teaches_what_all_share_and_what_is_its_own_alone(kind: str, task: str) -> None:
    model = made(kind)
    own = {id(parameter) for parameter in model.own(task).parameters()}
    shared = {id(parameter) for parameter in model.trunk.parameters()}
    ids = {name: id(parameter) for name, parameter in model.named_parameters()}
    for name, gradient in taught(model, task).items():
        assert (gradient is not None) is (ids[name] in own | shared), name
    assert len(own) == {"shared": 2, "mmoe": 3, "cgc": 7}[kind]


@pytest.mark.parametrize("kind", MIXING)
def test_a_watching_task_learns_gate_experts_and_head_and_changes_nothing_else(kind: str) -> None:
    model = made(kind)
    own = {id(parameter) for parameter in model.own("topic").parameters()}
    ids = {name: id(parameter) for name, parameter in model.named_parameters()}
    read = reading()
    read[Unit.TEXT].rows.requires_grad_()
    model(read, detached={"topic"})["topic"].rows.square().sum().backward()
    assert read[Unit.TEXT].rows.grad is None
    for name, parameter in model.named_parameters():
        moved = parameter.grad is not None and bool(parameter.grad.any())
        assert moved is (ids[name] in own), name


@pytest.mark.parametrize("kind", ["shared", *MIXING])
def test_what_is_a_tasks_own_is_no_other_tasks_and_not_shared(kind: str) -> None:
    learning = whose(made(kind))
    model = made(kind)
    each = [len(list(model.own(task.name).parameters())) for task in TASKS]
    assert len(learning.heads) == sum(each)
    assert len({id(p) for p in learning.heads}) == sum(each)
    assert len(learning.compared) == 4 and not learning.shared


@pytest.mark.parametrize("kind", ["shared", *MIXING])
def test_heads_read_the_states_of_their_space(kind: str) -> None:
    model = made(kind)
    vectors = torch.randn(5, SIZE)
    states = model.states(vectors)
    spaces = [model.space(task.name) for task in TASKS]
    assert list(states) == (["trunk"] if kind == "shared" else spaces)
    assert all(state.shape == (5, WIDTH) for state in states.values())
    logits = model(reading() | {Unit.TEXT: Ragged.single(vectors[:, None])})
    for task in ("mood", "topic"):
        read = model.head(task)(states[model.space(task)])
        np.testing.assert_allclose(read.detach(), logits[task].rows.detach(), atol=1e-6)


def test_a_state_that_all_read_is_held_once_however_many_tasks_there_are() -> None:
    held = []
    for tasks in (TASKS[:1], TASKS[:2]):
        model, kept = made("shared", tasks).train(), {}

        def keep(tensor: Tensor, kept: dict[int, int] = kept) -> Tensor:
            if tensor.shape[-1] == WIDTH and tensor.ndim == 2 and len(tensor) == 5:
                kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            logits = model({Unit.TEXT: reading()[Unit.TEXT]})
        held.append(sum(kept.values()))
        assert set(logits) == {task.name for task in tasks}
    assert held[0] == held[1] > 0


@pytest.mark.parametrize("kind", MIXING)
def test_experts_stand_above_an_encoder_that_learns(kind: str, tiny_encoder_folder: Path) -> None:
    torch.manual_seed(0)
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    model = MultiTaskModel(encoder, config(kind), TASKS[:3])
    tokens = encoder.tokenize(["a good film", "bad"], model.units)
    wanted = {unit: np.ones(2, dtype=bool) for unit in model.units}
    logits = model(encoder.read(tokens, np.arange(2), wanted))
    assert {task: tuple(each.rows.shape) for task, each in logits.items()} == {
        "mood": (2, 1),
        "topic": (2, 3),
        "names": (4, 5),
    }
    logits["mood"].rows.sum().backward()
    assert all(
        p.grad is not None for p in (*model.trunk.parameters(), *model.own("mood").parameters())
    )


@pytest.mark.parametrize("kind", ["shared", *MIXING])
def test_a_trunk_says_and_learns_what_its_layers_do_one_after_another(kind: str) -> None:
    trunk = build_trunk(config(kind), SIZE).eval().double()
    for parameter in trunk.parameters():
        nn.init.normal_(parameter)
    vectors = torch.randn(5, SIZE, dtype=torch.float64, requires_grad=True)
    learning = [vectors, *trunk.parameters()]
    found, expected = trunk(vectors), nn.Sequential.forward(trunk, vectors)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    pull = torch.randn_like(expected)
    gradients = (torch.autograd.grad(each, learning, pull) for each in (found, expected))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)
