"""Two runs on the same records: by how much they differ beyond noise, in what, and where.

Paired differences as in Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, and
correction over tasks as in Holm (1979); exact tests of right and wrong as in McNemar (1947).

Throughout, `a` and `b` are the predictions of two runs on one dataset version, as `predictions`
gave them. Compared are the records that both scored: those with a label and an answer of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from scipy import sparse

from mtrec import stats
from mtrec.data.dataset import Dataset
from mtrec.reports.classification import CONFIDENCE, PREDICTED, TASK, TRUTH
from mtrec.reports.sureness import Verdicts, right
from mtrec.schema import RECORD, SPLIT, USER, Estimate
from mtrec.stats import SIGNIFICANT
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType
from mtrec.tasks.tally import Counts, owners, samples

A, B = "a", "b"
PREDICTED_A, PREDICTED_B = f"{PREDICTED}_{A}", f"{PREDICTED}_{B}"
CONFIDENCE_A, CONFIDENCE_B = f"{CONFIDENCE}_{A}", f"{CONFIDENCE}_{B}"
ONLY = "only"  # column: which of the two is right


Answers = tuple[Sequence[str], Sequence[str]]
"""The truth of N records and what was said of them, `(N,)` each."""


@dataclass(frozen=True)
class HeadlineGap:
    """The headline figure of two sides on the same records.

    Args:
        a, b: the figure of either.
        difference: `a - b` with its 95 % interval.
        p_value: two-sided, of the bootstrap that also gave the interval.
        differing: in how many records, or for how many of the people who wrote them, the sides
            differ at all.
    """

    a: float
    b: float
    difference: Estimate
    p_value: float
    differing: int


@dataclass(frozen=True)
class TaskComparison:
    """One task in two runs, on the same records.

    Args:
        type: the task's type, a key of `TASK_TYPES`.
        records: how many records both scored.
        differing: in how many of them, or for how many of the people who wrote them, the answers
            differ at all.
        a, b: the headline figure of either.
        difference: `a - b` with its 95 % interval.
        p_value: two-sided, of the bootstrap that also gave the interval.
        corrected: the same by Holm's correction over the tasks that were compared.
        only_a, only_b: how many records only one of them has right, in everything.
        mcnemar: two-sided, of McNemar's exact test on these two counts.
    """

    task: str
    type: str
    records: int
    differing: int
    a: float
    b: float
    difference: Estimate
    p_value: float
    corrected: float
    only_a: int
    only_b: int
    mcnemar: float

    @property
    def distinguishable(self) -> bool:
        """Whether the difference is more than the noise of as many comparisons."""
        return self.corrected < SIGNIFICANT


def compare(dataset: Dataset, a: pd.DataFrame, b: pd.DataFrame, split: str) -> list[TaskComparison]:
    """The tasks that both runs have, in the dataset's order; tasks nobody labelled are left out.

    Differences are those of `headline_gap`.
    """
    found = []
    for task, known in dataset.tasks.items():
        pairs = paired(a, b, task, split)
        if pairs.empty:
            continue
        people = dataset.records[USER].loc[pairs[RECORD]]
        found.append(_compare(task, TASK_TYPES[known.type], known.labels, pairs, people))
    corrected = stats.holm([each.p_value for each in found])
    return [replace(each, corrected=p) for each, p in zip(found, corrected, strict=True)]


def paired(a: pd.DataFrame, b: pd.DataFrame, task: str, split: str) -> pd.DataFrame:
    """The records of a task and split that both scored, in the order of the dataset.

    Returns:
        columns `record`, `truth`, `predicted_a`, `predicted_b`, `confidence_a`, `confidence_b`.
    """
    ours, theirs = (
        each.loc[
            (each[TASK] == task) & (each[SPLIT] == split), [RECORD, TRUTH, PREDICTED, CONFIDENCE]
        ].dropna(subset=[TRUTH, PREDICTED])
        for each in (a, b)
    )
    both = ours.merge(theirs.drop(columns=TRUTH), on=RECORD, suffixes=(f"_{A}", f"_{B}"))
    columns = [RECORD, TRUTH, PREDICTED_A, PREDICTED_B, CONFIDENCE_A, CONFIDENCE_B]
    return both[columns].sort_values(RECORD, ignore_index=True)


def changed(
    a: pd.DataFrame, b: pd.DataFrame, task: str, task_type: TaskType, split: str
) -> pd.DataFrame:
    """The records that only one of the two has right, those first of which either is surest.

    Returns:
        the columns of `paired`, and `only`, which says which of them is right: `a` or `b`.
    """
    pairs = paired(a, b, task, split)
    right_a, right_b = _verdicts(pairs, task_type)
    pairs[ONLY] = np.where(right_a, A, B)
    apart: pd.DataFrame = pairs[right_a != right_b]
    surest = apart[[CONFIDENCE_A, CONFIDENCE_B]].max(axis=1).to_numpy()
    return apart.iloc[np.argsort(-surest, kind="stable")].reset_index(drop=True)


def settings_diff(a: BaseModel, b: BaseModel) -> list[tuple[str, Any, Any]]:
    """The settings that differ: dotted key, value in `a`, value in `b`; None where it has none."""
    ours, theirs = (dict(_flat(each.model_dump(mode="json"))) for each in (a, b))
    return [
        (key, ours.get(key), theirs.get(key))
        for key in dict.fromkeys([*ours, *theirs])
        if ours.get(key) != theirs.get(key)
    ]


def field_of(config: BaseModel, key: str) -> FieldInfo | None:
    """The field behind a dotted key, such as `settings_diff` gives; None where it is none's."""
    *above, last = key.split(".")
    settings: object = config
    for name in above:
        settings = (
            settings.get(name) if isinstance(settings, dict) else getattr(settings, name, None)
        )
    if not isinstance(settings, BaseModel):
        return None
    fields = type(settings).model_fields
    return {field.alias or name: field for name, field in fields.items()}.get(last)


def title_of(config: BaseModel, key: str) -> str:
    """What people call a setting; of one that each task has for itself, with the task's name."""
    field = field_of(config, key)
    if field is None or not field.title:
        return key
    group, *between, _ = key.split(".")
    return f"{field.title} ({'.'.join(between)})" if group == "tasks" else field.title


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def headline_gap(
    task_type: TaskType,
    labels: Sequence[str],
    a: Answers,
    b: Answers,
    people: Sequence[str | None],
) -> HeadlineGap:
    """By how much the headline figure of one side differs from the other's, on N paired records.

    Differences are drawn by a paired bootstrap: each sample takes the same records for both, or the
    same people with all their records where people wrote several. What both say alike tells nothing
    of their difference, so noise is widened as for as many units as differ, not as for all.

    Args:
        labels: of the task.
        a, b: truth and answers of each side; the truth differs where its texts do.
        people: who wrote each record, `(N,)`.
    """
    pairs = pd.DataFrame(dict(enumerate([*a, *b])))  # truth and answers of a, then of b
    cells = pairs.groupby(list(pairs.columns), sort=True).size().rename("n").reset_index()
    counts = cells["n"].to_numpy(np.float64)  # of C different ones
    figures = [
        _figure(task_type, labels, cells[truth].tolist(), cells[said].tolist())
        for truth, said in ((0, 1), (2, 3))
    ]
    value_a, value_b = (float(figure(counts[None])[0]) for figure in figures)
    of_record = pairs.groupby(list(pairs.columns), sort=True).ngroup().to_numpy().astype(np.int64)
    units = owners(people, len(people))
    drawn = np.concatenate(
        [figures[0](each) - figures[1](each) for each in samples(of_record, len(counts), units)]
    )
    apart = ((pairs[0] != pairs[2]) | (pairs[1] != pairs[3])).to_numpy()
    differing = len(np.unique(units[apart]))
    return HeadlineGap(
        a=value_a,
        b=value_b,
        difference=_estimate(value_a - value_b, drawn, differing),
        p_value=stats.two_sided(drawn, differing),
        differing=differing,
    )


def _compare(
    task: str, task_type: TaskType, labels: Sequence[str], pairs: pd.DataFrame, people: pd.Series
) -> TaskComparison:
    """One task, not yet corrected for the others."""
    truth, ours, theirs = (pairs[each].tolist() for each in (TRUTH, PREDICTED_A, PREDICTED_B))
    gap = headline_gap(task_type, labels, (truth, ours), (truth, theirs), people.tolist())
    right_a, right_b = _verdicts(pairs, task_type)
    only_a, only_b = (int(each.sum()) for each in (right_a & ~right_b, right_b & ~right_a))
    return TaskComparison(
        task=task,
        type=task_type.type,
        records=len(pairs),
        differing=gap.differing,
        a=gap.a,
        b=gap.b,
        difference=gap.difference,
        p_value=gap.p_value,
        corrected=gap.p_value,
        only_a=only_a,
        only_b=only_b,
        mcnemar=stats.mcnemar(only_a, only_b),
    )


def _verdicts(rows: pd.DataFrame, task_type: TaskType) -> tuple[Verdicts, Verdicts]:
    """Whether all that either said of each row is right, `(N,)` each."""
    ours, theirs = (
        right(rows.rename(columns={column: PREDICTED}), task_type)
        for column in (PREDICTED_A, PREDICTED_B)
    )
    return ours, theirs


def _estimate(value: float, draws: Counts, differing: int) -> Estimate:
    """The difference with its interval, stretched to hold it; none where one unit alone differs."""
    bounds = stats.interval(draws, differing)
    if differing == 1 or bounds is None or not np.isfinite(value):
        return Estimate(value)
    return Estimate(value, min(bounds[0], value), max(bounds[1], value))


def _figure(
    task_type: TaskType, labels: Sequence[str], truth: Sequence[str], predicted: Sequence[str]
) -> Callable[[Counts], Counts]:
    """The headline figure where each of T different records stands so often, `(B, T)` to `(B,)`.

    Args:
        truth, predicted: of these, `(T,)`.
    """
    tally, metrics = task_type.tally(truth, predicted, labels)
    metric = metrics[task_type.headline]
    places = {pair: place for place, pair in enumerate(tally.pairs)}
    columns = [places[pair] for pair in zip(truth, predicted, strict=True)]
    table = (np.ones(len(truth)), (np.arange(len(truth)), columns))
    together = sparse.csr_array(table, shape=(len(truth), len(places)))
    return lambda counts: metric(tally.sums(np.asarray(counts @ together)))
