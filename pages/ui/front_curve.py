"""Of two tasks, one's figure over the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from pages.ui import charts
from pages.ui.outcomes import metric_of, title
from pages.ui.points import COLOURS, HEIGHT, LEFT_OUT, NOW, OTHER, WORTH, marker, pointed
from pages.ui.words import metric

if TYPE_CHECKING:
    from mtrec.tradeoffs.sweep import Sweep

CAPTION = "Each point is a setting: right and up is better. "


def chart(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    now: NDArray[np.float64] | None,
) -> go.Figure:
    """One task's figure over the other's, with whiskers where a setting is worth having."""
    picture = go.Figure()
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
        picture.add_scatter(
            x=right[places],
            y=up[places],
            mode="lines+markers" if kind == WORTH else "markers",
            line={"dash": "dot", "width": 1, "color": COLOURS[kind]},
            name=kind,
            marker=marker(kind),
            **pointed(dataset, found, places),
            **whiskers,
        )
    if now is not None:
        picture.add_scatter(
            x=[now[0]], y=[now[1]], mode="markers", name=NOW, marker=marker(NOW), hoverinfo="name"
        )
    charts.layout(picture, HEIGHT)
    picture.update_xaxes(title=_axis(dataset, names[0]))
    picture.update_yaxes(title=_axis(dataset, names[1]))
    return picture


def _axis(dataset: DatasetSummary, name: str) -> str:
    """What an axis is called: the task, and its figure."""
    return f"{charts.words(title(dataset, name))}: {metric(metric_of(dataset, name))}"


def _ranges(found: Sweep, places: NDArray[np.int64], k: int) -> dict[str, object]:
    frame = pd.DataFrame([found.outcomes.estimate(int(place), k).json() for place in places])
    return charts.whiskers(frame, "value") | {"thickness": 1, "width": 0}
