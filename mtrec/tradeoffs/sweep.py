"""The whole trade-off: settings of λ spread over all that tasks can count beside each other."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mtrec.errors import InputError
from mtrec.schema import VAL
from mtrec.tradeoffs.front import Flags, balanced, best, in_conflict, pareto
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.outcomes import Outcomes
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.stacked import Lambdas
from mtrec.training.reporter import Reporter


@dataclass(frozen=True, eq=False)
class Sweep:
    """S settings of λ and how each comes out on validation.

    Attributes:
        settings: λ of each task; equal weights stand first, then each task alone.
        on_front: which of them are worth having, `(S,)`; none where there is nothing to trade.
        conflict: whether tasks can be traded against each other, beyond the noise.
        best: the place of the best setting by figure, of those in which some differ beyond it.
        balanced: that of the setting which gives up least of any of these; None of fewer than two.
        records: how many training records were learned from.
        of: how many there are.
        seconds: what it took, without reading the texts.
    """

    settings: list[Lambdas]
    outcomes: Outcomes
    on_front: Flags
    conflict: bool
    best: dict[str, int]
    balanced: int | None
    records: int
    of: int
    seconds: float

    def json(self) -> dict[str, Any]:
        return {
            "split": VAL,
            "settings": [
                {
                    "lambda": dict(lambdas),
                    **self._figures(place, lambdas),
                    "pareto": bool(self.on_front[place]),
                }
                for place, lambdas in enumerate(self.settings)
            ],
            "conflict": self.conflict,
            "records": self.records,
            "of": self.of,
            "seconds": self.seconds,
        }

    def _figures(self, place: int, tasks: Collection[str]) -> dict[str, Any]:
        """What one setting comes to for tasks, and for recommendations where there are any."""
        figures = {
            name: self.outcomes.estimate(place, k).json()
            for k, name in enumerate(self.outcomes.names)
        }
        return {
            "metrics": {task: figures.pop(task) for task in tasks},
            "recommendations": figures,
        }


def sweep(
    instrument: Instrument, settings: int = 32, seeds: int = 2, reporter: Reporter | None = None
) -> Sweep:
    """Tries so many settings, each with so many seeds.

    Args:
        reporter: who watches, if not the one that watched the texts being read.

    Raises:
        InputError: so few settings cannot be spread over the tasks.
        Stopped: the reporter asked to stop.
    """
    fewest = len(instrument.steering) + 1
    if settings < fewest or seeds < 1:
        raise InputError(
            "So few settings say nothing of a trade-off",
            expected=f"at least {fewest} settings for {fewest - 1} tasks, and a seed",
            found=f"{settings} settings, {seeds} seeds",
            fix=f"try --settings {max(32, fewest)} --seeds 2",
        )
    started = time.perf_counter()
    tried = [instrument.lambdas(shares) for shares in spread(len(instrument.steering), settings)]
    found = instrument.outcomes(tried, seeds, reporter)
    traded, best_at = found.only(instrument.tasks), best(found)
    return Sweep(
        settings=tried,
        outcomes=found,
        on_front=pareto(traded),
        conflict=in_conflict(traded),
        best=best_at,
        balanced=balanced(found, best_at),
        records=instrument.records,
        of=instrument.of,
        seconds=time.perf_counter() - started,
    )
