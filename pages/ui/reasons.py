"""One recommendation in full, above the page: the item, and the texts and things it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.arrange import KNOWLEDGE, RULE
from mtrec.recommend.base import AVERAGE, POPULAR
from mtrec.runs.store import RunInfo
from mtrec.schema import ITEM, SOURCE, TEXT, TIME, TITLE, attribute_column
from pages.ui import loaded, record, shell
from pages.ui.text import plain
from pages.ui.words import SOURCES

QUOTED = 80  # letters of a text or title in the head of a reason
BESIDE = {RULE: ":material/rule:", KNOWLEDGE: ":material/hub:"}  # reasons beside the score
SAME_FOR_ALL = (POPULAR, AVERAGE)
ADDED = "what was added"
ADDS_UP = "The numbers are parts of the item's score; all of them together are the score."


def button(run: RunInfo, listed: dict[str, Any], decimals: int, key: str) -> None:
    """Opens one recommendation of a list.

    Args:
        listed: as the `recommend` contract says.
        decimals: how many its parts have on the list.
        key: unique on the page.
    """
    if st.button(
        "Open",
        key=key,
        type="tertiary",
        help="The item and what it is recommended for: each text in full, with what every task "
        "says of it, and each thing.",
    ):
        _show(run, listed, decimals)


@st.dialog("Why it is on the list", width="large")
def _show(run: RunInfo, listed: dict[str, Any], decimals: int) -> None:
    with shell.guard():
        dataset = loaded.open_dataset(run.key)
        _item(dataset, listed["item"])
        reasons = [each for each in listed["reasons"] if "record" in each or "item" in each]
        reasons.sort(key=lambda each: -abs(each["weight"]))
        for place, reason in enumerate(reasons):
            source = SOURCES.get(reason["source"], reason["source"])
            head = f"{source}: {reason['text']}"
            if reason["kind"] not in BESIDE:
                head = f"{reason['weight']:+z.{decimals}f} · {head}"
            with st.expander(plain(head, QUOTED), expanded=place == 0):
                if "record" in reason:
                    _record(run, dataset, int(reason["record"]), f"reason-{place}")
                else:
                    _item(dataset, reason["item"])
        if not reasons:
            st.caption("It rests on no single text or thing that this person left.")
        st.markdown("  \n".join(lines(others(listed["reasons"]), decimals)))
        st.caption(ADDS_UP)


def lines(parts: Sequence[tuple[float, str]], decimals: int) -> list[str]:
    """Parts of a score with their words, without those that are 0 as written, unless all are."""
    written = [(f"{part:+z.{decimals}f}", words) for part, words in parts]
    telling = [each for each in written if float(each[0])]
    return [" ".join(each) for each in telling or written]


def others(reasons: Sequence[dict[str, Any]]) -> list[tuple[float, str]]:
    """What adds to a score beside single texts and things, a part a source, in Markdown."""
    scored = [each for each in reasons if each["kind"] not in BESIDE]
    named = {each["source"] for each in scored if "record" in each or "item" in each}
    parts: dict[str, float] = {}
    for each in scored:
        if "record" not in each and "item" not in each:
            words = _other(each, each["source"] in named)
            parts[words] = parts.get(words, 0.0) + each["weight"]
    return [(part, words) for words, part in parts.items()]


def _other(reason: dict[str, Any], is_named: bool) -> str:
    if "new" in reason:
        return ADDED
    if reason["kind"] in SAME_FOR_ALL:
        return in_words(reason)
    return all_of(reason["source"], is_named)


def in_words(reason: dict[str, Any]) -> str:
    """A reason in words: which source, and the text or thing it stands for."""
    what = plain(reason["text"], 90)
    quoted = f"“{what}”" if reason["kind"] in ("task", "text") else what
    return f"{plain(SOURCES.get(reason['source'], reason['source']))}: {quoted}"


def all_of(source: str, is_named: bool) -> str:
    """What a source adds as a whole, or beside those of it that are named."""
    return f"{plain(SOURCES.get(source, source))}: {'all others' if is_named else 'all of them'}"


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
