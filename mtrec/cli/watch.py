"""A training, as someone at a terminal watches it."""

from __future__ import annotations

import sys
import time

from mtrec.data.steps import SOON, Estimate
from mtrec.runs.progress import Progress, duration
from mtrec.runs.store import QUEUED, RunInfo

SPARSE = 30.0  # seconds between two lines where they can't overwrite each other


class Watcher:
    """Prints where a run stands on standard error.

    On a terminal it is one line that changes; elsewhere a line for each phase, and one every
    half a minute.
    """

    def __init__(self) -> None:
        self._overwrites = sys.stderr.isatty()
        self._said = ""
        self._when = 0.0

    def __call__(self, run: RunInfo, progress: Progress) -> None:
        if run.ended:
            return
        waits = run.status == QUEUED
        line = "waiting for another training to end" if waits else _line(progress)
        if self._overwrites:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
            return
        said = f"{waits} {progress.phase} {progress.epoch}"
        if said != self._said or time.monotonic() - self._when >= SPARSE:
            print(line, file=sys.stderr, flush=True)
            self._said, self._when = said, time.monotonic()

    def close(self) -> None:
        """Leaves the line that changes."""
        if self._overwrites:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Steps:
    """Prints where an import stands on standard error, once it takes long enough to ask."""

    def __init__(self) -> None:
        self._overwrites = sys.stderr.isatty()
        self._estimate = Estimate()

    def __call__(self, words: str, share: float) -> None:
        remaining = self._estimate.remaining(share)
        if remaining is None or self._estimate.elapsed + remaining < SOON:
            return
        line = f"{words}: {share:.0%}, about {duration(remaining)} to go"
        before, after = ("\r\033[K", "") if self._overwrites else ("", "\n")
        print(f"{before}{line}", end=after, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the line that changes."""
        if self._overwrites:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _line(progress: Progress) -> str:
    if not progress.phase:
        return "starting"
    parts = [f"{progress.phase}: {progress.share:.0%}"]
    if 0 < progress.epoch < progress.epochs:
        parts.append(f"{progress.epoch} of at most {progress.epochs} epochs done")
    if progress.eta_seconds is not None:
        parts.append(f"about {duration(progress.eta_seconds)} to go")
    return ", ".join(parts)
