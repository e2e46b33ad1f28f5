"""How good the lists of recommendations are, stage by stage, beside the baselines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mtrec.data.checks import FEW_ITEMS
from mtrec.data.dataset import Dataset
from mtrec.recommend.evaluate import ALL, FEWEST, MORE_IS_NO_BETTER
from mtrec.recommend.people import People
from mtrec.reports.evaluation import NOBODY, differences, evaluation
from mtrec.reports.verdicts import HOW_TOLD, TOO_FEW, sentences, verdicts
from mtrec.runs.store import NO_RECOMMENDATIONS, RunInfo
from mtrec.wording import many, number
from pages.ui import charts, loaded, state
from pages.ui.text import INTERVAL_HELP, plain
from pages.ui.words import SEGMENTS, SHORT, STAGE_HELP, metric, metric_help, recommender


def draw(run: RunInfo) -> None:
    """The comparison of stages and baselines on the test part, figure by figure."""
    st.subheader("How good the lists are", help=STAGE_HELP)
    people, dataset = loaded.people(run), loaded.open_dataset(run.key)
    if people is None:
        st.markdown(plain(loaded.store().summary(run.run)[NO_RECOMMENDATIONS]))
        return
    warn_few_items(dataset)
    rows = evaluation(people, dataset)
    if not rows:
        st.markdown(NOBODY)
        return
    table = _tidy(rows)
    left, right = st.columns(2)
    with left:
        figures = {metric(name): name for name in table["figure"].unique()}
        figure = state.pick(
            "list-figure", "Figure", list(figures), None, help="What the lists are judged by."
        )
    with right:
        segment = choose_segment(table["segment"])
    _compare(table, people, figures[figure], segment, "lists")
    _by_segment(table[table["figure"] == figures[figure]])


def choose_segment(there: Iterable[str]) -> str:
    """A picker of everyone, or of people by how much is known of them; gives the segment."""
    known = set(there)
    segments = {words: name for name, words in SEGMENTS.items() if name in known}
    chosen = state.pick(
        "segment",
        "People",
        list(segments),
        None,
        help="Everyone, or people by how many acts the training part alone has of them.",
    )
    return segments[chosen]


def at_a_glance(run: RunInfo) -> None:
    """What training did to the lists: every stage beside the baselines, over everyone."""
    people = loaded.people(run)
    if people is None:
        return
    dataset = loaded.open_dataset(run.key)
    st.markdown("**Recommendations before and after training**", help=STAGE_HELP)
    warn_few_items(dataset)
    rows = evaluation(people, dataset)
    if not rows:
        st.markdown(NOBODY)
        return
    table = _tidy(rows)
    _compare(table, people, table["figure"].iloc[0], ALL, "glance-lists", gaps=False)


def warn_few_items(dataset: Dataset) -> None:
    """Says where there are too few items for recommendations to mean much."""
    for warning in dataset.warnings:
        if warning.code == FEW_ITEMS:
            st.warning(plain(warning.sentence), icon=":material/info:")


def too_few(people: int) -> str:
    """Says that nothing can be told of so few people."""
    return f"{many(people, 'person', 'people')}: {TOO_FEW}. It takes {FEWEST}."


def _compare(
    table: pd.DataFrame, people: People, figure: str, segment: str, key: str, gaps: bool = True
) -> None:
    """One figure of every list, and which differ.

    Args:
        gaps: whether the sentences say by how much.
    """
    shown = table[(table["figure"] == figure) & (table["segment"] == segment)]
    count = int(shown["people"].iloc[0])
    if count < FEWEST:
        st.markdown(too_few(count))
        return
    judged = many(count, "person", "people")
    charts.show(
        _chart(shown, figure),
        f"{metric(figure)} over {judged}. {metric_help(figure)} {_reading(shown, figure)}",
        shown.drop(columns=["figure", "segment", "stage"]),
        key=key,
    )
    found = [each for each in verdicts(differences(people), figure) if each.segment == segment]
    for sentence in sentences(found, lambda row: f"**{plain(_name(row))}**", gaps):
        st.markdown(f":material/compare_arrows: {sentence}")
    if found:
        st.caption(HOW_TOLD)


def _chart(shown: pd.DataFrame, figure: str) -> go.Figure:
    """A row a list, baselines in grey."""
    own = shown.assign(value=shown["value"].where(shown["stage"]))
    chart = charts.dots(own, "list", metric(figure))
    (others,) = charts.dots(shown[~shown["stage"]], "list", "").data
    chart.update_traces(name="mtrec")
    others.update(name="what it is compared with")
    others.update(marker_color=charts.NEUTRAL, error_x_color=charts.NEUTRAL)
    chart.add_trace(others)
    charts.add_legend(chart)
    return chart


def _reading(shown: pd.DataFrame, figure: str) -> str:
    """What the chart's dots and lines say."""
    line = "The line is the 95 % interval" if shown["low"].notna().any() else ""
    is_goal = figure.partition("@")[0] not in MORE_IS_NO_BETTER
    better = "further right is better" if is_goal else "further right is more, not better"
    return f"{line}; {better}." if line else f"{better.capitalize()}."


def _by_segment(table: pd.DataFrame) -> None:
    """One figure of every list, people by how much was known of them beside each other."""
    parts = table[table["segment"] != ALL]
    if parts["segment"].nunique() < 2:
        return
    figure = parts["figure"].iloc[0]
    st.markdown("**By how much was known of people**", help=INTERVAL_HELP)
    few = parts[parts["people"] < FEWEST].drop_duplicates("segment")
    for segment, count in zip(few["segment"], few["people"], strict=True):
        st.markdown(f"{SEGMENTS[segment]}: {too_few(count)}")
    parts = parts[parts["people"] >= FEWEST]
    if parts.empty:
        return
    counts = parts["segment"].map(SHORT) + ": " + parts["people"].map(number)
    shown = parts.assign(known=counts)
    charts.show(
        charts.panels(shown, "list", "known", "stage", metric(figure)),
        "The same figure for people of whom little and much was known, and how many people that "
        f"are. {_reading(parts, figure)}",
        shown.drop(columns=["figure", "segment", "stage"]),
        key="lists-by-people",
    )


def _tidy(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The `evaluate` contract's rows, one row a figure."""
    return pd.DataFrame(
        [
            {
                "list": _name(row),
                "stage": row["stage"] is not None,
                "segment": row["segment"],
                "people": row["users"],
                "figure": name,
                **values,
            }
            for row in rows
            for name, values in row["metrics"].items()
        ]
    )


def _name(row: dict[str, Any]) -> str:
    return recommender(row["stage"] or row["recommender"])
