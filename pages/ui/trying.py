"""What tries settings of λ on a dataset: made ready when somebody asks, kept while the server runs.

Making it ready and trying run in the page, under a bar with the time to go. Whatever is clicked
meanwhile stops it, a button beside the bar too; what was read or tried until then is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from mtrec.config import RunConfig, for_dataset
from mtrec.data.dataset import DatasetSummary
from mtrec.data.steps import Estimate
from mtrec.errors import MtrecError
from mtrec.runs.estimate import roughly
from mtrec.training.reporter import SilentReporter
from pages.ui import loaded, shell

if TYPE_CHECKING:
    from mtrec.tradeoffs.affinity import Affinity
    from mtrec.tradeoffs.instrument import Instrument
    from mtrec.tradeoffs.outcomes import Outcomes
    from mtrec.tradeoffs.stacked import Lambdas
    from mtrec.tradeoffs.sweep import Sweep

SOON = 1.5  # seconds of work that no bar is worth
TICK = 0.2  # seconds between two looks of the bar


def work(
    key: str,
    label: str,
    do: Callable[[], None],
    words: str,
    *,
    primary: bool = True,
    waits: str | None = None,
) -> None:
    """A button that begins long work and one that stops it; what went wrong is told below them.

    Args:
        key: of the button that begins it.
        do: the work; whatever is clicked meanwhile stops it.
        words: the help of that button.
        primary: whether it is what one comes to the page for. Beside anything less, the button that
            stops it stands only while there is something to stop.
        waits: why it can't begin now, where it can't.
    """
    asked, failed = f"{key}-asked", f"{key}-failed"
    working = st.session_state.pop(asked, False)
    with st.container(horizontal=True):
        st.button(
            label,
            type="primary" if primary else "secondary",
            key=key,
            icon=":material/play_arrow:",
            disabled=working or waits is not None,
            on_click=lambda: st.session_state.update({asked: True}),
            help=waits or words,
        )
        if working or primary:
            st.button(
                "Stop",
                key=f"stop-{key}",
                icon=":material/stop:",
                disabled=not working,
                help="Stops it; nothing that was known before is lost.",
            )
    if error := st.session_state.pop(failed, None):
        shell.problem(error)
    if working:
        try:
            do()
        except MtrecError as error:
            st.session_state[failed] = error
        st.rerun()


def begin(key: str) -> None:
    """Lets `work` begin by itself, the next time it is drawn."""
    st.session_state[f"{key}-asked"] = True


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
    """An instrument, one at a time.

    Attributes:
        swept: settings spread over all that tasks can count, where they were tried.
        measured: which tasks help which, where that was measured.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.swept: Sweep | None = None
        self.measured: Affinity | None = None
        self._lock = Lock()

    def outcomes(self, settings: Sequence[Lambdas]) -> Outcomes:
        """How settings come out, under a bar where it takes long."""
        bar = Bar()
        with self._lock:
            found = self.instrument.outcomes(settings, reporter=bar)
        bar.close()
        return found

    def sweep(self, settings: int) -> None:
        """Tries so many settings and keeps how they come out."""
        from mtrec.tradeoffs.sweep import sweep

        with self._lock:
            self.swept = sweep(self.instrument, settings, reporter=Bar())

    def by_uncertainty(self) -> Lambdas:
        """The weights that tasks get where they are learned beside them."""
        from mtrec.tradeoffs.learned import by_uncertainty

        with self._lock:
            return by_uncertainty(self.instrument, Bar())

    def measure(self) -> None:
        """Measures which tasks help which, and keeps it."""
        from mtrec.tradeoffs.affinity import measure

        with self._lock:
            self.measured = measure(self.instrument, Bar())


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
    with st.spinner("Getting ready…"):
        bar = Bar()
        instrument = Instrument(
            loaded.whole_dataset(dataset.key), config, loaded.workspace().cache, bar
        )
        made = Ready(instrument)
        bar.close()
        made.outcomes([dict.fromkeys(instrument.tasks, 1.0)])
    kept = _kept()
    kept.clear()  # one is enough, and each holds the states of its texts
    kept[_key(dataset)] = made


def _key(dataset: DatasetSummary) -> str:
    return f"{loaded.workspace().root}:{dataset.key}"
