"""People: one person's fused profile, texts, nearest people, and recommendations with reasons."""

from __future__ import annotations

import streamlit as st

from mtrec.runs.store import FINISHED, NO_RECOMMENDATIONS, RunInfo
from mtrec.wording import many
from pages.ui import live, person, shell, state, what_if
from pages.ui.text import plain


def draw(run: RunInfo) -> None:
    """Everything about one person, as a finished run sees them."""
    dataset = state.open_dataset(run.key)
    known = person.everyone(run.key, state.presenting())
    if not known:
        shell.empty("This data does not say who wrote or did what.", shell.DATA, "Bring other data")
        return
    chosen = person.find(known)
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
    what_if.draw(run, people, dataset, chosen)
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
