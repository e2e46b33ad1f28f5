"""Which labels are mixed up most, as sentences.

Pairs of labels are ordered by the lower end of the Wilson interval (Wilson, 1927) of how often one
is taken for the other, so that 12 of 60 comes before 1 of 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.stats import wilson
from mtrec.tasks.base import NOTHING
from mtrec.wording import number

MOST_LABELS = 25  # that a matrix shows which can be read at a glance
MOST_PAIRS = 5  # that stand in sentences, and whose labels a matrix shows where there are more
FEWEST = 10  # cases of a label below which its figures mean nothing
NEARLY_ALL = Fraction(9, 10)
SMALL = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100)
LARGE = (3, 4, 5, 10)
SIMPLE = [*(Fraction(1, n) for n in SMALL), *(Fraction(n - 1, n) for n in LARGE)]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mixup:
    """One label that is taken for another.

    Attributes:
        truth, predicted: labels; `NOTHING` in place of the predicted one where it is missed, in
            place of the true one where it is found where none is.
        count: how often.
        support: of how many cases: how often the true label stands, and where that is `NOTHING`,
            how often the other one is predicted.
        share: `count / support`.
    """

    truth: str
    predicted: str
    count: int
    support: int
    share: float

    def sentence(self, name: Callable[[str], str] = "*{}*".format) -> str:
        """What happens, in words: `takes *refund* for *billing* in 1 of 5 cases (12 of 60)`.

        Args:
            name: how a label is written.
        """
        often = how_often(self.count, self.support)
        # With spaces at which no line breaks.
        cases = f"{number(self.count)}\u00a0of\u00a0{number(self.support)}"
        if self.truth == NOTHING:
            return f"finds {name(self.predicted)} where none is {often} that it finds ({cases})"
        if self.predicted == NOTHING:
            return f"misses {name(self.truth)} {often} ({cases})"
        return f"takes {name(self.truth)} for {name(self.predicted)} {often} ({cases})"


def mixups(counts: pd.DataFrame, most: int = MOST_PAIRS, fewest: int = FEWEST) -> list[Mixup]:
    """The pairs of labels that are mixed up most, the worst first.

    Args:
        counts: as `confusion` gives them.
        most: how many pairs at most.
        fewest: pairs with fewer cases say too little and are left out.
    """
    cells = counts.to_numpy()  # (rows, columns)
    support = np.broadcast_to(cells.sum(axis=1, keepdims=True), cells.shape)
    spurious = (counts.index == NOTHING)[:, None]
    support = np.where(spurious, cells.sum(axis=0), support)
    wrong = counts.index.to_numpy()[:, None] != counts.columns.to_numpy()
    rows, columns = np.nonzero(wrong & (cells > 0) & (support >= fewest))
    count, cases = cells[rows, columns], support[rows, columns]
    worst = np.argsort(-wilson(count, cases)[0], kind="stable")[:most]
    return [
        Mixup(
            truth=str(counts.index[rows[place]]),
            predicted=str(counts.columns[columns[place]]),
            count=int(count[place]),
            support=int(cases[place]),
            share=float(count[place] / cases[place]),
        )
        for place in worst
    ]


def readable(counts: pd.DataFrame, most: int = MOST_LABELS) -> list[str]:
    """The labels that a matrix shows: of many, only those of the pairs that are mixed up most.

    Args:
        counts: as `confusion` gives them.
        most: labels that are not many.
    """
    every = [*dict.fromkeys([*counts.index, *counts.columns])]
    found = mixups(counts) or mixups(counts, fewest=1)
    confused = {label for each in found for label in (each.truth, each.predicted)}
    if sum(label != NOTHING for label in every) <= most or not confused:
        return every
    return [label for label in every if label in confused]


def how_often(count: int, support: int) -> str:
    """A share as people say it: `in 1 of 5 cases`, `in about half of the cases`."""
    share = Fraction(count, support)
    if count == support:
        return "in all cases"
    if share > NEARLY_ALL:
        return "in nearly all cases"
    if share < min(SIMPLE):
        return f"in fewer than {_of(min(SIMPLE))} cases"
    near = min(SIMPLE, key=lambda fraction: abs(fraction - share))
    about = "" if near == share else "about "
    if near == Fraction(1, 2):
        return f"in {about}half of the cases"
    return f"in {about}{_of(near)} cases"


def _of(fraction: Fraction) -> str:
    return f"{fraction.numerator} of {fraction.denominator}"
