"""How two marked entities of a text are related."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.schema import DataWarning
from mtrec.tasks.base import NOTHING, Unit
from mtrec.tasks.multiclass import Multiclass
from mtrec.tasks.reading import LOOKED_AT, read_each
from mtrec.tasks.tally import Counts, Metric, Sums, Tally, accuracy, macro_f1

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")
MARK = re.compile(r"</?e([12])>")
DIRECTION = re.compile(r"\s*\(\s*(e1\s*,\s*e2|e2\s*,\s*e1)\s*\)$")
MARKED = 0.9  # share of the texts that are marked where labels are relations
FEWEST = 3  # relations without a direction: two alone could be the labels of anything
OTHER = "Other"  # the label of entities that none of the relations holds between


class Relation(Multiclass):
    """The relation between the entities that the text marks with <e1>…</e1> and <e2>…</e2>.

    As in SemEval-2010 task 8 (Hendrickx et al., 2010): a relation may say its direction at its end,
    `Cause-Effect(e1,e2)` or `Cause-Effect(e2,e1)`; `Other` has none. A row whose text lacks exactly
    one pair of each marker, one behind the other, is unreadable.

    Learned as one of several labels: a relation in one direction and in the other are two. The head
    reads the states of both entities side by side.
    """

    type = "relation"
    unit = Unit.MARKS
    of_tokens = True
    description = "Each record says how the two things marked in its text are related"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        looked = some_of(texts, LOOKED_AT)
        if looked.empty or looked.map(_is_marked).mean() < MARKED:
            return None
        names = written.unique()
        directed = any(DIRECTION.search(name) for name in names)
        if not (2 if directed else FEWEST) <= len(names) <= len(written) / 2:
            return None
        return f"<e1> and <e2> in the texts, {len(names)} different values in {len(written):,} rows"

    def read(self, written: pd.Series, texts: pd.Series, spec: TaskSpec = UNSAID) -> pd.Series:
        marked = texts.map(_is_marked).astype("bool")
        return read_each(written, _normal).where(marked)

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        return _half_directed(task, values.value_counts())

    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        """`macro_f1` is the official score of SemEval-2010 task 8 (Hendrickx et al., 2010).

        It is the mean F1 over relations, both directions of one together: a wrong direction is
        predicted and is true, but is no hit. `macro_f1_directed` is the mean over labels as they
        are written. `Other` is left out of both, though relations taken for it are missed and those
        predicted in its place are spurious. Left out too is what stands neither in the truth nor in
        the predictions; the official scorer also leaves out what stands in predictions alone. Where
        that leaves nothing, nothing is wrong and both are 1. `accuracy` is over all labels.
        """
        directed = [None if label == OTHER else label for label in labels]
        relations = [label and DIRECTION.sub("", label) for label in directed]
        metrics = {
            "macro_f1": _macro_f1_of(relations),
            "macro_f1_directed": _macro_f1_of(directed),
            "accuracy": accuracy,
        }
        return Tally(truth, predicted, labels), metrics

    def marked(self, value: str, text: str) -> list[tuple[str, str]]:
        """The first entity as 1, the second as 2, whatever holds between them."""
        if entities(text) is None:
            return super().marked(value, text)
        before, one, first, _, between, other, second, _, behind = MARK.split(text)
        parts = [(before, NOTHING), (first, one), (between, NOTHING), (second, other)]
        return [part for part in [*parts, (behind, NOTHING)] if part[0]]


def entities(text: str) -> tuple[str, str] | None:
    """What stands between the marks of the first and of the second entity, spaces stripped.

    None unless there is one pair of each marker, and one pair ends before the other begins.
    """
    if any(text.count(mark) != 1 for mark in MARKS):
        return None
    places = [text.index(mark) for mark in MARKS]
    if sorted(places) not in (places, places[2:] + places[:2]):
        return None
    first, first_end, second, second_end = places
    return (
        text[first + len(MARKS[0]) : first_end].strip(),
        text[second + len(MARKS[2]) : second_end].strip(),
    )


def _is_marked(text: object) -> bool:
    return isinstance(text, str) and entities(text) is not None


def _macro_f1_of(names: Sequence[str | None]) -> Metric:
    """The mean F1 over distinct names; labels with one name count together.

    Args:
        names: of each label, `(L,)`; None leaves it out.
    """
    distinct = list(dict.fromkeys(name for name in names if name is not None))
    table = np.array([[name == each for each in distinct] for name in names], dtype=np.float64)

    def metric(sums: Sums) -> Counts:
        support, guessed, hits = (
            each @ table for each in (sums.support, sums.guessed, sums.hits)
        )  # (B, names)
        together = replace(sums, support=support, guessed=guessed, hits=hits)
        return macro_f1(together)

    return metric


def _normal(cell: str) -> str:
    """The name with its direction written the one way that scoring knows."""
    return DIRECTION.sub(lambda found: f"({''.join(found[1].split())})", cell)


def _half_directed(task: str, counts: pd.Series) -> list[DataWarning]:
    names = {DIRECTION.sub("", label) for label in counts.index if DIRECTION.search(label)}
    both = counts[counts.index.isin(names)]
    if both.empty:
        return []
    message = (
        f"'{both.index[0]}' of '{task}' stands both with and without a direction: these count as "
        "different labels, so a right relation can be scored as wrong"
    )
    return [DataWarning("half_directed", task, int(both.sum()), message)]
