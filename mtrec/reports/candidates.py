"""Parts of a task's records that may be weaker than the rest, by what is known of them.

Throughout: N judged records of a split, M slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mtrec.data.dataset import Dataset
from mtrec.data.splits import WARM
from mtrec.schema import (
    ITEM,
    SOURCE,
    SPLIT,
    TEXT,
    TIME,
    TRAIN,
    USER,
    attribute_column,
    task_column,
)
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Index

ENOUGH = 20  # validation records in a slice, and outside it, for it to be looked at
FEW_VALUES = 10  # up to which numbers are values of their own
SPACED = 15  # characters a word beyond which a language puts no spaces between words
SEVERAL = TASK_TYPES["multilabel"]  # knows how a cell holds several values
BAR = "|"  # stands in no name, so that it separates values wherever it is


@dataclass(frozen=True)
class Slice:
    """A part of the records.

    Attributes:
        what: what sets it apart: `true label`, `length`, an attribute's name.
        value: which it is of these.
        template: what stands behind `texts`, with places for these: `{what}` and `{value}` where
            they come from data, `{words}` where the value is in words of our own.
    """

    what: str
    value: str
    template: str

    @property
    def short(self) -> str:
        """Such as `country: Ireland`."""
        return f"{self.what}: {self.value}"

    def phrase(self, name: Callable[[str], str] = "*{}*".format) -> str:
        """Behind `texts`: `written by people whose *country* is *Ireland*`.

        Args:
            name: how a name from data is written.
        """
        return self.template.format(what=name(self.what), value=name(self.value), words=self.value)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The slices that are looked at, and which judged records each holds.

    Attributes:
        slices: M of them.
        val, test: 1 where a record belongs to a slice, csc `(N, M)`.
    """

    slices: list[Slice]
    val: Any
    test: Any


def candidates(dataset: Dataset, task: str, val: Index, test: Index) -> Candidates:
    """The slices with enough validation records, by what is known of texts, people and items.

    These are: the true label, labels of other tasks, the length in quarters of validation, values
    of the attributes of people and items (numbers in quarters of validation), the activity, how
    many training records their author has, and the year where both splits hold it. A record whose
    value is not known belongs to the rest.

    Args:
        val, test: the judged records of each split, `(N,)`.
    """
    records = np.concatenate([val, test])
    slices: list[Slice] = []
    columns: list[tuple[Any, Any]] = []
    for what, template, known in _known(dataset, task, records, len(val)):
        codes, values = pd.factorize(known.dropna().astype("str"), sort=True)
        places = known.dropna().index.to_numpy()
        shape = (len(records), len(values))
        members = sparse.csc_array((np.ones(len(codes)), (places, codes)), shape=shape)
        members.data[:] = 1  # also where a value stands twice in a record
        counts = np.diff(members[: len(val)].indptr)
        enough = np.flatnonzero((counts >= ENOUGH) & (len(val) - counts >= ENOUGH))
        slices += [Slice(what, str(value), template) for value in values[enough]]
        columns.append((members[: len(val), enough], members[len(val) :, enough]))
    inside, outside = (
        sparse.csc_array(sparse.hstack(each, format="csc")) for each in zip(*columns, strict=True)
    )
    return Candidates(slices, inside, outside)


# What is known of records: what it is called, the template of its slices, and each record's values,
# on an index that is the record's place among those asked, and may repeat it.
Known = tuple[str, str, pd.Series]


def _known(dataset: Dataset, task: str, records: Index, cut: int) -> Iterator[Known]:
    """All that slices are made of.

    Args:
        records: ids, of which the first `cut` are in validation.
    """
    of = dataset.records.loc[records].reset_index(drop=True)
    yield "true label", "truly labelled {value}", _labels(dataset, task, of)
    for other in dataset.tasks:
        if other != task:
            yield other, "labelled {value} in {what}", _labels(dataset, other, of)
    unit, lengths = _lengths(of[TEXT], cut)
    yield "length", "of {words}", _quarters(lengths, cut) + f" {unit}"
    yield "activity", "from {value}", of[SOURCE]
    seen = "training texts of their author"
    yield seen, "written by people with {words} training texts", _seen(dataset, of[USER])
    yield "year", "of the year {words}", _years(of[TIME], cut)
    yield from _attributes(dataset.users, of[USER], cut, "written by people whose {what}")
    yield from _attributes(dataset.items, of[ITEM], cut, "about things whose {what}")


def _labels(dataset: Dataset, task: str, of: pd.DataFrame) -> pd.Series:
    task_type = TASK_TYPES[dataset.tasks[task].type]
    return task_type.occurrences(of[task_column(task)].dropna())


def _lengths(texts: pd.Series, cut: int) -> tuple[str, pd.Series]:
    """How long texts are, in words; in characters where words are not kept apart by spaces."""
    words, characters = texts.str.count(r"\S+"), texts.str.len()
    if (characters / words).iloc[:cut].median() > SPACED:
        return "characters", characters
    return "words", words


def _quarters(numbers: pd.Series, cut: int) -> pd.Series:
    """Which quarter of the first `cut` numbers each is in: `up to 6`, `7 to 12`, `more than 20`.

    There are fewer where many numbers are equal; missing stays missing.
    """
    first = numbers.iloc[:cut].dropna()
    if first.empty:
        return pd.Series(pd.NA, index=numbers.index, dtype="str")
    edges = np.unique(np.quantile(first, [0.25, 0.5, 0.75], method="inverted_cdf"))
    whole = bool((numbers.dropna() % 1 == 0).all())
    names = [f"up to {edges[0]:.12g}"]
    for low, high in pairwise(edges):
        if not whole:
            names.append(f"more than {low:.12g} and up to {high:.12g}")
        else:
            names.append(f"{high:.12g}" if high == low + 1 else f"{low + 1:.12g} to {high:.12g}")
    names.append(f"more than {edges[-1]:.12g}")
    parts = pd.Series(np.array(names, dtype=object)[np.searchsorted(edges, numbers)], dtype="str")
    parts.index = numbers.index
    return parts.where(numbers.notna())


def _seen(dataset: Dataset, users: pd.Series) -> pd.Series:
    """How many training records each has written, in the segments that people are cut into."""
    training = dataset.records.loc[dataset.records[SPLIT] == TRAIN, USER].value_counts()
    numbers = users.dropna().map(training).fillna(0)
    names = np.array(["no", f"1 to {WARM - 1}", f"{WARM} or more"], dtype=object)
    return pd.Series(names[np.searchsorted([1, WARM], numbers, side="right")], numbers.index)


def _years(times: pd.Series, cut: int) -> pd.Series:
    """The year where the records before and after `cut` both hold it."""
    years: pd.Series = times.dt.year
    both = set(years.iloc[:cut].dropna()) & set(years.iloc[cut:].dropna())
    return years.where(years.isin(both)).astype("Int64")


def _attributes(table: pd.DataFrame, owned: pd.Series, cut: int, whose: str) -> Iterator[Known]:
    """The attributes of who wrote the records, or of what they are about.

    Args:
        table: users or items.
        owned: whose record each is, an id; its name is the column of ids in the table.
        whose: how templates begin.
    """
    prefix = attribute_column("")
    mine = table[table[owned.name].isin(owned.dropna().unique())].set_index(owned.name)
    for column in (name for name in table.columns if name.startswith(prefix)):
        cells = mine[column].dropna().str.strip()
        cells = cells[cells != ""]
        if cells.empty:
            continue
        what = column.removeprefix(prefix)
        numbers = pd.to_numeric(cells, errors="coerce")
        if np.isfinite(numbers).all() and numbers.nunique() > FEW_VALUES:
            yield what, f"{whose} is {{words}}", _quarters(owned.map(numbers), cut)
        elif _several(cells):
            read = owned.map(SEVERAL.read(cells, cells)).dropna()
            yield what, f"{whose} includes {{value}}", SEVERAL.occurrences(read)
        else:
            yield what, f"{whose} is {{value}}", owned.map(cells)


def _several(cells: pd.Series) -> bool:
    """Whether cells hold several values each."""
    return bool(cells.str.contains(BAR, regex=False).any()) or (
        SEVERAL.recognise(cells, cells) is not None
    )
