"""Presentation mode: who people are and what they wrote is hidden, on all pages by one switch.

People get pseudonyms, in an order that a secret of the workspace draws. Texts become dots, word by
word, so that what is drawn in them keeps its place. What items are called stays: it is the
catalogue, and recommendations say nothing without it. Figures are made of the data as it is.

The switch is the workspace's, not a visit's: a reload, a second window and the browser's back
button show no more than the page that was left.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.files import write_json
from mtrec.recommend.arrange import Plan
from mtrec.recommend.base import Baseline
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.guest import NewTexts
from mtrec.recommend.imagined import LeftOut
from mtrec.recommend.opened import FUSED
from mtrec.recommend.people import People
from mtrec.schema import RECORD, ROW, TEXT, USER, WRITTEN, DataWarning, attribute_column
from mtrec.workspace import Workspace

UNSAID = "hidden in presentation mode"
DOT = "•"
ON, SECRET = "on", "secret"  # in the workspace's file
SHARED = 5  # people with the same value of an attribute, for it not to tell who somebody is
NAMES_IDS = ("rewritten_ids", "mixed_ids")  # the warnings that do, and what stands there for one
NUMBER = re.compile(r"\d(?:[\w.+]*\w)?")
ITEMS, USERS = "items", "users"  # tables

_MARKS = re.compile(r"(</?e[12]>)")  # of the two things that a text relates


def is_on(workspace: Workspace) -> bool:
    """Whether people and texts are hidden."""
    return bool(_kept(workspace).get(ON))


def switch(workspace: Workspace, on: bool) -> None:
    """Hides people and texts, or shows them again. A person's pseudonym is the same every time."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    secret = secret_of(workspace) or secrets.token_hex(32)
    write_json(workspace.presentation, {ON: on, SECRET: secret})


def secret_of(workspace: Workspace) -> str | None:
    """What pseudonyms are drawn by, in hex; None where the switch was never used."""
    return _kept(workspace).get(SECRET)


def _kept(workspace: Workspace) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(workspace.presentation.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def dotted(text: str) -> str:
    """A text with a dot for each sign; lines, words and the marks of related things stay."""
    if "<" in text:
        parts = _MARKS.split(text)
        parts[::2] = map(_dots, parts[::2])
        return "".join(parts)
    return _dots(text)


def _dots(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(" ".join([DOT * len(word) for word in line.split(" ")]) for line in lines)


def dotted_cells(cells: pd.Series) -> pd.Series:
    """The same of a column of strings; missing stays missing."""
    hidden = [cell if pd.isna(cell) else dotted(cell) for cell in cells]
    return pd.Series(hidden, index=cells.index, name=cells.name, dtype="str")


def unnamed(warning: DataWarning) -> DataWarning:
    """A warning without the ids that it names as examples."""
    if warning.code not in NAMES_IDS:
        return warning
    before, count, examples = warning.message.partition(f"{warning.rows:,}")
    if not count:
        before, examples = "", warning.message
    hidden = NUMBER.sub(lambda found: DOT * len(found[0]), examples)
    return replace(warning, message=f"{before}{count}{hidden}")


class Hiding:
    """How one dataset is shown in presentation mode."""

    def __init__(self, whole: Dataset, secret: str) -> None:
        """Draws the order of pseudonyms.

        Args:
            whole: the dataset as it is.
            secret: in hex.
        """
        self._whole = whole
        self._seed = int(secret, 16)

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset as it is shown; the index of its records is theirs, to be asked by."""
        warnings = [unnamed(each) for each in self._whole.warnings]
        return replace(
            self._whole, tables=HiddenTables(self._whole.tables, self), warnings=warnings
        )

    @cached_property
    def names(self) -> dict[str, str]:
        """Every person's pseudonym, by id."""
        ids = sorted(self._whole.users[USER])
        width = len(str(len(ids)))
        return {
            user: f"Person {number:0{width}d}"
            for user, number in zip(ids, self._drawn(len(ids)).tolist(), strict=True)
        }

    @cached_property
    def _users(self) -> dict[str, str]:
        return {name: user for user, name in self.names.items()}

    def shown(self, person: str) -> str | None:
        """The pseudonym of a person, given by it or by their id; None where nobody is called so."""
        return person if person in self._users else self.names.get(person)

    def known(self, person: str) -> str | None:
        """The id of a person, given by it or by their pseudonym; None where nobody is."""
        return person if person in self.names else self._users.get(person)

    def whose(self, name: str) -> str:
        """The id of the person with a pseudonym; raises InputError where nobody has it."""
        if name in self._users:
            return self._users[name]
        raise InputError(
            f"Nobody is called {name} in presentation mode",
            expected=f"a pseudonym such as {min(self._users)}" if self._users else "a person",
            found=name,
            fix="choose somebody on the page People",
        )

    def frame(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of records or acts, or a part of one, as it is shown; its index stays.

        Records get other numbers, and where they stand in their file is not said.
        """
        hidden: dict[str, Any] = {}
        if USER in table:
            hidden[USER] = table[USER].map(self.names).astype("str")
        for column in (TEXT, WRITTEN):
            if column in table:
                hidden[column] = dotted_cells(table[column])
        if RECORD in table:
            hidden[RECORD] = self._numbers[table[RECORD].to_numpy()]
        if ROW in table:
            hidden[ROW] = pd.Series(pd.NA, index=table.index, dtype="Int64")
        return table.assign(**hidden)

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        return self._drawn(len(self._whole.records)) - 1

    def _drawn(self, count: int) -> NDArray[np.int64]:
        """The numbers from 1 to `count` in the order that the secret draws."""
        return np.random.default_rng(self._seed).permutation(count).astype(np.int64) + 1


class HiddenTables(Mapping[str, pd.DataFrame]):
    """The tables of a dataset as they are shown, each made when first asked for."""

    def __init__(self, whole: Mapping[str, pd.DataFrame], hiding: Hiding) -> None:
        self._whole, self._hiding = whole, hiding
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self._made:
            self._made[table] = self._hide(table, self._whole[table])
        return self._made[table]

    def _hide(self, table: str, whole: pd.DataFrame) -> pd.DataFrame:
        if table == ITEMS:
            return whole
        hidden = self._hiding.frame(whole)
        if table == USERS:
            for column in whole.columns[whole.columns.str.startswith(attribute_column(""))]:
                shared = whole[column].map(whole[column].value_counts()) >= SHARED
                hidden[column] = whole[column].where(shared)
        return hidden

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


class HiddenPeople(People):
    """A run's people, asked for and told by pseudonyms, what they wrote in dots.

    A reason's `record` is as it is: what the records of the dataset are asked by.
    """

    def __init__(self, whole: People, hiding: Hiding) -> None:
        super().__init__(whole.folder)
        self._whole, self._hiding = whole, hiding

    @cached_property
    def users(self) -> NDArray[np.object_]:
        """Every pseudonym, in the order of the ids, which is not theirs."""
        return np.array([self._hiding.names[user] for user in self._whole.users], dtype=object)

    @cached_property
    def table(self) -> pd.DataFrame:
        return self._hiding.frame(self._whole.table)

    @property
    def traits(self) -> pd.DataFrame:  # type: ignore[override]  # read once, for all visits
        return self._whole.traits

    def stage(self, stage: str | None = None) -> FusedRecommender:
        return self._whole.stage(stage)

    def recommender(self, name: str) -> FusedRecommender | Baseline:
        return self._whole.recommender(name)

    def profile(self, user: str, stage: str | None = None) -> dict[str, Any]:
        said = self._whole.profile(self._hiding.whose(user), stage)
        names = self._hiding.names
        near = [each | {"user": names[each["user"]]} for each in said["neighbours"]]
        return said | {"user": user, "neighbours": near}

    def recommend(
        self, user: str, k: int = 10, recommender: str = FUSED, plan: Plan | None = None
    ) -> list[dict[str, Any]]:
        return _hidden(self._whole.recommend(self._hiding.whose(user), k, recommender, plan))

    def recommend_with(
        self, new: NewTexts | None, k: int = 10, user: str | None = None
    ) -> list[dict[str, Any]]:
        whose = None if user is None else self._hiding.whose(user)
        return _hidden(self._whole.recommend_with(new, k, whose))

    def imagine(
        self, user: str, left_out: LeftOut, new: NewTexts | None = None, k: int = 10
    ) -> dict[str, Any]:
        told = self._whole.imagine(self._hiding.whose(user), left_out, new, k)
        return told | {"items": _hidden(told["items"])}

    def moved(self, user: str, written: pd.Series, things: pd.Series) -> pd.Series:
        return self._whole.moved(self._hiding.whose(user), written, things)

    def ranked(
        self,
        users: NDArray[np.int64],
        k: int,
        recommender: str = FUSED,
        plan: Plan | None = None,
    ) -> pd.DataFrame:
        return self._hiding.frame(self._whole.ranked(users, k, recommender, plan))


def _hidden(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Recommendations whose reasons quote no text of the data; new texts are the asker's own."""
    return [
        item
        | {
            "reasons": [
                each | {"text": dotted(each["text"])} if "record" in each else each
                for each in item["reasons"]
            ]
        }
        for item in items
    ]
