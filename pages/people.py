"""People: one person's fused profile, texts and recommendations, and how to find others."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.people import People
from mtrec.runs.store import FINISHED, NO_RECOMMENDATIONS, RunInfo
from mtrec.wording import many
from pages.ui import crowd, finding, live, loaded, person, shell, state, timeline, what_if
from pages.ui.text import plain


def profile(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """What is known of one person and recommended to them."""
    said = people.profile(chosen)
    st.caption(
        f"The profile rests on {many(said['records'], 'text')} and "
        f"{many(said['interactions'], 'act')}, all from before the test part."
    )
    person.profile(said)
    person.recommendations(run, people, dataset, chosen)
    person.nearest(said)


def left(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """What one person left, over time and as it stands in the data."""
    timeline.draw(run, people, dataset, chosen)
    st.caption(
        "The profile, and what is shown over time, rest on the parts training and validation. What "
        "is of the part none was left out when the data was brought; the page Data says why."
    )
    person.records(dataset, chosen)


# The sides of a person, then those of everyone, each a tab.
LOOKS: dict[str, Callable[[RunInfo, People, Dataset, str], None]] = {
    state.PROFILE: profile,
    "Texts and acts": left,
    "What if?": what_if.draw,
    "Find people": finding.draw,
    "Groups and map": crowd.draw,
}


def draw(run: RunInfo) -> None:
    """A picker of a person, and the sides of a finished run's people; only the open one is made."""
    dataset = loaded.open_dataset(run.key)
    known = person.everyone(run.key, loaded.presenting())
    if not known:
        shell.empty("This data does not say who wrote or did what.", shell.DATA, "Bring other data")
        return
    if state.PERSON in st.query_params:  # as in a link to somebody
        state.forget(state.LOOK)
    chosen = person.find(known)
    people = loaded.people(run)
    if people is None:
        st.markdown(plain(loaded.store().summary(run.run)[NO_RECOMMENDATIONS]))
        person.records(dataset, chosen)
        return
    state.settle(state.LOOK, list(LOOKS), None)
    tabs = st.tabs(list(LOOKS), key=state.LOOK, on_change="rerun", bind="query-params")
    for look, tab in zip(LOOKS.values(), tabs, strict=True):
        if tab.open:
            with tab, shell.guard():
                look(run, people, dataset, chosen)


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
