"""What is told of settings of λ, on a problem made up whose truth is known, as its benchmark is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import tradeoffs as benchmark
from mtrec.stats import LEVEL
from mtrec.tradeoffs.front import chance, in_conflict, pareto

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_task_comes_out_better_the_more_it_counts_and_intervals_hold_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benchmark, "POPULATION", 2_000)
    monkeypatch.setattr(benchmark, "POPULATION_SEEDS", 4)
    *settings, together = benchmark.held(3)
    truth = {name: [float(each) for each in told.split(", ")] for name, told, *_ in settings}
    left, right = zip(*(truth[f"left {x:g}, right {2 - x:g}"] for x in (0, 1, 2)), strict=True)
    assert left[0] < left[1] < left[2] and right[2] < right[1] < right[0]
    held = [float(share.removesuffix(" %")) for share in together[2:]]
    assert len(held) == 2 and all(75 < share <= 100 for share in held)


@pytest.fixture
def well_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learned for long, with many seeds and judged on many records: little is left to chance."""
    monkeypatch.setattr(benchmark, "EPOCHS", 9)
    monkeypatch.setattr(benchmark, "SEEDS", benchmark.BASE_SEEDS)
    monkeypatch.setattr(benchmark, "JUDGED", 4_000)
    monkeypatch.setattr(benchmark, "POPULATION_SEEDS", 20)


@pytest.mark.slow
def test_a_front_lies_within_its_band(well_known: None) -> None:
    """No figure is further from the truth than the furthest of all is by chance."""
    found = benchmark.told(1)
    runs = benchmark.population()
    spreads, largest = chance(found.draws.reshape(len(found.draws), -1))
    spreads = np.hypot(spreads, (runs.std(axis=0, ddof=1) / np.sqrt(len(runs))).ravel())
    off = np.abs(found.values - runs.mean(axis=0)).ravel()
    assert (off <= np.quantile(largest, LEVEL) * spreads).all()
    assert in_conflict(found) and pareto(found).any()


def test_of_two_tasks_that_ask_the_same_there_is_nothing_to_trade(
    well_known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alike(rng: np.random.Generator, judged: int) -> Any:
        inputs, examples = made_up(rng, judged)
        examples.targets["right"] = examples.targets["left"]
        examples.truth["right"] = examples.truth["left"]
        return inputs, examples

    made_up = benchmark.made_up
    monkeypatch.setattr(benchmark, "made_up", alike)
    found = benchmark.told(0)
    assert found.values.min() > 0.6 and not in_conflict(found) and not pareto(found).any()
