"""Which labels are taken for which: counts, shares, and the records behind a cell."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH


def confusion(predictions: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """How often each true label was predicted as each label.

    Args:
        predictions: columns `truth` and `predicted`, one row per record.
        labels: the task's labels in order.

    Returns:
        counts `(L, L)`: rows are true labels, columns are predicted ones.
    """
    counts = pd.crosstab(predictions[TRUTH], predictions[PREDICTED])
    counts = counts.reindex(index=list(labels), columns=list(labels), fill_value=0)
    return counts.rename_axis(index=TRUTH, columns=PREDICTED).astype("int64")


def row_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Of the records that truly carry a label, the share predicted as each; rows add up to 1.

    A row without records is missing throughout.
    """
    totals = counts.sum(axis=1)
    return counts.div(totals.where(totals > 0), axis=0)


def behind_cell(predictions: pd.DataFrame, truth: str, predicted: str) -> pd.DataFrame:
    """The predictions of one cell, the most confident first."""
    inside = (predictions[TRUTH] == truth) & (predictions[PREDICTED] == predicted)
    return predictions[inside].sort_values(CONFIDENCE, ascending=False, kind="stable")
