"""How a training tells what it is doing, and how it is told to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mtrec.schema import Estimate


class Stopped(Exception):
    """Work was stopped because someone asked for it; nothing failed."""


class Reporter(Protocol):
    """Whoever watches: a run's files, a progress bar, a test."""

    def phase(self, name: str, total: int) -> None:
        """A stretch of work begins, named in plain words, with `total` units to do."""

    def goes_on(self, epoch: int, step: int, done: int) -> None:
        """The phase that has begun goes on behind `epoch` epochs, `step` updates, `done` units."""

    def reads(self, seconds: float) -> None:
        """A trial said how long the encoder takes to read a text, where nothing is learned."""

    def guessed(self, step: int, loss: float | None, apart: float | None) -> None:
        """Hidden words were guessed: the loss of an update, or after it on texts kept apart."""

    def advance(self, n: int) -> None:
        """`n` more units of the current phase are done."""

    def step(
        self,
        step: int,
        losses: Mapping[str, float],
        weights: Mapping[str, float],
        cosines: Mapping[tuple[str, str], float],
    ) -> None:
        """One update was made: the loss of each task that had a label in it, and the weights.

        Where the strategy compares gradients, also how far those of each two tasks agreed.
        """

    def epoch(
        self,
        epoch: int,
        metrics: Mapping[str, Mapping[str, Estimate]],
        losses: Mapping[str, float],
    ) -> None:
        """Epoch `epoch` (from 1) is over: each task's metrics and mean loss on validation."""

    def should_stop(self) -> bool:
        """Whether someone asked to stop. Asked often, so it must answer in well under a ms."""

    def should_finish(self) -> bool:
        """Whether someone asked to learn no more and keep what was learned; asked as often."""


class SilentReporter:
    """Nobody watches, nobody stops."""

    def phase(self, name: str, total: int) -> None:
        pass

    def goes_on(self, epoch: int, step: int, done: int) -> None:
        pass

    def reads(self, seconds: float) -> None:
        pass

    def guessed(self, step: int, loss: float | None, apart: float | None) -> None:
        pass

    def advance(self, n: int) -> None:
        pass

    def step(
        self,
        step: int,
        losses: Mapping[str, float],
        weights: Mapping[str, float],
        cosines: Mapping[tuple[str, str], float],
    ) -> None:
        pass

    def epoch(
        self,
        epoch: int,
        metrics: Mapping[str, Mapping[str, Estimate]],
        losses: Mapping[str, float],
    ) -> None:
        pass

    def should_stop(self) -> bool:
        return False

    def should_finish(self) -> bool:
        return False


def check_stop(reporter: Reporter) -> None:
    """Ends the work in hand where the reporter says so.

    Raises:
        Stopped: someone asked to stop.
    """
    if reporter.should_stop():
        raise Stopped
