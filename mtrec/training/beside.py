"""Small pieces of learning beside each other, each on a thread of its own.

Threads that share a small step wait for the slowest of them, which beside anything else that wants
the cores, such as the browser with the dashboard, takes longer than the step. Threads that have a
piece each wait for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event, Lock

import torch

from mtrec.training.device import pick_device
from mtrec.training.reporter import Reporter, SilentReporter, check_stop

TICK = 0.05  # seconds between two looks at what is done
_ALONE = Lock()


def places() -> int:
    """How many pieces are worth learning at once: one on a GPU, otherwise one a core."""
    return 1 if pick_device().type == "cuda" else torch.get_num_threads()


def beside(pieces: Sequence[Callable[[Reporter], None]], reporter: Reporter) -> None:
    """Does all pieces, as many at once as there are places; what one tells, the reporter is told.

    Raises:
        Stopped: the reporter asked to stop, and so did the pieces.
        Exception: what a piece raised; the others stopped.
    """
    relay = _Relay()
    with _one_thread_each() as pool:
        try:
            running = {pool.submit(piece, relay) for piece in pieces}
            while running:
                ended, running = wait(running, TICK, FIRST_COMPLETED)
                for each in ended:
                    each.result()
                reporter.advance(relay.taken())
                check_stop(reporter)
        finally:
            relay.stop.set()
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[ThreadPoolExecutor]:
    """As many threads as there are places, on each of which torch computes with one.

    How many torch computes with is said for all of the process, so one at a time may say it.
    """
    with _ALONE:
        before, at_once = torch.get_num_threads(), places()
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(
                at_once, initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                yield pool
        finally:
            torch.set_num_threads(before)


class _Relay(SilentReporter):
    """Lets the thread that waits tell on what the others tell, and stop them."""

    def __init__(self) -> None:
        self._done, self._lock = 0, Lock()
        self.stop = Event()

    def advance(self, n: int) -> None:
        with self._lock:
            self._done += n

    def taken(self) -> int:
        """What was done since this was asked last."""
        with self._lock:
            done, self._done = self._done, 0
        return done

    def should_stop(self) -> bool:
        return self.stop.is_set()
