"""Those that read losses alone: by hand, and against TorchJD's own where all tasks are there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchjd.scalarization import DWA, FAMO

from mtrec.strategies.dwa import Dwa
from mtrec.strategies.famo import Famo
from mtrec.strategies.stch import Stch
from mtrec.strategies.uncertainty import Uncertainty
from tests.strategies.making import step

ACROSS = {"a": [1.0, 0.0], "b": [0.0, 2.0]}
BOTH = {"a": 1.0, "b": 1.0}


def test_uncertainty_halves_at_first_and_learns_the_rest() -> None:
    """∂/∂s of ½ e^(−s) L + ½ s at s = 0 is ½ (1 − L)."""
    strategy = Uncertainty(BOTH)
    assert step(strategy, ACROSS, {"a": 3.0, "b": 0.5}) == pytest.approx([0.5, 1.0])
    slopes = [float(parameter.grad) for parameter in strategy.parameters()]
    assert slopes == pytest.approx([-1.0, 0.25])


def test_uncertainty_rests_where_all_weighted_losses_are_equal() -> None:
    strategy = Uncertainty(BOTH)
    optimizer = torch.optim.SGD(strategy.parameters(), lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        step(strategy, ACROSS, {"a": 4.0, "b": 0.25})
        optimizer.step()
    assert strategy.weights() == pytest.approx({"a": 1 / 8, "b": 2.0}, rel=1e-4)


def test_what_an_absent_task_has_learned_rests() -> None:
    strategy = Uncertainty(BOTH)
    step(strategy, {"a": [1.0, 0.0]}, {"a": 3.0})
    assert [parameter.grad is None for parameter in strategy.parameters()] == [False, True]


def test_the_worst_task_counts_most() -> None:
    """λ softmax(λ L / μ) with λ L = (2, 3) and μ = 1."""
    strategy = Stch({"a": 2.0, "b": 1.0}, mu=1)
    d = step(strategy, ACROSS, {"a": 1.0, "b": 3.0})
    share = 1 / (1 + math.e)
    assert d == pytest.approx([2 * share, 2 * (1 - share)])


def test_a_maximum_that_is_hardly_smooth_is_the_worst_task_alone() -> None:
    strategy = Stch(BOTH, mu=1e-4)
    assert step(strategy, ACROSS, {"a": 800.0, "b": 1.0}) == pytest.approx([1.0, 0.0])


def test_dwa_weighs_by_how_slowly_losses_fell() -> None:
    """Means (4, 1) then (2, 1): r = (½, 1), softmax(r / 2) · 2."""
    strategy = Dwa(BOTH)
    for mood in (3.0, 5.0):  # their mean counts
        step(strategy, ACROSS, {"a": mood, "b": 1.0})
    strategy.end_epoch()
    step(strategy, ACROSS, {"a": 2.0, "b": 1.0})
    assert strategy.weights() == BOTH
    strategy.end_epoch()
    step(strategy, ACROSS, {"a": 9.0, "b": 9.0})
    of_a = 2 / (1 + math.exp(0.25))
    assert strategy.weights() == pytest.approx({"a": of_a, "b": 2 - of_a})


def test_dwa_is_torchjds() -> None:
    rng = np.random.default_rng(0)
    strategy, theirs = Dwa(BOTH, temperature=1.5), DWA(temperature=1.5)
    for _ in range(4):
        for _ in range(3):
            drawn = rng.uniform(0.1, 2, 2)
            values = torch.tensor(drawn, requires_grad=True)
            theirs(values).backward()
            step(strategy, ACROSS, {"a": drawn[0], "b": drawn[1]})
            assert list(strategy.weights().values()) == pytest.approx(values.grad.tolist())
        strategy.end_epoch()
        theirs.step()


def test_famo_begins_with_steps_that_lower_all_logarithms_alike() -> None:
    """c / L_k with c = 1 / (1 / 3 + 1) for losses of 3 and 1."""
    strategy = Famo(BOTH)
    assert step(strategy, ACROSS, {"a": 3.0, "b": 1.0}) == pytest.approx([0.25, 1.5])


def test_famo_gives_more_to_what_fell_less() -> None:
    strategy = Famo(BOTH)
    for _ in range(10):
        step(strategy, ACROSS, {"a": 1.0, "b": 1.0})
        strategy.after_step(lambda: {"a": 1.0, "b": 0.5})
    weights = strategy.weights()
    assert weights["a"] > 0.55
    assert sum(weights.values()) == pytest.approx(1)


def test_famo_is_torchjds() -> None:
    rng = np.random.default_rng(0)
    strategy, theirs = Famo(BOTH, rate=0.1, decay=0.01), FAMO(2, lr=0.1, weight_decay=0.01).double()
    for _ in range(12):
        before, after = rng.uniform(0.1, 2, 2), rng.uniform(0.1, 2, 2)
        values = torch.tensor(before, requires_grad=True)
        theirs(values).backward()
        theirs.update(torch.tensor(after))
        step(strategy, ACROSS, {"a": before[0], "b": before[1]})
        strategy.after_step(lambda after=after: {"a": after[0], "b": after[1]})
        assert list(strategy.weights().values()) == pytest.approx(values.grad.tolist())
