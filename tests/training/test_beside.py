"""Pieces beside each other: what they tell, how they are stopped, and what one that fails does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from threading import Barrier

import pytest
import torch

from mtrec.training.beside import beside, places
from mtrec.training.reporter import Reporter, SilentReporter, Stopped, check_stop

PATIENCE = 60  # seconds


@pytest.fixture(autouse=True)
def two_places(one_thread: None) -> Iterator[None]:
    torch.set_num_threads(2)  # the fixture sets them back
    yield
    assert torch.get_num_threads() == 2


class Watching(SilentReporter):
    """Who stops when so much is done."""

    def __init__(self, enough: float = float("inf")) -> None:
        self.done = 0
        self._enough = enough

    def advance(self, n: int) -> None:
        self.done += n

    def should_stop(self) -> bool:
        return self.done >= self._enough


def endless(reporter: Reporter) -> None:
    """Tells of a unit every millisecond until it is stopped."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        check_stop(reporter)
        reporter.advance(1)
        time.sleep(0.001)


def test_as_many_as_there_are_places_work_at_once_with_one_thread_each() -> None:
    met = Barrier(2, timeout=PATIENCE)
    threads: list[int] = []

    def piece(units: int, reporter: Reporter) -> None:
        met.wait()
        threads.append(torch.get_num_threads())
        for _ in range(units):
            reporter.advance(1)

    watching = Watching()
    beside([partial(piece, units) for units in (3, 0, 5, 4)], watching)
    assert places() == 2
    assert threads == [1] * 4
    assert watching.done == 12


def test_nothing_to_do_is_done() -> None:
    beside([], Watching())


def test_whoever_watches_stops_them_all() -> None:
    watching = Watching(enough=20)
    with pytest.raises(Stopped):
        beside([endless] * 5, watching)
    assert watching.done < 1000


def test_one_that_fails_stops_the_others() -> None:
    def fails(reporter: Reporter) -> None:
        raise ValueError("no number")

    started = time.monotonic()
    with pytest.raises(ValueError, match="no number"):
        beside([endless, fails, endless], Watching())
    assert time.monotonic() - started < PATIENCE
