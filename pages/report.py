"""Report: how well each task is told apart, which labels are mixed up, and the texts behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from mtrec.reports.classification import load_reports
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import TEST, VAL
from mtrec.wording import many
from pages.ui import (
    compare,
    downloads,
    evaluation,
    label_errors,
    labels,
    live,
    loaded,
    matrix,
    overview,
    robustness,
    shell,
    slices,
    state,
    sureness,
    tryit,
)
from pages.ui.text import plain
from pages.ui.words import SPLIT_HELP, SPLITS

Report = dict[str, Any]  # of one task

OVERVIEW = "Overview"  # of all tasks

# What one task's report shows on its own tab: of a run, the task, the part of the data, the report.
TABS: dict[str, Callable[[RunInfo, str, str, Report], None]] = {
    state.LABELS: lambda run, task, split, report: labels.draw(run, task, split, report),
    "Mix-ups": lambda run, task, split, report: matrix.draw(
        run, task, split, report["type"], list(report["labels"])
    ),
    "Sureness": lambda run, task, split, report: sureness.draw(run, task, split, report["type"]),
    "Weak spots": lambda run, task, split, report: weak_spots(run, task, report["type"]),
    "Doubts": lambda run, task, split, report: label_errors.draw(run, task, report["type"]),
    "Compare": lambda run, task, split, report: compare.draw(run, task, split),
}

# What is shown of the whole run, whichever task is chosen.
WHOLE: dict[str, Callable[[RunInfo], None]] = {
    "Try it": tryit.draw,
    "Lists": evaluation.draw,
}


def draw(run: RunInfo) -> None:
    """The report of a finished run: every task at a glance, and one of them from several sides."""
    left, right = st.columns(2)
    with left:
        parts = {SPLITS[split]: split for split in (TEST, VAL)}
        part = state.pick(state.PART, "Part of the data", list(parts), None, help=SPLIT_HELP)
    split = parts[part]
    reports = load_reports(loaded.store().fetch(run.run), split)
    if not reports:
        st.markdown("No text of this part carries a label, so there is nothing to judge tasks by.")
        evaluation.draw(run)
        return
    with right:
        task = state.pick(
            state.TASK, "Task", list(reports), None, help="The task that is shown in detail."
        )
    tabs(run, task, split, reports)


def tabs(run: RunInfo, task: str, split: str, reports: dict[str, Report]) -> None:
    """The sides of the report as tabs, of which only the open one is made."""
    names = [OVERVIEW, *TABS, *WHOLE]
    state.settle(state.TAB, names, None)
    drawn = st.tabs(names, key=state.TAB, on_change="rerun", bind="query-params")
    for name, tab in zip(names, drawn, strict=True):
        if not tab.open:
            continue
        with tab, shell.guard():
            if name == OVERVIEW:
                overview.draw(run, reports, split)
                downloads.draw(run, split)
            elif name in WHOLE:
                WHOLE[name](run)
            else:
                heading(task, split, reports[task])
                TABS[name](run, task, split, reports[task])


def heading(task: str, split: str, report: Report) -> None:
    """Which task a side is about, and how well it is told apart."""
    st.subheader(plain(task))
    judged = many(report["support"], f"{SPLITS[split]} text")
    st.caption(f"Judged on {judged}.", help=SPLIT_HELP)
    labels.figures(report)


def weak_spots(run: RunInfo, task: str, kind: str) -> None:
    """Parts of the data, and damage to texts, where a task does worse."""
    slices.draw(run, task, kind)
    st.divider()
    robustness.draw(run, task, kind)


shell.title("Report")
run = state.run()
if run is None:
    shell.empty("There is no training to report on yet.", shell.TRAIN, "Start a training")
elif run.status == FINISHED:
    draw(run)
else:
    live.unfinished(run)
