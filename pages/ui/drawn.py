"""A text with its labels drawn in it: the words they mark, each with what it is marked as.

Texts come from anywhere: whatever looks like HTML or Markdown in them is shown letter for letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING, Unit
from pages.ui.charts import SHADE
from pages.ui.text import plain

Parts = Sequence[tuple[str, str]]

# Line breaks and spaces as they are; nothing is wider than the page.
TEXT_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.9"
# A veil over the theme's own background, so that words keep its colour on light and dark pages.
MARK_STYLE = (
    f"background: rgba({SHADE}, 0.3); color: inherit; border-radius: 0.3em; "
    "padding: 0.1em 0.3em; box-decoration-break: clone; -webkit-box-decoration-break: clone"
)
NAME_STYLE = "font-weight: 600; margin-left: 0.5em"


def text_with(text: str, kind: str, value: str) -> None:
    """A record's text with its labels in it; under it, how two marked things relate.

    Args:
        kind: the type of the labels' task.
        value: the labels, true or predicted, as a recipe writes them.
    """
    task_type = TASK_TYPES[kind]
    _draw(task_type.marked(value, text))
    if task_type.unit is Unit.MARKS:
        st.markdown(f"How 1 and 2 relate: **{plain(task_type.describe(value, text))}**")


def truth_and_prediction(text: str, kind: str, truth: str, predicted: str) -> None:
    """A record's text with what the data says of it, and with what the model says.

    The text stands once, above both, where they mark the same in it.

    Args:
        kind: the type of the labels' task.
        truth, predicted: labels as a recipe writes them.
    """
    task_type = TASK_TYPES[kind]
    said = {"The data says": truth, "The model says": predicted}
    drawings = {whose: task_type.marked(value, text) for whose, value in said.items()}
    together = len({tuple(parts) for parts in drawings.values()}) == 1
    if together:
        _draw(task_type.marked(truth, text))
    for whose, value in said.items():
        st.markdown(f"{whose}: **{plain(task_type.describe(value, text))}**")
        if not together:
            _draw(drawings[whose])


def html(parts: Parts) -> str:
    """Parts of a text as HTML; behind each that is marked stands, as a word, what as."""
    drawn = "".join(_part(words, name) for words, name in parts)
    return f'<div style="{TEXT_STYLE}">{drawn}</div>'


def _draw(parts: Parts) -> None:
    if any(name != NOTHING for _, name in parts):
        st.html(html(parts))
    else:
        st.text("".join(words for words, _ in parts))


def _part(words: str, name: str) -> str:
    if name == NOTHING:
        return escape(words)
    label = f'<small style="{NAME_STYLE}">{escape(name)}</small>'
    return f'<mark style="{MARK_STYLE}">{escape(words)}{label}</mark>'
