"""Labels with an order as losses, probabilities, predictions and scores."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from mtrec.tasks.ordinal import Ordinal
from mtrec.tasks.ragged import Ragged

Z2 = 1.959964**2  # in Wilson's interval: n of n right are at least n / (n + Z2)

KIND = Ordinal()
LABELS = ["low", "mid", "high"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def figures(pairs: list[tuple[str, str]], draws: int = 2) -> dict[str, float]:
    truth, predicted = zip(*pairs, strict=True)
    metrics = KIND.scores(truth, predicted, LABELS, draws=draws).metrics
    return {name: estimate.value for name, estimate in metrics.items()}


# Learning


def test_loss_and_probabilities_by_hand() -> None:
    """At logits of ln 3 it goes on with probability 3/4: 1/4, 3/4 · 1/4, 3/4 · 3/4."""
    logits = torch.full((3, 2), math.log(3))
    shares = [1 / 4, 3 / 16, 9 / 16]
    np.testing.assert_allclose(KIND.probabilities(logits), [shares] * 3, rtol=1e-6)
    losses = KIND.loss(logits, torch.tensor([0, 1, 2]))
    assert losses.tolist() == pytest.approx([-math.log(share) for share in shares])


def test_a_logit_counts_where_its_label_is_reached_and_in_the_direction_of_the_label() -> None:
    logits = torch.zeros(3, 2, requires_grad=True)
    KIND.loss(logits, torch.tensor([0, 1, 2])).sum().backward()
    assert logits.grad is not None
    assert logits.grad.sign().tolist() == [[1, 0], [-1, 1], [-1, -1]]


def test_the_loss_grows_with_an_extreme_logit_and_no_further() -> None:
    logits = torch.tensor([[1e4, -1e4]] * 3)
    assert KIND.loss(logits, torch.tensor([0, 1, 2])).tolist() == [1e4, 0, 1e4]
    assert KIND.probabilities(logits).tolist() == [[0, 1, 0]] * 3


def test_the_head_has_a_logit_less_than_labels() -> None:
    assert KIND.head(8, LABELS)(torch.zeros(5, 8)).shape == (5, 2)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20))
def test_a_share_is_the_product_of_going_on_and_stopping(logits: list[float]) -> None:
    goes_on = 1 / (1 + np.exp(-np.array(logits)))
    reached = np.concatenate([[1], goes_on.cumprod()])
    expected = reached * np.append(1 / (1 + np.exp(np.array(logits))), 1)
    found = KIND.probabilities(torch.tensor([logits], dtype=torch.float32))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-30)


# Predicting


def test_the_median_is_predicted_and_not_the_likeliest() -> None:
    """0.4 + 0.25 is the first sum that reaches one half; exactly half is enough."""
    shares = [[0.4, 0.25, 0.35], [0.5, 0.0, 0.5], [0.2, 0.2, 0.6]]
    said = KIND.decode(Ragged.single(np.array(shares, dtype=np.float32)), LABELS)
    assert said.labels.tolist() == ["mid", "low", "high"]
    assert said.confidence.tolist() == pytest.approx([0.25, 0.5, 0.6])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 11))
def test_no_label_is_fewer_steps_off_on_average_than_the_one_predicted(
    seed: int, size: int
) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.full(size, 0.5), 20)
    places = np.arange(size)
    off = shares @ np.abs(places[:, None] - places)  # (20, L), expected where each is predicted
    chosen = KIND.choose(shares.astype(np.float32))
    np.testing.assert_allclose(off[np.arange(20), chosen], off.min(axis=1), atol=1e-5)


# Scores


def test_scores_by_hand() -> None:
    """One of four is a step off: its square is 1.

    By chance each truth meets each prediction, low, mid, high and high, a quarter of a time. The
    squares are then 0 + 1 + 4 + 4 for low, 1 + 0 + 1 + 1 for mid, which is true twice, and
    4 + 1 + 0 + 0 for high: (9 + 2 · 3 + 5) / 4 = 5.
    """
    pairs = [("low", "low"), ("mid", "mid"), ("mid", "high"), ("high", "high")]
    assert figures(pairs) == pytest.approx({"qwk": 1 - 1 / 5, "mae": 1 / 4, "accuracy": 3 / 4})
    assert list(figures(pairs)) == ["qwk", "mae", "accuracy"]


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    found = figures(pairs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where kappa is not defined
        kappa = cohen_kappa_score(truth, predicted, weights="quadratic", labels=LABELS)
    assert found["qwk"] == pytest.approx(1 if np.isnan(kappa) else kappa)
    places = [[LABELS.index(label) for label in side] for side in (truth, predicted)]
    assert found["mae"] == pytest.approx(mean_absolute_error(*places))


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_labels_can_be_read_from_either_end(pairs: list[tuple[str, str]]) -> None:
    turned = dict(zip(LABELS, reversed(LABELS), strict=True))
    assert figures([(turned[a], turned[b]) for a, b in pairs]) == pytest.approx(figures(pairs))


def test_a_far_miss_costs_more_than_a_near_one() -> None:
    """Both are right as often."""
    right = [(label, label) for label in LABELS * 5]
    near, far = figures([*right, ("low", "mid")]), figures([*right, ("low", "high")])
    assert near["accuracy"] == far["accuracy"]
    assert near["qwk"] > far["qwk"]
    assert near["mae"] < far["mae"]


def test_one_label_alone_predicted_rightly_is_perfect() -> None:
    """Chance would be as good, so that kappa is 0/0."""
    metrics = KIND.scores(["mid"] * 9, ["mid"] * 9, LABELS).metrics
    assert (metrics["qwk"].value, metrics["qwk"].low, metrics["qwk"].high) == (
        1,
        pytest.approx(9 / (9 + Z2)),
        1,
    )
    assert (metrics["mae"].value, metrics["mae"].high) == (0, pytest.approx(Z2 / (9 + Z2)))


def test_the_same_said_of_all_is_worth_nothing_whatever_is_drawn() -> None:
    """Draws without the one that is missed are 0/0, and say nothing for a kappa of 1."""
    qwk = KIND.scores(["mid"] * 4 + ["low"], ["mid"] * 5, LABELS).metrics["qwk"]
    assert (qwk.value, qwk.low, qwk.high) == (0, 0, pytest.approx(Z2 / (5 + Z2)))
