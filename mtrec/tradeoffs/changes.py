"""What one setting of λ gains and loses against another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtrec.schema import Estimate
from mtrec.stats import LEVEL
from mtrec.tradeoffs.front import chance
from mtrec.tradeoffs.outcomes import Outcomes


@dataclass(frozen=True)
class Change:
    """One figure under two settings.

    Attributes:
        name: what it is of, as in `Outcomes.names`.
        before, now: the figure under either.
        difference: now − before, with an interval that holds no luck both have in common; the
            intervals of all figures hold at once in 95 of 100 cases.
    """

    name: str
    before: Estimate
    now: Estimate
    difference: Estimate

    @property
    def is_told(self) -> bool:
        """Whether the figures differ beyond the noise."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and not low <= 0 <= high


def changes(outcomes: Outcomes, before: int, now: int) -> list[Change]:
    """Every figure of the setting `now` against that of the setting `before`.

    All are judged together, as `front.better` judges many settings.
    """
    apart = outcomes.draws[:, now] - outcomes.draws[:, before]  # (B, K)
    spreads, largest = chance(apart)
    limit = np.quantile(largest, LEVEL) * spreads  # (K,)
    gaps = outcomes.values[now] - outcomes.values[before]
    return [
        Change(
            name=name,
            before=outcomes.estimate(before, place),
            now=outcomes.estimate(now, place),
            difference=Estimate(float(gap), float(gap - far), float(gap + far)),
        )
        for place, (name, gap, far) in enumerate(zip(outcomes.names, gaps, limit, strict=True))
    ]
