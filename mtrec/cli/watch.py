"""Work that takes its time, as someone at a terminal watches it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from mtrec.data.steps import SOON, Estimate
from mtrec.runs.progress import Progress, duration
from mtrec.runs.store import QUEUED, RunInfo
from mtrec.training.reporter import SilentReporter

if TYPE_CHECKING:
    from mtrec.search.store import Search

SPARSE = 30.0  # seconds between two lines where they can't overwrite each other


class _Line:
    """A line on standard error: on a terminal one that changes, elsewhere one after another."""

    def __init__(self) -> None:
        self._overwrites = sys.stderr.isatty()
        self._about = ""
        self._when = 0.0

    def say(self, line: str, about: str) -> None:
        """Says it; what is about the same as before only every half a minute off a terminal."""
        if self._overwrites:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif about != self._about or time.monotonic() - self._when >= SPARSE:
            print(line, file=sys.stderr, flush=True)
            self._about, self._when = about, time.monotonic()

    def close(self) -> None:
        """Leaves the line that changes."""
        if self._overwrites:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Watcher:
    """Prints where a run stands."""

    def __init__(self) -> None:
        self._line = _Line()

    def __call__(self, run: RunInfo, progress: Progress) -> None:
        if run.ended:
            return
        about = f"{run.status} {progress.phase} {progress.epoch}"
        self._line.say(_standing(run, progress), about)

    def close(self) -> None:
        """Leaves the line that changes."""
        self._line.close()


class Trials:
    """Prints where a search stands, and the run of its trial."""

    def __init__(self, search: Search) -> None:
        self._line = _Line()
        self._search = search

    def __call__(self, run: RunInfo, progress: Progress) -> None:
        if not run.ended:
            told = self._told()
            self._line.say(f"{told}; {_standing(run, progress)}", told)

    def close(self) -> None:
        """Leaves the line that changes."""
        self._line.close()

    def _told(self) -> str:
        search = self._search
        told = [f"trial {min(search.done + 1, search.asked)} of {search.asked}"]
        best = [each for each in search.trials if each.best]
        if best and len(best[0].values) == 1:
            told += [f"best {value:.3f}" for value in best[0].values.values()]
        left = search.seconds_left()
        return ", ".join(told if left is None else [*told, f"all in about {duration(left)}"])


class Steps:
    """Prints where an import stands, once it takes long enough to ask."""

    def __init__(self) -> None:
        self._line = _Line()
        self._estimate = Estimate()

    def __call__(self, words: str, share: float) -> None:
        remaining = self._estimate.remaining(share)
        if remaining is not None and self._estimate.elapsed + remaining >= SOON:
            line = f"{words}: {share:.0%}, {_left(remaining)}"
            self._line.say(line, words)

    def close(self) -> None:
        """Leaves the line that changes."""
        self._line.close()


class Stretches(SilentReporter):
    """Prints how far each stretch of work has come, as `Steps` does."""

    def __init__(self) -> None:
        self._steps = Steps()
        self._name = ""
        self._done, self._total = 0, 0

    def phase(self, name: str, total: int) -> None:
        self._steps = Steps()
        self._name, self._done, self._total = name, 0, total

    def advance(self, n: int) -> None:
        self._done += n
        self._steps(self._name, self._done / self._total)

    def close(self) -> None:
        """Leaves the line that changes."""
        self._steps.close()


def _standing(run: RunInfo, progress: Progress) -> str:
    waits = run.status == QUEUED
    return "waiting for another training to end" if waits else _words(progress)


def _words(progress: Progress) -> str:
    if not progress.phase:
        return "starting"
    parts = [f"{progress.phase}: {progress.share:.0%}"]
    if 0 < progress.epoch < progress.epochs:
        parts.append(f"{progress.epoch} of at most {progress.epochs} epochs done")
    if progress.eta_seconds is not None:
        parts.append(_left(progress.eta_seconds))
    return ", ".join(parts)


def _left(seconds: float) -> str:
    return f"about {duration(seconds)} to go" if seconds >= 1 else "nearly done"
