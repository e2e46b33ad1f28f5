"""Of three tasks, how much each counts as a place in a triangle, and one figure as a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from pages.ui import charts
from pages.ui.outcomes import title
from pages.ui.points import HEIGHT, LEFT_OUT, NOW, OTHER, SIZES, WORTH, marker, pointed

if TYPE_CHECKING:
    from mtrec.tradeoffs.stacked import Lambdas
    from mtrec.tradeoffs.sweep import Sweep

CAPTION = (
    "Each point is a setting: the nearer to a corner, the more the task there counts. A stronger "
    "colour is a better figure. "
)


def chart(
    dataset: DatasetSummary,
    found: Sweep,
    kinds: NDArray[np.object_],
    chosen: Lambdas,
) -> go.Figure:
    """The triangle, below a choice of the figure that is the colour."""
    names = {title(dataset, name): place for place, name in enumerate(found.outcomes.names)}
    shown = st.segmented_control(
        "Colour shows",
        [*names],
        key="front-colour",
        default=next(iter(names)),
        required=True,
        help="The figure that the colour of the points stands for: the stronger, the better.",
    )
    picture = go.Figure()
    tasks = [*found.settings[0]]
    weights = pd.DataFrame(found.settings)[tasks].to_numpy()
    values = found.outcomes.values[:, names[shown]]
    for kind in (LEFT_OUT, OTHER, WORTH):
        places = np.flatnonzero(kinds == kind)
        if not len(places):
            continue
        picture.add_scatterternary(
            a=weights[places, 0],
            b=weights[places, 1],
            c=weights[places, 2],
            mode="markers",
            name=kind,
            legendgroup=kind,
            showlegend=False,
            marker=marker(kind)
            | {"color": values[places], "coloraxis": "coloraxis", "size": SIZES[kind] + 2},
            **pointed(dataset, found, places),
        )
        # A legend shows marks whose colour is a figure in black, so that one that has none stands
        # in for them.
        picture.add_scatterternary(
            a=[None],
            b=[None],
            c=[None],
            mode="markers",
            name=kind,
            marker=marker(kind) | {"color": charts.NEUTRAL},
            legendgroup=kind,
        )
    if any(chosen.values()):
        a, b, c = ([chosen[task]] for task in tasks)
        picture.add_scatterternary(
            a=a, b=b, c=c, mode="markers", name=NOW, marker=marker(NOW), hoverinfo="name"
        )
    charts.layout(picture, HEIGHT)
    picture.update_layout(
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
        legend_y=1.1,  # above the name of the upper corner
    )
    return picture
