"""What is known of items beside who liked them: attributes, facts from a file, how new they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mtrec.data.checked import nearest
from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.recommend.data import HISTORY, ones
from mtrec.schema import ITEM, SPLIT, TIME, TITLE, attribute_column
from mtrec.wording import listed, many

RELATION, ENTITY = "relation", "entity"
SEPARATOR = "|"  # between several values in one cell, as an import joins them
ATTRIBUTE = attribute_column("")

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Attribute:
    """One thing known of items, of which an item may have any number of values.

    Attributes:
        values: every value there is `(V,)`, sorted.
        held: csr `(I, V)` of ones, who has which.
        fact: whether it comes from the knowledge, whose entities count as reasons.
    """

    values: NDArray[np.object_]
    held: Any
    fact: bool

    def of(self, item: int) -> Ids:
        """The places in `values` of those that an item has."""
        found: Ids = self.held.indices[self.held.indptr[item] : self.held.indptr[item + 1]]
        return found


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Every item that can be recommended, in the order of the dataset's table.

    Attributes:
        items: ids `(I,)`.
        titles: what they are called `(I,)`.
        attributes: by name.
        texts: the items' text vectors of length 1 `(I, w)`.
        first: when somebody first acted on an item `(I,)`, NaT where nobody did or no time is
            known; by the split that is judged, of which nothing is looked at.
        stray: how many facts of the knowledge are about items that are not here.
    """

    items: NDArray[np.object_]
    titles: NDArray[np.object_]
    attributes: Mapping[str, Attribute]
    texts: Floats
    first: Mapping[str, NDArray[Any]]
    stray: int = 0

    @classmethod
    def of(cls, dataset: Dataset, texts: Floats, knowledge: Path | None = None) -> Catalogue:
        """Reads a dataset's items, and the file of facts where there is one.

        Args:
            knowledge: a table with the columns item, relation and entity; a relation is one more
                attribute, or adds to the attribute of its name.

        Raises:
            InputError: the file is no such table, or about none of the items.
        """
        items = dataset.items[ITEM].to_numpy(dtype=object)
        position = pd.Index(items)
        table = _attribute_rows(dataset.items)
        facts, stray = _facts(knowledge, position) if knowledge is not None else (table[:0], 0)
        relations = set(facts[RELATION])
        rows = pd.concat([table, facts])
        attributes = {
            str(name): _attribute(group, len(items), name in relations)
            for name, group in rows.groupby(RELATION, sort=True)
        }
        return cls(
            items=items,
            titles=dataset.items[TITLE].to_numpy(dtype=object),
            attributes=attributes,
            texts=texts,
            first={split: _first(dataset, position, before) for split, before in HISTORY.items()},
            stray=stray,
        )

    @cached_property
    def titles_by_id(self) -> dict[str, str]:
        """What each item is called, by its id."""
        return dict(zip(self.items.tolist(), self.titles.tolist(), strict=True))

    def attribute(self, name: str, where: str) -> Attribute:
        """An attribute by its name; raises InputError where there is none."""
        if name not in self.attributes:
            known = list(self.attributes)
            close = nearest(name, known)
            raise InputError(
                f"No item has an attribute {name}",
                expected=f"one of {', '.join(known)}"
                if known
                else "items that have attributes; this data names none",
                found=name,
                where=where,
                fix=f"write {close} instead of {name}"
                if close
                else "name it in the recipe's items: attributes, or in a file of knowledge",
            )
        return self.attributes[name]

    def having(self, name: str, values: list[str], where: str) -> Ids:
        """The items that have one of the values; raises InputError for a value no item has."""
        attribute = self.attribute(name, where)
        known = [str(each) for each in attribute.values]
        for value in values:
            if value not in known:
                close = nearest(value, known)
                raise InputError(
                    f"No item has the {name} {value}",
                    expected=f"one of {listed(known)}",
                    found=value,
                    where=where,
                    fix=f"write {close} instead of {value}" if close else "leave it out",
                )
        columns = pd.Index(attribute.values).get_indexer(pd.Index(values))
        return np.unique(attribute.held[:, columns].nonzero()[0]).astype(np.int64)

    def named(self, items: list[str], where: str) -> Ids:
        """The positions of item ids; raises InputError where there is none of an id."""
        found = pd.Index(self.items).get_indexer(pd.Index(items))
        for item, position in zip(items, found, strict=True):
            if position < 0:
                close = nearest(item, [str(each) for each in self.items])
                raise InputError(
                    f"There is no item {item}",
                    expected=f"an id of the {len(self.items):,} items in the data",
                    found=item,
                    where=where,
                    fix=f"write {close} instead of {item}"
                    if close
                    else "copy the id as it is written in the data, or leave it out",
                )
        return found.astype(np.int64)

    def newness(self, attribute: str | None, split: Literal["val", "test"], where: str) -> Floats:
        """How new each item is `(I,)`: the share of the others that are older, ties half.

        Args:
            attribute: says it by numbers or dates; None for the first act on an item.
            split: the split that is judged; acts from there on are not looked at.

        Raises:
            InputError: nothing says how new any item is.
        """
        unknown: Literal["top", "bottom"]  # the highest ranks are at the bottom
        if attribute is None:
            when = pd.Series(self.first[split])
            unknown = "bottom"  # nobody acted on them yet
        else:
            when = _moments(self.attribute(attribute, where))
            unknown = "top"
        if when.notna().sum() == 0:
            raise InputError(
                "Nothing says how new an item is",
                expected="acts with times"
                if attribute is None
                else f"numbers or dates such as 2024-01-31 as {attribute}",
                found="none",
                where=where,
                fix="name an attribute that says it, or leave the rule out",
            )
        ranks = when.rank(method="average", na_option=unknown).to_numpy()
        newest = max(len(when) - 1, 1)
        return ((ranks - 1) / newest).astype(np.float32)


def shared(catalogue: Catalogue, item: int, liked: Ids) -> list[tuple[str, str, int]]:
    """The facts that an item shares with things that somebody liked.

    Returns:
        relation, entity, and the position of the liked thing, once for each relation and entity.
    """
    found = []
    for name, attribute in catalogue.attributes.items():
        if not attribute.fact:
            continue
        for value in attribute.of(item):
            holders = [each for each in liked if each != item and value in attribute.of(int(each))]
            if holders:
                found.append((name, str(attribute.values[value]), int(holders[0])))
    return found


def _attribute_rows(items: pd.DataFrame) -> pd.DataFrame:
    """Item position, relation and entity of each value that stands in the items' table."""
    parts = [pd.DataFrame({ITEM: [], RELATION: [], ENTITY: []}, dtype=object)]
    for column in items.columns:
        if not str(column).startswith(ATTRIBUTE):
            continue
        values = items[column].reset_index(drop=True).dropna().astype("str")
        several = values.str.split(SEPARATOR, regex=False).explode().str.strip()
        several = several[several != ""]
        name = str(column).removeprefix(ATTRIBUTE)
        parts.append(
            pd.DataFrame({ITEM: several.index, RELATION: name, ENTITY: several.to_numpy(object)})
        )
    return pd.concat(parts)


def _facts(path: Path, position: pd.Index) -> tuple[pd.DataFrame, int]:
    from mtrec.data.readers import read_table  # a run that is served reads no tables

    table = read_table(path)
    frame = table.frame
    columns = [ITEM, RELATION, ENTITY]
    lacking = [each for each in columns if each not in frame.columns]
    if lacking:
        raise InputError(
            "The knowledge lacks a column",
            expected=f"the columns {', '.join(columns)}",
            found=f"{', '.join(map(str, frame.columns))}; no {', '.join(lacking)}",
            where=path.name,
            fix="name its columns so in the first row",
        )
    rows = frame[columns].apply(lambda column: column.str.strip())
    lacking_cells = rows.index[(rows.isna() | (rows == "")).any(axis=1)]
    bad = sorted([*lacking_cells, *table.broken.index])
    if bad:
        raise InputError(
            "The knowledge has rows that cannot be read",
            expected="an item, a relation and an entity in every row",
            found=f"{many(len(bad), 'row')} without, the first is row {bad[0]}",
            where=path.name,
            fix="complete these rows, or take them out",
        )
    positions = position.get_indexer(rows[ITEM])
    here = positions >= 0
    if not here.any():
        raise InputError(
            "The knowledge is about none of the items",
            expected=f"ids of items, such as {listed([str(each) for each in position[:3]])}",
            found=listed([str(each) for each in rows[ITEM][:3]]) or "no row",
            where=path.name,
            fix="copy the ids as they are written in the data",
        )
    return rows[here].assign(**{ITEM: positions[here]}), int((~here).sum())


def _attribute(rows: pd.DataFrame, items: int, fact: bool) -> Attribute:
    codes, values = pd.factorize(rows[ENTITY].to_numpy(dtype=object), sort=True)
    held: csr_matrix = ones(rows[ITEM].to_numpy(np.int64), codes, (items, len(values)))
    return Attribute(np.asarray(values, dtype=object), held, fact)


def _first(dataset: Dataset, position: pd.Index, before: tuple[str, ...]) -> NDArray[Any]:
    acts = dataset.interactions
    known = acts[acts[SPLIT].isin(before) & acts[TIME].notna()]
    first = known.groupby(ITEM)[TIME].min()
    found: NDArray[Any] = first.reindex(position).dt.tz_localize(None).to_numpy()
    return found


def _moments(attribute: Attribute) -> pd.Series:
    """The newest value of each item as a number `(I,)`, NaN where none can be read."""
    written = pd.Series(attribute.values, dtype="str")
    values = pd.to_numeric(written, errors="coerce").astype("float64")
    if values.isna().all():
        dates = pd.to_datetime(written, format="ISO8601", errors="coerce", utc=True)
        values = (
            dates.dt.tz_localize(None).astype("datetime64[s]").astype("int64").astype("float64")
        )
        values[dates.isna()] = np.nan
    cells = attribute.held.tocoo()
    found = pd.Series(values.to_numpy()[cells.col]).groupby(cells.row).max()
    return found.reindex(range(attribute.held.shape[0]))
