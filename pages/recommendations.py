"""Recommendations: lists beside each other, how much they show, and rules that they follow."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mtrec.recommend.people import People
from mtrec.runs.store import FINISHED, NO_RECOMMENDATIONS, RunInfo
from pages.ui import added, evaluation, lists, live, loaded, reach, rules, shell, state
from pages.ui.text import plain

# The sides of a run's recommendations, each a tab.
SIDES: dict[str, Callable[[RunInfo, People], None]] = {
    "Compare": lambda run, people: evaluation.draw(run),
    "One person": lists.draw,
    "What is shown": reach.draw,
    "What it rests on": added.draw,
    "Rules": rules.draw,
}


def draw(run: RunInfo) -> None:
    """The sides of a finished run's recommendations, of which only the open one is made."""
    people = loaded.people(run)
    if people is None:
        st.markdown(plain(loaded.store().summary(run.run)[NO_RECOMMENDATIONS]))
        return
    state.settle(state.SIDE, list(SIDES), None)
    drawn = st.tabs(list(SIDES), key=state.SIDE, on_change="rerun", bind="query-params")
    for side, tab in zip(SIDES.values(), drawn, strict=True):
        if tab.open:
            with tab, shell.guard():
                side(run, people)


shell.title("Recommendations")
run = state.run()
if run is None:
    shell.empty(
        "There are no recommendations yet: a training makes them where data says who liked what.",
        shell.TRAIN,
        "Start a training",
    )
elif run.status == FINISHED:
    draw(run)
else:
    live.unfinished(run)
