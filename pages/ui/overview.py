"""Every task of a run at a glance, beside the commonest answer and the training before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.errors import InputError
from mtrec.reports.classification import load_reports
from mtrec.reports.compare import TaskComparison
from mtrec.reports.wording import against
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import Estimate
from mtrec.tasks import TASK_TYPES
from pages.ui import charts, loaded, matrix, state
from pages.ui.compare import beside, compared
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import COMMONEST_HELP, metric

COMMONEST, BEFORE = "always the commonest answer", "the training before"
MARKS = {
    COMMONEST: ("line-ns-open", "The tick is what always giving the commonest answer gets."),
    BEFORE: ("diamond-open", "The diamond is the training before on the same data."),
}


def draw(run: RunInfo, reports: dict[str, Any], split: str) -> None:
    """Every task beside the commonest answer and the training before, the lowest figure first."""
    before = _earlier(run)
    old = _reports_of(loaded.store().fetch(before.run), split) if before else {}
    folder = loaded.store().fetch(run.run)
    gaps = _gaps(run, before, split) if before else {}
    rows, lines = [], []
    for task, report in reports.items():
        kind, figure = report["type"], TASK_TYPES[report["type"]].headline
        ours = Estimate(**report["metrics"][figure])
        usual = estimate(report.get("baseline", {}), figure)
        compares = task in old and old[task]["type"] == kind
        last = estimate(old[task]["metrics"], figure) if compares else None
        parts = [f"{metric(figure)} {ours.value:.3f}"]
        parts += [against(ours, usual, "always giving the commonest answer")] if usual else []
        if before and last and task in gaps:
            parts.append(beside(gaps[task], f"the training before, {plain(before.name)}"))
        worst = matrix.worst(folder, task, split, kind, tuple(report["labels"]))
        mixed = f" It {matrix.told(worst)}." if worst else ""
        lines.append(f"- **{plain(task)}**: {'; '.join(parts)}.{mixed}")
        rows.append(
            {
                "task": task,
                "figure": metric(figure),
                **ours.json(),
                COMMONEST: usual.value if usual else None,
                BEFORE: last.value if last else None,
            }
        )
    table = pd.DataFrame(rows).sort_values("value", kind="stable")
    st.markdown("**Every task at a glance**", help=f"{INTERVAL_HELP} {COMMONEST_HELP}")
    _glance(table)
    st.markdown("\n".join(lines[place] for place in table.index))
    _closer(table["task"].tolist())


def _closer(tasks: Sequence[str]) -> None:
    """A button for each task that opens it label by label."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Look closer at", width="content")
        for task in tasks:
            st.button(
                plain(task),
                key=f"closer-{task}",
                on_click=state.wish,
                kwargs={state.TASK: task, state.TAB: state.LABELS},
                help="Each of its labels: how well it is found, and how often it is said wrongly.",
            )


def estimate(metrics: dict[str, Any], figure: str) -> Estimate | None:
    """A figure of a report; None where the report lacks it."""
    return Estimate(**metrics[figure]) if figure in metrics else None


def _earlier(run: RunInfo) -> RunInfo | None:
    """The finished run before this one on the very same data; None where there is none."""
    older = dropwhile(lambda each: each.run != run.run, loaded.runs())
    same = (each for each in older if each.status == FINISHED and each.key == run.key)
    return next((each for each in same if each.run != run.run), None)


def _gaps(run: RunInfo, before: RunInfo, split: str) -> dict[str, TaskComparison]:
    """How each task of a run differs from the training before, on the texts that both answered."""
    ours, theirs = (loaded.store().fetch(each.run) for each in (run, before))
    return {each.task: each for each in compared(ours, theirs, run.key, split)}


@st.cache_data(max_entries=16, show_spinner=False)
def _reports_of(folder: Path, split: str) -> dict[str, Any]:
    """The reports in a finished run's folder, which do not change; none where it has none."""
    try:
        return load_reports(folder, split)
    except InputError:
        return {}


def _glance(table: pd.DataFrame) -> None:
    """The figures of all tasks as a chart; a mark stands where there is something beside them."""
    names = ", ".join(table["figure"].unique())
    chart = charts.dots(table, "task", names)
    chart.data[0].name = "this training"
    caption = (
        f"{names} of each task, the lowest first; the line is its 95 % interval. Further right is "
        "better."
    )
    for column, (symbol, words) in MARKS.items():
        if table[column].isna().all():
            table = table.drop(columns=column)
            continue
        marker = {"symbol": symbol, "size": 14, "line": {"width": 2}}
        chart.add_scatter(
            x=table[column], y=chart.data[0].y, name=column, mode="markers", marker=marker
        )
        caption += f" {words}"
    if len(chart.data) > 1:
        charts.add_legend(chart)
    charts.show(
        chart,
        f"{caption} Tasks with more labels are harder, so compare a task with itself over runs "
        "rather than with others.",
        table,
        key="glance",
    )
