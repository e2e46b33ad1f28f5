"""What surrounds a page: errors as sentences, empty states, links, downloads."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import streamlit as st

from mtrec.errors import MtrecError
from mtrec.reports.csv import safe_csv
from mtrec.shortages import shortage
from mtrec.training.idle_gpu import cpu_only_torch_on_gpu_machine
from pages.ui import hiding, loaded, state
from pages.ui.text import plain

DATA, TRAIN, REPORT, PEOPLE, RECOMMENDATIONS = (
    f"pages/{name}.py" for name in ("data", "train", "report", "people", "recommendations")
)
LABELS_WIDTH = 100  # pixels of a column of labels at most, before a table fills its place
PAIR_WIDTH = 130  # of either where two of them are what a table is about
TEXT_WIDTH = 160  # of a column of texts beside columns of labels
NARROW_TEXT = 100  # of one beside many columns
LETTER, EDGES = 7, 24  # pixels of a letter in a table, and of a cell beside its letters

log = logging.getLogger("mtrec.pages")


def title(words: str) -> None:
    """The page's title; every page begins with it.

    Until `app.py` has run once after the server's start, Streamlit takes the files in `pages` for
    an app of its older kind, and a link to a page runs that file alone. Naming the pages ends this
    for the whole server; then the page is drawn again, by way of `app.py`.
    """
    if state.DATASET not in st.session_state:
        from app import navigation

        navigation()
        st.rerun()
    st.title(words)
    for each in state.notes():
        st.warning(each, icon=":material/info:")


def set_modules_aside() -> None:
    """Takes what imports have made out of garbage collection, where nothing of it would be found.

    Streamlit collects garbage after every drawing. Going through all of torch, MLflow and
    Transformers each time takes longer than most drawings.
    """
    _set_aside(len(sys.modules))


@st.cache_resource(max_entries=1, show_spinner=False)
def _set_aside(modules: int) -> None:
    gc.freeze()


@contextmanager
def guard() -> Iterator[None]:
    """Whatever goes wrong inside is shown as a sentence; details go to the server's log."""
    try:
        yield
    except MtrecError as error:
        problem(error)
    except Exception as error:  # the last border before a person: no traceback may pass it
        log.exception("a page failed")
        known = shortage(error)
        if known is not None:
            problem(known)
            return
        st.error(
            "Something went wrong on this page that should not have. Nothing in your workspace was "
            "changed by it. Reload the page; if it comes again, the details are in the log of the "
            "program that serves this page.",
            icon=":material/error:",
        )


def problem(error: MtrecError) -> None:
    """An error a person can do something about: what was expected, found, and the fix."""
    lines = [f"**{plain(error.message)}.**"]
    for label, text in (
        ("Expected", error.expected),
        ("Found", hiding.UNSAID if error.found and loaded.presenting() else error.found),
        ("Where", error.where),
        ("What to do", error.fix),
    ):
        if text:
            lines.append(f"{label}: {plain(text)}")
    st.error("  \n".join(lines), icon=":material/error:")


def empty(message: str, page: str, label: str) -> None:
    """An empty state: what is missing, and a link to the page that brings it."""
    with st.container(border=True):
        st.markdown(message)
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def person(user: str, label: str) -> None:
    """A link to the page of one person.

    Args:
        label: Markdown.
    """
    st.page_link(PEOPLE, label=label, icon=":material/person:", query_params={state.PERSON: user})


def filled(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Those of the columns that say anything, such as not the person where nobody is named."""
    return [column for column in columns if frame[column].notna().any()]


def labels_width(labels: pd.Series, head: str) -> int:
    """Pixels for a column of labels: a text may have many, and the rest needs room."""
    longest = max(len(head), labels.str.len().max())
    return int(min(PAIR_WIDTH, EDGES + LETTER * longest))


def download(frame: pd.DataFrame, name: str, key: str) -> None:
    """A button that saves a table as CSV, safe to open in a spreadsheet."""
    st.download_button(
        "Download as CSV",
        data=lambda: safe_csv(frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        help="Cells that start with =, +, - or @ get an apostrophe in front, so that a spreadsheet "
        "shows them as text and runs nothing.",
    )


def gpu_notice() -> None:
    """Says if a GPU lies idle, and what mends it."""
    sentence = cpu_only_torch_on_gpu_machine()
    if sentence:
        st.warning(plain(sentence), icon=":material/memory:")
