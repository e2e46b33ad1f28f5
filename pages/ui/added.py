"""What each source of a profile and each activity adds to the lists, drawn and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mtrec.recommend.contributions import ACTIVITY
from mtrec.recommend.evaluate import K
from mtrec.recommend.people import People
from mtrec.reports.contributions import kept, work_out
from mtrec.runs.store import RunInfo
from mtrec.stats import SIGNIFICANT
from mtrec.wording import many
from pages.ui import charts, evaluation, state, trying
from pages.ui.text import plain
from pages.ui.words import SOURCES, metric

FIGURE = f"ndcg@{K}"
HELP = (
    "The lists after adaptation, learned again without one thing that is known of people, beside "
    "the lists that know everything, on the test part. All else stays as it was: the settings that "
    "validation chose, and the language model and what tasks share stay as trained: what a "
    "training without a task would come to, a training with its weight at 0 says."
)


def draw(run: RunInfo, people: People) -> None:
    """What was found out, or a button that finds it out."""
    st.markdown("**What each thing known of people adds to their lists**", help=HELP)
    rows = kept(people)
    if rows is None:
        st.markdown(
            "Not worked out yet for this training: recommendations are learned again without each "
            "task, without the texts, without what people liked, and without each activity."
        )
        trying.work("adds", "Work it out", lambda: _work_out(run), HELP)
        return
    if not rows:
        st.markdown("Nobody liked anything in the test part, so lists cannot be judged.")
        return
    segment = evaluation.choose_segment(row["segment"] for row in rows)
    _draw([row for row in rows if row["segment"] == segment])


def _work_out(run: RunInfo) -> None:
    bar = trying.Bar()
    whole = state.whole_people(run)
    if whole is not None:
        config, dataset = state.store().config(run.run), state.whole_dataset(run.key)
        work_out(whole, dataset, config.recommend, config.train.seed, bar)
    bar.close()


def _draw(rows: list[dict[str, Any]]) -> None:
    table = pd.DataFrame(
        [
            {"left out": name(row), **row["adds"][FIGURE], "left": row["metrics"][FIGURE]["value"]}
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
    for sentence in sentences(rows):
        st.markdown(f":material/compare_arrows: {sentence}")


def name(row: dict[str, Any]) -> str:
    """What was left out, in words."""
    called = str(row["without"])
    if row["kind"] == ACTIVITY:
        return f"all {called} (activity)"
    return SOURCES.get(called, f"{called} (task)")


def sentences(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What adds to the lists, what may, and what cannot be told from chance.

    Args:
        rows: of one segment.
    """
    found, alone, nothing = [], [], []
    for row in sorted(rows, key=lambda each: -each["adds"][FIGURE]["value"]):
        adds, thing = row["adds"][FIGURE], f"**{plain(name(row))}**"
        if adds["low"] is None:
            nothing.append(thing)
            continue
        told = f"{adds['value']:+z.3f}, 95 % interval {adds['low']:+z.3f} to {adds['high']:+z.3f}"
        if adds["p_value"] < SIGNIFICANT:
            verb = "makes lists better" if adds["value"] > 0 else "makes lists worse"
            found.append(f"{thing} {verb} ({told}).")
        elif adds["low"] > 0 or adds["high"] < 0:
            alone.append(
                f"{thing}: looked at alone more than noise ({told}), but one of {len(rows)} such "
                "looks may be so by chance."
            )
        else:
            nothing.append(thing)
    if nothing:
        verb = "adds" if len(nothing) == 1 else "add"
        all_of_them = " and ".join(filter(None, (", ".join(nothing[:-1]), nothing[-1])))
        found_nothing = f"{all_of_them} {verb} nothing that can be told from chance."
        return [*found, *alone, found_nothing]
    return [*found, *alone]
