"""Which labels of a task can be read off something else, without reading the text.

Agreement is Cohen's kappa (Cohen 1960, *A coefficient of agreement for nominal scales*) of one
label against the rest, `(p_o - p_e) / (1 - p_e)`: the share p_o of records on which guess and label
agree, corrected for the share p_e on which they would agree by chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.wording import listed

SAMPLE = 50_000  # records that are looked at
FEWEST = 10  # records a label needs among those that are guessed at
TOLD = 0.95  # the agreement from which a label counts as told

Numbers = NDArray[Any]


def sampled(labels: pd.Series, size: int = SAMPLE) -> pd.Series:
    """The labels of `size` records, drawn with a fixed seed; of all where they are fewer.

    Args:
        labels: one element a record and label; the index repeats the record's.
    """
    records = labels.index.unique()
    if len(records) <= size:
        return labels
    chosen = np.random.default_rng(0).choice(records, size, replace=False)
    return labels[labels.index.isin(chosen)]


def told_labels(column: pd.Series, labels: pd.Series) -> list[str]:
    """The labels that a column tells in records not seen before, the most frequent first.

    One half of the records teaches: a label is guessed for a value if more than half of the value's
    records carry it. Values new in the other half are guessed as "any value", so that presence
    alone can tell; a missing cell is a value of its own. Ids that stand once tell nothing.

    Args:
        column: one cell a record.
        labels: one element a record and label; the index repeats the column's.
    """
    records, row = np.unique(labels.index.to_numpy(), return_inverse=True)
    label, names = pd.factorize(labels)
    value, values = pd.factorize(column.loc[records])
    missing, other = len(values), len(values) + 1
    value = np.where(value < 0, missing, value)
    row, label = _distinct(row, label, len(names))
    size = len(names)
    teaches = np.zeros(len(records), dtype=bool)
    teaches[np.random.default_rng(0).permutation(len(records))[: len(records) // 2]] = True

    known = np.bincount(value[teaches], minlength=other + 1)  # (V,) records taught, by value
    known[other] = known[:missing].sum()
    cells = value[row] * size + label
    present = teaches[row] & (value[row] != missing)
    taught = np.concatenate([cells[teaches[row]], other * size + label[present]])
    cell, number = np.unique(taught, return_counts=True)
    rules = cell[2 * number > known[cell // size]]  # value and label that are guessed together

    value = np.where((known[value] == 0) & (value != missing), other, value)
    cells = (value[row] * size + label)[~teaches[row]]
    asked = np.bincount(value[~teaches], minlength=other + 1)
    carried = np.bincount(cells % size, minlength=size)
    guessed = np.bincount(rules % size, weights=asked[rules // size], minlength=size)
    hits = np.bincount(cells[np.isin(cells, rules)] % size, minlength=size)
    told = (carried >= FEWEST) & (agreement(hits, guessed, carried, int(asked.sum())) >= TOLD)
    order = np.argsort(-carried, kind="stable")
    return [str(names[i]) for i in order if told[i]]


def agreement(hits: Numbers, guessed: Numbers, carried: Numbers, records: int) -> Numbers:
    """Cohen's kappa of each label, 0 where a guess by chance is always right.

    Args:
        hits: records that are guessed to carry the label and do.
        guessed: records that are guessed to carry it.
        carried: records that carry it.
        records: all records.
    """
    total = max(records, 1)
    observed = (total - guessed - carried + 2 * hits) / total
    chance = (guessed * carried + (total - guessed) * (total - carried)) / total**2
    room = 1 - chance
    kappa: Numbers = np.divide(observed - chance, room, out=np.zeros(len(room)), where=room > 0)
    return kappa


def described(told: list[str], labels: pd.Series) -> tuple[str, int]:
    """How a message names told labels, and how many records carry one of them.

    Args:
        labels: one element a record and label, of all records.
    """
    number = labels[labels.isin(told)].index.nunique()
    if len(told) == labels.nunique():
        return "every label follows almost always", number
    if len(told) == 1:
        return f"the label {told[0]} follows almost always", number
    return f"{len(told)} labels ({listed(told)}) follow almost always", number


def _distinct(row: Numbers, label: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Each label of a record once."""
    cells = np.unique(row * size + label)
    return cells // size, cells % size
