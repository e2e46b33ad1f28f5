"""One task's figures, over all its labels and label by label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mtrec.reports.mixups import FEWEST
from mtrec.runs.store import RunInfo
from mtrec.schema import Estimate
from pages.ui import curves, shell
from pages.ui.overview import estimate
from pages.ui.text import INTERVAL_HELP
from pages.ui.words import COMMONEST_HELP, metric, metric_help

F1_HELP = (
    "Balances how often the label was right when given (precision) and how much of it was found "
    "(recall). 1 is perfect."
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
                usual = estimate(report.get("baseline", {}), name)
                if usual is not None:
                    st.caption(
                        f"Always the commonest answer: {usual.value:.3f}", help=COMMONEST_HELP
                    )


def draw(run: RunInfo, task: str, split: str, report: dict[str, Any]) -> None:
    """Every label's figures, and how one of them is told apart whatever the threshold."""
    _table(task, report)
    with shell.guard():
        curves.draw(run, task, split, report["type"], list(report["labels"]))


def _table(task: str, report: dict[str, Any]) -> None:
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
                "label", width=160, help="The label as it stands in the data."
            ),
            "precision": st.column_config.NumberColumn(
                format="%.3f", help="Of the texts given this label, the share that truly carry it."
            ),
            "recall": st.column_config.NumberColumn(
                format="%.3f", help="Of the texts that carry this label, the share that got it."
            ),
            "f1": st.column_config.ProgressColumn(
                "F1", width=110, format="%.3f", min_value=0, max_value=1, help=F1_HELP
            ),
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
