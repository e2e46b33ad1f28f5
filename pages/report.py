"""Report: how well each task is told apart, which labels are mixed up, and the texts behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mtrec.reports.classification import load_reports
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import TEST, VAL, Estimate
from mtrec.tasks import TASK_TYPES
from pages.ui import charts, evaluation, live, matrix, shell, state
from pages.ui.text import INTERVAL_HELP, number, plain
from pages.ui.words import SPLIT_HELP, SPLITS, metric, metric_help


def tasks_at_a_glance(reports: dict[str, Any]) -> None:
    """Every task's headline figure with its interval."""
    rows = []
    for task, report in reports.items():
        name = TASK_TYPES[report["type"]].headline
        rows.append({"task": task, "figure": metric(name), **report["metrics"][name]})
    table = pd.DataFrame(rows)
    names = ", ".join(table["figure"].unique())
    charts.show(
        charts.dots(table, "task", names),
        f"{names} of each task; the line is its 95 % interval. Further right is better. Tasks with "
        "more labels are harder, so compare a task with itself over runs rather than with others.",
        table,
        key="glance",
    )


def figures(report: dict[str, Any]) -> None:
    """The figures over all labels of a task."""
    with st.container(horizontal=True):
        for name, values in report["metrics"].items():
            with st.container(border=True, width=230):
                value = Estimate(**values)
                st.metric(metric(name), f"{value.value:.3f}", help=metric_help(name))
                if value.low is not None:
                    st.caption(
                        f"95 % interval {value.low:.3f} to {value.high:.3f}", help=INTERVAL_HELP
                    )


def labels(task: str, report: dict[str, Any]) -> None:
    """Precision, recall and F1 of each label."""
    st.markdown("**Label by label**")
    table = pd.DataFrame(report["labels"]).T.rename_axis("label").reset_index()
    table["support"] = table["support"].astype(int)
    st.dataframe(
        table,
        hide_index=True,
        key=f"labels-{task}",
        alt=f"Classification report of {task}",
        column_config={
            "label": st.column_config.TextColumn(
                "label", help="The label as it stands in the data."
            ),
            "precision": st.column_config.NumberColumn(
                format="%.3f", help="Of the texts given this label, the share that truly carry it."
            ),
            "recall": st.column_config.NumberColumn(
                format="%.3f", help="Of the texts that carry this label, the share that got it."
            ),
            "f1": st.column_config.NumberColumn("F1", format="%.3f", help=metric_help("macro_f1")),
            "support": st.column_config.NumberColumn(
                "texts", help="How many texts truly carry it. Figures from few texts are noisy."
            ),
        },
    )
    shell.download(table, f"report-{task}", f"labels-csv-{task}")


def draw(run: RunInfo) -> None:
    """The report of a finished run."""
    left, right = st.columns(2)
    with left:
        parts = {SPLITS[split]: split for split in (TEST, VAL)}
        part = state.pick(state.PART, "Part of the data", list(parts), None, help=SPLIT_HELP)
    split = parts[part]
    reports = load_reports(state.store().fetch(run.run), split)
    if reports:
        with right:
            task = state.pick(
                state.TASK, "Task", list(reports), None, help="The task that is shown in detail."
            )
        if len(reports) > 1:
            tasks_at_a_glance(reports)
        report = reports[task]
        st.subheader(plain(task))
        st.caption(f"Judged on {number(report['support'])} {part} texts.", help=SPLIT_HELP)
        figures(report)
        labels(task, report)
        with shell.guard():
            matrix.draw(run, task, split, list(report["labels"]))
    else:
        st.markdown("No text of this part carries a label, so there is nothing to judge tasks by.")
    evaluation.draw(run)


shell.title("Report")
run = state.run()
if run is None:
    shell.empty("There is no training to report on yet.", shell.TRAIN, "Start a training")
elif run.status == FINISHED:
    draw(run)
else:
    live.unfinished(run)
