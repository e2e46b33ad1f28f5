"""What can be traded, on outcomes whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mtrec.tradeoffs.front import balanced, best, better, in_conflict, pareto
from mtrec.tradeoffs.outcomes import Outcomes

ARC = np.linspace(0, np.pi / 2, 9)
FRONT = np.column_stack([np.cos(ARC), np.sin(ARC)])  # nothing is better at both
UNBOUNDED = np.tile([-np.inf, np.inf], (2, 1))


def noisy(truth: NDArray[np.float64], noise: float, seed: int = 0) -> Outcomes:
    """What is measured of a truth, `(S, K)`, and draws as wide as what was added to it."""
    rng = np.random.default_rng(seed)
    values = truth + noise * rng.standard_normal(truth.shape)
    draws = values + noise * rng.standard_normal((400, *truth.shape))
    return Outcomes(("a", "b"), values, draws, np.full(truth.shape[1], 100), UNBOUNDED)


def test_on_a_front_every_setting_is_worth_having_and_what_lies_behind_it_is_not() -> None:
    outcomes = noisy(np.vstack([FRONT, 0.8 * FRONT]), 1e-4)
    assert in_conflict(outcomes)
    assert pareto(outcomes).tolist() == [True] * 9 + [False] * 9


def test_what_lies_within_the_noise_behind_the_front_stays_on_it() -> None:
    """The settings just behind are not beaten in more than half of what may be."""
    outcomes = noisy(np.vstack([FRONT, FRONT - 1e-3]), 0.05)
    outcomes = replace(outcomes, values=np.vstack([FRONT, FRONT - 1e-3]))
    assert in_conflict(outcomes)
    beaten = ~pareto(outcomes)
    assert beaten.sum() < 9


def test_where_tasks_gain_together_there_is_nothing_to_trade() -> None:
    together = np.column_stack([np.linspace(0, 1, 9)] * 2)
    outcomes = noisy(together, 1e-4)
    assert better(outcomes).any() and not in_conflict(outcomes)
    assert not pareto(outcomes).any()


def test_which_is_better_is_told_of_each_pair_and_task() -> None:
    found = better(noisy(np.array([[0.2, 0.9], [0.8, 0.9]]), 1e-3))
    assert found[1, 0, 0] and found.sum() == 1


def test_where_none_differ_one_in_twenty_finds_a_difference_at_most() -> None:
    """Over all 28 pairs and both tasks together."""
    found = [better(noisy(np.full((8, 2), 0.5), 0.01, seed)).any() for seed in range(200)]
    assert 0.01 < np.mean(found) < 0.09


def test_settings_that_are_the_same_do_not_differ() -> None:
    outcomes = noisy(np.full((2, 2), 0.5), 0.01)
    same = replace(outcomes, values=outcomes.values[[0, 0]], draws=outcomes.draws[:, [0, 0]])
    assert not better(same).any() and not pareto(same).any()


def test_the_best_is_named_where_settings_differ_and_the_one_in_between_gives_up_least() -> None:
    outcomes = noisy(np.vstack([FRONT, 0.8 * FRONT]), 1e-4)
    assert best(outcomes) == {"a": 0, "b": 8}
    assert balanced(outcomes, best(outcomes)) == 4  # both give up 1 - 1/sqrt(2)


def test_where_a_figure_differs_by_noise_alone_none_is_best_at_it() -> None:
    outcomes = noisy(np.column_stack([FRONT[:, 0], np.zeros(9)]), 1e-3)
    assert best(outcomes) == {"a": 0} and balanced(outcomes, best(outcomes)) is None
    nothing = noisy(np.zeros((9, 2)), 1e-3)
    assert best(nothing) == {} and balanced(nothing, {}) is None
