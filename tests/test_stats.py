from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, t

from mtrec.schema import Estimate
from mtrec.stats import (
    bootstrap_mean,
    bootstrap_statistic,
    estimate,
    holm,
    interval,
    mcnemar,
    paired_difference,
    paired_differences,
    resample_counts,
    two_sided,
    wilson,
)


def test_interval_is_the_percentiles_of_the_finite_draws() -> None:
    draws = np.append(np.arange(101, dtype=float), [np.nan, np.inf])
    assert interval(draws) == pytest.approx((2.5, 97.5))
    assert interval(draws, level=0.5) == pytest.approx((25, 75))
    assert interval(np.array([np.nan])) is None


def test_few_units_push_the_percentiles_out() -> None:
    """Of 5 units t is 2.776: the tail is Φ(-√(5/4) · 2.776) = Φ(-3.104) = 0.000955."""
    draws = np.linspace(0, 1, 100_001)
    assert interval(draws, units=5) == pytest.approx((0.000955, 1 - 0.000955), abs=2e-6)
    assert interval(draws, units=1_000_000) == pytest.approx((0.025, 0.975), abs=1e-5)


def test_resample_counts_draw_as_many_units_as_there_are() -> None:
    counts = resample_counts(7, draws=50)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_bootstrap_mean_brackets_the_mean_as_the_normal_interval_does() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = bootstrap_mean(values)
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.05)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05)


def test_bootstrap_mean_repeats_itself_and_depends_on_its_seed() -> None:
    values = np.arange(30, dtype=float) ** 2
    assert bootstrap_mean(values, seed=1) == bootstrap_mean(values, seed=1)
    assert bootstrap_mean(values, seed=1) != bootstrap_mean(values, seed=2)


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    assert bootstrap_mean(np.array([4.0])).json() == {"value": 4.0, "low": None, "high": None}
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean(np.array([]))


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_equal_values_are_as_noisy_as_a_share_of_so_many(value: float) -> None:
    found = bootstrap_mean(np.full(9, value))
    low, high = (end[0] for end in wilson(np.array([9 * value]), np.array([9])))
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high))
    assert high - low > 0.2


def test_an_interval_holds_its_value_and_one_unit_has_none() -> None:
    draws = np.linspace(0.2, 0.4, 101)
    assert estimate(0.5, draws, 1) == Estimate(0.5)
    assert estimate(float("nan"), draws, 9).low is None
    beside = estimate(0.5, draws, 9)
    assert beside.low is not None and beside.low < 0.21 and beside.high == 0.5


def test_equal_draws_of_what_is_no_share_or_of_one_unit_alone_say_nothing_of_noise() -> None:
    assert estimate(3.0, np.full(50, 3.0), 9, alike=9) == Estimate(3.0)
    assert estimate(0.0, np.zeros(50), 9) == Estimate(0.0)  # a difference, say
    assert estimate(1.0, np.ones(50), 9, alike=1) == Estimate(1.0)
    few = estimate(1.0, np.ones(50), 9, alike=3)
    assert few.low == pytest.approx(3 / (3 + 1.959964**2)) and few.high == 1


def test_a_paired_difference_sees_what_unpaired_noise_would_hide() -> None:
    rng = np.random.default_rng(0)
    b = rng.normal(0, 10, 300)
    a = b + 0.1 + rng.normal(0, 0.1, 300)
    found = paired_difference(a, b)
    assert found.estimate.value == pytest.approx((a - b).mean())
    assert found.distinguishable
    assert found.p_value == pytest.approx(0.001)  # one over the draws, the least it can say


def test_a_paired_difference_turns_its_sign_with_its_sides() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random(40), rng.random(40)
    forth, back = paired_difference(a, b), paired_difference(b, a)
    assert forth.estimate.value == pytest.approx(-back.estimate.value)
    assert forth.estimate.low == pytest.approx(-back.estimate.high)
    assert forth.p_value == pytest.approx(back.p_value)


def test_no_difference_is_not_distinguishable() -> None:
    same = np.arange(10, dtype=float)
    found = paired_difference(same, same)
    assert not found.distinguishable
    assert found.p_value == 1
    assert not paired_difference(np.array([1.0]), np.array([0.0])).distinguishable


def test_several_differences_come_from_the_same_draws() -> None:
    rng = np.random.default_rng(2)
    a, b, c = rng.random((3, 40))
    together = paired_differences(np.stack([a - b, a - c], axis=1))
    for found, alone in zip(
        together, (paired_difference(a, b), paired_difference(a, c)), strict=True
    ):
        assert found.estimate.low == pytest.approx(alone.estimate.low)
        assert found.estimate.high == pytest.approx(alone.estimate.high)
        assert found.p_value == alone.p_value


def test_draws_that_come_to_nothing_are_on_neither_side() -> None:
    """Thrice .1 is not .3 in binary, and still no difference."""
    gaps = np.array([0.1, 0.1, 0.1, -0.3] * 5)
    drawn = np.random.default_rng(0)
    sums = np.array([round(gaps[drawn.integers(0, 20, 20)].sum(), 9) for _ in range(1000)])
    tail = min((sums <= 0).mean(), (sums >= 0).mean())
    assert paired_difference(gaps, np.zeros(20)).p_value == pytest.approx(min(1, 2 * tail))


def test_paired_values_must_belong_together() -> None:
    with pytest.raises(ValueError, match="one shape"):
        paired_difference(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="one shape"):
        paired_difference(np.zeros(0), np.zeros(0))


def test_a_statistic_of_counts_equals_the_mean_it_stands_for() -> None:
    values = np.random.default_rng(0).random(50)
    draws = bootstrap_statistic(lambda counts: counts @ values / 50, 50, draws=2000)
    assert draws.shape == (2000,)
    assert draws.mean() == pytest.approx(values.mean(), abs=0.005)
    assert draws.std() == pytest.approx(values.std() / 50**0.5, rel=0.1)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_holm_keeps_its_order_and_never_falls_behind() -> None:
    """Sorted 0.01, 0.02, 0.022, 0.3: 4 · 0.01; 3 · 0.02; 2 · 0.022, raised to 0.06; 0.3."""
    assert holm([0.022, 0.3, 0.01, 0.02]) == pytest.approx([0.06, 0.3, 0.04, 0.06])


@pytest.mark.parametrize(
    ("only_a", "only_b", "expected"),
    [
        (0, 0, 1.0),
        (5, 0, 2 / 32),
        (1, 9, 2 * (1 + 10) / 1024),
        (9, 1, 2 * (1 + 10) / 1024),
        (2, 6, 2 * (1 + 8 + 28) / 256),
        (3, 3, 1.0),  # doubled it is more than 1
    ],
)
def test_mcnemar_by_hand(only_a: int, only_b: int, expected: float) -> None:
    assert mcnemar(only_a, only_b) == pytest.approx(expected)


def test_mcnemar_is_the_binomial_test() -> None:
    for only_a, only_b in ((0, 1), (7, 19), (120, 81)):
        expected = binomtest(only_a, only_a + only_b, 0.5).pvalue
        assert mcnemar(only_a, only_b) == pytest.approx(expected)


def test_a_p_value_is_the_share_beyond_zero_doubled() -> None:
    draws = np.append(np.full(30, -1.0), np.full(970, 1.0))
    assert two_sided(draws, 1_000_000) == pytest.approx(0.06, abs=1e-4)
    assert two_sided(-draws, 1_000_000) == pytest.approx(0.06, abs=1e-4)
    assert two_sided(np.full(1000, 1.0), 1_000_000) == pytest.approx(0.001, abs=1e-4)
    assert two_sided(np.zeros(1000), 1_000_000) == 1


def test_few_units_make_a_p_value_cautious() -> None:
    """No draw beyond zero: z is -3.2905; of 4 units t is -3.2905 · √(3/4), with 3 degrees."""
    assert two_sided(np.ones(1000), 4) == pytest.approx(2 * t.cdf(-3.2905 * 0.75**0.5, 3), abs=1e-4)
    assert two_sided(np.ones(1000), 1) == 1
    assert two_sided(np.full(9, np.nan), 100) == 1


@pytest.mark.parametrize("units", [5, 8, 30, 1000])
def test_a_p_value_is_small_where_the_interval_excludes_zero(units: int) -> None:
    draws = np.random.default_rng(0).normal(0, 1, 20_000)
    for shift in np.linspace(1, 6, 26):
        bounds = interval(draws + shift, units)
        assert bounds is not None
        if abs(bounds[0]) > 0.1:
            assert (two_sided(draws + shift, units) < 0.05) == (bounds[0] > 0)
