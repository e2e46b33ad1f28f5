"""A confusion matrix by hand: four labels, one of them never predicted, one never true."""

from __future__ import annotations

import pandas as pd

from mtrec.reports.confusion import behind_cell, confusion, row_shares

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
