"""FGM and R-Drop by hand, and what each adds to a task's loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Ragged
from mtrec.training.adversarial import Hardened, Moves, Seen, perturbation, reach, symmetric
from mtrec.training.config import AdversarialConfig

ROWS = np.array([3, 5])
IDS = torch.zeros(2, 2, dtype=torch.int64)


def kl(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def odds(p: float) -> float:
    return math.log(p / (1 - p))


P, Q = [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]


@pytest.mark.parametrize("kind", ["multiclass", "relation", "tags"])
def test_the_divergence_of_softmax_types(kind: str) -> None:
    logits, others = torch.tensor([P]).log() + 3, torch.tensor([Q]).log()
    divergence = TASK_TYPES[kind].divergence
    assert divergence(logits, others).item() == pytest.approx(kl(P, Q), rel=1e-5)
    expected = (kl(P, Q) + kl(Q, P)) / 2
    assert symmetric(divergence, logits, others).item() == pytest.approx(expected, rel=1e-5)


def test_the_divergence_of_one_of_two() -> None:
    found = symmetric(
        TASK_TYPES["binary"].divergence, torch.tensor([[odds(0.9)]]), torch.tensor([[odds(0.4)]])
    )
    expected = (kl([0.1, 0.9], [0.6, 0.4]) + kl([0.6, 0.4], [0.1, 0.9])) / 2
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_the_divergence_of_several_labels_is_the_mean_over_them() -> None:
    found = symmetric(
        TASK_TYPES["multilabel"].divergence,
        torch.tensor([[odds(0.9), odds(0.3)]]),
        torch.tensor([[odds(0.4), odds(0.3)]]),
    )
    expected = (kl([0.1, 0.9], [0.6, 0.4]) + kl([0.6, 0.4], [0.1, 0.9])) / 4
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_the_divergence_of_ordered_labels_is_that_of_their_probabilities() -> None:
    """Of P: 0.5 go on from the first label, 0.4 of these from the second. Of Q: 0.8, and 0.75."""
    logits = torch.tensor([[odds(0.5), odds(0.4)]])
    others = torch.tensor([[odds(0.8), odds(0.75)]])
    np.testing.assert_allclose(TASK_TYPES["ordinal"].probabilities(logits)[0], P, rtol=1e-5)
    np.testing.assert_allclose(TASK_TYPES["ordinal"].probabilities(others)[0], Q, rtol=1e-5)
    found = symmetric(TASK_TYPES["ordinal"].divergence, logits, others)
    assert found.item() == pytest.approx((kl(P, Q) + kl(Q, P)) / 2, rel=1e-5)


@pytest.mark.parametrize("kind", TASK_TYPES)
def test_equal_answers_are_not_apart_and_sure_ones_stay_finite(kind: str) -> None:
    divergence, logits = TASK_TYPES[kind].divergence, torch.randn(4, 5)
    assert divergence(logits, logits).abs().max() < 1e-6
    assert (divergence(logits, torch.randn(4, 5)) > 0).all()
    sure = torch.tensor([[100.0, -100.0, 0.0, 0.0, 0.0]], requires_grad=True)
    found = symmetric(divergence, sure, -sure.detach())
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert found.isfinite().all() and sure.grad is not None and sure.grad.isfinite().all()


def test_each_text_is_moved_by_epsilon_along_its_own_gradient() -> None:
    """ε g / ‖g‖ with ‖(3, 0, 0, 4)‖ = 5; a text without a gradient stays."""
    gradient = torch.tensor([[[3.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
    found = perturbation(gradient, 2.0)
    expected = torch.tensor([[[1.2, 0.0], [0.0, 1.6]], [[0.0, 0.0], [0.0, 0.0]]])
    torch.testing.assert_close(found, expected)
    assert found[0].norm().item() == pytest.approx(2.0)


def test_the_move_is_as_far_however_small_the_gradient_is() -> None:
    gradient = torch.full((1, 2, 2), 1e-30)
    torch.testing.assert_close(perturbation(gradient, 2.0), torch.ones(1, 2, 2))


def test_the_strength_is_told_in_sizes_of_a_word(tiny_encoder_folder: Path) -> None:
    for marks in (False, True):
        encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder)), marks=marks)
        with torch.no_grad():
            for table in encoder.backbone.get_input_embeddings().parameters():
                table.copy_(torch.nn.functional.normalize(torch.randn_like(table)) * 3)
        assert reach(encoder, 0.5) == pytest.approx(1.5)


def test_moves_belong_to_the_texts_they_were_found_for() -> None:
    pieces = torch.zeros(2, 2, 2)
    moves = Moves({ROWS.tobytes(): torch.ones(2, 2, 2)}, 2.0)
    assert torch.equal(moves(ROWS, IDS, pieces), torch.ones(2, 2, 2))
    assert torch.equal(moves(ROWS[::-1], IDS, pieces), pieces)


def hardened(
    losses: Callable[[Tensor], dict[str, Tensor]],
    weights: dict[str, float],
    reach: float = 1.0,
    **settings: Any,
) -> tuple[Hardened, list[Tensor]]:
    """With embeddings for logits: two texts of one piece with one number, 1 and 2."""
    read: list[Tensor] = []

    def answers(change: Any) -> dict[str, Ragged[Tensor]]:
        pieces = torch.tensor([[[1.0]], [[2.0]]])
        read.append(pieces if change is None else change(ROWS, IDS, pieces))
        return {"a": Ragged.single(read[-1][:, 0])}

    def apart(logits: Any, others: Any) -> dict[str, Tensor]:
        return {task: torch.tensor(float(len(read))) for task in weights}

    return (
        Hardened(
            AdversarialConfig(**settings),
            reach,
            answers,
            lambda logits: losses(logits["a"].rows),
            apart,
            lambda tasks: [weights[task] for task in tasks],
            [task for task, weight in weights.items() if not weight],
        ),
        read,
    )


def test_off_a_batch_is_read_once() -> None:
    objective, read = hardened(lambda rows: {"a": rows.sum()}, {"a": 1.0})
    assert objective()["a"].item() == 3.0 and len(read) == 1


def test_the_direction_is_the_gradient_of_the_total_weighted_by_lambda() -> None:
    """d(2 Σx - 1 · Σx²)/dx = 2 - 2x: 0 at the first text and -2 at the second, which moves by ε."""
    objective, read = hardened(
        lambda rows: {"a": rows.sum(), "b": -(rows**2).sum(), "c": (9 * rows).sum()},
        {"a": 2.0, "b": 1.0, "c": 0.0},
        reach=0.5,
        fgm=True,
    )
    found = objective()
    assert len(read) == 2
    torch.testing.assert_close(read[1].flatten(), torch.tensor([1.0, 1.5]))
    assert found["a"].item() == pytest.approx((3 + 2.5) / 2)
    assert found["b"].item() == pytest.approx(-(5 + 3.25) / 2)
    assert found["c"].item() == pytest.approx(9 * (3 + 2.5) / 2)


def test_taken_again_the_losses_are_those_at_the_same_place() -> None:
    objective, read = hardened(lambda rows: {"a": (rows**2).sum()}, {"a": 1.0}, fgm=True)
    first = objective()["a"].item()
    with torch.no_grad():
        again = objective()["a"].item()
    assert first == again and len(read) == 4 and torch.equal(read[1], read[3])


def test_where_no_task_shapes_anything_nothing_moves() -> None:
    objective, read = hardened(lambda rows: {"a": rows.sum()}, {"a": 0.0}, fgm=True)
    assert objective()["a"].item() == 3.0 and torch.equal(*read)


def test_two_readings_are_averaged_and_their_distance_is_added() -> None:
    """½ (L_1 + L_2 + α · apart), with apart = 2 readings here and α = 3."""
    objective, read = hardened(
        lambda rows: {"a": rows.sum()}, {"a": 1.0}, rdrop=True, rdrop_strength=3.0
    )
    assert objective()["a"].item() == pytest.approx((3 + 3 + 3 * 2) / 2) and len(read) == 2


def test_both_together_read_three_times() -> None:
    objective, read = hardened(lambda rows: {"a": rows.sum()}, {"a": 1.0}, rdrop=True, fgm=True)
    # ½ ((3 + 3 + 2) / 2 + 5): the first reading alone has the gradient, 1 for either text.
    assert objective()["a"].item() == pytest.approx((4 + 5) / 2) and len(read) == 3


def test_embeddings_that_do_not_learn_are_seen_all_the_same() -> None:
    seen = Seen()
    embeddings = seen(ROWS, IDS, torch.ones(2, 2, 2))
    (gradient,) = torch.autograd.grad((embeddings**2).sum(), [seen.embeddings[ROWS.tobytes()]])
    assert torch.equal(gradient, torch.full((2, 2, 2), 2.0))
