"""Two records mixed by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.training.examples import Examples
from mtrec.training.losses import record_losses
from mtrec.training.mixup import Mixup

MIXABLE = [name for name, kind in TASK_TYPES.items() if kind.mixes]
LABELS = {"relation": ("A(e1,e2)", "B(e1,e2)", "Other"), "binary": ("no", "yes")}
TARGETS: dict[str, Any] = {"multilabel": [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], "binary": [0, 1]}


class NoEncoder(nn.Module):
    width = 4
    config = EncoderConfig(method="frozen")


def model_of(kind: str) -> MultiTaskModel:
    torch.manual_seed(0)
    specs = [HeadSpec("t", kind, LABELS.get(kind, ("1", "2", "3")))]
    return MultiTaskModel(cast(Any, NoEncoder()), TrunkConfig(width=8), specs).eval()


def examples_of(targets: torch.Tensor, counts: list[int], weights: Any = None) -> Examples:
    known = {"t": Ragged(targets, np.array(counts))}
    return Examples(["", ""], {}, known, weights or {}, {}, None)


@pytest.mark.parametrize("kind", MIXABLE)
def test_half_of_two_records_is_the_loss_of_states_and_targets_mixed_half(kind: str) -> None:
    """L = ½ L(h, y_0) + ½ L(h, y_1) at h = ½ h_0 + ½ h_1, whatever the head's logits are."""
    model = model_of(kind)
    task = TASK_TYPES[kind]
    states = torch.randn(2, task.unit.states * 8)
    targets = torch.tensor(TARGETS.get(kind, [0, 2]))
    logits = {"t": Ragged.single(model.head("t")(states))}
    mixup = Mixup(0.5, {"t": torch.tensor([1, 0])})
    found = record_losses(model, logits, examples_of(targets, [1, 1]), np.arange(2), mixup)["t"]

    middle = model.head("t")(states.mean(dim=0, keepdim=True))
    expected = (task.loss(middle, targets[:1]) + task.loss(middle, targets[1:])) / 2
    torch.testing.assert_close(found, expected.expand(2))


def test_a_mixture_of_cross_entropies_is_that_of_the_mixed_target() -> None:
    logits, targets = torch.randn(2, 3), torch.tensor([0, 2])
    kind = TASK_TYPES["multiclass"]
    found = Mixup(0.25, {"t": torch.tensor([1, 0])}).losses(
        "t", logits, lambda rows, against: kind.loss(rows, targets[against])
    )
    mixed = 0.25 * logits[0] + 0.75 * logits[1]
    target = torch.tensor([0.25, 0.0, 0.75])
    torch.testing.assert_close(found[0], -(target * mixed.log_softmax(dim=0)).sum())


def test_weights_go_with_the_targets() -> None:
    model = model_of("binary")
    targets, weights = torch.tensor([0, 1]), {"t": torch.tensor([0.5, 3.0])}
    logits = {"t": Ragged.single(torch.tensor([[1.0], [1.0]]))}
    mixup = Mixup(0.75, {"t": torch.tensor([1, 0])})
    found = record_losses(model, logits, examples_of(targets, [1, 1], weights), np.arange(2), mixup)
    no, yes = TASK_TYPES["binary"].loss(torch.ones(2, 1), targets)
    expected = torch.stack([0.375 * no + 0.75 * yes, 2.25 * yes + 0.125 * no])
    torch.testing.assert_close(found["t"], expected)


def test_tasks_of_words_are_left_as_they_are() -> None:
    model = model_of("tags")
    logits = {"t": Ragged(torch.randn(3, 7), np.array([1, 2]))}
    known = examples_of(torch.tensor([0, 1, 2]), [1, 2])
    plain, mixed = (
        record_losses(model, logits, known, np.arange(2), mixup)["t"]
        for mixup in (None, Mixup(0.5))
    )
    assert torch.equal(plain, mixed)


def test_partners_stay_throughout_a_step_and_records_without_a_label_are_none() -> None:
    torch.manual_seed(0)
    model, mixup = model_of("binary"), Mixup.drawn(1.0)
    assert 0 < mixup.share < 1
    known = examples_of(torch.tensor([1]), [1, 0])
    logits = {"t": Ragged.single(torch.randn(2, 1))}
    first, again = (record_losses(model, logits, known, np.arange(2), mixup)["t"] for _ in range(2))
    assert torch.equal(first, again) and mixup.partners["t"].tolist() == [0]
    assert Unit.WORDS not in {TASK_TYPES[name].unit for name in MIXABLE}
