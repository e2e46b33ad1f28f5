"""Of any number of figures, every setting as a line from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from pages.ui import charts
from pages.ui.outcomes import title
from pages.ui.points import COLOURS, HEIGHT, LEFT_OUT, NOW, OTHER, WORTH, ends, marker, told

if TYPE_CHECKING:
    from mtrec.tradeoffs.sweep import Sweep

DASHES = {WORTH: "solid", OTHER: "dot", LEFT_OUT: "dot"}
EQUAL = 0  # the setting with equal weights, which stands first
NOISE = "noise"
CAPTION = (
    "Each line is a setting: higher is better on every axis, and below its name stands what "
    "settings reach. Lines that cross are settings that trade one figure for another. The broad "
    "grey bars are the 95 % interval of equal weights: a difference that is small beside one may "
    "be chance. "
)


def chart(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    now: NDArray[np.float64] | None,
) -> go.Figure:
    """Every setting as a line from figure to figure, over the noise of the one of equal weights."""
    picture = go.Figure()
    outcomes = found.outcomes
    equal = [outcomes.estimate(EQUAL, k) for k in range(len(outcomes.names))]
    noise = np.array(
        [(each.value, each.value) if each.low is None else (each.low, each.high) for each in equal]
    )
    every = np.vstack([outcomes.values, noise.T, *([] if now is None else [now])])
    low, high = every.min(axis=0), every.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    heights = (outcomes.values - low) / spread
    names = [
        f"{charts.words(title(dataset, name))}<br>{worst:.3f} to {best:.3f}"
        for name, values in zip(outcomes.names, outcomes.values.T, strict=True)
        for worst, best in [ends(values)]
    ]
    picture.add_bar(
        x=names,
        base=(noise[:, 0] - low) / spread,
        y=(noise[:, 1] - noise[:, 0]) / spread,
        width=0.12,
        name=NOISE,
        marker={"color": charts.NEUTRAL, "opacity": 0.3},
        hoverinfo="skip",
    )
    for kind in (LEFT_OUT, OTHER, WORTH):
        places = np.flatnonzero(kinds == kind)
        for first, place in enumerate(places):
            picture.add_scatter(
                x=names,
                y=heights[place],
                mode="lines+markers",
                name=kind,
                legendgroup=kind,
                showlegend=first == 0,
                line={"width": 1, "dash": DASHES[kind], "color": COLOURS[kind]},
                opacity=0.35 if kind == LEFT_OUT else 0.9,
                marker=marker(kind),
                customdata=[int(place)] * len(names),
                hovertext=told(dataset, found, place),
                hoverinfo="text",
            )
    if now is not None:
        picture.add_scatter(
            x=names,
            y=(now - low) / spread,
            mode="lines+markers",
            name=NOW,
            line={"width": 3, "color": COLOURS[NOW]},
            marker=marker(NOW),
            hoverinfo="name",
        )
    charts.layout(picture, HEIGHT)
    picture.update_yaxes(
        showticklabels=False, title="higher is better", range=[-0.05, 1.05], zeroline=False
    )
    return picture
