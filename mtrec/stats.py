"""Noise made visible: bootstrap intervals, paired differences, Holm's correction.

Bootstrap percentile intervals after Efron & Tibshirani (1993), *An Introduction to the Bootstrap*,
ch. 13; multiple comparisons after Holm (1979), *A simple sequentially rejective multiple test
procedure*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr, ndtri, stdtr, stdtrit

from mtrec.schema import Estimate

DRAWS = 1000
LEVEL = 0.95
SIGNIFICANT = 0.05  # a p-value below is more than noise
NO_WIDTH = 1e-12  # of an interval, up to rounding
NORMAL = 1.959963984540054  # the normal distribution's quantile for that level

Array = NDArray[np.float64]


def interval(
    draws: Array, units: int | None = None, level: float = LEVEL
) -> tuple[float, float] | None:
    """The percentile interval of bootstrap draws `(B,)`; None where no draw is finite.

    Args:
        units: how many were drawn from. Given, the percentiles lie as much further out as few units
            make the plain interval too narrow (Hesterberg, 2015, *What Teachers Should Know About
            the Bootstrap*, the expanded percentile interval).
    """
    finite = draws[np.isfinite(draws)]
    if finite.size == 0:
        return None
    tail = (1 - level) / 2
    if units is not None and units > 1:
        tail = ndtr(-np.sqrt(units / (units - 1)) * stdtrit(units - 1, 1 - tail))
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def estimate(value: float, draws: Array, units: int, alike: int | None = None) -> Estimate:
    """A figure with the interval of its bootstrap draws `(B,)`, stretched to hold the value.

    Resampling leaves rare units out at times, which can push every draw to one side of the value.
    One unit says nothing of noise, so there is no interval. Where all draws are alike, because all
    units are (all right, say), that is no sign of a figure without noise: a share then has the
    interval that `wilson` gives so many units, anything else none.

    Args:
        units: how many were drawn from.
        alike: how many of them a share is of; None of what is no share, such as a difference.
    """
    bounds = interval(draws, units) if units > 1 else None
    if bounds is None or not np.isfinite(value):
        return Estimate(value)
    low, high = min(bounds[0], value), max(bounds[1], value)
    if high - low > NO_WIDTH:
        return Estimate(value, low, high)
    if alike is None or alike < 2 or not 0 <= value <= 1:
        return Estimate(value)
    ends = wilson(np.array([value * alike]), np.array([alike]))
    return Estimate(value, min(float(ends[0][0]), value), max(float(ends[1][0]), value))


def wilson(successes: NDArray[Any], trials: NDArray[Any]) -> tuple[Array, Array]:
    """The 95 % interval of shares `successes / trials`, lower and upper ends.

    After Wilson (1927), *Probable inference, the law of succession, and statistical inference*,
    JASA 22: it holds for shares near 0 and 1 and for few trials, too.

    Args:
        successes, trials: of one shape; there is no share of no trials.
    """
    share = successes / trials
    square = NORMAL**2 / trials
    middle = (share + square / 2) / (1 + square)
    half = np.sqrt(square * share * (1 - share) + square**2 / 4) / (1 + square)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def two_sided(draws: Array, units: int) -> float:
    """The two-sided p-value of bootstrap draws `(B,)` of a difference that would be 0.

    The share of draws on the other side of zero, doubled, and never below 1 / B. It is widened for
    few units just as `interval` is, so that it falls below 0.05 where that interval excludes zero,
    but for fewer than 5 units, of which as many draws cannot tell so much.

    Args:
        units: how many were drawn from.

    Returns:
        1 where there are not two units or no draw is finite: then nothing can be told.
    """
    finite = draws[np.isfinite(draws)]
    if units < 2 or finite.size == 0:
        return 1.0
    beyond = min(float((finite <= 0).mean()), float((finite >= 0).mean()), 0.5)
    tail = max(beyond, 1 / (2 * finite.size))
    return float(2 * stdtr(units - 1, ndtri(tail) * np.sqrt((units - 1) / units)))


def mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided p-value of McNemar's exact test that neither of two is more often right.

    Where only one of them is right, it is either with probability one half: McNemar (1947), *Note
    on the sampling error of the difference between correlated proportions*, Psychometrika 12, with
    the binomial distribution instead of its approximation. Takes the records as independent.

    Args:
        only_a, only_b: in how many records only the one, and only the other, is right.
    """
    return min(1.0, float(2 * bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def resample_counts(units: int, draws: int = DRAWS, seed: int = 0) -> NDArray[np.int64]:
    """How often each of `units` units is drawn in each bootstrap sample, shape `(draws, units)`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(units, np.full(units, 1 / units), size=draws)


def bootstrap_mean(values: Array, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """The mean of one value per unit `(n,)` with its interval over units.

    Raises:
        ValueError: `values` is empty.
    """
    if values.size == 0:
        raise ValueError("the mean of no values is not defined")
    return estimate(float(values.mean()), _means(values, draws, seed), values.size, values.size)


def _means(values: Array, draws: int, seed: int) -> Array:
    """The means of bootstrap samples, `(draws,)`."""
    rng = np.random.default_rng(seed)
    means = np.empty(draws)
    block = max(1, 4_000_000 // values.size)
    for start in range(0, draws, block):
        stop = min(start + block, draws)
        chosen = rng.integers(0, values.size, size=(stop - start, values.size))
        means[start:stop] = values[chosen].mean(axis=1)
    return means


@dataclass(frozen=True)
class Difference:
    """A paired difference `a - b` with its interval and two-sided bootstrap p-value."""

    estimate: Estimate
    p_value: float

    @property
    def distinguishable(self) -> bool:
        """Whether the interval excludes zero."""
        low, high = self.estimate.low, self.estimate.high
        return low is not None and high is not None and (low > 0 or high < 0)


def paired_difference(a: Array, b: Array, draws: int = DRAWS, seed: int = 0) -> Difference:
    """The mean of `a - b` over the same units `(n,)`, with interval and p-value.

    The p-value is the share of draws on the other side of zero, doubled, never below 1 / draws.

    Raises:
        ValueError: the two differ in length or are empty.
    """
    if a.shape != b.shape or a.size == 0:
        raise ValueError(f"paired values must have one shape, got {a.shape} and {b.shape}")
    return paired_differences((a - b)[:, None], draws, seed)[0]


def paired_differences(gaps: Array, draws: int = DRAWS, seed: int = 0) -> list[Difference]:
    """The same of several differences over the same units `(n, D)`, all from the same draws."""
    units = len(gaps)
    rng = np.random.default_rng(seed)
    means = np.empty((draws, gaps.shape[1]))
    for draw in range(draws):
        chosen = rng.integers(0, units, units)
        means[draw] = np.bincount(chosen, minlength=units) @ gaps / units
    means[np.abs(means) < NO_WIDTH] = 0
    found = []
    for value, drawn in zip(gaps.mean(axis=0), means.T, strict=True):
        tail = min((drawn <= 0).mean(), (drawn >= 0).mean())
        bounds = interval(drawn, units) if units > 1 else None
        estimate = Estimate(float(value), *(bounds or (None, None)))
        found.append(Difference(estimate, float(min(1.0, max(2 * tail, 1 / draws)))))
    return found


def bootstrap_statistic(
    statistic: Callable[[NDArray[np.int64]], Array],
    units: int,
    draws: int = DRAWS,
    seed: int = 0,
    block: int = 100,
) -> Array:
    """Draws of a statistic that can be computed from how often each unit was drawn.

    Args:
        statistic: maps counts `(b, units)` to values `(b, ...)`.
        units: how many units are resampled.

    Returns:
        values `(draws, ...)`.
    """
    parts = [
        statistic(resample_counts(units, min(block, draws - start), seed + start))
        for start in range(0, draws, block)
    ]
    return np.concatenate(parts)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values, in the order given."""
    order = np.argsort(p_values)
    adjusted = np.empty(len(p_values))
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, running)
    return [float(value) for value in adjusted]
