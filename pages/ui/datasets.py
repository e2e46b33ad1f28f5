"""What a dataset holds, drawn the same before an import and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from mtrec.data.dataset import DatasetTask
from mtrec.schema import SPLITS, DataWarning
from mtrec.tasks import TASK_TYPES
from pages.ui import charts
from pages.ui.text import number, plain
from pages.ui.words import SCHEMES, SPLIT_HELP
from pages.ui.words import SPLITS as SPLIT_WORDS

TABLES = ("records", "users", "items", "interactions")
SHOWN_LABELS = 25


def sizes(records: int, users: int, items: int, interactions: int) -> None:
    """How much there is, in four figures."""
    figures = (
        ("Texts", records, "Records with a text, with or without labels."),
        ("People", users, "Everyone who wrote or acted."),
        ("Items", items, "Things that can be recommended."),
        ("Acts", interactions, "Pairs of a person and an item, repeats counted once."),
    )
    for column, (label, count, help) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, number(count), help=help, border=True)


def tasks(found: Mapping[str, DatasetTask], scheme: str, reason: str, key: str) -> None:
    """Counts per task and split, and how often each label stands in one of them."""
    st.markdown("**Tasks and how their labels are divided**", help=SPLIT_HELP)
    if not found:
        st.markdown(
            "There are no labels here, so there is nothing to learn to tell apart; recommendations "
            "can still be made from what people liked."
        )
    else:
        table = pd.DataFrame(
            [
                {
                    "task": task.name,
                    "labels": len(task.labels),
                    **{SPLIT_WORDS[split]: task.labelled(split) for split in SPLITS},
                    "kind": TASK_TYPES[task.type].description,
                }
                for task in found.values()
            ]
        )
        st.dataframe(table, hide_index=True, key=f"{key}-tasks", alt="Counts per task and split")
        with st.expander("How often each label occurs"):
            for task in found.values():
                _labels(task, f"{key}-{task.name}")
    st.caption(f"Divided {SCHEMES.get(scheme, plain(scheme))}. {plain(reason)}")


def problems(warnings: Sequence[DataWarning]) -> None:
    """Everything a person should know about their data, at once."""
    if not warnings:
        st.success("No problems found.", icon=":material/check_circle:")
        return
    st.markdown(f"**{len(warnings)} thing{'s' if len(warnings) > 1 else ''} to know**")
    with st.container(border=True):
        for each in warnings:
            rows = f" · {number(each.rows)} rows" if each.rows else ""
            st.markdown(f":material/info: {plain(each.message)} :small[{plain(each.source)}{rows}]")


def _labels(task: DatasetTask, key: str) -> None:
    table = pd.DataFrame(
        [
            {
                "label": label,
                **{SPLIT_WORDS[split]: task.counts[split].get(label, 0) for split in SPLITS},
            }
            for label in task.labels
        ]
    )
    table["all"] = table[list(SPLIT_WORDS.values())].sum(axis=1)
    table = table.sort_values("all", ascending=False, kind="stable")
    shown = table.head(SHOWN_LABELS)
    more = f" The {SHOWN_LABELS} most frequent of {len(table)}." if len(table) > len(shown) else ""
    st.markdown(f"**{plain(task.name)}**")
    charts.show(
        charts.bars(shown, "label", "all", "texts"),
        f"How many texts carry each label. Labels with few texts are hard to learn and their "
        f"figures are noisy.{more}",
        table,
        key=key,
    )
