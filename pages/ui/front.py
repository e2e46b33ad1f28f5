"""All trade-offs at a glance: settings spread over all that tasks can count, and what they come to.

Two tasks make a curve, three a triangle; of more, and of recommendations beside tasks, every
setting is a line from figure to figure. A click puts a setting into the sliders.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from mtrec.wording import many
from pages.ui import forms, front_curve, front_lines, front_triangle, trying
from pages.ui.outcomes import metric_of, title
from pages.ui.points import LEFT_OUT, OTHER, WORTH, ends
from pages.ui.text import plain
from pages.ui.words import metric

if TYPE_CHECKING:
    from mtrec.tradeoffs.stacked import Lambdas
    from mtrec.tradeoffs.sweep import Sweep

COUNTS = (32, 64, 128)  # settings that can be tried
WORTH_HELP = (
    "A setting is worth having unless some other one is probably as good or better at every task, "
    "and better at one. Probably is: in more than half of the cases that the noise of the figures "
    "leaves open. So whoever wants more of one task than such a setting gives must most likely "
    "give up some of another, and which to take depends on what matters to you. Recommendations "
    "are not asked here. Where no setting is better than another at one task and worse at a "
    "second beyond the noise, there is nothing to trade, and none is marked."
)
BEGIN_HELP = (
    "Of all settings that were tried: the one with the highest figure, and the one that gives up "
    "least of any figure, of what lies between its lowest and its highest. Only figures in which "
    "settings differ by more than the noise are asked. The best of so many is in part lucky, so "
    "see what is said above of what changes with it."
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
    beginnings(dataset, found)
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


def beginnings(dataset: DatasetSummary, found: Sweep) -> None:
    """The settings to look at first, a click each; none where nothing differs beyond the noise."""
    if not found.best:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Begin with", width="content", help=BEGIN_HELP)
        for name, place in found.best.items():
            st.button(
                f"Best at {plain(title(dataset, name))}",
                key=f"best-{name}",
                on_click=forms.put_lambdas,
                args=(found.settings[place],),
                help=f"Puts the setting with the highest figure into the sliders: "
                f"{metric(metric_of(dataset, name))}.",
            )
        if found.balanced is not None:
            st.button(
                "Gives up least",
                key="balanced",
                on_click=forms.put_lambdas,
                args=(found.settings[found.balanced],),
                help="Puts the setting into the sliders that is nowhere far from the best.",
            )


def brushed(dataset: DatasetSummary, found: Sweep) -> NDArray[np.bool_]:
    """Which settings reach what is asked of each figure, `(S,)`."""
    kept = np.ones(len(found.settings), dtype=bool)
    with st.container(horizontal=True):
        for name, values in zip(found.outcomes.names, found.outcomes.values.T, strict=True):
            low, high = ends(values)
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
        chart, caption = front_curve.chart(dataset, found, kinds, now), front_curve.CAPTION
    elif len(tasks) == 3:
        chart = front_triangle.chart(dataset, found, kinds, chosen)
        caption = front_triangle.CAPTION
    else:
        chart, caption = front_lines.chart(dataset, found, kinds, now), front_lines.CAPTION
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
