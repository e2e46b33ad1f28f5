"""Report: how well each task is told apart, which labels are mixed up, and the texts behind it."""

from __future__ import annotations

from itertools import dropwhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mtrec.errors import InputError
from mtrec.reports.classification import load_reports
from mtrec.reports.mixups import FEWEST
from mtrec.runs.store import FINISHED, RunInfo
from mtrec.schema import TEST, VAL, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.report import apart
from pages.ui import (
    charts,
    compare,
    evaluation,
    label_errors,
    live,
    matrix,
    shell,
    state,
    sureness,
    tryit,
)
from pages.ui.text import INTERVAL_HELP, number, plain
from pages.ui.words import COMMONEST_HELP, SPLIT_HELP, SPLITS, metric, metric_help

COMMONEST, BEFORE = "always the commonest answer", "the training before"
MARKS = {
    COMMONEST: ("line-ns-open", "The tick is what always giving the commonest answer gets."),
    BEFORE: ("diamond-open", "The diamond is the training before on the same data."),
}
LEGEND = 28  # pixels that a legend takes above a chart
F1_HELP = (
    "Balances how often the label was right when given (precision) and how much of it was found "
    "(recall). 1 is perfect."
)


def earlier(run: RunInfo) -> RunInfo | None:
    """The finished run before this one on the very same data; None where there is none."""
    older = dropwhile(lambda each: each.run != run.run, state.runs())
    same = (each for each in older if each.status == FINISHED and each.key == run.key)
    return next((each for each in same if each.run != run.run), None)


@st.cache_data(max_entries=16, show_spinner=False)
def reports_of(folder: Path, split: str) -> dict[str, Any]:
    """The reports in a finished run's folder, which do not change; none where it has none."""
    try:
        return load_reports(folder, split)
    except InputError:
        return {}


def overview(run: RunInfo, reports: dict[str, Any], split: str) -> None:
    """Every task beside the commonest answer and the training before, the lowest figure first."""
    before = earlier(run)
    old = reports_of(state.store().fetch(before.run), split) if before else {}
    than_before = f"the training before, {plain(before.name)}" if before else ""
    folder = state.store().fetch(run.run)
    rows, lines = [], []
    for task, report in reports.items():
        kind, figure = report["type"], TASK_TYPES[report["type"]].headline
        ours = Estimate(**report["metrics"][figure])
        usual = _estimate(report.get("baseline", {}), figure)
        compares = task in old and old[task]["type"] == kind
        last = _estimate(old[task]["metrics"], figure) if compares else None
        parts = [f"{metric(figure)} {ours.value:.3f}"]
        parts += [_against(ours, usual, "always giving the commonest answer")] if usual else []
        parts += [_against(ours, last, than_before)] if last else []
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


def _estimate(metrics: dict[str, Any], figure: str) -> Estimate | None:
    return Estimate(**metrics[figure]) if figure in metrics else None


def _against(ours: Estimate, theirs: Estimate, whose: str) -> str:
    """What can be said of a figure beside another, which may be nothing."""
    side = apart(ours, theirs)
    if side:
        word = "better" if side > 0 else "worse"
        return f"{word} than {whose} ({theirs.value:.3f}) by more than noise"
    known = ours.low is not None and theirs.low is not None
    why = "since the intervals overlap" if known else "since there is no interval to go by"
    return f"no distinguishable difference from {whose} ({theirs.value:.3f}), {why}"


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
        chart.update_layout(height=chart.layout.height + LEGEND, margin_t=LEGEND)
    charts.show(
        chart,
        f"{caption} Tasks with more labels are harder, so compare a task with itself over runs "
        "rather than with others.",
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
                usual = _estimate(report.get("baseline", {}), name)
                if usual is not None:
                    st.caption(
                        f"Always the commonest answer: {usual.value:.3f}", help=COMMONEST_HELP
                    )


def labels(task: str, report: dict[str, Any]) -> None:
    """Precision, recall and F1 of each label, the worst first; none where too few carry it."""
    st.markdown("**Label by label**")
    table = pd.DataFrame(report["labels"]).T.rename_axis("label").reset_index()
    table["support"] = table["support"].astype(int)
    by_f1, is_rare = table["f1"].to_numpy(np.float64), (table["support"] < FEWEST).to_numpy()
    table = table.iloc[np.lexsort((by_f1, is_rare))]
    rare = table["support"] < FEWEST
    shares = [column for column in table.columns if column not in ("label", "support")]
    shown = table.assign(**{column: table[column].mask(rare) for column in shares})
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="too few",
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
            "f1": st.column_config.NumberColumn("F1", format="%.3f", help=F1_HELP),
            "low": st.column_config.NumberColumn(
                "F1 from", format="%.3f", help=f"The lower end of F1's interval. {INTERVAL_HELP}"
            ),
            "high": st.column_config.NumberColumn(
                "F1 to", format="%.3f", help=f"The upper end of F1's interval. {INTERVAL_HELP}"
            ),
            "support": st.column_config.NumberColumn(
                "cases", help="How often it truly stands. Figures from few cases are noisy."
            ),
        },
    )
    few = f"Labels with fewer than {FEWEST} cases have too few for figures to mean anything."
    st.caption(f"The labels with the lowest F1 come first.{' ' + few if rare.any() else ''}")
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
        with shell.guard():
            overview(run, reports, split)
        report = reports[task]
        st.subheader(plain(task))
        st.caption(f"Judged on {number(report['support'])} {part} texts.", help=SPLIT_HELP)
        figures(report)
        labels(task, report)
        with shell.guard():
            matrix.draw(run, task, split, report["type"], list(report["labels"]))
        with shell.guard():
            sureness.draw(run, task, split, report["type"])
        with shell.guard():
            compare.draw(run, task, split)
        with shell.guard():
            label_errors.draw(run, task, report["type"])
        tryit.draw(run)
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
