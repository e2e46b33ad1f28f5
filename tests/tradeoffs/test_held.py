"""What intervals of settings of λ hold, on a problem made up: a small run of its benchmark."""

from __future__ import annotations

import pytest

from benchmarks import tradeoffs as benchmark

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
