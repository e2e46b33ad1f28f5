"""Which labels are taken for which: counts, shares, and the records behind a cell."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH
from mtrec.schema import RECORD
from mtrec.tasks.base import NOTHING, TaskType


def compared(predictions: pd.DataFrame, task_type: TaskType) -> pd.DataFrame:
    """The predictions, a row for each label of a record that stands against another.

    Args:
        predictions: columns `truth` and `predicted`, one row per record, none missing.

    Returns:
        the same columns, with single labels in `truth` and `predicted`; `NOTHING` where a label was
        missed, or should not have been predicted.
    """
    different = predictions[[TRUTH, PREDICTED]].drop_duplicates()
    pairs = [
        (*row, *pair)
        for row in different.itertuples(index=False, name=None)
        for pair in task_type.compare(*row)
    ]
    table = pd.DataFrame(pairs, columns=[TRUTH, PREDICTED, "a", "b"], dtype="str")
    merged = predictions.merge(table, on=[TRUTH, PREDICTED])
    return merged.drop(columns=[TRUTH, PREDICTED]).rename(columns={"a": TRUTH, "b": PREDICTED})


def confusion(pairs: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """How often each true label stands against each predicted one.

    Args:
        pairs: as `compared` gives them.
        labels: the task's labels in order.

    Returns:
        counts `(L, L)`: rows are true labels, columns are predicted ones; with a last row and
        column for `NOTHING` where anything stands against it.
    """
    counts = pd.crosstab(pairs[TRUTH], pairs[PREDICTED])
    rows, columns = (
        [*labels, NOTHING] if NOTHING in axis else list(labels)
        for axis in (counts.index, counts.columns)
    )
    counts = counts.reindex(index=rows, columns=columns, fill_value=0)
    return counts.rename_axis(index=TRUTH, columns=PREDICTED).astype("int64")


def row_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Of the records that truly carry a label, the share predicted as each; rows add up to 1.

    A row without records is missing throughout.
    """
    totals = counts.sum(axis=1)
    return counts.div(totals.where(totals > 0), axis=0)


def behind_cell(pairs: pd.DataFrame, truth: str, predicted: str) -> pd.DataFrame:
    """The records of one cell, each once, the most confident predictions first."""
    inside = pairs[(pairs[TRUTH] == truth) & (pairs[PREDICTED] == predicted)]
    return inside.drop_duplicates(RECORD).sort_values(CONFIDENCE, ascending=False, kind="stable")
