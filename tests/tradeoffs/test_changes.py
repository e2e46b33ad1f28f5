"""What changes between two settings, on outcomes whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from mtrec.tradeoffs.changes import changes
from mtrec.tradeoffs.outcomes import Outcomes

COMMON = 0.2  # luck that both settings share
UNBOUNDED = np.tile([-np.inf, np.inf], (3, 1))


def outcomes(gaps: list[float], noise: float = 0.01, seed: int = 0) -> Outcomes:
    """Two settings, the second better by `gaps`."""
    rng = np.random.default_rng(seed)
    values = np.array([np.full(len(gaps), 0.5), 0.5 + np.array(gaps)])
    values[1] += noise * rng.standard_normal(len(gaps))
    shared = COMMON * rng.standard_normal((1000, 1, len(gaps)))
    draws = values + shared + noise / np.sqrt(2) * rng.standard_normal((1000, 2, len(gaps)))
    names = tuple("abc"[: len(gaps)])
    return Outcomes(names, values, draws, np.full(len(gaps), 500), UNBOUNDED[: len(gaps)])


def test_what_gains_and_loses_is_told_and_the_rest_is_not() -> None:
    gain, loss, none = changes(outcomes([0.1, -0.1, 0.0], noise=0.005), before=0, now=1)
    assert (gain.is_told, loss.is_told, none.is_told) == (True, True, False)
    assert gain.difference.value == pytest.approx(gain.now.value - gain.before.value)
    assert gain.difference.value > 0 > loss.difference.value


def test_luck_that_both_share_does_not_hide_a_difference() -> None:
    (gain,) = changes(outcomes([0.1]), before=0, now=1)
    low, high = gain.difference.low, gain.difference.high
    assert low is not None and high is not None and 0 < low < 0.1 < high < 0.2
    assert gain.before.low is not None and gain.before.low < 0.2  # the figure itself is unsure


def test_a_setting_does_not_differ_from_itself() -> None:
    assert not any(each.is_told for each in changes(outcomes([0.1, 0.2]), before=1, now=1))


def test_where_none_differ_one_in_twenty_finds_a_difference_at_most() -> None:
    found = [
        any(each.is_told for each in changes(outcomes([0, 0, 0], seed=seed), 0, 1))
        for seed in range(300)
    ]
    assert 0.01 < np.mean(found) < 0.09
