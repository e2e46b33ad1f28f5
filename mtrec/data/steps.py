"""Where an import stands, for whoever waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

Tell = Callable[[str, float], None]
"""Takes what is being done and the share of all work that was done before, from 0 to 1."""

READ, LABELLED, DIVIDED, CHECKED = 0.4, 0.5, 0.7, 0.95  # shares, as measured on a million records
SOON = 2.0  # seconds after which people want to know how long it takes


def silent(words: str, share: float) -> None:
    """For nobody."""


class Estimate:
    """How long it takes, from how long it took so far."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._started

    def remaining(self, share: float) -> float | None:
        """Seconds to go once this share is done; None before anything is."""
        return self.elapsed / share * (1 - share) if share > 0 else None
