"""People: one person's fused profile, texts, nearest people, and recommendations with reasons."""

from __future__ import annotations

import random

import streamlit as st

from mtrec.runs.store import FINISHED, NO_RECOMMENDATIONS, RunInfo
from mtrec.schema import USER
from mtrec.wording import many, number
from pages.ui import live, person, shell, state
from pages.ui.text import plain


@st.cache_data(max_entries=4, show_spinner="Finding everyone…")
def everyone(key: str, presenting: bool) -> list[str]:
    """Every person of a dataset as pages call them, those with the most texts first."""
    dataset = state.open_dataset(key)
    texts = dataset.records[USER].value_counts()
    users = dataset.users[[USER]].assign(texts=lambda frame: frame[USER].map(texts).fillna(0))
    return users.sort_values(["texts", USER], ascending=[False, True])[USER].tolist()


def find(known: list[str]) -> str:
    """The person chosen by name, or another one at random."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        st.button(
            "Someone else",
            key="someone",
            icon=":material/shuffle:",
            on_click=lambda: state.wish(person=random.choice(known)),
            help="Picks a person at random.",
            width="stretch",
        )
    with left:
        return state.pick(
            state.PERSON,
            f"Person ({number(len(known))} in all)",
            known,
            None,
            help="Those with the most texts come first. Type to find someone.",
        )


def draw(run: RunInfo) -> None:
    """Everything about one person, as a finished run sees them."""
    dataset = state.open_dataset(run.key)
    known = everyone(run.key, state.presenting())
    if not known:
        shell.empty("This data does not say who wrote or did what.", shell.DATA, "Bring other data")
        return
    chosen = find(known)
    people = state.people(run)
    if people is None:
        st.markdown(plain(state.store().summary(run.run)[NO_RECOMMENDATIONS]))
        person.records(dataset, chosen)
        return
    said = people.profile(chosen)
    st.caption(
        f"The profile rests on {many(said['records'], 'text')} and "
        f"{many(said['interactions'], 'act')}, all from before the test part."
    )
    person.profile(said)
    person.recommendations(people, dataset, chosen)
    person.nearest(said)
    person.records(dataset, chosen)


shell.title("People")
run = state.run()
if run is None:
    shell.empty(
        "There is nobody to show yet: people are shown as a training sees them.",
        shell.TRAIN,
        "Start a training",
    )
elif run.status == FINISHED:
    draw(run)
else:
    live.unfinished(run)
