"""What a dataset holds, drawn the same before an import and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset, DatasetTask, list_datasets
from mtrec.schema import SPLITS, DataWarning
from mtrec.wording import many, number
from pages.ui import charts, inside, loaded, state, versions
from pages.ui.text import ago, plain
from pages.ui.words import LABEL_KINDS, SCHEMES, SPLIT_HELP
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


def tasks(found: Mapping[str, DatasetTask], acts: int, scheme: str, reason: str, key: str) -> None:
    """Counts per task and split, and how often each label stands in one of them."""
    st.markdown("**Tasks and how their labels are divided**", help=SPLIT_HELP)
    if not found:
        rest = (
            "recommendations can still be made from what people liked"
            if acts
            else "there are no acts either, so there is nothing to recommend from"
        )
        st.markdown(
            f"There are no labels here, so there is nothing to learn to tell apart; {rest}."
        )
    else:
        table = pd.DataFrame(
            [
                {
                    "task": task.name,
                    "kind": LABEL_KINDS[task.type],
                    "labels": len(task.labels),
                    **{SPLIT_WORDS[split]: task.labelled(split) for split in SPLITS},
                }
                for task in found.values()
            ]
        )
        st.dataframe(
            table,
            hide_index=True,
            key=f"{key}-tasks",
            column_config=charts.grouped(table),
            alt="Counts per task and split",
        )
        with st.expander("How often each label occurs"):
            for task in found.values():
                _labels(task, f"{key}-{task.name}")
    st.caption(f"Divided {SCHEMES.get(scheme, plain(scheme))}. {plain(reason)}\\.")


def problems(warnings: Sequence[DataWarning]) -> None:
    """Everything a person should know about their data, at once."""
    if not warnings:
        st.success("No problems found.", icon=":material/check_circle:")
        return
    st.markdown(f"**{many(len(warnings), 'thing')} to know**")
    with st.container(border=True):
        for each in warnings:
            is_named = each.message.startswith(f"{each.source}:")
            source = "" if is_named else f" :small[{plain(each.source)}]"
            st.markdown(f":material/info: {plain(each.sentence)}{source}")


def stored() -> None:
    """The datasets of the workspace, and what the chosen one holds."""
    known = list_datasets(loaded.workspace())
    chosen = state.dataset()
    if chosen is None:
        st.markdown("There is no dataset yet. Choose **Bring new data** above to import one.")
        return
    table = pd.DataFrame(
        [
            {
                "dataset": state.ref(each, known),
                "imported": ago(each.created),
                "texts": each.records,
                "people": each.users,
                "items": each.items,
                "acts": each.interactions,
                "to know": len(each.warnings),
                "tasks": ", ".join(each.tasks),
            }
            for each in known
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config=charts.grouped(table),
        alt="Datasets in this workspace",
    )
    st.subheader(f"{plain(chosen.name)}")
    st.caption(f"Version {chosen.version}, imported {ago(chosen.created)}.")

    def opened() -> Dataset:
        return loaded.open_dataset(chosen.key)

    sizes(chosen.records, chosen.users, chosen.items, chosen.interactions)
    versions.manage(chosen)
    tasks(chosen.tasks, chosen.interactions, chosen.scheme, chosen.reason, "have")
    problems(chosen.warnings)
    for label, draw in {
        "When things happened, and how they are divided": lambda: inside.time(opened(), "have"),
        "Texts: how long they are, and examples of each label": lambda: inside.texts(opened()),
        "How much people did": lambda: inside.activity(opened()),
        "What could not be used": lambda: inside.aside(opened(), "have"),
        "The first texts": lambda: inside.first(opened()),
        "Other versions": lambda: versions.compare(chosen),
    }.items():
        unfold(label, draw)


def unfold(label: str, draw: Callable[[], None]) -> None:
    """A part of the page that is worked out once it is opened."""
    part = st.expander(label, key=f"unfold-{label}", on_change="rerun")
    if part.open:
        with part:
            draw()


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
