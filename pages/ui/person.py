"""What is known of one person, drawn: profile, texts and acts, nearest people, recommendations."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.people import People
from mtrec.schema import ITEM, LIKED, SOURCE, SPLIT, TEST, TEXT, TIME, TITLE, USER, task_column
from pages.ui import charts, evaluation, shell, state
from pages.ui.text import number, plain
from pages.ui.words import KINDS, STAGE_HELP
from pages.ui.words import STAGES as STAGE_WORDS

SHOWN_ITEMS, SHOWN_REASONS = 8, 3


def profile(said: dict[str, Any]) -> None:
    """Where the profile of a person comes from, and what it says of them."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Where the profile comes from**")
        table = pd.DataFrame(
            [
                {
                    "source": name,
                    "what it is": KINDS[source["kind"]],
                    "weight": source["weight"],
                    "share": f"{source['weight']:.0%}",
                    "made from": source["n"],
                }
                for name, source in said["sources"].items()
            ]
        ).sort_values("weight", ascending=False)
        charts.show(
            charts.bars(table, "source", "weight", "share of the profile", "share"),
            "How much each source counts in this person's profile; the shares add up to 100 %. A "
            "source they left nothing in counts nothing. **made from** in the table is how many "
            "texts or items it rests on.",
            table.drop(columns="share"),
            key="sources",
        )
    with right:
        st.markdown("**What their texts say**")
        rows = [
            {"task": task, "label": label, **values}
            for task, labels in said["traits"].items()
            for label, values in labels.items()
        ]
        if rows:
            _traits(pd.DataFrame(rows))
        else:
            st.markdown("They left no text that a task can be read from.")


def _traits(table: pd.DataFrame) -> None:
    """The labels of a person's texts, as written in the data and as the model reads them."""
    st.dataframe(
        table.sort_values(["task", "predicted"], ascending=[True, False]),
        hide_index=True,
        placeholder="–",
        column_config={
            "observed": st.column_config.NumberColumn(
                "in the data",
                format="percent",
                help="The share of their labelled texts that carry this label.",
            ),
            "predicted": st.column_config.ProgressColumn(
                "as the model reads them",
                format="percent",
                min_value=0,
                max_value=1,
                help="The share of their texts, labelled or not, that the model gives this label.",
            ),
            "n": st.column_config.NumberColumn(
                "texts", help="How many texts this rests on; from few texts little can be said."
            ),
        },
        alt="Traits of this person",
    )
    st.caption("Shares per task add up to 100 %. From one or two texts, take them as a hint.")


def nearest(said: dict[str, Any]) -> None:
    """The people whose profiles are most like this one."""
    st.markdown(
        "**Nearest people**",
        help="Whose profiles differ from everyone's in the most similar way. 1 is the same "
        "direction, 0 is unrelated.",
    )
    for column, each in zip(st.columns(5), said["neighbours"], strict=False):
        with column, st.container(border=True):
            st.page_link(
                shell.PEOPLE,
                label=plain(each["user"], 30),
                icon=":material/person:",
                query_params={state.PERSON: each["user"]},
            )
            st.caption(f"similarity {each['similarity']:.2f}")


def recommendations(people: People, dataset: Dataset, person: str) -> None:
    """What two stages recommend, side by side, each item with its reasons."""
    st.subheader("Recommendations", help=STAGE_HELP)
    evaluation.warn_few_items(dataset)
    acts = dataset.interactions
    later = set(acts[(acts[USER] == person) & (acts[SPLIT] == TEST) & acts[LIKED]][ITEM])
    if later:
        st.caption(
            f"Later they liked {number(len(later))} thing{'s' if len(later) > 1 else ''} that no "
            "training has seen. Where a list found one, it says :material/favorite: *liked later*."
        )
    before, after = people.stages[0], people.stages[-1]
    for column, stage in zip(st.columns(2), dict.fromkeys((before, after)), strict=False):
        with column:
            st.markdown(f"**{STAGE_WORDS[stage]}**")
            for place, each in enumerate(people.recommend(person, SHOWN_ITEMS, stage), 1):
                _one(place, each, each["item"] in later)
    st.caption(
        "The bar beside a reason is its part of the score; all parts add up to the score. What has "
        "a minus speaks against the item. Scores of the two lists are on different scales."
    )


def _one(place: int, each: dict[str, Any], hit: bool) -> None:
    """One recommendation: its title, whether they liked it later, and what speaks for it."""
    with st.container(border=True):
        mark = " · :material/favorite: *liked later*" if hit else ""
        st.markdown(f"{place}. **{plain(each['title'], 80)}**{mark}")
        reasons = sorted(each["reasons"], key=lambda reason: -abs(reason["weight"]))
        for reason in reasons[:SHOWN_REASONS]:
            said = f"{KINDS[reason['kind']]}: {plain(reason['text'], 110)}"
            st.caption(f"{reason['weight']:+.2f} · {said}")


def records(dataset: Dataset, person: str) -> None:
    """Everything this person wrote and did."""
    left, right = st.columns([3, 2])
    written = dataset.records[dataset.records[USER] == person]
    labels = {task_column(task): task for task in dataset.tasks}
    with left:
        st.markdown(f"**Their {number(len(written))} texts**")
        table = written[[TEXT, *labels, SOURCE, TIME, SPLIT]].rename(columns=labels)
        table = table.dropna(axis=1, how="all").sort_index(ascending=False)
        st.dataframe(
            table,
            hide_index=True,
            placeholder="",
            column_config={TEXT: st.column_config.TextColumn(width="large")},
            alt="Texts of this person",
        )
        shell.download(table, "texts", "texts-csv")
    with right:
        acts = dataset.interactions[dataset.interactions[USER] == person]
        st.markdown(f"**Their {number(len(acts))} acts**")
        named = acts.merge(dataset.items[[ITEM, TITLE]], on=ITEM, how="left")
        shown = named[[TITLE, LIKED, TIME, SPLIT]].dropna(axis=1, how="all")
        st.dataframe(shown, hide_index=True, placeholder="", alt="Acts of this person")
