"""Sureness against verdicts: worked by hand, against torchmetrics, and on what it must keep to."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.reports.sureness import (
    coverage,
    expected_calibration_error,
    kept_for,
    reliability,
    right,
)
from mtrec.stats import wilson
from mtrec.tasks import TASK_TYPES

# Ten records from the least sure to the surest; 5 of the 10 are right.
SURE = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
IS_RIGHT = np.array([0, 0, 1, 0, 0, 1, 1, 1, 0, 1], dtype=bool)

# Sureness and verdict of some records; sureness never on the edge of one of 15 bins, where the
# paper and torchmetrics differ.
JUDGED = st.lists(
    st.tuples(st.integers(0, 749).map(lambda step: (step + 0.5) / 750), st.booleans()),
    min_size=1,
    max_size=60,
)


def arrays(judged: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([sure for sure, _ in judged]), np.array([good for _, good in judged])


def honest(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Records that are right exactly as often as they say."""
    rng = np.random.default_rng(seed)
    sure = rng.beta(4, 1, size)
    return sure, rng.random(size) < sure


@pytest.mark.parametrize(
    ("kind", "truth", "predicted", "is_right"),
    [
        ("multiclass", ["a", "a", "b"], ["a", "b", "b"], [True, False, True]),
        (
            "multilabel",
            ["a|b", "a|b", "a", ""],
            ["b|a", "a", "a|b", ""],
            [True, False, False, True],
        ),
        (
            "tags",
            ["B-x I-x O", "B-x I-x O", "B-x O", "O O", "O"],
            ["B-x I-x O", "B-x O O", "B-y O", "O O", "B-x"],
            [True, False, False, True, False],
        ),
        ("relation", ["of(e1,e2)", "of(e1,e2)"], ["of(e1,e2)", "of(e2,e1)"], [True, False]),
    ],
)
def test_a_prediction_is_right_if_everything_in_it_is(
    kind: str, truth: list[str], predicted: list[str], is_right: list[bool]
) -> None:
    # Twice over and out of order, with an index of its own, so that rows must be found again.
    order = [*range(len(truth)), *reversed(range(len(truth)))]
    said = pd.DataFrame({"truth": truth, "predicted": predicted}).iloc[order]
    assert right(said, TASK_TYPES[kind]).tolist() == [is_right[each] for each in order]


def test_no_predictions_have_no_verdicts() -> None:
    said = pd.DataFrame({"truth": [], "predicted": []}, dtype="str")
    assert right(said, TASK_TYPES["multiclass"]).tolist() == []


def test_many_records_of_few_kinds_are_judged_at_once() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([f"label {number}" for number in range(25)])
    said = pd.DataFrame(
        {
            "truth": labels[rng.integers(0, 25, 54_000)],
            "predicted": labels[rng.integers(0, 25, 54_000)],
        }
    )
    start = time.perf_counter()
    verdicts = right(said, TASK_TYPES["multiclass"])
    assert time.perf_counter() - start < 1
    assert (verdicts == (said["truth"] == said["predicted"]).to_numpy()).all()


def test_wilsons_interval_as_published() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81/263, 15/148, 0/20, 1/29.
    low, high = wilson(np.array([81.0, 15.0, 0.0, 1.0]), np.array([263, 148, 20, 29]))
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_reliability_by_hand() -> None:
    table = reliability(SURE, IS_RIGHT, bins=5)
    assert table["n"].tolist() == [2, 2, 2, 2, 2]
    assert table["confidence"].tolist() == pytest.approx([0.15, 0.35, 0.55, 0.75, 0.925])
    assert table["right"].tolist() == [0, 0.5, 0.5, 1, 0.5]
    assert (table["low"] <= table["right"]).all() and (table["right"] <= table["high"]).all()
    assert table["low"][0] == 0 and table["high"][0] == pytest.approx(0.6576, abs=5e-5)


def test_reliability_does_not_depend_on_the_order_of_records() -> None:
    order = np.random.default_rng(0).permutation(10)
    pd.testing.assert_frame_equal(
        reliability(SURE, IS_RIGHT, 3), reliability(SURE[order], IS_RIGHT[order], 3)
    )


def test_fewer_records_than_bins_have_fewer_bins_and_none_has_none() -> None:
    few = reliability(SURE[:3], IS_RIGHT[:3])
    assert few["n"].tolist() == [1, 1, 1]
    assert few["right"].tolist() == [0, 0, 1]
    assert reliability(SURE[:0], IS_RIGHT[:0]).empty


def test_equally_sure_records_are_not_torn_apart() -> None:
    sure = np.array([0.5] * 2 + [1.0] * 8)
    table = reliability(sure, np.arange(10) % 2 == 0, bins=5)
    assert table["n"].tolist() == [2, 8]
    assert table["right"].tolist() == [0.5, 0.5]


@given(JUDGED, st.integers(1, 20))
def test_bins_hold_every_record_and_equally_many_where_all_differ(
    judged: list[tuple[float, bool]], bins: int
) -> None:
    sure, good = arrays(judged)
    table = reliability(sure, good, bins)
    assert table["n"].sum() == len(judged)
    assert (table["right"] * table["n"]).sum() == pytest.approx(good.sum())
    apart = reliability(np.linspace(0.1, 0.9, len(judged)), good, bins)
    assert len(apart) == min(bins, len(judged))
    assert apart["n"].max() - apart["n"].min() <= 1


def test_calibration_error_by_hand() -> None:
    # Two bins: 0.2 and 0.4 with one right, 0.8 and 0.9 with both right.
    sure, good = np.array([0.2, 0.4, 0.8, 0.9]), np.array([False, True, True, True])
    found = expected_calibration_error(sure, good, bins=2)
    assert found.value == pytest.approx(0.5 * abs(0.5 - 0.3) + 0.5 * abs(1 - 0.85))


def test_a_bin_takes_its_upper_edge_so_that_1_is_in_the_last() -> None:
    # In one bin the 0.3 too little and the 0.1 too much balance; 0.5 belongs to the lower half.
    assert expected_calibration_error(
        np.array([1.0, 0.8]), np.array([False, True]), bins=2
    ).value == pytest.approx(0.4)
    assert expected_calibration_error(
        np.array([0.5, 0.3]), np.array([False, True]), bins=2
    ).value == pytest.approx(0.1)


@given(JUDGED)
@settings(deadline=None, max_examples=60)
def test_calibration_error_equals_torchmetrics(judged: list[tuple[float, bool]]) -> None:
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    sure, good = arrays(judged)
    theirs = binary_calibration_error(
        torch.tensor(sure), torch.tensor(good.astype(int)), n_bins=15, norm="l1"
    )
    ours = expected_calibration_error(sure, good, draws=2)
    assert ours.value == pytest.approx(float(theirs), abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 400))
@settings(deadline=None, max_examples=40)
def test_calibration_error_equals_torchmetrics_of_the_likeliest_class(
    seed: int, classes: int, size: int
) -> None:
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.5), size)
    truth = rng.integers(0, classes, size)
    theirs = multiclass_calibration_error(
        torch.tensor(probabilities), torch.tensor(truth), classes, n_bins=15, norm="l1"
    )
    ours = expected_calibration_error(
        probabilities.max(axis=1), probabilities.argmax(axis=1) == truth, draws=2
    )
    assert ours.value == pytest.approx(float(theirs), abs=1e-5)


def test_the_interval_of_an_honest_model_holds_0() -> None:
    found = [expected_calibration_error(*honest(400, seed), draws=200) for seed in range(40)]
    assert sum(each.low == 0 for each in found) >= 35
    assert all(each.low <= each.value <= each.high for each in found)


def test_the_interval_of_one_that_boasts_holds_the_truth_and_not_0() -> None:
    # It is right 10 points less often than it says, whatever it says: the error is 0.1.
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 1, 800)
        found = expected_calibration_error(sure, rng.random(800) < sure - 0.1, draws=200)
        held += found.low <= 0.1 <= found.high
        assert found.low > 0
    assert held >= 35


def test_one_record_has_no_interval_and_none_has_no_error() -> None:
    found = expected_calibration_error(np.array([0.7]), np.array([True]))
    assert (found.value, found.low, found.high) == (pytest.approx(0.3), None, None)
    with pytest.raises(ValueError, match="no records"):
        expected_calibration_error(SURE[:0], IS_RIGHT[:0])


def test_coverage_by_hand() -> None:
    table = coverage(SURE, IS_RIGHT, [1.0, 0.5, 0.3, 0.1])
    assert table["kept"].tolist() == [1.0, 0.5, 0.3, 0.1]
    assert table["n"].tolist() == [10, 5, 3, 1]
    assert table["right"].tolist() == pytest.approx([0.5, 4 / 5, 2 / 3, 1])
    assert table["confidence"].tolist() == [0.1, 0.6, 0.8, 0.95]
    low, high = wilson(np.array([5.0, 4.0, 2.0, 1.0]), np.array([10, 5, 3, 1]))
    assert table["low"].tolist() == pytest.approx(low)
    assert table["high"].tolist() == pytest.approx(high)


def test_coverage_goes_from_everything_to_a_twentieth() -> None:
    table = coverage(*honest(200, 0))
    assert table["kept"].tolist() == [share / 100 for share in range(100, 0, -5)]
    assert table["n"].tolist() == list(range(200, 0, -10))


def test_one_record_at_least_is_kept_and_none_of_none() -> None:
    assert coverage(SURE[:3], IS_RIGHT[:3], [0.05])["n"].tolist() == [1]
    assert coverage(SURE[:0], IS_RIGHT[:0]).empty


def test_of_equally_sure_records_each_counts_with_their_mean() -> None:
    sure, good = np.array([0.9, 0.5, 0.5, 0.5, 0.5]), np.array([True, True, False, False, False])
    for order in (np.arange(5), np.arange(5)[::-1]):
        table = coverage(sure[order], good[order], [0.6])
        assert table["right"].tolist() == pytest.approx([(1 + 2 * 0.25) / 3])


def test_kept_for_by_hand() -> None:
    # Right of the surest 1, 2, …: 1/1, 1/2, 2/3, 3/4, 4/5, 4/6, 4/7, 5/8, 5/9, 5/10.
    assert kept_for(SURE, IS_RIGHT, 0.8) == 0.5
    assert kept_for(SURE, IS_RIGHT, 0.5) == 1
    assert kept_for(SURE, IS_RIGHT, 0.62) == 0.8
    assert kept_for(SURE, IS_RIGHT, 0.9) == 0.1
    assert kept_for(SURE[:2], IS_RIGHT[:2], 0.5) is None
    assert kept_for(SURE[:0], IS_RIGHT[:0], 0.5) is None


@given(JUDGED, st.integers(1, 20))
@settings(deadline=None)
def test_what_is_kept_reaches_what_is_wanted_and_one_more_does_not(
    judged: list[tuple[float, bool]], twentieths: int
) -> None:
    sure, good = arrays(judged)
    wanted = twentieths / 20
    shares = [count / len(sure) for count in range(1, len(sure) + 1)]
    reached = coverage(sure, good, shares)["right"] >= wanted - 1e-9
    kept = kept_for(sure, good, wanted)
    assert kept == (None if not reached.any() else shares[reached.to_numpy().nonzero()[0][-1]])
