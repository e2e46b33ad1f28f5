"""What tells the types apart: the columns they match, their labels, and hand-worked values."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.errors import InputError
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.binary import Binary
from mtrec.tasks.multiclass import Multiclass


def first_match(values: list[str]) -> str | None:
    series = pd.Series(values, dtype="str")
    return next((name for name, kind in TASK_TYPES.items() if kind.recognise(series, series)), None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["yes", "no"] * 3, "binary"),
        (["a", "b", "c"] * 2, "multiclass"),
        (["a", "b", "c", "d"], None),  # each value once: names or texts, not labels
        (["same"] * 5, None),
        ([], None),
    ],
)
def test_the_type_that_a_column_looks_like(values: list[str], expected: str | None) -> None:
    assert first_match(values) == expected


def test_labels_are_sorted() -> None:
    assert Binary().labels(pd.Series(["yes", "no", "yes"])) == ["no", "yes"]
    assert Multiclass().labels(pd.Series(["c", "a", "b", "a"])) == ["a", "b", "c"]


def test_binary_refuses_three_labels_and_names_the_way_out() -> None:
    with pytest.raises(InputError, match=r"exactly two labels.*3: a, b, c.*multiclass"):
        Binary().labels(pd.Series(["a", "b", "c"]))


def test_one_label_is_nothing_to_learn() -> None:
    with pytest.raises(InputError, match="nothing to tell apart"):
        Multiclass().labels(pd.Series(["a", "a"]))


def test_binary_loss_by_hand() -> None:
    """At a logit of ln 3 the second label has probability 3/4."""
    logits = torch.tensor([[math.log(3)], [math.log(3)]])
    losses = Binary().loss(logits, torch.tensor([1, 0]))
    assert losses.tolist() == pytest.approx([-math.log(3 / 4), -math.log(1 / 4)])
    np.testing.assert_allclose(Binary().probabilities(logits), [[0.25, 0.75]] * 2, atol=1e-6)


def test_multiclass_loss_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.3, 0.5]]))
    assert Multiclass().loss(logits, torch.tensor([1])).tolist() == pytest.approx([-math.log(0.3)])


def test_macro_f1_by_hand_leaves_out_what_nobody_said() -> None:
    """a: precision 1/2, recall 1, F1 2/3; b: 0; c stands nowhere: the mean is 1/3."""
    report = Multiclass().scores(["a", "b"], ["a", "a"], ["a", "b", "c"])
    assert report.metrics["macro_f1"].value == pytest.approx(1 / 3)
    assert report.metrics["accuracy"].value == pytest.approx(1 / 2)
    assert report.labels["c"].support == 0
    assert report.labels["c"].f1 == 0


def test_accuracy_interval_is_the_binomial_one() -> None:
    """80 right of 100: the standard error is 0.04, so the interval is about 0.8 ± 0.078."""
    truth = ["a"] * 50 + ["b"] * 50
    guesses = ["a"] * 40 + ["b"] * 50 + ["a"] * 10
    estimate = Binary().scores(truth, guesses, ["a", "b"]).metrics["accuracy"]
    assert estimate.low == pytest.approx(0.8 - 1.96 * 0.04, abs=0.015)
    assert estimate.high == pytest.approx(0.8 + 1.96 * 0.04, abs=0.015)


def test_records_of_nobody_known_count_each_alone() -> None:
    truth, guesses = ["a", "b"] * 30, ["a", "a", "b"] * 20
    unknown = Binary().scores(truth, guesses, ["a", "b"], [None] * 60).metrics["accuracy"]
    distinct = Binary().scores(truth, guesses, ["a", "b"], [f"{i:02}" for i in range(60)])
    assert unknown == distinct.metrics["accuracy"]


def test_a_hundred_and_fifty_labels_are_scored_in_a_moment() -> None:
    rng = np.random.default_rng(0)
    labels = [f"l{i}" for i in range(150)]
    truth = rng.choice(labels, 5000)
    guesses = np.where(rng.random(5000) < 0.8, truth, rng.choice(labels, 5000))
    report = Multiclass().scores(truth.tolist(), guesses.tolist(), labels)
    assert report.metrics["macro_f1"].value == pytest.approx(0.8, abs=0.03)
