"""What each source of a profile and each activity adds to the lists, drawn and in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mtrec.recommend.evaluate import FEWEST
from mtrec.recommend.people import People
from mtrec.reports.contributions import FIGURE, MEANING, called, kept, sentences, work_out
from mtrec.reports.evaluation import NOBODY
from mtrec.runs.store import RunInfo
from mtrec.wording import many
from pages.ui import charts, evaluation, loaded, trying
from pages.ui.text import plain
from pages.ui.words import SOURCES, metric


def draw(run: RunInfo, people: People) -> None:
    """What was found out, or a button that finds it out."""
    st.markdown("**What each thing known of people adds to their lists**", help=MEANING)
    rows = kept(people)
    if rows is None:
        st.markdown(
            "Not worked out yet for this training: recommendations are learned again without each "
            "task, without the texts, without what people liked, and without each activity."
        )
        trying.work("adds", "Work it out", lambda: _work_out(run), MEANING)
        return
    if not rows:
        st.markdown(NOBODY)
        return
    segment = evaluation.choose_segment(row["segment"] for row in rows)
    chosen = [row for row in rows if row["segment"] == segment]
    if chosen[0]["users"] < FEWEST:
        st.markdown(evaluation.too_few(chosen[0]["users"]))
        return
    _draw(chosen)


def _work_out(run: RunInfo) -> None:
    bar = trying.Bar()
    whole = loaded.whole_people(run)
    if whole is not None:
        config, dataset = loaded.store().config(run.run), loaded.whole_dataset(run.key)
        work_out(whole, dataset, config.recommend, config.train.seed, bar)
    bar.close()


def _draw(rows: list[dict[str, Any]]) -> None:
    table = pd.DataFrame(
        [
            {
                "left out": called(row, SOURCES),
                **row["adds"][FIGURE],
                "left": row["metrics"][FIGURE]["value"],
            }
            for row in rows
        ]
    ).sort_values("value", ascending=False, kind="stable")
    judged = many(rows[0]["users"], "person", "people")
    chart = charts.dots(table, "left out", f"{metric(FIGURE)}: what it adds")
    chart.add_vline(x=0, line={"dash": "dot", "width": 1})
    charts.show(
        chart,
        f"How much better lists of {judged} are with each thing than without it, the rest learned "
        "again. The line is the 95 % interval; where it crosses 0, it may be chance.",
        table.rename(columns={"value": "it adds", "left": "figure without it"}),
        key="adds-chart",
    )
    for sentence in sentences(rows, lambda row: f"**{plain(called(row, SOURCES))}**"):
        st.markdown(f":material/compare_arrows: {sentence}")
