"""One recommendation in full, above the page: the item, and the texts and things it rests on."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.runs.store import RunInfo
from mtrec.schema import ITEM, SOURCE, TEXT, TIME, TITLE, attribute_column
from pages.ui import record, shell, state
from pages.ui.text import plain
from pages.ui.words import SOURCES

QUOTED = 80  # letters of a text or title in the head of a reason
OTHER = "The rest is the same for everybody, or many small parts together."


def button(run: RunInfo, listed: dict[str, Any], key: str) -> None:
    """Opens one recommendation of a list.

    Args:
        listed: as the `recommend` contract says.
        key: unique on the page.
    """
    if st.button(
        "Open",
        key=key,
        type="tertiary",
        help="The item and what it is recommended for: each text in full, with what every task "
        "says of it, and each thing.",
    ):
        _show(run, listed)


@st.dialog("Why it is on the list", width="large")
def _show(run: RunInfo, listed: dict[str, Any]) -> None:
    with shell.guard():
        dataset = state.open_dataset(run.key)
        _item(dataset, listed["item"])
        reasons = [each for each in listed["reasons"] if "record" in each or "item" in each]
        reasons.sort(key=lambda each: -abs(each["weight"]))
        for place, reason in enumerate(reasons):
            source = SOURCES.get(reason["source"], reason["source"])
            head = f"{reason['weight']:+z.2g} · {source}: {reason['text']}"
            with st.expander(plain(head, QUOTED), expanded=place == 0):
                if "record" in reason:
                    _record(run, dataset, int(reason["record"]), f"reason-{place}")
                else:
                    _item(dataset, reason["item"])
        st.caption(OTHER if reasons else "It rests on nothing that this person left.")


def _record(run: RunInfo, dataset: Dataset, number: int, key: str) -> None:
    """A text in full, where and when it was left, and what every task says of it."""
    row = dataset.records.loc[number]
    st.text(str(row[TEXT]))
    day = "" if pd.isna(row[TIME]) else f", {row[TIME]:%Y-%m-%d}"
    st.caption(f"{plain(row[SOURCE])}{day}")
    if dataset.tasks:
        record.every_task(run, number, str(row[TEXT]), dataset, key)


def _item(dataset: Dataset, item: str) -> None:
    """A thing by its title, its text, and its attributes."""
    rows = dataset.items[dataset.items[ITEM] == item]
    if rows.empty:
        st.markdown(f"**{plain(item)}**")
        return
    row = rows.iloc[0]
    st.markdown(f"**{plain(row[TITLE])}**")
    if str(row[TEXT]) != str(row[TITLE]):
        st.text(str(row[TEXT]))
    attributes = row.drop([ITEM, TITLE, TEXT]).dropna()
    names = [str(name).removeprefix(attribute_column("")) for name in attributes.index]
    pairs = zip(names, attributes, strict=True)
    st.caption("  \n".join(f"{plain(name)}: {plain(value)}" for name, value in pairs))
