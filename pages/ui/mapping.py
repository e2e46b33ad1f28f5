"""What dropped files and their columns mean: controls that start from a guess, to a recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.recipe import FileOptions, Recipe
from pages.ui.text import number, plain

RECORDS, ITEMS, INTERACTIONS, USERS, OUT = "records", "items", "interactions", "users", "out"

ROLES = {
    RECORDS: "Texts that people left (reviews, searches, messages …)",
    ITEMS: "Things that can be recommended, one row each",
    INTERACTIONS: "Acts: who bought, rated or played what",
    USERS: "About people, one row each",
    OUT: "Leave this file out",
}

CARRIED = (*FileOptions.model_fields, "timezone", "long")
LIKED, EVERYTHING = "What counts as liked", "every act"
POSITIVE_HELP = (
    "A condition on this file's columns that says which acts mean that a person liked the thing, "
    "such as rating >= 4 or label == 'good'. Left empty, every act counts as liked."
)


def edit(draft: Recipe, tables: Mapping[str, pd.DataFrame], prefix: str) -> dict[str, Any]:
    """Draws the controls of every file and gives the recipe they make, as YAML would hold it.

    Args:
        draft: where the controls start from.
        tables: the files' contents as strings, by file name.
        prefix: put in front of every widget's key.
    """
    recipe: dict[str, Any] = {RECORDS: []}
    for file, table in tables.items():
        with st.container(border=True):
            key = f"{prefix}:{file}"
            st.markdown(f"**{plain(file)}** · {number(len(table))} rows")
            guessed = _role(draft, file)
            role = st.selectbox(
                "What is in this file?",
                list(ROLES),
                index=list(ROLES).index(guessed),
                format_func=ROLES.__getitem__,
                key=f"{key}:role",
                help="What one row of the file stands for.",
            )
            part = _part(draft, role, file) if role == guessed else {}
            columns = _Columns(list(table.columns), part, f"{key}:{role}")
            named = {"file": file, **columns.carried()}
            if role == RECORDS:
                positive = draft.interactions.positive if draft.interactions else None
                _records(recipe, named, columns, positive or "")
            elif role != OUT:
                recipe[role] = named | _SECTIONS[role](columns)
            with st.expander("The first rows of this file"):
                st.dataframe(table.head(20), hide_index=True, placeholder="")
    return {name: part for name, part in recipe.items() if part}


class _Columns:
    """Pickers over the columns of one file, starting from a part of the draft."""

    def __init__(self, names: Sequence[str], part: Mapping[str, Any], key: str) -> None:
        self.names, self.part, self.key = names, part, key

    def carried(self) -> dict[str, Any]:
        """What a recipe said of the file that has no control here, such as its encoding."""
        kept = {name: self.part[name] for name in CARRIED if name in self.part}
        split = self.part.get("split")
        return kept | ({"split": split} if isinstance(split, dict) else {})

    def one(self, name: str, label: str, help: str, *, needed: bool = False) -> dict[str, str]:
        """A picker that can be cleared, which one with a default could not."""
        key = f"{self.key}:{name}"
        if key not in st.session_state:
            held = self.part.get(name)
            st.session_state[key] = held if held in self.names else None
        chosen = st.selectbox(
            label,
            self.names,
            index=None,
            key=key,
            help=help,
            required=needed,
            placeholder="Choose a column" if needed else "None",
        )
        return {name: chosen} if chosen else {}

    def many(self, name: str, label: str, help: str) -> dict[str, list[str]]:
        held = self.part.get(name) or []
        held = [held] if isinstance(held, str) else held
        chosen = st.multiselect(
            label,
            self.names,
            default=[column for column in held if column in self.names],
            key=f"{self.key}:{name}",
            help=help,
            placeholder="None",
        )
        return {name: chosen} if chosen else {}

    def text(
        self, name: str, label: str, help: str, empty: str, value: str | None = None
    ) -> dict[str, str]:
        """A text field; `empty` says what is the case where nothing is written."""
        held = value if value is not None else self.part.get(name) or ""
        key = f"{self.key}:{name}"
        written = st.text_input(label, value=held, key=key, help=help, placeholder=empty).strip()
        return {name: written} if written else {}

    def time_format(self, part: Mapping[str, Any]) -> dict[str, str]:
        if "time" not in part:
            return {}
        return self.text(
            "time_format",
            "How times are written",
            "Only needed where they can be read in two ways: %d/%m/%Y if 03/04/2020 is in April, "
            "%m/%d/%Y if it is in March.",
            "found out from the file",
        )


def _records(
    recipe: dict[str, Any], source: dict[str, Any], columns: _Columns, positive: str
) -> None:
    left, right = st.columns([2, 3])
    with left:
        text = columns.many(
            "text", "Text", "What the person wrote. Several columns are joined by a space."
        ).get("text", [])
        source |= {"text": text[0] if len(text) == 1 else text} if text else {}
    with right:
        source |= _tasks(columns)
    with st.container(horizontal=True):
        source |= columns.one("user", "Person", "Who wrote it: a name or number, kept as written.")
        source |= columns.one("item", "Item", "The thing the text is about, if it is about one.")
        source |= columns.one("time", "Time", "When it was written.")
        source |= columns.one(
            "split", "Split", "A column that says train, val or test, if the file came with one."
        )
    source |= columns.time_format(source)
    if {"user", "item"} <= source.keys():
        liked = columns.text("positive", LIKED, POSITIVE_HELP, EVERYTHING, positive)
        recipe[INTERACTIONS] = recipe.get(INTERACTIONS) or {"from": "records", **liked}
    recipe[RECORDS].append(source)


def _tasks(columns: _Columns) -> dict[str, Any]:
    specs: Mapping[str, Any] = columns.part.get("tasks") or {}
    held = {spec.get("label"): (name, spec) for name, spec in specs.items()}
    chosen = st.multiselect(
        "Labels",
        columns.names,
        default=[column for column in held if column in columns.names],
        key=f"{columns.key}:labels",
        help="Columns whose value the model shall learn to tell from the text, such as a verdict, "
        "an intent or a topic. Each becomes a task. Cells may be empty.",
        placeholder="None",
    )
    tasks = dict(held.get(each) or (task_name(each), {"label": each}) for each in chosen)
    return {"tasks": tasks} if tasks else {}


def _items(columns: _Columns) -> dict[str, Any]:
    with st.container(horizontal=True):
        part: dict[str, Any] = columns.one("id", "Item", "Its name or number.", needed=True)
        part |= columns.one("title", "Title", "What people call it.")
    part |= columns.many("text", "Description", "What is known about it in words.")
    part |= columns.many("attributes", "Attributes", "What else to show, such as a category.")
    return part


def _interactions(columns: _Columns) -> dict[str, Any]:
    with st.container(horizontal=True):
        part: dict[str, Any] = columns.one("user", "Person", "Who acted.", needed=True)
        part |= columns.one("item", "Item", "On what.", needed=True)
        part |= columns.one("time", "Time", "When.")
        part |= columns.one("value", "Value", "A number such as a rating or how often.")
        part |= columns.one("event", "Kind of act", "Such as view or buy.")
    part |= columns.time_format(part)
    return part | columns.text("positive", LIKED, POSITIVE_HELP, EVERYTHING)


def _users(columns: _Columns) -> dict[str, Any]:
    part: dict[str, Any] = columns.one("id", "Person", "Their name or number.", needed=True)
    return part | columns.many("attributes", "Attributes", "What to show, such as a country.")


_SECTIONS = {ITEMS: _items, INTERACTIONS: _interactions, USERS: _users}


def task_name(column: str) -> str:
    """A task's name made from a column's: letters, digits, - and _."""
    return re.sub(r"[^\w-]+", "_", column).strip("_-")[:40] or "task"


def _role(draft: Recipe, file: str) -> str:
    if any(source.file == file for source in draft.records):
        return RECORDS
    for role in (ITEMS, INTERACTIONS, USERS):
        section = getattr(draft, role)
        if section is not None and section.file == file:
            return role
    return OUT


def _part(draft: Recipe, role: str, file: str) -> dict[str, Any]:
    if role == OUT:
        return {}
    sections = draft.records if role == RECORDS else [getattr(draft, role)]
    section = next(each for each in sections if each.file == file)
    return section.model_dump(by_alias=True, exclude_defaults=True)
