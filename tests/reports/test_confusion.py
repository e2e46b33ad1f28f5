"""A confusion matrix by hand: four labels, one of them never predicted, one never true."""

from __future__ import annotations

import pandas as pd

from mtrec.reports.confusion import behind_cell, compared, confusion, row_shares
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING

LABELS = ["bad", "good", "mixed", "odd"]
PREDICTIONS = pd.DataFrame(
    {
        "record": [0, 1, 2, 3, 4],
        "truth": ["good", "good", "bad", "good", "mixed"],
        "predicted": ["good", "bad", "bad", "good", "odd"],
        "confidence": [0.6, 0.7, 0.8, 0.9, 0.4],
    }
)


def test_counts_stand_at_true_row_and_predicted_column() -> None:
    counts = confusion(PREDICTIONS, LABELS)
    assert list(counts.index) == list(counts.columns) == LABELS
    assert counts.to_numpy().tolist() == [[1, 0, 0, 0], [1, 2, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_shares_of_a_row_add_up_to_one_and_an_empty_row_has_none() -> None:
    shares = row_shares(confusion(PREDICTIONS, LABELS))
    assert shares.loc["good"].tolist() == [1 / 3, 2 / 3, 0, 0]
    assert shares.drop("odd").sum(axis=1).tolist() == [1, 1, 1]
    assert shares.loc["odd"].isna().all()


def test_behind_a_cell_stand_its_records_the_surest_first() -> None:
    assert behind_cell(PREDICTIONS, "good", "good")["record"].tolist() == [3, 0]
    assert behind_cell(PREDICTIONS, "odd", "bad").empty


def test_several_labels_of_a_record_stand_each_against_its_own() -> None:
    said = pd.DataFrame(
        {
            "record": [7, 8, 9],
            "truth": ["a|b", "a", "a|b"],
            "predicted": ["b|c", "", "a|b"],
            "confidence": [0.5, 0.4, 0.9],
        }
    )
    pairs = compared(said, TASK_TYPES["multilabel"])
    counts = confusion(pairs, ["a", "b", "c"])
    assert counts.loc["a"].to_dict() == {"a": 1, "b": 0, "c": 1, NOTHING: 1}
    assert counts.loc["b"].to_dict() == {"a": 0, "b": 2, "c": 0, NOTHING: 0}
    assert list(counts.index) == ["a", "b", "c"]
    assert behind_cell(pairs, "b", "b")["record"].tolist() == [9, 7]
    assert behind_cell(pairs, "a", NOTHING)["record"].tolist() == [8]


def test_a_record_stands_once_behind_a_cell_that_it_is_in_twice() -> None:
    said = pd.DataFrame(
        {
            "record": [3],
            "truth": ["B-x O B-x"],
            "predicted": ["B-x O B-x"],
            "confidence": [0.5],
        }
    )
    pairs = compared(said, TASK_TYPES["tags"])
    assert confusion(pairs, ["x"]).to_numpy().tolist() == [[2]]
    assert behind_cell(pairs, "x", "x")["record"].tolist() == [3]
