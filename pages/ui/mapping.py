"""What dropped files and their columns mean: controls that start from a guess, to a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.guess import Guess
from mtrec.data.long import task_name
from mtrec.data.recipe import FileOptions, Recipe
from mtrec.tasks import TASK_TYPES
from mtrec.wording import number
from pages.ui import hiding, loaded
from pages.ui.text import plain
from pages.ui.words import LABEL_KINDS

RECORDS, ITEMS, INTERACTIONS, USERS, OUT = "records", "items", "interactions", "users", "out"

ROLES = {
    RECORDS: "Texts that people left (reviews, searches, messages …)",
    ITEMS: "Things that can be recommended, one row each",
    INTERACTIONS: "Acts: who bought, rated or played what",
    USERS: "About people, one row each",
    OUT: "Leave this file out",
}

ROLE_WORDS = {
    "text": "the text",
    "user": "the person",
    "item": "the item",
    "time": "the time",
    "split": "the part of the data",
    "label": "a label",
    "title": "the title",
    "value": "how much",
    "event": "the kind of act",
    "liked": "what counts as liked",
    "attribute": "an attribute",
}
PREVIEWED = {
    "text": "text",
    "user": "person",
    "id": "id",
    "item": "item",
    "time": "time",
    "split": "part",
    "title": "title",
    "value": "value",
    "event": "event",
    "attributes": "attribute",
}
# Of these roles cells are shown in presentation mode; another column may hold ids or texts.
SHOWN_WHILE_PRESENTING = {"label", "item", "id", "time", "part", "title", "value", "event"}
TINTS = {
    "text": "0, 114, 178",
    "label": "213, 94, 0",
    "person": "0, 138, 100",
    "item": "176, 87, 141",
    "id": "176, 87, 141",
    "time": "179, 123, 0",
    "part": "107, 107, 107",
}
OTHER_TINT = "107, 107, 107"

DECIMAL = "decimal"
CARRIED = (*(name for name in FileOptions.model_fields if name != DECIMAL), "timezone", "long")
LIKED, EVERYTHING = "What counts as liked", "every act"
POSITIVE_HELP = (
    "A condition on this file's columns that says which acts mean that a person liked the thing, "
    "such as `rating >= 4` or `label == 'good'`. A column whose name holds spaces or signs stands "
    "in backticks: `` `rating in stars` >= 4 ``. Left empty, every act counts as liked."
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
            if role != OUT:
                named |= columns.decimal()
            if role == RECORDS:
                positive = draft.interactions.positive if draft.interactions else None
                _records(recipe, named, columns, positive or "")
            elif role != OUT:
                recipe[role] = named | _SECTIONS[role](columns)
            with st.expander("The first rows of this file, and what its columns are taken for"):
                _preview(table, recipe, file)
    return {name: part for name, part in recipe.items() if part}


def why(guesses: Sequence[Guess], prefix: str) -> None:
    """Each guess with its reason, and the runner-up one click away."""
    for place, guess in enumerate(guesses):
        role = ROLE_WORDS.get(guess.role, guess.role)
        kind = f" ({LABEL_KINDS.get(guess.kind, guess.kind)})" if guess.kind else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{plain(guess.file)}: **{plain(guess.column)}** is {role}{kind}. "
                f"{plain(guess.reason[:1].upper() + guess.reason[1:])}."
            )
            if guess.runner_up:
                other = LABEL_KINDS.get(guess.runner_up, guess.runner_up)
                st.button(
                    f"Take {plain(other)} instead",
                    key=f"{prefix}:instead:{place}",
                    help=f"The second best guess: {plain(guess.runner_up_reason)}.",
                    on_click=_take,
                    args=(guess, prefix),
                )


def _take(guess: Guess, prefix: str) -> None:
    """Puts the runner-up where the guess was."""
    file = f"{prefix}:{guess.file}"
    key = f"{file}:{st.session_state[f'{file}:role']}"
    if guess.role == "label":
        st.session_state[f"{key}:label:{guess.column}:kind"] = guess.runner_up
    else:
        several = guess.role == "text"
        control = "positive" if guess.role == "liked" else guess.role
        st.session_state[f"{key}:{control}"] = [guess.runner_up] if several else guess.runner_up


def _preview(table: pd.DataFrame, recipe: Mapping[str, Any], file: str) -> None:
    """The first rows, the columns that are used named by their role and in its colour."""
    sections = [*recipe[RECORDS], *(part for name, part in recipe.items() if name != RECORDS)]
    roles: dict[str, str] = {}
    for section in sections:
        if section.get("file") == file:
            roles |= _roles_in(section)
    if file == recipe.get(USERS, {}).get("file"):
        roles = {column: "person" if role == "id" else role for column, role in roles.items()}
    shown = table.head(20)
    if loaded.presenting():
        told = [column for column in shown if roles.get(column) not in SHOWN_WHILE_PRESENTING]
        shown = shown.assign(**{column: hiding.dotted_cells(shown[column]) for column in told})
    styled = shown.rename(columns={name: f"{name} · {role}" for name, role in roles.items()})
    colours = {
        f"{name} · {role}": f"background-color: rgba({TINTS.get(role, OTHER_TINT)}, 0.18)"
        for name, role in roles.items()
    }
    st.dataframe(
        styled.style.apply(
            lambda column: [colours.get(str(column.name), "")] * len(column), axis=0
        ),
        hide_index=True,
        placeholder="",
    )


def _roles_in(section: Mapping[str, Any]) -> dict[str, str]:
    """What a section of the recipe takes each column for, in words."""
    roles = {spec["label"]: "label" for spec in section.get("tasks", {}).values()}
    for name, value in section.items():
        if name in PREVIEWED:
            for column in value if isinstance(value, list) else [value]:
                if isinstance(column, str):
                    roles.setdefault(column, PREVIEWED[name])
    return roles


class _Columns:
    """Pickers over the columns of one file, starting from a part of the draft."""

    def __init__(self, names: Sequence[str], part: Mapping[str, Any], key: str) -> None:
        self.names, self.part, self.key = names, part, key

    def carried(self) -> dict[str, Any]:
        """What a recipe said of the file that has no control here, such as its encoding."""
        kept = {name: self.part[name] for name in CARRIED if name in self.part}
        split = self.part.get("split")
        return kept | ({"split": split} if isinstance(split, dict) else {})

    def decimal(self) -> dict[str, str]:
        comma = st.checkbox(
            "Numbers have a decimal comma",
            value=self.part.get(DECIMAL) == ",",
            key=f"{self.key}:{DECIMAL}",
            help="Reads 4,5 as four and a half and 1.234,5 as a thousand and more. Without it a "
            "cell such as 4,5 is no number.",
        )
        return {DECIMAL: ","} if comma else {}

    def one(self, name: str, label: str, help: str, *, needed: bool = False) -> dict[str, str]:
        """A picker that can be cleared, which one with a default could not."""
        key = f"{self.key}:{name}"
        held = self.part.get(name)
        ready(key, held if held in self.names else None)
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
        key = f"{self.key}:{name}"
        ready(key, [column for column in held if column in self.names])
        chosen = st.multiselect(
            label,
            self.names,
            key=key,
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
    left, right = st.columns(2)
    with left:
        text = columns.many(
            "text", "Text", "What the person wrote. Several columns are joined by a space."
        ).get("text", [])
        source |= {"text": text[0] if len(text) == 1 else text} if text else {}
    with right:
        chosen = _labels(columns)
    source |= _tasks(columns, chosen)
    with st.container(horizontal=True):
        source |= columns.one("user", "Person", "Who wrote it: a name or number, kept as written.")
        source |= columns.one("item", "Item", "The thing the text is about, if it is about one.")
        source |= columns.one("time", "Time", "When it was written.")
        source |= columns.one(
            "split", "Split", "A column that says train, val or test, if the file came with one."
        )
    source |= columns.time_format(source)
    if st.checkbox(
        "Mask mail addresses and phone numbers",
        value=bool(columns.part.get("mask")),
        key=f"{columns.key}:mask",
        help="Puts [mail] and [phone] in their place before anything is stored or shown.",
    ):
        source["mask"] = True
    if {"user", "item"} <= source.keys():
        liked = columns.text("positive", LIKED, POSITIVE_HELP, EVERYTHING, positive)
        recipe[INTERACTIONS] = recipe.get(INTERACTIONS) or {"from": "records", **liked}
    recipe[RECORDS].append(source)


def _held(columns: _Columns) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """The tasks that the controls start from, with their names, by the column of their labels."""
    specs: Mapping[str, Any] = columns.part.get("tasks") or {}
    return {spec.get("label"): (name, spec) for name, spec in specs.items()}


def _labels(columns: _Columns) -> list[str]:
    """The columns that hold labels."""
    return st.multiselect(
        "Labels",
        columns.names,
        default=[column for column in _held(columns) if column in columns.names],
        key=f"{columns.key}:labels",
        help="Columns whose value the model shall learn to tell from the text, such as a verdict, "
        "an intent or a topic. Each becomes a task. Cells may be empty.",
        placeholder="None",
    )


def _tasks(columns: _Columns, chosen: Sequence[str]) -> dict[str, Any]:
    """What kind of labels each of the chosen columns holds."""
    tasks, held = {}, _held(columns)
    for column in chosen:
        name, spec = held.get(column) or (task_name(column), {"label": column})
        tasks[name] = _task(column, spec, f"{columns.key}:label:{column}")
    return {"tasks": tasks} if tasks else {}


def _task(column: str, spec: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What kind of labels a column holds, and what is needed to read them."""
    with st.container(horizontal=True):
        ready(f"{key}:kind", spec.get("type"))
        kind = st.selectbox(
            f"Kind of label: {column}",
            list(TASK_TYPES),
            index=None,
            format_func=lambda each: LABEL_KINDS.get(each, each),
            key=f"{key}:kind",
            help="  \n".join(
                f"**{LABEL_KINDS.get(name, name)}**: {each.description}."
                for name, each in TASK_TYPES.items()
            ),
            placeholder="found out from the labels",
        )
        made: dict[str, Any] = {"label": column} | ({"type": kind} if kind else {})
        reads = TASK_TYPES[kind].settings if kind else ()
        if "separator" in reads:
            separator = st.text_input(
                f"Sign between labels: {column}",
                value=spec.get("separator") or "",
                key=f"{key}:separator",
                help="The sign that separates several labels in one cell.",
                placeholder="found out from the cells",
            )
            made |= {"separator": separator} if separator else {}
        if "order" in reads:
            order = st.text_input(
                f"From low to high: {column}",
                value=", ".join(spec.get("order") or []),
                key=f"{key}:order",
                help="Only for words: low, mid, high. Numbers, grades and stars have their order.",
                placeholder="found out from the cells",
            )
            words = [word.strip() for word in order.split(",") if word.strip()]
            made |= {"order": words} if words else {}
        if "scale" in reads and spec.get("scale"):
            made["scale"] = spec["scale"]
    return made


def ready(key: str, value: Any) -> None:
    """What a control that can be cleared starts with."""
    if key not in st.session_state:
        st.session_state[key] = value


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
