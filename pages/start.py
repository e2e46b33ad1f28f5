"""Start: what this is, the latest results in figures, and what to do next."""

from __future__ import annotations

import streamlit as st

from mtrec.reports.classification import load_reports
from mtrec.runs.progress import duration
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import TEST, Estimate
from mtrec.tasks import TASK_TYPES
from pages.ui import evaluation, live, loaded, shell, state
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import metric, metric_help

CARD = 230  # pixels


def introduction() -> None:
    """What this is, in three sentences."""
    st.markdown(
        "mtrec reads the texts that people left and learns several things from them at once: a "
        "verdict, an intent, a topic, whatever your columns say. "
        "From all of it together it makes one profile of each person, and from the profile it "
        "recommends what they may like next. "
        "You decide how much each task counts, and every figure here comes with how sure it is and "
        "opens onto the people and texts behind it."
    )


def results(run: RunInfo) -> None:
    """The chosen run in figures: each task's, and the recommendations before and after."""
    st.subheader("What the chosen training found" if run.ended else "A training is going on")
    took = f", took {duration(run.seconds)}" if run.ended and run.seconds is not None else ""
    st.caption(f"{plain(run.name)} on {plain(run.dataset)}, {live.since(run)}{took}.")
    if run.status != FINISHED:
        live.unfinished(run)
        return
    with st.container(horizontal=True):
        for task, report in load_reports(loaded.store().fetch(run.run), TEST).items():
            name = TASK_TYPES[report["type"]].headline
            with st.container(border=True, width=CARD):
                card(plain(task), metric(name), Estimate(**report["metrics"][name]), name)
    evaluation.at_a_glance(run)


def card(title: str, unit: str, value: Estimate, name: str) -> None:
    """One figure with its interval."""
    st.metric(f"{title} · {unit}", f"{value.value:.3f}", help=metric_help(name))
    if value.low is not None and value.high is not None:
        st.caption(f"95 % interval {value.low:.3f} to {value.high:.3f}", help=INTERVAL_HELP)


def next_steps(run: RunInfo | None) -> None:
    """What to do from here."""
    st.subheader("What to do next")
    dataset = state.dataset()
    steps = [
        (shell.DATA, "Bring your own data", "Drop your files; what the columns mean is guessed.")
    ]
    if dataset is not None:
        steps.append((shell.TRAIN, "Train", "Set how much each task counts and watch it learn."))
    if run is not None and run.status == FINISHED:
        steps.append(
            (shell.REPORT, "Read the report", "Which labels are mixed up, and the texts behind.")
        )
        if dataset is not None and dataset.users:
            steps.append(
                (shell.PEOPLE, "Meet people", "Profiles, and recommendations with their reasons.")
            )
            steps.append(
                (shell.RECOMMENDATIONS, "Compare lists", "Whose lists are best, and your rules.")
            )
    with st.container(horizontal=True):
        for page, label, words in steps:
            with st.container(border=True, width=CARD):
                st.page_link(page, label=label, icon=":material/arrow_forward:")
                st.caption(words)


shell.title("mtrec")
introduction()
run = state.run()
if run is not None:
    with shell.guard():
        results(run)
next_steps(run)
