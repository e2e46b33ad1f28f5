"""How much of the catalogue lists show, and how popular what they show is, drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.recommend.evaluate import K
from mtrec.recommend.people import People
from mtrec.reports.evaluation import NOBODY, evaluation
from mtrec.reports.reach import Reach, reach
from mtrec.runs.store import RunInfo
from mtrec.wording import many, number
from pages.ui import charts, lists, loaded
from pages.ui.trying import Bar
from pages.ui.words import recommender

COVERAGE = f"coverage@{K}"
PLACES, LIKES = "places in lists", "what people liked"


@st.cache_data(max_entries=16, show_spinner=False)
def _reach(folder: Path, name: str, _people: People) -> Reach:
    bar = Bar()
    found = reach(_people, name, bar)
    bar.close()
    return found


def draw(run: RunInfo, people: People) -> None:
    """The catalogue as each kind of list shows it, then one of them by how popular items are."""
    _covered(run, people)
    st.markdown("**How popular what is shown is**")
    name = lists.choose(people, lists.MAKER, "Lists")
    with st.spinner("Making everyone's lists…"):
        found = _reach(people.folder, name, people)
    _popularity(found, name, len(people.users))


def _covered(run: RunInfo, people: People) -> None:
    st.markdown("**How much of the catalogue is shown**")
    rows = evaluation(people, loaded.open_dataset(run.key))
    if not rows:
        st.markdown(NOBODY)
        return
    table = pd.DataFrame(
        [
            {
                "list": recommender(row["stage"] or row["recommender"]),
                "share": row["metrics"][COVERAGE]["value"],
                "people": row["users"],
            }
            for row in rows
            if row["segment"] == "all"
        ]
    ).sort_values("share", ascending=False, kind="stable")
    judged = many(int(table["people"].max()), "person", "people")
    charts.show(
        charts.bars(table, "list", "share", "share of the catalogue", "{:.0%}"),
        f"The share of all items that stand in the first {K} places for at least one of {judged}: "
        "those who liked something in the test part. Little means that everyone is shown the "
        "same; much is not better by itself.",
        table,
        key="covered",
    )


def _popularity(found: Reach, name: str, everyone: int) -> None:
    groups = found.groups()
    groups["items are"] = [
        _words(each, before, last)
        for each, before, last in zip(
            groups["to"],
            [0.0, *groups["to"][:-1]],
            groups["to"] == groups["to"].iloc[-1],
            strict=True,
        )
    ]
    shares = pd.DataFrame(
        {
            "items are": groups["items are"],
            PLACES: groups["shown"],
            LIKES: groups["liked"],
        }
    )
    chart = charts.columns(shares, "items are", [PLACES, LIKES], "share")
    chart.update_layout(barmode="group", bargap=0.3)
    chart.update_yaxes(tickformat=".0%")
    table = groups.rename(columns={"covered": "in a list", "shown": PLACES, "liked": LIKES})
    charts.show(
        chart,
        f"{recommender(name)}: where the first {K} places of everyone's lists go, beside where "
        "people's likes went before. A list whose left columns are far higher than the likes shows "
        f"what is popular anyway. Over all {many(everyone, 'person', 'people')}, "
        f"those without likes in the test part too, {number(found.covered)} of "
        f"{many(len(found.shown), 'item')} {'stands' if found.covered == 1 else 'stand'} in at "
        "least one list.",
        table[["items are", "items", "in a list", PLACES, LIKES]],
        key="popularity",
    )


def _words(to: float, before: float, is_last: bool) -> str:
    """Which part of the catalogue a group is, most liked first."""
    share = f"{to - before:.0%}".replace("%", " %")
    if before == 0:
        return f"most liked {share}"
    return f"least liked {share}" if is_last else f"next {share}"
