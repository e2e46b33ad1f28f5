from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mtrec.data.checks.told import agreement, described, sampled, told_labels

N = 2000
RNG = np.random.default_rng(7)
LABELS = pd.Series(RNG.choice(["a", "b", "c"], N, p=[0.5, 0.3, 0.2]), dtype="str")


def test_kappa_by_hand() -> None:
    # 100 records, 30 carry the label, 40 are guessed to, 25 of them rightly: they agree on
    # 25 + 55 of 100, by chance on .4 * .3 + .6 * .7 = .54; (.8 - .54) / .46
    found = agreement(np.array([25]), np.array([40]), np.array([30]), 100)
    assert found[0] == pytest.approx(0.5652174)


def test_a_guess_by_chance_that_cannot_fail_is_worth_nothing() -> None:
    assert agreement(np.array([100]), np.array([100]), np.array([100]), 100)[0] == 0


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (LABELS.map({"a": "1", "b": "2", "c": "3"}), ["a", "b", "c"]),
        (LABELS.map({"a": "x", "b": None, "c": None}), ["a"]),
        (LABELS.where(LABELS != "b", [f"refund {n}" for n in range(N)]).mask(LABELS != "b"), ["b"]),
        (pd.Series(range(N)), []),
        (pd.Series(range(N)) // 2, []),
        (pd.Series(RNG.choice(list("xyz"), N)), []),
        (pd.Series("same", index=range(N)), []),
        (pd.Series(None, index=range(N), dtype="object"), []),
    ],
    ids=["codes", "presence", "unique where present", "ids", "pairs", "noise", "same", "empty"],
)
def test_what_a_column_tells(column: pd.Series, told: list[str]) -> None:
    assert told_labels(column.astype("str"), LABELS) == told


def test_a_column_that_is_wrong_too_often_tells_nothing() -> None:
    wrong = RNG.random(N) < 0.1
    column = LABELS.mask(wrong, "a")
    assert told_labels(column, LABELS) == []


def test_a_dominant_label_is_not_told_by_a_column_that_knows_nothing() -> None:
    labels = pd.Series(np.where(RNG.random(N) < 0.98, "most", "rest"), dtype="str")
    assert told_labels(pd.Series(RNG.choice(list("xy"), N), dtype="str"), labels) == []


def test_several_labels_of_a_record_are_told_each_for_itself() -> None:
    column = pd.Series(RNG.choice(["red", "blue", "both"], N), dtype="str")
    rows = [
        (n, label)
        for n, value in column.items()
        for label in {"red": ["r"], "blue": ["b"], "both": ["r", "b"]}[value]
    ]
    labels = pd.Series([label for _, label in rows], index=[n for n, _ in rows], dtype="str")
    assert set(told_labels(column, labels)) == {"r", "b"}


def test_labels_with_too_few_records_are_left_alone() -> None:
    labels = pd.Series(["a"] * 12 + ["b"] * 12, dtype="str")
    assert told_labels(labels, labels) == []


def test_a_sample_keeps_whole_records() -> None:
    labels = pd.Series(list("ab") * 100, index=np.repeat(range(100), 2))
    drawn = sampled(labels, 30)
    assert len(drawn) == 60
    assert drawn.index.nunique() == 30
    assert sampled(labels, 30).equals(drawn)
    assert sampled(labels, 100) is labels


def test_how_told_labels_are_named() -> None:
    labels = pd.Series(["a", "b", "b", "c"], dtype="str")
    assert described(["a", "b", "c"], labels) == ("every label follows almost always", 4)
    assert described(["b"], labels) == ("the label b follows almost always", 2)
    assert described(["b", "a"], labels) == ("2 labels (b, a) follow almost always", 3)
