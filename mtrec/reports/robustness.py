"""What small damage to texts does to a model's answers, measured on the test part.

Test texts are misspelt, or some of their words are left out, more and more of them, by the edits of
`mtrec.training.edits`: labels of words stay with their words. Damage is drawn by record, so that it
is the same for every model, and heavier damage holds the lighter. Each task's headline figure on
damaged texts stands beside the one on the same texts as they are written, with their paired
difference; p-values are corrected over what is measured of a task (Holm, 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec import stats
from mtrec.data.dataset import Dataset, labelled
from mtrec.data.sampling import some_of
from mtrec.reports.classification import authors
from mtrec.reports.compare import Answers, headline_gap
from mtrec.schema import RECORD, SPLIT, TEST, TEXT, USER, Estimate, task_column
from mtrec.stats import SIGNIFICANT
from mtrec.tasks.base import TaskType
from mtrec.training.edits import Edit, edited_text
from mtrec.training.reporter import SilentReporter

if TYPE_CHECKING:
    from mtrec.models.multitask import HeadSpec, MultiTaskModel

MOST = 2000  # texts
SHARES = (0.1, 0.2, 0.4)  # of the words
KINDS = {"misspelt": Edit.TYPO, "left out": Edit.DELETE}
SEED = 0

Labels = Mapping[str, NDArray[np.object_]]
"""By task, the labels of N texts as recipes write them, None where there is none."""

Told = Callable[[float], None]
"""Is told how much of the work is done, a share of 1."""


@dataclass(frozen=True)
class Damage:
    """One kind and strength of damage, and what it does to a task.

    Args:
        kind: what is done to words, a key of `KINDS`.
        share: to which share of the words.
        touched: how many of the texts were changed at all.
        figure: the headline figure on the damaged texts.
        difference: by how much it is above that on the texts as they are written.
        p_value: two-sided, of the bootstrap that also gave the difference's interval.
        corrected: the same by Holm's correction over all damage to the task.
    """

    kind: str
    share: float
    touched: int
    figure: Estimate
    difference: Estimate
    p_value: float
    corrected: float

    @property
    def holds(self) -> bool:
        """Whether the difference is more than noise."""
        return self.corrected < SIGNIFICANT


@dataclass(frozen=True)
class Robustness:
    """One task under damage.

    Args:
        type: the task's type, a key of `TASK_TYPES`.
        records: how many texts were scored.
        clean: the headline figure on them as they are written.
        damages: by kind, the lightest first.
    """

    task: str
    type: str
    records: int
    clean: Estimate
    damages: tuple[Damage, ...]


@dataclass(frozen=True, eq=False)
class _Texts:
    """N test texts in one state.

    Attributes:
        said: by task, the model's answers, None where it gave none, `(N,)`.
    """

    texts: list[str]
    truth: Labels
    said: Labels


def robustness(
    dataset: Dataset, model: MultiTaskModel, told: Told = lambda share: None, most: int = MOST
) -> dict[str, Robustness]:
    """What damage to the test texts does to each task that has labels among them.

    Args:
        told: is told how far the work has come.
        most: how many of the texts are read, drawn the same way every time.
    """
    records = dataset.records
    columns = {task: task_column(task) for task in model.tasks}
    used = (records[SPLIT] == TEST) & labelled(records, columns)
    chosen = records.loc[some_of(records.loc[used, TEXT], most).index]
    if chosen.empty:
        return {}
    texts, numbers = chosen[TEXT].tolist(), chosen[RECORD].tolist()
    kinds = {name: spec.task_type for name, spec in model.tasks.items()}
    truth = {task: _labels(chosen[column]) for task, column in columns.items()}
    progress = _Progress(told, (1 + len(KINDS) * len(SHARES)) * len(texts))
    clean = _asked(model, texts, truth, progress)
    damaged = {
        (kind, share): _asked(model, *damage(texts, truth, kinds, numbers, edit, share), progress)
        for kind, edit in KINDS.items()
        for share in SHARES
    }
    found = {}
    for task, spec in model.tasks.items():
        measured = _measured(task, spec, clean, damaged, chosen[USER])
        if measured is not None:
            found[task] = measured
    return found


def damage(
    texts: Sequence[str],
    truth: Labels,
    kinds: Mapping[str, TaskType],
    records: Sequence[int],
    edit: Edit,
    share: float,
) -> tuple[list[str], Labels]:
    """N damaged texts, and their labels.

    Args:
        kinds: the types of the tasks.
        records: a number for each text, from which its damage is drawn, `(N,)`.
        edit: what is done to words.
        share: how likely to each.
    """
    said, after = [], {task: values.copy() for task, values in truth.items()}
    for place, (text, record) in enumerate(zip(texts, records, strict=True)):
        carried = [task for task, values in truth.items() if values[place] is not None]
        labels = [(kinds[task], truth[task][place]) for task in carried]
        rng = np.random.default_rng((SEED, record))
        damaged, values = edited_text(text, labels, rng, share, [edit])
        said.append(damaged)
        for task, value in zip(carried, values, strict=True):
            after[task][place] = value
    return said, after


def _labels(column: pd.Series) -> NDArray[np.object_]:
    return np.array([each if isinstance(each, str) else None for each in column], dtype=object)


def _asked(model: MultiTaskModel, texts: list[str], truth: Labels, progress: _Progress) -> _Texts:
    from mtrec.training.inference import infer

    said = infer(model, texts, None, progress).predictions
    progress.finish(len(texts))
    return _Texts(texts, truth, {task: each.labels for task, each in said.items()})


def _measured(
    task: str,
    spec: HeadSpec,
    clean: _Texts,
    damaged: Mapping[tuple[str, float], _Texts],
    users: pd.Series,
) -> Robustness | None:
    """One task; None where no text has both a label and an answer in every state."""
    states = [clean, *damaged.values()]
    judged = np.array([each is not None for each in clean.truth[task]])
    for state in states:
        judged &= np.array([each is not None for each in state.said[task]])
    if not judged.any():
        return None
    people = users[judged]
    groups = authors(people)

    def side(state: _Texts) -> Answers:
        return state.truth[task][judged].tolist(), state.said[task][judged].tolist()

    def figure(state: _Texts) -> Estimate:
        report = spec.task_type.scores(*side(state), spec.labels, groups)
        return report.metrics[spec.task_type.headline]

    found = []
    for (kind, share), state in damaged.items():
        gap = headline_gap(spec.task_type, spec.labels, side(state), side(clean), people.tolist())
        pairs = zip(state.texts, clean.texts, judged, strict=True)
        touched = sum(ours != theirs for ours, theirs, is_judged in pairs if is_judged)
        found.append(
            Damage(kind, share, touched, figure(state), gap.difference, gap.p_value, gap.p_value)
        )
    corrected = stats.holm([each.p_value for each in found])
    return Robustness(
        task=task,
        type=spec.type,
        records=int(judged.sum()),
        clean=figure(clean),
        damages=tuple(replace(each, corrected=p) for each, p in zip(found, corrected, strict=True)),
    )


class _Progress(SilentReporter):
    """Tells the share of `total` texts that have been read."""

    def __init__(self, told: Told, total: int) -> None:
        self._told = told
        self._total = total
        self._before = 0  # texts of the states that are over
        self._read = 0  # of this one; equal texts are read once

    def advance(self, n: int) -> None:
        self._read += n
        self._told((self._before + self._read) / self._total)

    def finish(self, n: int) -> None:
        """A state of n texts is over."""
        self._before, self._read = self._before + n, 0
        self._told(self._before / self._total)
