"""Of any number of figures, every setting as a line from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from pages.ui import charts
from pages.ui.outcomes import title
from pages.ui.points import COLOURS, HEIGHT, LEFT_OUT, NOW, OTHER, WORTH, marker, told

if TYPE_CHECKING:
    from mtrec.tradeoffs.sweep import Sweep

DASHES = {WORTH: "solid", OTHER: "dot", LEFT_OUT: "dot"}
CAPTION = (
    "Each line is a setting: on every axis the best figure stands on top, the worst at the bottom. "
    "Lines that cross are settings that trade one figure for another. "
)


def chart(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    now: NDArray[np.float64] | None,
) -> go.Figure:
    """Every setting as a line from figure to figure, each from its worst to its best."""
    picture = go.Figure()
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
    picture.update_yaxes(showticklabels=False, title="worst to best")
    return picture
