"""What each way of learning would cost, on the page Train: measured here before a start."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import psutil
import streamlit as st

from mtrec.config import RunConfig
from mtrec.data.dataset import DatasetSummary
from mtrec.runs.estimate import known_costs, measure_costs, roughly
from mtrec.runs.launcher import GB
from mtrec.training.paces import Cost
from pages.ui import loaded, trying
from pages.ui.text import plain
from pages.ui.words import COSTS_HELP, METHODS

CHOSEN = "(chosen)"


def table(dataset: DatasetSummary, config: RunConfig) -> None:
    """How much learns, memory and time of every method under these settings, once measured."""
    place = st.container()
    costs = known_costs(dataset.key, config, loaded.store())

    def measure() -> None:
        with place, st.spinner("Measuring…"):
            measure_costs(
                loaded.whole_dataset(dataset.key), config, loaded.workspace(), trying.Bar()
            )

    busy = any(not run.ended for run in loaded.runs())
    trying.work(
        "measure",
        "Measure what each would take" if costs is None else "Measure again",
        measure,
        "Reads and learns from a few of these texts in every way, and changes nothing. What it "
        "finds is kept for these settings.",
        primary=False,
        waits="Not while a training goes on: both would be slower." if busy else None,
    )
    with place:
        if costs is None:
            st.caption("What each would take with these settings has not been measured here yet.")
        else:
            _draw(costs, config.encoder.method)


def _draw(costs: Mapping[str, Cost], chosen: str) -> None:
    st.markdown("**What each would take**", help=COSTS_HELP)
    known = [method for method in METHODS if method in costs]
    st.table(
        pd.DataFrame(
            {
                "way to learn": [
                    f"**{method}** {CHOSEN}" if method == chosen else method for method in known
                ],
                "time": [_whole(roughly(costs[method].seconds)) for method in known],
                "memory": [_whole(f"{costs[method].memory / GB:.1f} GB") for method in known],
                "numbers that learn": [
                    _whole(f"{costs[method].learns / 1e6:.1f} million") for method in known
                ],
            }
        ),
        border="horizontal",
        hide_index=True,  # Streamlit sets the first cell beside an index off from its head
    )
    missing = [method for method in METHODS if method not in costs]
    if missing:
        st.caption(f"With these settings there can be no training by {', '.join(missing)}.")
    cost = costs.get(chosen)
    free = psutil.virtual_memory().available
    if cost is not None and cost.device == "cpu" and cost.memory > free:
        st.warning(
            f"{plain(chosen)} would take about {cost.memory / GB:.1f} GB of memory, and "
            f"{free / GB:.1f} GB are free now. Read fewer word pieces at once, or close other "
            "programs.",
            icon=":material/memory:",
        )


def _whole(words: str) -> str:
    """The same with spaces at which no line breaks."""
    return words.replace(" ", "\u00a0")
