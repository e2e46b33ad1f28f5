"""What tries settings of λ on a dataset: made ready when somebody asks, kept while the server runs.

Making it ready and trying run in the page, under a bar with the time to go. Whatever is clicked
meanwhile stops it, a button beside the bar too; what was read or tried until then is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from mtrec.config import RunConfig, for_dataset
from mtrec.data.dataset import DatasetSummary
from mtrec.data.steps import Estimate
from mtrec.runs.estimate import roughly
from mtrec.training.reporter import SilentReporter
from pages.ui import state

if TYPE_CHECKING:
    from mtrec.tradeoffs.instrument import Instrument
    from mtrec.tradeoffs.outcomes import Outcomes
    from mtrec.tradeoffs.stacked import Lambdas

SOON = 1.5  # seconds of work that no bar is worth
TICK = 0.2  # seconds between two looks of the bar


class Bar(SilentReporter):
    """A progress bar for each stretch of work, with the time to go."""

    def __init__(self) -> None:
        self._place = st.empty()
        self._estimate = Estimate()
        self._name, self._done, self._total = "", 0, 1
        self._drawn = 0.0  # when, since the stretch began

    def phase(self, name: str, total: int) -> None:
        self._estimate = Estimate()
        self._name, self._done, self._total = name, 0, max(total, 1)
        self._drawn = 0.0

    def advance(self, n: int) -> None:
        self._done += n
        share, passed = min(self._done / self._total, 1.0), self._estimate.elapsed
        left = self._estimate.remaining(share)
        if left is None or passed + left < SOON or passed - self._drawn < TICK:
            return
        self._drawn = passed
        self._place.progress(share, f"{self._name} · about {roughly(left)} to go")

    def close(self) -> None:
        """Leaves nothing behind."""
        self._place.empty()


class Ready:
    """An instrument, one at a time."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._lock = Lock()

    def outcomes(self, settings: Sequence[Lambdas]) -> Outcomes:
        """How settings come out, under a bar where it takes long."""
        bar = Bar()
        with self._lock:
            found = self.instrument.outcomes(settings, reporter=bar)
        bar.close()
        return found


@st.cache_resource
def _kept() -> dict[str, Ready]:
    return {}


def ready(dataset: DatasetSummary) -> Ready | None:
    """The instrument of a dataset, if it was made ready."""
    return _kept().get(_key(dataset))


def make_ready(dataset: DatasetSummary) -> None:
    """Reads the texts and tries equal weights and each task alone, which takes its time once.

    Raises:
        InputError: settings of λ can't be tried on this dataset.
    """
    from mtrec.tradeoffs.instrument import Instrument

    kinds = {task: each.type for task, each in dataset.tasks.items()}
    config = for_dataset(RunConfig(), kinds)
    bar = Bar()
    instrument = Instrument(
        state.open_dataset(dataset.key),
        config.encoder,
        config.trunk,
        config.tasks,
        config.strategy,
        config.train,
        state.workspace().cache,
        bar,
    )
    made = Ready(instrument)
    bar.close()
    made.outcomes([dict.fromkeys(instrument.tasks, 1.0)])
    kept = _kept()
    kept.clear()  # one is enough, and each holds the states of its texts
    kept[_key(dataset)] = made


def _key(dataset: DatasetSummary) -> str:
    return f"{state.workspace().root}:{dataset.key}"
