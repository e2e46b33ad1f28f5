"""How two marked entities of a text are related."""

from __future__ import annotations

import re

import pandas as pd

from mtrec.data.labels import UNSAID, LabelType
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.schema import DataWarning
from mtrec.tasks.reading import LOOKED_AT, at_least_two, read_each

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")
DIRECTION = re.compile(r"\s*\(\s*(e1\s*,\s*e2|e2\s*,\s*e1)\s*\)$")
MARKED = 0.9  # share of the texts that are marked where labels are relations
FEWEST = 3  # relations without a direction: two alone could be the labels of anything


class Relation(LabelType):
    """The relation between the entities that the text marks with <e1>…</e1> and <e2>…</e2>.

    As in SemEval-2010 task 8 (Hendrickx et al., 2010): a relation may say its direction at its end,
    `Cause-Effect(e1,e2)` or `Cause-Effect(e2,e1)`; `Other` has none. A row whose text lacks exactly
    one pair of each marker, one behind the other, is unreadable.
    """

    type = "relation"
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

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        return at_least_two(sorted(values.unique().tolist()))

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        return _half_directed(task, values.value_counts())


def _is_marked(text: object) -> bool:
    """Whether there is one pair of each marker, and one pair ends before the other begins."""
    if not isinstance(text, str) or any(text.count(mark) != 1 for mark in MARKS):
        return False
    places = [text.index(mark) for mark in MARKS]
    return sorted(places) in (places, places[2:] + places[:2])


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
