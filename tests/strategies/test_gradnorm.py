from __future__ import annotations

import pytest

from mtrec.strategies.gradnorm import LEAST, GradNorm
from tests.strategies.making import step

ACROSS = {"a": [1.0, 0.0], "b": [0.0, 2.0]}


def test_the_first_step_weighs_all_alike() -> None:
    assert step(GradNorm({"a": 1.0, "b": 1.0}), ACROSS, {}) == pytest.approx([1.0, 2.0])


def test_pulls_are_evened_out_and_weights_keep_their_sum() -> None:
    """Pulls 1 and 2, both wanted at 1.5: w = (1 + 0.1 · 1, 1 − 0.1 · 2), times 2 / 1.9."""
    strategy = GradNorm({"a": 1.0, "b": 1.0}, rate=0.1)
    for _ in range(2):
        step(strategy, ACROSS, {})
    assert strategy.weights() == pytest.approx({"a": 1.1 * 2 / 1.9, "b": 0.8 * 2 / 1.9})


def test_what_lags_may_pull_harder() -> None:
    """Losses left: 0.2 and 1 of the first, r = (⅓, 5⁄3); with α = 2 b should pull more than 2."""
    strategy = GradNorm({"a": 1.0, "b": 1.0}, alpha=2, rate=1e-9)
    step(strategy, ACROSS, {"a": 1.0, "b": 4.0})
    strategy.rate = 0.1
    step(strategy, ACROSS, {"a": 0.2, "b": 4.0})
    step(strategy, ACROSS, {})
    # wanted: 1.5 / 9 = 0.17 and 1.5 · 25 / 9 = 4.2, so a goes down and b up
    assert strategy.weights() == pytest.approx({"a": 0.9 * 2 / 2.1, "b": 1.2 * 2 / 2.1}, rel=1e-6)


def test_at_rest_all_pulls_are_equal() -> None:
    strategy = GradNorm({"a": 1.0, "b": 1.0}, alpha=0, rate=1e-3)
    for _ in range(600):
        d = step(strategy, ACROSS, {})
    assert d == pytest.approx([4 / 3, 4 / 3], abs=0.01)


def test_no_weight_turns_negative() -> None:
    strategy = GradNorm({"a": 1.0, "b": 1.0}, rate=5)
    for _ in range(4):
        step(strategy, ACROSS, {})
        assert min(strategy.weights().values()) >= LEAST * 0.1
        assert sum(strategy.weights().values()) == pytest.approx(2)
