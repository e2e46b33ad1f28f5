"""What is known of one person, drawn: profile, texts and acts, nearest people, recommendations."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import floor, log10
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.people import People
from mtrec.runs.store import RunInfo
from mtrec.schema import (
    EVENT,
    ITEM,
    LIKED,
    SOURCE,
    SPLIT,
    TEST,
    TEXT,
    TIME,
    TITLE,
    USER,
    VALUE,
    task_column,
)
from mtrec.tasks import TASK_TYPES
from mtrec.wording import many, number
from pages.ui import charts, evaluation, loaded, reasons, ruled, shell, state
from pages.ui.text import plain
from pages.ui.words import SOURCES, SPLIT_HELP, SPLITS, STAGE_HELP
from pages.ui.words import STAGES as STAGE_WORDS

SHOWN_ITEMS, SHOWN_REASONS = 8, 3
LATER = ":material/favorite: *liked later*"
SOURCES_WIDTH, TRAITS_WIDTH = 360, 600  # pixels; one below the other where both do not fit


@st.cache_data(max_entries=4, show_spinner="Finding everyone…")
def everyone(key: str, presenting: bool) -> list[str]:
    """Every person of a dataset as pages call them, those with the most texts first."""
    dataset = loaded.open_dataset(key)
    texts = dataset.records[USER].value_counts()
    users = dataset.users[[USER]].assign(texts=lambda frame: frame[USER].map(texts).fillna(0))
    return users.sort_values(["texts", USER], ascending=[False, True])[USER].tolist()


def find(known: list[str]) -> str:
    """The person chosen by name, or another one at random; a word where a link names nobody."""
    gone = None if state.PERSON in st.session_state else state.missed(state.PERSON, known)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        st.button(
            "Someone else",
            key="someone",
            icon=":material/shuffle:",
            on_click=lambda: state.wish(person=_another(known)),
            help="Picks a person at random.",
            width="stretch",
        )
    with left:
        chosen = state.pick(
            state.PERSON,
            f"Person ({number(len(known))} in all)",
            known,
            None,
            help="Those with the most texts come first. Type to find someone.",
        )
    if gone:
        st.warning(
            f"There is no person {state.called(gone)} in this data. Shown is {plain(chosen)}.",
            icon=":material/info:",
        )
    return chosen


def _another(known: list[str]) -> str:
    """Anybody but the person chosen now, where there is anybody else."""
    now = st.session_state.get(state.PERSON)
    return random.choice([each for each in known if each != now] or known)


def open_profile(chosen: str) -> None:
    """Shows the profile of somebody from the next drawing on; for callbacks."""
    state.wish(person=chosen, look=state.PROFILE)


def profile(said: dict[str, Any]) -> None:
    """Where the profile of a person comes from, and what it says of them."""
    row = st.container(horizontal=True)
    with row.container(width=SOURCES_WIDTH):
        st.markdown("**Where the profile comes from**")
        table = pd.DataFrame(
            [
                {
                    "source": SOURCES.get(name, name),
                    "weight": source["weight"],
                    "made from": source["n"],
                }
                for name, source in said["sources"].items()
            ]
        ).sort_values("weight", ascending=False)
        charts.show(
            charts.bars(table, "source", "weight", "share of the profile", "{:.0%}"),
            "How much each source counts in this profile; together 100 %. A task is what their "
            "texts say to that task. What they left nothing in counts nothing.",
            table,
            key="sources",
        )
    with row.container(width=TRAITS_WIDTH):
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
    table = table.sort_values(["task", "predicted"], ascending=[True, False])
    st.dataframe(
        table.assign(**(table[["observed", "predicted"]] * 100)),
        hide_index=True,
        placeholder="–",
        column_config={
            "observed": st.column_config.NumberColumn(
                "data",
                width=55,
                format="%.0f %%",
                help="The share of their labelled texts that carry this label.",
            ),
            "predicted": st.column_config.ProgressColumn(
                "model",
                width=110,
                format="%.0f %%",
                min_value=0,
                max_value=100,
                help="The share of this label in all texts of the task's activities, labelled or "
                "not, as the model sees it.",
            ),
            "n": st.column_config.NumberColumn(
                "texts", help="How many texts this rests on; from few texts little can be said."
            ),
        },
        alt="Traits of this person",
    )
    st.caption(
        "Per task the shares add up to 100 %, unless its texts may carry several labels or none. "
        "They describe this person's texts; from one or two texts, take them as a hint."
    )


def nearest(said: dict[str, Any]) -> None:
    """The people whose profiles are most like this one."""
    st.markdown(
        "**Nearest people**",
        help="Whose profiles differ from everyone's in the most similar way. 1 is the same "
        "direction, 0 is unrelated.",
    )
    with st.container(horizontal=True):
        for each in said["neighbours"]:
            with st.container(border=True, width="content"):
                shell.person(each["user"], plain(each["user"], 40))
                st.caption(f"similarity {each['similarity']:.2f}")


def recommendations(run: RunInfo, people: People, dataset: Dataset, person: str) -> None:
    """What two stages recommend, side by side, each item with its reasons."""
    st.subheader("Recommendations", help=STAGE_HELP)
    evaluation.warn_few_items(dataset)
    later = liked_later(dataset, person)
    if later:
        st.caption(
            f"Later they liked {many(len(later), 'thing')} that no "
            "training has seen. Where a list found one, it says :material/favorite: *liked later*."
        )
    plan = ruled.plan(run, people)
    before, after = people.stages[0], people.stages[-1]
    for column, stage in zip(st.columns(2), dict.fromkeys((before, after)), strict=False):
        with column:
            st.markdown(f"**{STAGE_WORDS[stage]}**")
            listed = people.recommend(person, SHOWN_ITEMS, stage, plan)
            decimals = decimals_of(listed)
            for place, each in enumerate(listed, 1):
                marks = [LATER] if each["item"] in later else []
                card(run, place, each, marks, decimals, f"{stage}-{place}")
    st.caption(
        "The numbers are parts of an item's score and add up to it; a minus speaks against the "
        "item. The two lists have scales of their own, so compare numbers within one list only."
    )


def liked_later(dataset: Dataset, person: str) -> set[str]:
    """The items that somebody liked in the test part."""
    acts = dataset.interactions
    return set(acts[(acts[USER] == person) & (acts[SPLIT] == TEST) & acts[LIKED]][ITEM])


def card(
    run: RunInfo, place: int, each: dict[str, Any], marks: Sequence[str], decimals: int, key: str
) -> None:
    """One recommendation: its title, what marks it, what speaks for it, and what moved it.

    Args:
        marks: Markdown.
        key: unique on the page.
    """
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                " · ".join([f"{place}. **{plain(each['title'], 80)}**", *marks]), width="stretch"
            )
            reasons.button(run, each, decimals, f"open-{key}")
        lines = reasons.lines(summands(each), decimals)
        lines += [
            f"{reasons.BESIDE[reason['kind']]} {plain(reason['text'], 120)}"
            for reason in each["reasons"]
            if reason["kind"] in reasons.BESIDE
        ]
        st.caption("  \n".join(lines))


def summands(each: dict[str, Any]) -> list[tuple[float, str]]:
    """A recommendation's score as parts that add up to it, each with its words as Markdown.

    First what is new, then the texts and things that weigh most, then all others of the source that
    adds most beside them, so that what is left for the last line is little.
    """
    scored = [reason for reason in each["reasons"] if reason["kind"] not in reasons.BESIDE]
    new = [reason for reason in scored if "new" in reason]
    known = [reason for reason in scored if "new" not in reason]
    ordered = sorted(known, key=lambda reason: -abs(reason["weight"]))
    single = [reason for reason in ordered if _stands_alone(reason)][:SHOWN_REASONS]
    parts = [(reason["weight"], reasons.in_words(reason)) for reason in single]
    if new:
        parts.insert(0, (sum(reason["weight"] for reason in new), reasons.ADDED))
    others: dict[str, float] = {}
    for reason in ordered:
        if reason not in single:
            others[reason["source"]] = others.get(reason["source"], 0.0) + reason["weight"]
    if others:
        source = max(others, key=lambda name: abs(others[name]))
        named = source in [reason["source"] for reason in single]
        parts.append((others.pop(source), reasons.all_of(source, named)))
    if others:
        parts.append((sum(others.values()), "everything else"))
    return parts


def decimals_of(listed: Sequence[dict[str, Any]]) -> int:
    """How many decimals the scores of a list need: two, or more where all of them are small."""
    largest = max((abs(each["score"]) for each in listed), default=0.0)
    return max(2, 1 - floor(log10(largest))) if largest else 2


def _stands_alone(reason: dict[str, Any]) -> bool:
    """Whether a reason is one text, one thing or holds for all, rather than a sum of many."""
    return reason["kind"] in reasons.SAME_FOR_ALL or "record" in reason or "item" in reason


def records(dataset: Dataset, person: str) -> None:
    """Everything this person wrote and did."""
    written = dataset.records[dataset.records[USER] == person]
    acts = dataset.interactions[dataset.interactions[USER] == person]
    texts, things = st.tabs(
        [f"Their {many(len(written), 'text')}", f"Their {many(len(acts), 'act')}"]
    )
    with texts:
        labels = {task_column(task): task for task in dataset.tasks}
        table = written[[TEXT, *labels, SOURCE, TIME, SPLIT]].copy()
        for column, task in labels.items():
            told = TASK_TYPES[dataset.tasks[task].type].describe
            table[column] = [
                value if pd.isna(value) else told(value, text)
                for value, text in zip(table[column], table[TEXT], strict=True)
            ]
        table = table.rename(columns=labels)
        _table(table, {TEXT: st.column_config.TextColumn(width="large")}, "texts")
    with things:
        named = acts.merge(dataset.items[[ITEM, TITLE]], on=ITEM, how="left")
        _table(named[[TITLE, LIKED, VALUE, EVENT, TIME, SPLIT]], {}, "acts")


def _table(table: pd.DataFrame, columns: dict[str, Any], name: str) -> None:
    """The newest rows first, without columns that hold nothing."""
    shown = table.assign(**{SPLIT: table[SPLIT].map(SPLITS).fillna("none")})
    shown = shown.dropna(axis=1, how="all")
    if TIME in shown:
        shown = shown.sort_values(TIME, ascending=False, kind="stable")
    day = st.column_config.DatetimeColumn("day", format="YYYY-MM-DD")
    split = st.column_config.TextColumn("part", help=SPLIT_HELP)
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="",
        column_config={TIME: day, SPLIT: split, **columns},
        key=name,
        alt=f"This person's {name}",
    )
    shell.download(shown, name, f"{name}-csv")
