"""All trade-offs at a glance: settings spread over all that tasks can count, and what they come to.

Two tasks make a curve, three a triangle; of more, and of recommendations beside tasks, every
setting is a line from figure to figure. A click puts a setting into the sliders.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from mtrec.wording import many
from pages.ui import charts, forms, trying
from pages.ui.outcomes import interval, metric_of, title
from pages.ui.text import plain
from pages.ui.words import metric

if TYPE_CHECKING:
    from mtrec.tradeoffs.stacked import Lambdas
    from mtrec.tradeoffs.sweep import Sweep

COUNTS = (32, 64, 128)  # settings that can be tried
HEIGHT = 420  # pixels
WORTH, OTHER, LEFT_OUT, NOW = "worth having", "other", "left out", "the sliders"
SYMBOLS = {WORTH: "diamond", OTHER: "circle", LEFT_OUT: "circle-open", NOW: "star"}
COLOURS = {
    WORTH: charts.FOUND,
    OTHER: charts.NEUTRAL,
    LEFT_OUT: charts.NEUTRAL,
    NOW: charts.MARKED,
}
SIZES = {WORTH: 12, OTHER: 8, LEFT_OUT: 6, NOW: 16}
WORTH_HELP = (
    "Worth having is a setting that no other is likely to beat: none is as good at every task and "
    "better at one in more than half of what the figures might as well be. Where no setting is "
    "better than another at one task and worse at a second beyond the noise, there is nothing to "
    "trade, and none is marked."
)


def draw(dataset: DatasetSummary, known: trying.Ready, chosen: Lambdas) -> None:
    """What was tried of all settings, or how to try them."""
    count = st.segmented_control(
        "Settings",
        COUNTS,
        key="front-count",
        default=COUNTS[0],
        required=True,
        help="How many settings of the weights are tried, spread evenly over all that tasks can "
        "count beside each other. More take longer and show more in between.",
    )
    trying.work(
        "try-all",
        "Try them",
        partial(known.sweep, count),
        "Learns every one of them anew, all at once, each twice with different luck.",
    )
    found = known.swept
    if found is None:
        return
    st.markdown(verdict(found), help=WORTH_HELP)
    kept = brushed(dataset, found)
    kinds = kinds_of(found, kept)
    looks(dataset, known, found, kinds, chosen)
    table(dataset, found, kinds)


def verdict(found: Sweep) -> str:
    """Whether tasks can be traded at all, in words."""
    tried = f"Of {many(len(found.settings), 'setting')}"
    if not found.conflict:
        return (
            f"**Nothing to trade.** {tried} none is better than another at one task and worse at a "
            "second by more than the noise."
        )
    worth = int(found.on_front.sum())
    verb = "is" if worth == 1 else "are"
    return f"**Tasks can be traded against each other.** {tried} {worth} {verb} worth having."


def brushed(dataset: DatasetSummary, found: Sweep) -> NDArray[np.bool_]:
    """Which settings reach what is asked of each figure, `(S,)`."""
    kept = np.ones(len(found.settings), dtype=bool)
    with st.container(horizontal=True):
        for name, values in zip(found.outcomes.names, found.outcomes.values.T, strict=True):
            low = float(np.floor(1000 * values.min()) / 1000)
            high = float(np.floor(1000 * values.max()) / 1000)
            if low == high:
                continue
            with st.container(width=forms.CELL):
                least = st.slider(
                    f"{plain(title(dataset, name))} at least",
                    low,
                    high,
                    low,
                    step=0.001,
                    format="%.3f",
                    key=f"least-{name}-{low}-{high}",
                    help=f"Leaves out settings in which it comes to less: "
                    f"{metric(metric_of(dataset, name))}.",
                )
            kept &= values >= least
    return kept


def kinds_of(found: Sweep, kept: NDArray[np.bool_]) -> NDArray[np.object_]:
    """What each setting is: worth having, another, or left out, `(S,)`."""
    known = np.where(found.on_front, WORTH, OTHER).astype(object)
    return np.where(kept, known, LEFT_OUT)


def looks(
    dataset: DatasetSummary,
    known: trying.Ready,
    found: Sweep,
    kinds: NDArray[np.object_],
    chosen: Lambdas,
) -> None:
    """The picture, whose points can be clicked."""
    tasks = known.instrument.tasks
    now = known.outcomes([chosen]).values[0] if any(chosen.values()) else None
    if len(tasks) == 2:
        chart = curve(dataset, found, kinds, now)
        caption = "Each point is a setting: right and up is better. "
    elif len(tasks) == 3:
        names = {title(dataset, name): place for place, name in enumerate(found.outcomes.names)}
        shown = st.segmented_control(
            "Colour shows",
            [*names],
            key="front-colour",
            default=next(iter(names)),
            required=True,
            help="The figure that the colour of the points stands for: the stronger, the better.",
        )
        chart = triangle(dataset, found, kinds, names[shown], chosen)
        caption = (
            "Each point is a setting: the nearer to a corner, the more the task there counts. A "
            "stronger colour is a better figure. "
        )
    else:
        chart = lines(dataset, found, kinds, now)
        caption = (
            "Each line is a setting: on every axis the best figure stands on top, the worst at the "
            "bottom. Lines that cross are settings that trade one figure for another. "
        )
    key = "front"
    st.plotly_chart(
        chart,
        key=key,
        on_select=partial(clicked, key, found),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=caption,
    )
    st.caption(f"{caption}**Click one** to put its weights into the sliders.")


def clicked(key: str, found: Sweep) -> None:
    """Puts the clicked setting into the sliders."""
    points = st.session_state[key].selection.points
    places = [each["customdata"] for each in points if each.get("customdata") is not None]
    if places:
        place = places[0][0] if isinstance(places[0], list | tuple) else places[0]
        forms.put_lambdas(found.settings[int(place)])


def curve(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    now: NDArray[np.float64] | None,
) -> go.Figure:
    """One task's figure over the other's, with whiskers where a setting is worth having."""
    chart = go.Figure()
    right, up = found.outcomes.values.T[:2]
    names = found.outcomes.names[:2]
    for kind in (LEFT_OUT, OTHER, WORTH):
        places = np.flatnonzero(kinds == kind)
        if not len(places):
            continue
        places = places[np.argsort(right[places])]
        whiskers = {}
        if kind == WORTH:
            ranges = [_ranges(found, places, k) for k in range(2)]
            whiskers = {"error_x": ranges[0], "error_y": ranges[1]}
        chart.add_scatter(
            x=right[places],
            y=up[places],
            mode="lines+markers" if kind == WORTH else "markers",
            line={"dash": "dot", "width": 1, "color": COLOURS[kind]},
            name=kind,
            marker=_marker(kind),
            **_pointed(dataset, found, places),
            **whiskers,
        )
    if now is not None:
        chart.add_scatter(
            x=[now[0]], y=[now[1]], mode="markers", name=NOW, marker=_marker(NOW), hoverinfo="name"
        )
    charts.layout(chart, HEIGHT)
    chart.update_xaxes(title=axis(dataset, names[0]))
    chart.update_yaxes(title=axis(dataset, names[1]))
    return chart


def triangle(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    shown: int,
    chosen: Lambdas,
) -> go.Figure:
    """How much each of three tasks counts, and one figure as a colour."""
    chart = go.Figure()
    tasks = [*found.settings[0]]
    weights = pd.DataFrame(found.settings)[tasks].to_numpy()
    values = found.outcomes.values[:, shown]
    for kind in (LEFT_OUT, OTHER, WORTH):
        places = np.flatnonzero(kinds == kind)
        if not len(places):
            continue
        chart.add_scatterternary(
            a=weights[places, 0],
            b=weights[places, 1],
            c=weights[places, 2],
            mode="markers",
            name=kind,
            marker=_marker(kind)
            | {"color": values[places], "coloraxis": "coloraxis", "size": SIZES[kind] + 2},
            **_pointed(dataset, found, places),
        )
    if any(chosen.values()):
        a, b, c = ([chosen[task]] for task in tasks)
        chart.add_scatterternary(
            a=a, b=b, c=c, mode="markers", name=NOW, marker=_marker(NOW), hoverinfo="name"
        )
    charts.layout(chart, HEIGHT)
    chart.update_layout(
        ternary={
            "bgcolor": "rgba(0, 0, 0, 0)",
            **{
                f"{side}axis": {
                    "title": charts.words(task),
                    "showticklabels": False,
                    "gridcolor": charts.FAINT,
                    "linecolor": charts.NEUTRAL,
                    "ticks": "",
                }
                for side, task in zip("abc", tasks, strict=True)
            },
        },
        coloraxis={"colorscale": "Blues", "colorbar": {"title": "", "thickness": 12}},
        margin={"l": 40, "r": 40, "t": 56, "b": 40},
    )
    return chart


def lines(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    now: NDArray[np.float64] | None,
) -> go.Figure:
    """Every setting as a line from figure to figure, each from its worst to its best."""
    chart = go.Figure()
    outcomes = found.outcomes
    low, high = outcomes.values.min(axis=0), outcomes.values.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    heights = (outcomes.values - low) / spread
    names = [
        f"{charts.words(title(dataset, name))}<br>{bottom:.3f} to {top:.3f}"
        for name, bottom, top in zip(outcomes.names, low, high, strict=True)
    ]
    for kind in (LEFT_OUT, OTHER, WORTH):
        places = np.flatnonzero(kinds == kind)
        for first, place in enumerate(places):
            chart.add_scatter(
                x=names,
                y=heights[place],
                mode="lines+markers",
                name=kind,
                legendgroup=kind,
                showlegend=first == 0,
                line={"width": 1, "dash": _dash(kind), "color": COLOURS[kind]},
                opacity=0.35 if kind == LEFT_OUT else 0.9,
                marker=_marker(kind),
                customdata=[int(place)] * len(names),
                hovertext=told(dataset, found, place),
                hoverinfo="text",
            )
    if now is not None:
        chart.add_scatter(
            x=names,
            y=(now - low) / spread,
            mode="lines+markers",
            name=NOW,
            line={"width": 3, "color": COLOURS[NOW]},
            marker=_marker(NOW),
            hoverinfo="name",
        )
    charts.layout(chart, HEIGHT)
    chart.update_yaxes(showticklabels=False, title="worst to best")
    return chart


def told(dataset: DatasetSummary, found: Sweep, place: int) -> str:
    """A setting's weights and all it comes to, for who points at it."""
    weights = ", ".join(
        f"{charts.words(task)} {value:g}" for task, value in found.settings[place].items()
    )
    figures = [
        f"{charts.words(title(dataset, name))} {each.value:.3f} ({interval(each)})"
        for k, name in enumerate(found.outcomes.names)
        for each in [found.outcomes.estimate(place, k)]
    ]
    return "<br>".join([f"<b>λ</b> {weights}", *figures])


def table(dataset: DatasetSummary, found: Sweep, kinds: NDArray[np.object_]) -> None:
    """The settings that are left, of which one can be chosen."""
    places = np.flatnonzero(kinds != LEFT_OUT)
    if not len(places):
        st.markdown("No setting reaches all of that. Ask for less of a figure above.")
        return
    rows = pd.DataFrame(
        [
            {
                **{f"λ {task}": value for task, value in found.settings[place].items()},
                **{
                    title(dataset, name): found.outcomes.values[place, k]
                    for k, name in enumerate(found.outcomes.names)
                },
                WORTH: kinds[place] == WORTH,
            }
            for place in places
        ]
    )
    figures = [title(dataset, name) for name in found.outcomes.names]
    # Other rows are another table, so that none is marked in it that was not chosen.
    key = f"front-table-{np.packbits(kinds != LEFT_OUT).tobytes().hex()}"
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        on_select=partial(picked, key, found, places),
        selection_mode="single-row",
        column_config={
            **{name: st.column_config.NumberColumn(format="%.3f") for name in figures},
            **{
                f"λ {task}": st.column_config.NumberColumn(format="%.2f")
                for task in found.settings[0]
            },
            WORTH: st.column_config.CheckboxColumn(help=WORTH_HELP),
        },
        alt="Settings of the weights and what each comes to",
    )
    st.caption("**Select a row** to put its weights into the sliders.")


def picked(key: str, found: Sweep, places: NDArray[np.int64]) -> None:
    """Puts the selected row's setting into the sliders."""
    for row in st.session_state[key].selection.rows:
        forms.put_lambdas(found.settings[int(places[row])])


def axis(dataset: DatasetSummary, name: str) -> str:
    """What an axis is called: the task, and its figure."""
    return f"{charts.words(title(dataset, name))}: {metric(metric_of(dataset, name))}"


def _ranges(found: Sweep, places: NDArray[np.int64], k: int) -> dict[str, object]:
    frame = pd.DataFrame([found.outcomes.estimate(int(place), k).json() for place in places])
    return charts.whiskers(frame, "value") | {"thickness": 1, "width": 0}


def _pointed(dataset: DatasetSummary, found: Sweep, places: NDArray[np.int64]) -> dict[str, object]:
    """What points tell of their settings: to who points at them, and to a click."""
    return {
        "customdata": places,
        "hovertext": [told(dataset, found, place) for place in places],
        "hoverinfo": "text",
    }


def _marker(kind: str) -> dict[str, object]:
    return {"symbol": SYMBOLS[kind], "size": SIZES[kind], "color": COLOURS[kind]}


def _dash(kind: str) -> str:
    return {WORTH: "solid", OTHER: "dot", LEFT_OUT: "dot"}[kind]
