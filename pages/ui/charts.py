"""Figures with one look: they follow the theme's colours, and never tell things by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from pandas.io.formats.style import Styler
from plotly.subplots import make_subplots

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
PATTERNS = ("", "/", "x", ".")
NEUTRAL = "#808890"  # of what is no finding; seen on light and dark pages
FOUND, MARKED = "#2a8fab", "#d55e00"  # of what is a finding, and of what is pointed at; likewise
FAINT = "rgba(128, 136, 144, 0.35)"  # of lines behind what is shown
SHADE, STRONGEST = "86, 160, 211", 0.65
ROW = 34  # pixels of one row of a dot or bar chart
WIDEST = 40  # letters of a name from data on one line
LEGEND = 28  # pixels that a legend takes above a chart


def show(chart: go.Figure, caption: str, table: pd.DataFrame, *, key: str) -> None:
    """A chart, what to read in it, and its numbers within a click.

    Args:
        caption: one or two sentences: what to look for.
        table: the numbers behind the chart.
        key: unique on the page.
    """
    st.plotly_chart(chart, key=key, config={"displayModeBar": False}, alt=caption)
    st.caption(caption)
    with st.expander("The same as a table"):
        st.dataframe(
            table,
            hide_index=True,
            alt=caption,
            key=f"{key}-table",
            column_config=grouped(table),
        )


def curves(frame: pd.DataFrame, x: str, series: Sequence[str], y_title: str) -> go.Figure:
    """One line per series over `x`, told apart by dash and marker as well as by colour."""
    chart = go.Figure()
    few = all(frame[name].count() <= 40 for name in series)
    for name, dash, symbol in zip(series, cycle(DASHES), cycle(SYMBOLS), strict=False):
        held = frame[[x, name]].dropna()
        chart.add_scatter(
            x=held[x],
            y=held[name],
            name=words(name),
            mode="lines+markers" if few or len(held) == 1 else "lines",
            line={"dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
        )
    layout(chart, height=300, legend=True)
    chart.update_xaxes(title=x)
    chart.update_yaxes(title=y_title)
    if frame[x].nunique() <= 12:
        chart.update_xaxes(tickmode="linear", dtick=1)
    return chart


def dots(frame: pd.DataFrame, label: str, x_title: str) -> go.Figure:
    """One row per label with a dot at its figure and a whisker over its interval, first on top.

    Args:
        frame: one row per dot; `value`, and `low` and `high`, missing where there is no interval.
        label: the column that names the rows.
    """
    chart = go.Figure()
    chart.add_scatter(
        x=frame["value"],
        y=frame[label].map(lines),
        mode="markers",
        marker={"size": 10},
        error_x=whiskers(frame, "value"),
    )
    layout(chart, height=80 + ROW * frame[label].nunique())
    chart.update_xaxes(title=x_title, rangemode="tozero")
    chart.update_yaxes(autorange="reversed", type="category")
    return chart


def panels(frame: pd.DataFrame, label: str, panel: str, ours: str, x_title: str) -> go.Figure:
    """What `dots` shows, once for each value of a column, beside each other on the same scale.

    Args:
        panel: the column that names the panels.
        ours: the column that says which dots are coloured; the others are grey.
    """
    names = frame[panel].unique()
    chart = make_subplots(
        rows=1,
        cols=len(names),
        shared_yaxes=True,
        shared_xaxes="all",
        horizontal_spacing=0.05,
        subplot_titles=[words(name) for name in names],
    )
    for column, name in enumerate(names, 1):
        part = frame[frame[panel] == name]
        for is_ours, colour in ((True, palette()[0]), (False, NEUTRAL)):
            chart.add_scatter(
                x=part["value"].where(part[ours] == is_ours),
                y=part[label].map(words),
                mode="markers",
                marker={"size": 9, "color": colour},
                error_x=whiskers(part, "value"),
                row=1,
                col=column,
            )
    layout(chart, height=110 + ROW * frame[label].nunique())
    chart.update_layout(margin_t=LEGEND, showlegend=False)
    chart.update_annotations(font_size=12)
    chart.update_xaxes(rangemode="tozero", nticks=4)
    chart.update_xaxes(title=x_title, col=(len(names) + 1) // 2)
    chart.update_yaxes(autorange="reversed", type="category")
    return chart


def bars(
    frame: pd.DataFrame, label: str, value: str, x_title: str, form: str = "{:.0f}"
) -> go.Figure:
    """One horizontal bar per label with its value written at its end by `form`, first on top."""
    chart = go.Figure(
        go.Bar(
            x=frame[value],
            y=frame[label].map(words),
            orientation="h",
            text=frame[value].map(form.format),
            textposition="auto",
            cliponaxis=False,
        )
    )
    layout(chart, height=50 + ROW * len(frame))
    chart.update_xaxes(title=x_title, rangemode="tozero", showticklabels=False)
    chart.update_yaxes(autorange="reversed", type="category")
    return chart


def columns(frame: pd.DataFrame, x: str, series: Sequence[str], y_title: str) -> go.Figure:
    """Upright bars over `x`, one stacked part per series, told apart by pattern and colour."""
    chart = go.Figure()
    for name, pattern in zip(series, PATTERNS, strict=False):
        chart.add_bar(x=frame[x], y=frame[name], name=name, marker={"pattern": {"shape": pattern}})
    layout(chart, height=260, legend=True)
    chart.update_layout(barmode="stack", bargap=0.1)
    chart.update_yaxes(title=y_title)
    return chart


def reliability(frame: pd.DataFrame, series: str) -> go.Figure:
    """How often it is right, with a whisker, where it says so; on the dotted line it says what is.

    Args:
        frame: one row per point, shares of 1: `confidence`, `right`, `low`, `high`, and `n` texts.
        series: the column that says which line a point belongs to.
    """
    chart = go.Figure()
    for (name, points), dash, symbol in zip(
        frame.groupby(series, sort=False), cycle(DASHES[:2]), cycle(SYMBOLS), strict=False
    ):
        chart.add_scatter(
            x=points["confidence"],
            y=points["right"],
            customdata=points["n"],
            name=words(str(name)),
            mode="lines+markers",
            line={"dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 9},
            error_y=whiskers(points, "right"),
            hovertemplate="says %{x:.0%}, right in %{y:.0%} of %{customdata} texts<extra></extra>",
        )
    chart.add_scatter(
        x=[0, 1],
        y=[0, 1],
        name="what it says is so",
        mode="lines",
        line={"dash": "dot", "width": 1.5, "color": NEUTRAL},
        hoverinfo="skip",
    )
    layout(chart, height=380, legend=True)
    chart.update_xaxes(title="how sure it says it is", tickformat=".0%", range=[0, 1.01])
    chart.update_yaxes(title="in how many it is right", tickformat=".0%", range=[0, 1.02])
    return chart


def coverage(frame: pd.DataFrame, chosen: pd.DataFrame) -> go.Figure:
    """How often it is right in the rest, with whiskers, by how much goes to a person.

    Args:
        frame: one row per point, shares of 1: `person`, `right`, `low`, `high`, and `n` texts.
        chosen: the point, of the same columns, that is marked by a star.
    """
    chart = go.Figure()
    for points, name, mode, marker in (
        (frame, "right in the rest", "lines+markers", {"symbol": "circle", "size": 7}),
        (chosen, "the share you chose", "markers", {"symbol": "star", "size": 16}),
    ):
        chart.add_scatter(
            x=points["person"],
            y=points["right"],
            customdata=points["n"],
            name=name,
            mode=mode,
            line={"width": 2},
            marker=marker,
            error_y=whiskers(points, "right"),
            hovertemplate="%{x:.0%} to a person, right in %{y:.1%} of the other %{customdata} texts"
            "<extra></extra>",
        )
    layout(chart, height=320, legend=True)
    chart.update_xaxes(
        title="share of texts that go to a person", tickformat=".0%", range=[-0.02, 1]
    )
    chart.update_yaxes(title="right in the rest", tickformat=".0%")
    return chart


def palette() -> list[str]:
    """The theme's colours, where several traces share one; they hold on light and dark pages."""
    return list(st.get_option("theme.chartCategoricalColors"))


def plane(frame: pd.DataFrame, series: str, marked: pd.DataFrame) -> go.Figure:
    """Points on a plane whose axes say nothing by themselves, told apart by colour and symbol.

    Args:
        frame: one row per point: `x`, `y`, `told`, what it says to who points at it, and `person`,
            what a click gives.
        series: the column by which points are told apart, in the order of the legend.
        marked: points of the same columns that a star stands on.
    """
    chart = go.Figure()
    for (name, points), symbol, colour in zip(
        frame.groupby(series, sort=False, observed=True),
        cycle(SYMBOLS[:-1]),
        cycle(each for each in palette() if each != MARKED),
        strict=False,
    ):
        _points(chart, points, words(str(name)), {"symbol": symbol, "size": 7, "color": colour})
    outline = {"width": 1.5, "color": "white"}
    star = {"symbol": SYMBOLS[-1], "size": 20, "color": MARKED, "line": outline}
    _points(chart, marked, "the person above", star)
    layout(chart, height=430, legend=True)
    chart.update_layout(legend_itemsizing="constant")
    chart.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    chart.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, scaleanchor="x")
    return chart


def _points(chart: go.Figure, points: pd.DataFrame, name: str, marker: dict[str, object]) -> None:
    chart.add_scattergl(
        x=points["x"],
        y=points["y"],
        text=points["told"],
        customdata=points["person"],
        name=name,
        mode="markers",
        marker=marker,
        hovertemplate="%{text}<extra></extra>",
    )


def grouped(table: pd.DataFrame) -> dict[str, Any]:
    """For the whole numbers of a table: they are written in groups of thousands."""
    whole = table.select_dtypes("integer").columns
    return {name: st.column_config.NumberColumn(format="localized") for name in whole}


def shaded(values: pd.DataFrame, shares: pd.DataFrame, form: str) -> Styler:
    """A table whose cells are shaded by shares, `(0, 1)`, readable on light and dark pages."""

    def shade(column: pd.Series) -> list[str]:
        strength = shares[column.name].fillna(0) * STRONGEST
        return [f"background-color: rgba({SHADE}, {each:.2f})" for each in strength]

    return values.style.apply(shade, axis=0).format(form, na_rep="")


def whiskers(frame: pd.DataFrame, value: str) -> dict[str, object]:
    """From `low` to `high` about a column; none where there is no interval."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (frame["high"] - frame[value]).astype(float).fillna(0),
        "arrayminus": (frame[value] - frame["low"]).astype(float).fillna(0),
        "thickness": 1.5,
    }


def add_legend(chart: go.Figure) -> None:
    """Shows the legend of a chart that was made without, and makes the chart taller by it."""
    chart.update_layout(height=chart.layout.height + LEGEND, margin_t=LEGEND, showlegend=True)


def layout(chart: go.Figure, height: int, legend: bool = False) -> None:
    chart.update_layout(
        height=height,
        margin={"l": 0, "r": 16, "t": LEGEND if legend else 4, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": ""},
        bargap=0.35,
        hovermode="closest",
    )
    chart.update_xaxes(automargin=True)
    chart.update_yaxes(automargin=True)


def words(text: str, limit: int = WIDEST) -> str:
    """A name from data as a chart may show it: Plotly reads `<` and `&` as markup."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def lines(text: str) -> str:
    """The same on two lines where it is long; a row of a chart has room for no more."""
    return "<br>".join(map(words, wrap(text, WIDEST, max_lines=2, placeholder="…")))
