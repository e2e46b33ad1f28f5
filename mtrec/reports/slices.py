"""Where a task is weaker: parts of its records in which fewer answers are wholly right.

Parts are found on validation and measured on test, so that nothing is selected on test: of many
parts some look weak by chance, and those found weakest look weaker than they are. P-values are
corrected over parts as in Holm (1979), *A simple sequentially rejective multiple test procedure*,
Scandinavian Journal of Statistics 6.

Throughout: N judged records of one split, G people, M parts (slices).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mtrec import stats
from mtrec.data.dataset import Dataset
from mtrec.reports.candidates import Candidates, Slice, candidates
from mtrec.reports.classification import PREDICTED, TRUTH
from mtrec.reports.contrast import Contrast, Gap, contrast
from mtrec.reports.mixups import FEWEST
from mtrec.reports.sureness import Verdicts, right
from mtrec.reports.wording import percent, points
from mtrec.schema import RECORD, USER
from mtrec.stats import SIGNIFICANT
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType
from mtrec.tasks.ragged import Index
from mtrec.tasks.tally import owners
from mtrec.wording import many

PEOPLE = 5  # inside and outside, below which people say too little about others
MOST = 10  # slices that go on to test
ALIKE = 0.8  # Jaccard index above which two slices count as one


@dataclass(frozen=True, eq=False)
class Judged:
    """The records of one task and split that have a label and an answer.

    Attributes:
        records: their ids, `(N,)`.
        right: whether all that was said of each is right, `(N,)`.
        people: who wrote each, as numbers 0 to G - 1, `(N,)`; a record of nobody known is alone.
    """

    records: Index
    right: Verdicts
    people: Index


@dataclass(frozen=True)
class Found:
    """A slice that is weaker on validation: the number of its candidate, and by how much."""

    candidate: int
    slice: Slice
    gap: Gap


@dataclass(frozen=True, eq=False)
class Finding:
    """A slice that was found on validation, measured on test.

    Attributes:
        found: on validation, where it looks weaker than it is.
        records, people: how many of it are in test, and by how many people.
        others: how many other records are in test.
        measured: on test; None where records or people are too few in it or outside it.
        corrected: its p-value by Holm's correction over the slices that were measured.
        wrong: the test records of it that are not wholly right, `(W,)`.
    """

    slice: Slice
    found: Gap
    records: int
    people: int
    others: int
    measured: Gap | None
    corrected: float | None
    wrong: Index

    @property
    def holds(self) -> bool:
        """Whether it is weaker on test by more than the noise of as many slices."""
        if self.measured is None or self.corrected is None:
            return False
        high = self.measured.difference.high
        return self.corrected < SIGNIFICANT and high is not None and high < 0

    def sentence(self, name: Callable[[str], str] = "*{}*".format) -> str:
        """`62 % of texts of up to 6 words are right, against 81 % of the others: 19 points …`.

        Args:
            name: how a name from data is written.
        """
        if self.measured is None:
            by = f", by {self.people} people," if self.people < self.records else ""
            return (
                f"Texts {self.slice.phrase(name)} cannot be measured on test: there are "
                f"{self.records} of them{by} and {self.others} others"
            )
        gap = self.measured
        verdict = "more than noise" if self.holds else "not distinguishable from noise"
        return (
            f"{percent(gap.share.value)} of texts {self.slice.phrase(name)} are right, against "
            f"{percent(gap.rest.value)} of the others: {_points(gap)}, {verdict}"
        )


@dataclass(frozen=True, eq=False)
class Weaknesses:
    """What was looked at, and what was found.

    Attributes:
        val, test: how many records were judged.
        candidates: how many slices were looked at on validation.
        findings: those that looked weaker there: the ones that hold on test first, then those that
            do not, of either the widest gap on test first; last those that were not measured.
    """

    val: int
    test: int
    candidates: int
    findings: list[Finding]


def weaknesses(dataset: Dataset, task: str, val: pd.DataFrame, test: pd.DataFrame) -> Weaknesses:
    """Looks for slices on validation and measures them on test.

    Args:
        val, test: the task's predictions on each split, as `predictions` gave them.
    """
    task_type = TASK_TYPES[dataset.tasks[task].type]
    seen, unseen = (judged(dataset, each, task_type) for each in (val, test))
    if not len(seen.records) or not len(unseen.records):
        return Weaknesses(len(seen.records), len(unseen.records), 0, [])
    looked = candidates(dataset, task, seen.records, unseen.records)
    findings = measure(looked, find(looked, seen), unseen)
    findings.sort(key=_order)
    return Weaknesses(len(seen.records), len(unseen.records), len(looked.slices), findings)


def judged(dataset: Dataset, predictions: pd.DataFrame, task_type: TaskType) -> Judged:
    """The predictions of one task and split that can be judged."""
    told = predictions.dropna(subset=[TRUTH, PREDICTED])
    writers = dataset.records[USER].loc[told[RECORD]]
    return Judged(
        records=told[RECORD].to_numpy(dtype=np.int64),
        right=right(told, task_type),
        people=owners(writers.tolist(), len(told)),
    )


def find(looked: Candidates, val: Judged) -> list[Found]:
    """The slices in which fewer validation answers are right, the most convincing first.

    One-sided tests at 5 %, not corrected: these are suspicions, to be measured on test. A slice of
    nearly the same records as one before it is left out; ten go on at most.
    """
    if not looked.slices:
        return []
    every = _against_rest(looked.val, val)
    _, high = every.interval(np.full_like(every.difference, -ndtri(SIGNIFICANT)))
    suspect = np.flatnonzero((high < 0) & (every.people >= PEOPLE))
    members = looked.val[:, suspect]
    suspects = _against_rest(members, val)
    errors = suspects.standard_errors()
    gaps = suspects.gaps(errors)
    convincing = np.lexsort((suspects.difference, -errors))
    return [
        Found(int(suspect[each]), looked.slices[suspect[each]], gaps[each])
        for each in _distinct(members, convincing)
    ]


def measure(looked: Candidates, found: Sequence[Found], test: Judged) -> list[Finding]:
    """What was found on validation, on test, in the same order."""
    if not found:
        return []
    members = looked.test[:, [each.candidate for each in found]]
    told = _against_rest(members, test)
    enough = (told.records >= FEWEST) & (told.people >= PEOPLE)
    gaps = told.gaps(told.standard_errors())
    measured = [gap for gap, known in zip(gaps, enough, strict=True) if known]
    corrected = iter(stats.holm([gap.p_value for gap in measured]))
    findings = []
    for place, each in enumerate(found):
        inside = members[:, [place]].indices
        findings.append(
            Finding(
                slice=each.slice,
                found=each.gap,
                records=len(inside),
                people=len(np.unique(test.people[inside])),
                others=len(test.records) - len(inside),
                measured=gaps[place] if enough[place] else None,
                corrected=next(corrected) if enough[place] else None,
                wrong=test.records[inside[~test.right[inside]]],
            )
        )
    return findings


def _against_rest(members: Any, split: Judged) -> Contrast:
    return contrast(members, split.right, split.people)


def _points(gap: Gap) -> str:
    """`19 points fewer (95 % interval 14 to 24)`."""
    difference = gap.difference
    fewer = difference.value <= 0
    sign = -100 if fewer else 100
    size = abs(points(gap.share.value, gap.rest.value))
    ends = sorted(sign * each for each in (difference.low, difference.high) if each is not None)
    return (
        f"{many(size, 'point')} {'fewer' if fewer else 'more'} "
        f"(95\u00a0% interval {' to '.join(f'{end:z.0f}' for end in ends)})"
    )


def _order(finding: Finding) -> tuple[bool, bool, float]:
    gap = finding.measured
    return (not finding.holds, gap is None, 0.0 if gap is None else gap.difference.value)


def _distinct(members: Any, order: Index) -> list[int]:
    """The first slices in this order, but for those of nearly the same records as one before."""
    both = (members.T @ members).toarray()  # (K, K)
    sizes = np.diag(both)
    jaccard = both / (sizes[:, None] + sizes - both)
    kept: list[int] = []
    for place in order.tolist():
        if not (jaccard[place, kept] > ALIKE).any():
            kept.append(place)
    return kept[:MOST]
