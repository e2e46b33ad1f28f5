"""A first recipe for files nobody described, which a person then corrects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd

from mtrec.data.guess.table import Guess, Table
from mtrec.data.labels import LabelType
from mtrec.data.recipe import Recipe, parse_recipe
from mtrec.data.tables import SPLIT_NAMES
from mtrec.errors import InputError

__all__ = ["Guess", "guess_recipe"]


def guess_recipe(
    files: Mapping[str, pd.DataFrame], name: str, types: Mapping[str, LabelType]
) -> tuple[Recipe, list[Guess]]:
    """Guesses a recipe and says why.

    Text, labels and their types are found by what is in the columns, never by their names. What
    counts as liked, in texts with a person and an item, by what the labels say.

    Args:
        files: raw tables by file name, as `read_table` gives them.
        name: what the dataset shall be called; characters a name cannot have are replaced.
        types: the registered label types; a column is a label only if one of them fits.

    Raises:
        InputError: there is no file.
    """
    if not files:
        raise InputError("There is no file to guess from", expected="one table", found="none")
    tables = [Table(file, frame, types) for file, frame in files.items()]
    described = _described(tables)
    records: list[dict[str, Any]] = []
    sections: dict[str, Any] = {}
    used = []
    for table in tables:
        section, key = described.get(table.file, ("", ""))
        if section:
            sections[section] = table.items(key) if section == "items" else table.users(key)
        elif table.text is not None:
            records.append(table.records())
        elif table.user and table.item and "interactions" not in sections:
            sections["interactions"] = table.interactions()
        else:
            continue
        used.append(table)
    if "interactions" not in sections:
        condition = _liked(tables, records)
        if condition is not None:
            sections["interactions"] = {"from": "records", "positive": condition}
    if not records and "interactions" not in sections:
        longest = max(tables, key=lambda each: max(c.length for c in each.columns.values()))
        longest.guesses.clear()
        records, sections, used = [longest.records()], {}, [longest]
    _split_by_name(records)
    recipe = {"name": _dataset_name(name), "records": records, **sections}
    return parse_recipe(recipe, "guess"), [guess for table in used for guess in table.guesses]


def _described(tables: Sequence[Table]) -> dict[str, tuple[str, str]]:
    """The files that describe items or users, by name: the section and the key.

    The tables that refer to items are told by which column.
    """
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        others = [other for other in tables if other is not table]
        match = table.key_for(others)
        if match is None or match[0] in dict(found.values()):
            continue
        found[table.file] = match
        section, key = match
        for other in others if section == "items" else ():
            references = other.refers_to(table.columns[key])
            other.reference = key if key in references else next(iter(references), None)
    return found


def _liked(tables: Sequence[Table], records: Sequence[Mapping[str, Any]]) -> str | None:
    """What counts as liked among texts with a person and an item, where one file holds them."""
    acts = [each for each in records if "user" in each and "item" in each]
    if len(acts) != 1:
        return None
    return next(table for table in tables if table.file == acts[0]["file"]).liked(acts[0])


def _dataset_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40] or "data"


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
