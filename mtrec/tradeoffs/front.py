"""Whether tasks can be traded against each other, and which settings are worth having."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from mtrec.stats import LEVEL
from mtrec.tradeoffs.outcomes import Floats, Outcomes

Flags = NDArray[np.bool_]


def better(outcomes: Outcomes) -> Flags:
    """Which settings are better than which others by more than the noise, `(S, S, K)`.

    At `[i, j, k]` stands whether setting i is better than j at task k. All pairs and tasks are
    judged together: in 95 of 100 cases where none differ, not one pair is called different. The
    largest of all differences, each in multiples of its own spread, is held against what the
    largest is by chance alone (single-step max-T, Westfall & Young, 1993, *Resampling-Based
    Multiple Testing*).
    """
    draws, values = outcomes.draws, outcomes.values
    settings, tasks = values.shape
    first, second = np.triu_indices(settings, 1)
    largest = np.zeros(len(draws))
    spreads = np.zeros((len(first), tasks))
    for task in range(tasks):
        apart = draws[:, first, task] - draws[:, second, task]  # (B, pairs)
        spreads[:, task], by_chance = chance(apart)
        largest = np.maximum(largest, by_chance)
    limit = np.quantile(largest, LEVEL)
    gaps = values[first] - values[second]  # (pairs, K)
    found = np.zeros((settings, settings, tasks), dtype=bool)
    found[first, second] = (spreads > 0) & (gaps > limit * spreads)
    found[second, first] = (spreads > 0) & (-gaps > limit * spreads)
    return found


def chance(apart: Floats) -> tuple[Floats, Floats]:
    """Of draws of D differences, `(B, D)`, their spreads `(D,)` and what is the largest by chance.

    The latter `(B,)` in multiples of each difference's own spread, about its mean.
    """
    off = np.abs(apart - apart.mean(axis=0))
    spreads = apart.std(axis=0)
    known = spreads > 0
    return spreads, (off[:, known] / spreads[known]).max(axis=1, initial=0)


def in_conflict(outcomes: Outcomes) -> bool:
    """Whether some setting is better than another at one task and worse at a second, beyond noise.

    Where none is, there is nothing to trade.
    """
    found = better(outcomes).any(axis=2)
    return bool((found & found.T).any())


def best(outcomes: Outcomes) -> dict[str, int]:
    """The best setting at each figure in which some differ by more than the noise."""
    differs = np.asarray(better(outcomes).any(axis=(0, 1)))  # (K,)
    places = outcomes.values.argmax(axis=0)
    return {name: int(places[k]) for k, name in enumerate(outcomes.names) if differs[k]}


def balanced(outcomes: Outcomes, figures: Collection[str]) -> int | None:
    """The setting that gives up least anywhere, of what lies between a figure's worst and best.

    It is the one whose largest loss is smallest (minimax regret: Savage, 1951, *The Theory of
    Statistical Decision*, JASA 46) over these figures; None where they are fewer than two.
    """
    asked = [outcomes.names.index(name) for name in figures]
    if len(asked) < 2:
        return None
    values = outcomes.values[:, asked]
    given_up = (values.max(axis=0) - values) / np.ptp(values, axis=0)
    return int(given_up.max(axis=1).argmin())


def pareto(outcomes: Outcomes) -> Flags:
    """Which settings are on the front, `(S,)`; none where there is nothing to trade.

    On it is what no other setting is likely to beat: none is as good at every task and better at
    one in more than half of what the figures might as well be.
    """
    draws = outcomes.draws
    settings = draws.shape[1]
    if not in_conflict(outcomes):
        return np.zeros(settings, dtype=bool)
    kept = np.ones(settings, dtype=bool)
    for each in range(settings):
        gaps = draws - draws[:, [each]]  # (B, S, K)
        beaten = (gaps >= 0).all(axis=2) & (gaps > 0).any(axis=2)
        kept[each] = not (beaten.mean(axis=0) > 0.5).any()
    return kept
