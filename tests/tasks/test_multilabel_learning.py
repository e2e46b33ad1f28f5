"""Several labels at once as targets, losses, thresholds, predictions and scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_recall_fscore_support

from mtrec.tasks.base import NOTHING
from mtrec.tasks.multilabel import CUT, JOINED, Multilabel
from mtrec.tasks.ragged import Ragged

Z2 = 1.959964**2  # in Wilson's interval: n of n right are at least n / (n + Z2)

KIND = Multilabel()
LABELS = ["a", "b", "c", "d"]
SETS = st.lists(st.sampled_from(LABELS), unique=True)  # in any order
PAIRS = st.lists(st.tuples(SETS.filter(bool), SETS), min_size=1, max_size=30)


def cells(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def indicators(sets: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    return np.array([[int(label in each) for label in LABELS] for each in sets])


def cut(probabilities: Sequence[float], targets: Sequence[int]) -> float:
    """The threshold of one label."""
    (found,) = KIND.thresholds(
        np.array(probabilities, dtype=np.float32)[:, None],
        np.array(targets, dtype=np.float32)[:, None],
        ["a"],
    )
    return found


# Learning


def test_targets_are_one_where_a_record_carries_the_label() -> None:
    targets = KIND.encode(cells("c|a", None, "b"), LABELS)
    assert targets.rows.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0]]
    assert targets.rows.dtype == np.float32
    assert targets.counts.tolist() == [1, 0, 1]


def test_the_loss_is_the_mean_over_labels_by_hand() -> None:
    """At logits of ln 3 and 0 the labels have probability 3/4 and 1/2."""
    logits = torch.tensor([[math.log(3), 0.0]] * 2)
    losses = KIND.loss(logits, torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    expected = [-math.log(each) - math.log(1 / 2) for each in (3 / 4, 1 / 4)]
    assert losses.tolist() == pytest.approx([each / 2 for each in expected])
    np.testing.assert_allclose(KIND.probabilities(logits), [[0.75, 0.5]] * 2, rtol=1e-6)


# Thresholds


def test_a_threshold_by_hand() -> None:
    """F1 from the top down: 2/4, 4/5, 4/6, 6/7, 6/8; the best cut is between 0.3 and 0.2."""
    assert cut([0.9, 0.6, 0.4, 0.3, 0.2], [1, 1, 0, 1, 0]) == pytest.approx(0.25)


def test_where_all_carry_the_label_the_cut_is_below_them_all() -> None:
    assert cut([0.9, 0.4, 0.6], [1, 1, 1]) == pytest.approx(0.2)


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_taken() -> None:
    """Three predicted with two right, F1 2 · 2 / (3 + 3), as six with three, 2 · 3 / (6 + 3)."""
    right = [1, 0, 1, 0, 0, 1, 0]
    assert cut([0.95, 0.9, 0.85, 0.4, 0.36, 0.32, 0.1], right) == pytest.approx((0.85 + 0.4) / 2)
    assert cut([0.99, 0.98, 0.97, 0.95, 0.93, 0.6, 0.3], right) == pytest.approx((0.6 + 0.3) / 2)


def test_equal_probabilities_are_on_one_side() -> None:
    """Between the two of 0.6 would be best: all three true ones and nothing else."""
    assert cut([0.9, 0.8, 0.6, 0.6, 0.1], [1, 1, 1, 0, 0]) == pytest.approx(0.35)


@pytest.mark.parametrize("targets", [[], [0, 0, 0, 0], [1, 0, 0, 1]])
def test_a_rare_label_keeps_one_half(targets: list[int]) -> None:
    assert cut([0.9, 0.2, 0.1, 0.05][: len(targets)], targets) == CUT


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_no_threshold_has_a_better_f1(rows: list[tuple[int, bool]]) -> None:
    shares = np.array([share for share, _ in rows], dtype=np.float32) / 20
    targets = np.array([true for _, true in rows], dtype=np.float32)
    found = cut(shares.tolist(), targets.tolist())
    if targets.sum() < 3:
        assert found == CUT
        return

    def f1(threshold: float) -> float:
        said = shares >= threshold
        return float(2 * targets[said].sum() / (targets.sum() + said.sum()))

    assert f1(found) == pytest.approx(max(f1(each) for each in np.arange(0, 1.05, 0.025)))


def test_every_label_has_the_threshold_that_it_has_alone() -> None:
    rng = np.random.default_rng(0)
    shares = rng.random((50, 4)).astype(np.float32)
    targets = (rng.random((50, 4)) < shares * [1, 0.5, 0.3, 0]).astype(np.float32)
    together = KIND.thresholds(shares, targets, LABELS)
    assert together == tuple(cut(shares[:, i].tolist(), targets[:, i].tolist()) for i in range(4))
    assert together[3] == CUT
    assert all(isinstance(each, float) for each in together)


# Predicting


def test_labels_from_their_thresholds_on_are_predicted_in_their_order() -> None:
    shares = np.array([[0.5, 0.4, 0.9, 0.1], [0.4, 0.2, 0.1, 0.0]], dtype=np.float32)
    said = KIND.decode(Ragged.single(shares), LABELS)
    assert said.labels.tolist() == ["a|c", NOTHING]
    assert said.confidence.tolist() == pytest.approx(
        [0.5 * 0.6 * 0.9 * 0.9, 0.6 * 0.8 * 0.9], rel=1e-5
    )
    lower = KIND.decode(Ragged.single(shares), LABELS, (0.6, 0.2, 0.95, 0.05))
    assert lower.labels.tolist() == ["b|d", "b"]
    assert lower.confidence.tolist() == pytest.approx(
        [0.5 * 0.4 * 0.1 * 0.1, 0.6 * 0.2 * 0.9], rel=1e-5
    )
    np.testing.assert_array_equal(lower.shares, shares)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_confidences_of_all_sets_sum_to_one(seed: int) -> None:
    """Predicted or not is moved by the thresholds; the probabilities are the same throughout."""
    shares = np.random.default_rng(seed).random((1, 3)).astype(np.float32)
    ways = [[0.0 if chosen else 1.1 for chosen in way] for way in np.ndindex(2, 2, 2)]
    said = [KIND.decode(Ragged.single(shares), ["a", "b", "c"], way) for way in ways]
    assert len({each.labels[0] for each in said}) == 8
    assert sum(float(each.confidence[0]) for each in said) == pytest.approx(1, abs=1e-5)


# Scores


def test_the_order_within_a_record_is_no_mistake() -> None:
    metrics = KIND.scores(["b|a", "c|a|b"], ["a|b", "a|b|c"], LABELS, draws=50).metrics
    assert list(metrics) == ["macro_f1", "micro_f1", "accuracy"]
    for estimate in metrics.values():
        assert (estimate.value, estimate.low, estimate.high) == (1, pytest.approx(2 / (2 + Z2)), 1)


def test_scores_by_hand() -> None:
    """a: 2 · 1 / (1 + 2), b: 0 / (2 + 0), c: 2 · 1 / (1 + 1), d nowhere; 4 true, 3 predicted."""
    report = KIND.scores(["b|a", "c", "b"], ["a", "c", "a"], LABELS, draws=2)
    found = {name: estimate.value for name, estimate in report.metrics.items()}
    assert found == pytest.approx({"macro_f1": 5 / 9, "micro_f1": 4 / 7, "accuracy": 1 / 3})
    assert report.support == 3
    assert report.labels["b"].support == 2


@settings(max_examples=75, deadline=None)
@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[list[str], list[str]]]) -> None:
    """For the labels that stand in the truth or in the predictions; the mean is over these."""
    truth, predicted = zip(*pairs, strict=True)
    true, said = indicators(truth), indicators(predicted)
    report = KIND.scores(
        [JOINED.join(each) for each in truth],
        [JOINED.join(each) for each in predicted],
        LABELS,
        draws=2,
    )
    known = np.flatnonzero((true | said).any(axis=0))
    for average in ("macro", "micro"):
        expected = f1_score(true, said, labels=known, average=average, zero_division=0)
        assert report.metrics[f"{average}_f1"].value == pytest.approx(expected)
    assert report.metrics["accuracy"].value == pytest.approx((true == said).all(axis=1).mean())
    rows = zip(*precision_recall_fscore_support(true, said, zero_division=0), strict=True)
    for label, row in zip(LABELS, rows, strict=True):
        scores = report.labels[label]
        found = (scores.precision, scores.recall, scores.f1, scores.support)
        assert found == pytest.approx(row)


# Comparing


@pytest.mark.parametrize(
    ("truth", "predicted", "pairs"),
    [
        ("b|a", "a|b", [("b", "b"), ("a", "a")]),
        ("a|b", "a|c", [("a", "a"), ("b", "c")]),
        ("a|b", "c|d", [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]),
        ("a|b", "b", [("b", "b"), ("a", NOTHING)]),
        ("b", "a|b", [("b", "b"), (NOTHING, "a")]),
        ("a|b", NOTHING, [("a", NOTHING), ("b", NOTHING)]),
        (NOTHING, "a", [(NOTHING, "a")]),
        (NOTHING, NOTHING, []),
    ],
)
def test_which_labels_stand_against_which(
    truth: str, predicted: str, pairs: list[tuple[str, str]]
) -> None:
    assert KIND.compare(truth, predicted) == pairs
