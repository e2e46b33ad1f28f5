"""What every picture of settings of λ shares: how a setting is marked, and what its point tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mtrec.data.dataset import DatasetSummary
from pages.ui import charts
from pages.ui.outcomes import interval, title

if TYPE_CHECKING:
    from mtrec.tradeoffs.sweep import Sweep

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


def marker(kind: str) -> dict[str, object]:
    """How a setting of a kind is marked."""
    return {"symbol": SYMBOLS[kind], "size": SIZES[kind], "color": COLOURS[kind]}


def ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """The least and the most of a figure, both rounded down, so that they can be reached."""
    low, high = np.floor(1000 * np.array([values.min(), values.max()])) / 1000
    return float(low), float(high)


def pointed(dataset: DatasetSummary, found: Sweep, places: NDArray[np.int64]) -> dict[str, object]:
    """What points tell of their settings: to who points at them, and to a click."""
    return {
        "customdata": places,
        "hovertext": [told(dataset, found, place) for place in places],
        "hoverinfo": "text",
    }


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
