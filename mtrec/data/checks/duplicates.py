"""Texts that stand in several records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.schema import DataWarning, task_column

REPEATED = 0.01  # share of repeated texts from which they weigh
CONTRADICTING = 0.001  # share of records labelled otherwise from which it is no mere slip


def check_duplicates(
    records: pd.DataFrame, texts: NDArray[np.int64], tasks: Sequence[str]
) -> list[DataWarning]:
    """Labelled records whose text another one has too, and among them those labelled otherwise.

    Args:
        records: the labels of the tasks, missing where there is none.
        texts: the same number for the same text, by record.
        tasks: their names.
    """
    columns = [task_column(task) for task in tasks]
    chosen = records[columns].notna().any(axis=1).to_numpy()
    labelled = records.loc[chosen, columns]
    texts = texts[chosen]
    warnings = []
    repeats = len(texts) - int(np.count_nonzero(np.bincount(texts)))
    if repeats and repeats >= REPEATED * len(texts):
        message = (
            f"Records that repeat the text of another: {repeats:,} ({repeats / len(texts):.0%}). "
            "Such texts count several times, in training as in figures; remove copies that nobody "
            "wrote twice"
        )
        warnings.append(DataWarning("repeated_texts", "records", repeats, message))
    for task, column in zip(tasks, columns, strict=True):
        warnings += _contradictions(task, texts, labelled[column])
    return warnings


def _contradictions(task: str, texts: NDArray[np.int64], labels: pd.Series) -> list[DataWarning]:
    """The records of texts that carry two labels or more, and how many no model can get right.

    Args:
        texts: the same number for the same text, per record.
        labels: per record, missing where there is none.
    """
    codes, names = pd.factorize(labels)
    texts, codes = texts[codes >= 0], codes[codes >= 0]
    again = np.bincount(texts)[texts] > 1
    cells, sizes = np.unique(texts[again] * len(names) + codes[again], return_counts=True)
    counts = pd.Series(sizes).groupby(cells // max(len(names), 1)).agg(["size", "sum", "max"])
    counts = counts[counts["size"] > 1]
    number = int(counts["sum"].sum())
    if not number or number < CONTRADICTING * len(codes):
        return []
    wrong = number - int(counts["max"].sum())
    message = (
        f"{task}: {number:,} records share a text with another but carry another label: whatever "
        f"is learned, at least {wrong:,} of them will count as wrong; decide on one label for "
        "each text"
    )
    return [DataWarning("contradicting_labels", task, number, message)]
