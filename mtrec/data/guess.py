"""A first recipe for files nobody described, by the names of their columns and what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pandas as pd

from mtrec.data.expression import numbers
from mtrec.data.labels import LabelType
from mtrec.data.recipe import Recipe, parse_recipe
from mtrec.data.tables import SPLIT_NAMES
from mtrec.data.times import parse_times
from mtrec.errors import InputError

LOOKED_AT = 5000  # rows
MOST_LABELS = 200
FREE_TEXT = 20  # characters on average, in cells that mostly differ
HINTS = {
    "user": "user customer author reviewer critic member person account passenger client reader",
    "item": "item product movie film book artist song track article business restaurant sku asin",
    "time": "time date timestamp created datetime ts at when",
    "split": "split fold partition subset",
    "text": "text review comment message query utterance sentence body content tweet note post tag",
    "label": "label sentiment intent class topic emotion irony verdict domain reason polarity "
    "urgency category stance spam",
    "title": "title name",
    "value": "rating score stars plays count quantity amount value",
    "event": "event action act",
    "attribute": "genre genres category brand country department type",
}


@dataclass(frozen=True)
class Guess:
    """What a column was taken for, and why."""

    file: str
    column: str
    role: str
    reason: str


def guess_recipe(
    files: Mapping[str, pd.DataFrame], name: str, types: Mapping[str, LabelType]
) -> tuple[Recipe, list[Guess]]:
    """Guesses a recipe that a person then corrects.

    Args:
        files: raw tables by file name, as `read_table` gives them.
        name: what the dataset shall be called; characters a name cannot have are replaced.
        types: the registered task types; a column is a label only if one of them fits.

    Raises:
        InputError: there is no file.
    """
    if not files:
        raise InputError("There is no file to guess from", expected="one table", found="none")
    tables = [_Table(file, frame, types) for file, frame in files.items()]
    sections: dict[str, Any] = {"name": _dataset_name(name), "records": []}
    for table in tables:
        others = [other for other in tables if other is not table]
        section = table.section(others)
        if section == "records":
            sections["records"].append(table.records())
        elif section is not None and section not in sections:
            sections[section] = table.described_as(section)
    if not sections["records"] and "interactions" not in sections:
        longest = max(tables, key=lambda table: max(table.lengths.values()))
        sections = {"name": sections["name"], "records": [longest.records()]}
    _split_by_name(sections["records"])
    kept = [table for table in tables if _names(sections, table.file)]
    return parse_recipe(sections, "guess"), [guess for table in kept for guess in table.guesses]


class _Table:
    """One file and what its columns look like. Building a section notes the guesses behind it."""

    def __init__(self, file: str, frame: pd.DataFrame, types: Mapping[str, LabelType]) -> None:
        self.file = file
        self.frame = frame
        self.types = types
        self.head = frame.head(LOOKED_AT)
        self.guesses: list[Guess] = []
        sizes = {str(column): self.head[column].str.len() for column in frame.columns}
        self.lengths = {column: float(size.fillna(0).mean()) for column, size in sizes.items()}
        self.user = self._hinted("user")
        self.item = self._hinted("item")
        self.text = self._text()

    def section(self, others: list[_Table]) -> str | None:
        """Which part of the recipe the file is, None where it tells nothing."""
        for section, key in (("items", self.item), ("users", self.user)):
            partner = self.user if section == "items" else self.item
            shared = any(key in other.frame.columns for other in others)
            if key and shared and partner is None and self.frame[key].is_unique:
                return section
        if self.text is None and self.user and self.item:
            return "interactions"
        return "records" if self.text else None

    def described_as(self, section: str) -> dict[str, Any]:
        """The file as items, users or interactions."""
        makers = {"items": self.items, "users": self.users, "interactions": self.interactions}
        return makers[section]()

    def records(self) -> dict[str, Any]:
        text = self.text or max(self.lengths, key=lambda column: self.lengths[column])
        self._note(text, "text", f"about {self.lengths[text]:.0f} characters a cell")
        source: dict[str, Any] = {"file": self.file, "text": text}
        source |= self._roles("user", "item") | self._time() | self._split()
        labels = self._labels({text, *map(str, source.values())})
        if labels:
            source["tasks"] = {_task_name(column): {"label": column} for column in labels}
        return source

    def items(self) -> dict[str, Any]:
        self._note(self.item, "item", "one row each, and another file refers to it")
        section: dict[str, Any] = {"file": self.file, "id": self.item}
        if (title := self._hinted("title")) and title != self.item:
            section["title"] = title
            self._note(title, "title", "its name")
        texts = [c for c, length in self.lengths.items() if length >= FREE_TEXT and c != title]
        texts = [column for column in texts if column != self.item and self._free(column)]
        section["text"] = [each for each in (title, *texts) if each and each != self.item]
        for column in texts:
            self._note(column, "text", f"about {self.lengths[column]:.0f} characters a cell")
        return section | self._attributes({self.item, title, *texts})

    def users(self) -> dict[str, Any]:
        self._note(self.user, "user", "one row each, and another file refers to it")
        return {"file": self.file, "id": self.user} | self._attributes({self.user})

    def interactions(self) -> dict[str, Any]:
        section: dict[str, Any] = {"file": self.file}
        section |= self._roles("user", "item") | self._time()
        if (event := self._hinted("event")) is not None:
            section["event"] = event
            self._note(event, "event", "its name")
        value = self._hinted("value")
        if value is not None and (known := numbers(self.head[value]).dropna()).size:
            section["value"] = value
            self._note(value, "value", "its name, and numbers in it")
            limit = {5.0: 4, 10.0: 7}.get(float(known.max()))
            if limit is not None:
                quoted = value if value.isidentifier() else f"`{value}`"
                section["positive"] = f"{quoted} >= {limit}"
                self._note(value, "liked", f"numbers up to {known.max():g}: {limit} and more")
        return section

    def _roles(self, *roles: str) -> dict[str, str]:
        found = {}
        for role in roles:
            column = getattr(self, role)
            if column is not None:
                found[role] = column
                self._note(column, role, "its name")
        return found

    def _time(self) -> dict[str, str]:
        for column in self._all_hinted("time"):
            try:
                parse_times(self.head[column])
            except InputError as error:
                self._note(column, "left out", f"{error.message}: set it with a time format")
                continue
            self._note(column, "time", "its name, and times in it")
            return {"time": column}
        return {}

    def _split(self) -> dict[str, str]:
        for column in self._all_hinted("split"):
            values = self.frame[column].dropna().str.strip().str.lower().unique()
            if len(values) and set(values) <= set(SPLIT_NAMES):
                self._note(column, "split", f"it holds {', '.join(sorted(values))}")
                return {"split": column}
        return {}

    def _labels(self, taken: set[str]) -> list[str]:
        """The columns named like labels, else the one with the fewest values, numbers last."""
        fitting = {
            column: self.frame[column].dropna()
            for column in map(str, self.frame.columns)
            if column not in taken and self._could_be_label(column)
        }
        hinted = [column for column in self._all_hinted("label") if column in fitting]
        for column in hinted:
            self._note(column, "label", f"its name, and {fitting[column].nunique()} values")
        if hinted or not fitting:
            return hinted
        fewest = min(
            fitting, key=lambda c: (numbers(fitting[c]).notna().all(), fitting[c].nunique())
        )
        self._note(fewest, "label", f"only {fitting[fewest].nunique()} values")
        return [fewest]

    def _could_be_label(self, column: str) -> bool:
        values = self.frame[column].dropna()
        distinct = values.nunique()
        if not 2 <= distinct <= MOST_LABELS or distinct * 3 > len(values):
            return False
        return any(each.recognise(values, values) for each in self.types.values())

    def _attributes(self, taken: set[str | None]) -> dict[str, Any]:
        found = [column for column in self._all_hinted("attribute") if column not in taken]
        for column in found:
            self._note(column, "attribute", "its name")
        return {"attributes": found} if found else {}

    def _text(self) -> str | None:
        """The longest free text; one whose name says so counts three times its length."""
        hinted = set(self._all_hinted("text"))
        lengths = {
            column: length * (3 if column in hinted else 1)
            for column, length in self.lengths.items()
            if column not in (self.user, self.item)
            and (column in hinted or (length >= FREE_TEXT and self._free(column)))
            and numbers(self.head[column]).notna().mean() < 0.5
        }
        return max(lengths, key=lambda column: lengths[column]) if lengths else None

    def _free(self, column: str) -> bool:
        values = self.head[column].dropna()
        return bool(values.nunique() * 2 > len(values) > 0)

    def _hinted(self, role: str) -> str | None:
        return next(iter(self._all_hinted(role)), None)

    def _all_hinted(self, role: str) -> list[str]:
        """Columns one of whose words is a hint for the role, the earlier hint first."""
        hints = HINTS[role].split()
        found = {}
        for column in map(str, self.frame.columns):
            ranks = [rank for rank, hint in enumerate(hints) if _hints_at(hint, column)]
            if ranks:
                found[column] = (min(ranks), len(_words(column)))
        return sorted(found, key=lambda column: found[column])

    def _note(self, column: str | None, role: str, reason: str) -> None:
        self.guesses.append(Guess(self.file, str(column), role, reason))


def _words(column: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column)
    return [
        word.removesuffix("s") if word not in ("stars", "plays", "genres") else word
        for word in re.split(r"[\W_]+", spaced.lower())
        if word
    ]


def _hints_at(hint: str, column: str) -> bool:
    """Whether a word of the column is the hint, or ends with it where it is long enough to tell."""
    return any(word == hint or (len(hint) >= 5 and word.endswith(hint)) for word in _words(column))


def _dataset_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40] or "data"


def _task_name(column: str) -> str:
    return re.sub(r"[^\w-]+", "_", column).strip("_-")[:40] or "label"


def _names(sections: Mapping[str, Any], file: str) -> bool:
    parts = [
        *sections["records"],
        *(sections.get(key) for key in ("items", "users", "interactions")),
    ]
    return any(part is not None and part["file"] == file for part in parts)


def _split_by_name(records: list[dict[str, Any]]) -> None:
    """Files called train and test, with no split column, are those splits."""
    found: dict[int, str] = {}
    for number, source in enumerate(records):
        words = re.split(r"[\W_]+", PurePath(source["file"]).stem.lower())
        splits = [SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES]
        if len(splits) == 1 and "split" not in source:
            found[number] = splits[0]
    if len(records) > 1 and len(found) == len(records) and len(set(found.values())) > 1:
        for number, split in found.items():
            records[number]["split"] = {"value": split}
