"""What is inside a dataset: when things happened, how long texts are, who did how much."""

from __future__ import annotations

import streamlit as st

from mtrec.data import overview
from mtrec.data.dataset import Dataset
from mtrec.data.tables import NO_TEXT
from mtrec.schema import (
    ITEM,
    PART,
    REASON,
    ROW,
    SOURCE,
    SPLIT,
    SPLITS,
    TEXT,
    TIME,
    USER,
    WRITTEN,
    task_column,
)
from mtrec.wording import many
from pages.ui import charts, shell
from pages.ui.text import plain
from pages.ui.words import SEGMENTS
from pages.ui.words import SPLITS as SPLIT_WORDS

EXAMPLES = 5
LOOKED_AT = 50_000  # records, for examples
SHOWN = 200
SHOWN_ASIDE = 1000
PERIODS = {
    "hour": "%Y-%m-%d %H:00",
    "day": "%Y-%m-%d",
    "week": "%Y-%m-%d",
    "month": "%Y-%m",
    "quarter": "%Y-%m",
    "year": "%Y",
}
"""How the beginning of a period is written, by its length."""


def time(dataset: Dataset, key: str) -> None:
    """When things happened and where the parts of the data begin, and who is in the test part."""
    table, period = overview.over_time(dataset)
    if table.empty:
        st.markdown("This data does not say when anything happened, so nothing can be drawn here.")
    else:
        named = table.rename(columns=SPLIT_WORDS)
        what = "acts" if len(dataset.interactions) else "texts"
        charts.show(
            charts.columns(named, "period", [SPLIT_WORDS[split] for split in SPLITS], what),
            f"How many {what} there are by {period}, and which part they belong to. Where one "
            "moment divides the parts, training ends where validation and test begin. Stray dates "
            "are counted at the edges.",
            named.assign(period=named["period"].dt.strftime(PERIODS[period])),
            key=f"{key}-time",
        )
    if len(dataset.interactions):
        segments = overview.segments(dataset)
        segments["segment"] = segments["segment"].map(SEGMENTS)
        st.dataframe(
            segments.rename(columns={"segment": "people", **SPLIT_WORDS}),
            hide_index=True,
            key=f"{key}-segments",
            column_config=charts.grouped(segments.rename(columns=SPLIT_WORDS)),
            alt="People to recommend to, by what is known of them",
        )
        st.caption(
            "How many people recommendations are judged on, by how much they did in the training "
            "part. Of new people only their texts are known."
        )


def texts(dataset: Dataset) -> None:
    """How long texts are, and some of each label."""
    lengths = overview.text_lengths(dataset)
    charts.show(
        charts.bars(lengths, "characters", "texts", "texts"),
        "How long the texts are. The language model reads about the first 500 characters of each "
        "unless the setting Max length of a training says otherwise.",
        lengths,
        key="lengths",
    )
    for task in dataset.tasks:
        column = task_column(task)
        early = dataset.records.head(LOOKED_AT)
        known = early[early[column].notna()]
        shown = known.groupby(column, sort=True).head(EXAMPLES).sort_values(column)
        st.markdown(f"**{plain(task)}**: the first texts of each label")
        st.dataframe(
            shown[[column, TEXT, SPLIT]].rename(columns={column: task}).head(SHOWN_ASIDE),
            hide_index=True,
            column_config={TEXT: st.column_config.TextColumn(width="large")},
            key=f"examples-{task}",
            alt=f"Examples of {task}",
        )


def activity(dataset: Dataset) -> None:
    """How much people did, and how much was done with items."""
    table = overview.activity(dataset)
    st.dataframe(
        table,
        hide_index=True,
        key="activity",
        column_config=charts.grouped(table),
        alt="Activity",
    )
    st.caption(
        "How many people left so many texts or acts, and how many items they are about. People "
        "with one or two leave a thin profile."
    )


def first(dataset: Dataset) -> None:
    """The first texts with everything that is known of them."""
    labels = [task_column(task) for task in dataset.tasks]
    shown = dataset.records[[TEXT, *labels, SOURCE, USER, ITEM, TIME, SPLIT]].head(SHOWN)
    st.dataframe(shown, hide_index=True, placeholder="", key="first", alt="The first texts")


def aside(dataset: Dataset, key: str) -> None:
    """What the import could not use, by reason, with the row in its file, and for download."""
    table = dataset.aside
    placeless = {
        what: int(dataset.tables[name][SPLIT].isna().sum())
        for what, name in (("text", "records"), ("act", "interactions"))
    }
    if any(placeless.values()):
        left_out = " and ".join(many(count, what) for what, count in placeless.items() if count)
        st.markdown(f"Read, but left out of every part for a reason told above: {left_out}.")
    if table.empty:
        st.markdown("Every row of every file could be read.")
        return
    counts = table.groupby([REASON, PART, SOURCE]).size().rename("rows").reset_index()
    counts = counts.sort_values("rows", ascending=False)[["rows", PART, REASON, SOURCE]]
    st.dataframe(
        counts,
        hide_index=True,
        key=f"{key}-aside-counts",
        column_config=charts.grouped(counts),
        alt="What was set aside",
    )
    still = (
        ", except that rows without a text still count as acts where they name a person and an item"
        if dataset.recipe.records_are_acts and (table[REASON] == NO_TEXT).any()
        else ""
    )
    st.caption(
        f"*row*: nothing of the whole row is used{still}. Otherwise only that cell of it could not "
        "be used, and the rest of the row is there."
    )
    shown = table[shell.filled(table, [SOURCE, ROW, PART, REASON, WRITTEN])]
    st.dataframe(
        shown.head(SHOWN_ASIDE),
        hide_index=True,
        column_config={WRITTEN: st.column_config.TextColumn("as written", width="large")},
        key=f"{key}-aside",
        alt="Rows that were set aside",
    )
    if len(shown) > SHOWN_ASIDE:
        st.caption(f"The first {SHOWN_ASIDE} of {many(len(shown), 'row')}; the download has all.")
    shell.download(shown, f"{dataset.name}-set-aside", f"{key}-aside-csv")
