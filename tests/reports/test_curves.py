"""Curves held against scikit-learn, thresholds against the task types' own scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from mtrec.reports.curves import (
    Samples,
    at_thresholds,
    average_precision,
    carries,
    gained,
    given_from,
    precision_recall,
    resampled,
    scores,
    thinned,
)
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Ragged

MULTILABEL = TASK_TYPES["multilabel"]
LABELS = ["a", "b", "c", "d"]

# Few different shares, so that many are equal.
RECORDS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0]), st.booleans()),
    min_size=1,
    max_size=30,
).filter(lambda records: any(carried for _, carried in records))


def columns(records: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    shares, carried = zip(*records, strict=True)
    return np.array(shares, dtype=np.float32), np.array(carried, dtype=np.bool_)


def simulated(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Shares of one label that is carried by one in five, and told apart somewhat."""
    rng = np.random.default_rng(seed)
    carried = rng.random(size) < 0.2
    shares = 1 / (1 + np.exp(2 - 2 * carried - rng.standard_normal(size)))
    return shares.astype(np.float32), carried


# The curve


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_the_curve_is_that_of_scikit_learn(records: list[tuple[float, bool]]) -> None:
    shares, carried = columns(records)
    curve = precision_recall(shares, carried)
    precision, recall, thresholds = precision_recall_curve(carried, shares)
    np.testing.assert_allclose(curve["precision"], precision[-2::-1])
    np.testing.assert_allclose(curve["recall"], recall[-2::-1])
    np.testing.assert_allclose(curve["threshold"], thresholds[::-1])
    given_at = [(shares >= each).sum() for each in curve["threshold"]]
    assert curve["given"].tolist() == given_at


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_average_precision_is_that_of_scikit_learn(records: list[tuple[float, bool]]) -> None:
    shares, carried = columns(records)
    found = average_precision(shares, carried, Samples.once(len(shares)))
    assert found.value == pytest.approx(average_precision_score(carried, shares))


def test_a_curve_counted_by_hand() -> None:
    curve = precision_recall(np.array([0.9, 0.9, 0.5, 0.2]), np.array([True, False, True, False]))
    assert curve["threshold"].tolist() == [0.9, 0.5, 0.2]
    assert curve["recall"].tolist() == [0.5, 1, 1]
    assert curve["precision"].tolist() == pytest.approx([1 / 2, 2 / 3, 1 / 2])
    assert curve["given"].tolist() == [2, 3, 4]


def test_of_a_label_that_no_record_carries_there_is_no_curve() -> None:
    shares, none = np.array([0.5, 0.1]), np.array([False, False])
    with pytest.raises(ValueError, match="recall"):
        precision_recall(shares, none)
    with pytest.raises(ValueError, match="average precision"):
        average_precision(shares, none, Samples.once(2))


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    shares, carried = simulated(5_000)
    curve = precision_recall(shares, carried)
    few = thinned(curve)
    assert len(curve) > 4_000 and 100 < len(few) <= 200
    pd.testing.assert_frame_equal(
        few.iloc[[0, -1]], curve.iloc[[0, -1]].set_axis([0, len(few) - 1])
    )
    assert few.merge(curve).shape == few.shape  # every point is one of the curve's
    assert few["recall"].is_monotonic_increasing
    area = (few["recall"].diff().fillna(few["recall"]) * few["precision"]).sum()
    assert area == pytest.approx(average_precision_score(carried, shares), abs=0.01)
    assert few["recall"].diff().max() < 0.01


def test_a_short_curve_is_not_thinned() -> None:
    curve = precision_recall(*simulated(150))
    assert thinned(curve) is curve


# Intervals


def test_the_interval_of_average_precision_holds_the_truth_as_often_as_it_says() -> None:
    truth = average_precision_score(*reversed(simulated(200_000, 99)))
    samples = resampled([None] * 300)
    found = [average_precision(*simulated(300, seed), samples) for seed in range(150)]
    held = np.mean([each.low <= truth <= each.high for each in found])  # type: ignore[operator]
    assert 0.89 <= held <= 0.99


def test_people_are_drawn_with_all_their_texts() -> None:
    shares, carried = simulated(200)
    often = [np.repeat(each, 10) for each in (shares, carried)]
    alone = average_precision(shares, carried, resampled([None] * 200))
    people = [f"p{number:03}" for number in range(200) for _ in range(10)]
    together = average_precision(often[0], often[1], resampled(people))
    apart = average_precision(often[0], often[1], resampled([None] * 2_000))
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    assert apart.high - apart.low < (alone.high - alone.low) / 2  # type: ignore[operator]


def test_one_case_has_no_interval() -> None:
    found = average_precision(
        np.array([0.9, 0.5]), np.array([False, True]), resampled([None, None])
    )
    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_samples_draw_as_many_as_there_are_and_fewer_of_many() -> None:
    samples = resampled(["x", "y", None, "x", None])
    assert samples.owners.tolist() == [0, 1, 2, 0, 3]
    assert samples.counts.shape == (1_000, 4)
    assert (samples.counts.sum(axis=1) == 4).all()
    table = np.array([[1.0], [10], [100], [1000], [10_000]])
    by_person = np.array([[1001.0], [10], [100], [10_000]])
    np.testing.assert_array_equal(samples.sums(table), samples.counts @ by_person)
    assert len(resampled([None] * 12_000).counts) == 500
    assert len(resampled([None] * 40_000).counts) == 200
    with pytest.raises(ValueError, match="no records"):
        resampled([])


# What a record carries


@pytest.mark.parametrize(
    ("kind", "values", "labels", "expected"),
    [
        ("multilabel", ["a|c", "", "b"], ["a", "b", "c"], ["101", "000", "010"]),
        ("tags", ["O B-b I-b O B-b", "O O", "B-a B-b"], ["a", "b"], ["01", "00", "11"]),
        ("ordinal", ["3", "1", "3"], ["1", "2", "3"], ["001", "100", "001"]),
        ("relation", ["x(e1,e2)", "Other", "x(e2,e1)"], ["Other", "x(e1,e2)"], ["01", "10", "00"]),
        ("binary", ["no", "yes"], ["no", "yes"], ["10", "01"]),
    ],
)
def test_labels_that_stand_in_a_record(
    kind: str, values: list[str], labels: list[str], expected: list[str]
) -> None:
    series = pd.Series(values, dtype="str", index=range(7, 7 + len(values)))
    found = carries(series, labels, TASK_TYPES[kind])
    assert ["".join(map(str, row)) for row in found.astype(int)] == expected


# Thresholds

ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(LABELS), min_size=1, unique=True),
        st.tuples(*[st.floats(0, 1, width=32)] * len(LABELS)),
    ),
    min_size=1,
    max_size=25,
)
THRESHOLDS = st.tuples(*[st.floats(0, 1)] * len(LABELS))


@settings(max_examples=200, deadline=None)
@given(ROWS, THRESHOLDS)
def test_at_its_own_thresholds_a_task_scores_what_its_report_says(
    rows: list[tuple[list[str], tuple[float, ...]]], thresholds: tuple[float, ...]
) -> None:
    truth = pd.Series(["|".join(labels) for labels, _ in rows], dtype="str")
    shares = np.array([each for _, each in rows], dtype=np.float32)
    predicted = MULTILABEL.predict(Ragged.single(shares), LABELS, thresholds).labels
    report = MULTILABEL.scores(truth.tolist(), predicted.tolist(), LABELS, draws=2)

    found = at_thresholds(shares, truth, LABELS, thresholds, MULTILABEL)

    assert found.macro_f1 == pytest.approx(report.metrics["macro_f1"].value)
    assert found.micro_f1 == pytest.approx(report.metrics["micro_f1"].value)
    by_label = found.labels.set_index("label")
    assert by_label.index.tolist() == LABELS
    for label, theirs in report.labels.items():
        ours = by_label.loc[label]
        for name in ("precision", "recall", "f1", "support"):
            assert ours[name] == pytest.approx(getattr(theirs, name)), (label, name)


@pytest.fixture
def records() -> tuple[np.ndarray, np.ndarray]:
    """Shares and truths of 400 records, `(400, 4)` each."""
    pairs = [simulated(400, seed) for seed in range(4)]
    shares, carried = (np.stack(each, axis=1) for each in zip(*pairs, strict=True))
    return shares, carried


def test_a_gain_is_the_difference_of_the_scores(records: tuple[np.ndarray, np.ndarray]) -> None:
    shares, carried = records
    before = given_from(shares, LABELS, [0.5] * 4, MULTILABEL)
    after = given_from(shares, LABELS, [0.5, 0.2, 0.5, 0.7], MULTILABEL)
    found = gained(before, after, carried, 1, resampled([None] * 400))
    old, new = (scores(each, carried, LABELS) for each in (before, after))
    for name in ("precision", "recall", "f1"):
        assert found[name].value == pytest.approx(new.labels[name][1] - old.labels[name][1])
    assert found["macro_f1"].value == pytest.approx(new.macro_f1 - old.macro_f1)
    assert found["micro_f1"].value == pytest.approx(new.micro_f1 - old.micro_f1)
    for each in found.values():
        assert each.low <= each.value <= each.high  # type: ignore[operator]
    assert found["recall"].low > 0 > found["precision"].high  # type: ignore[operator]


def test_a_gain_is_told_from_less_noise_than_either_figure_has(
    records: tuple[np.ndarray, np.ndarray],
) -> None:
    """Both are drawn in the same samples; as independent figures the noise would be greater."""
    shares, carried = records
    before, after = (given_from(shares, LABELS, [each] * 4, MULTILABEL) for each in (0.5, 0.48))
    samples, nothing = resampled([None] * 400), np.zeros_like(before)
    both = gained(before, after, carried, 0, samples)["macro_f1"]
    one = gained(nothing, after, carried, 0, samples)["macro_f1"]
    assert both.high - both.low < (one.high - one.low) / 2  # type: ignore[operator]


def test_where_nothing_differs_nothing_is_gained(records: tuple[np.ndarray, np.ndarray]) -> None:
    shares, carried = records
    same = given_from(shares, LABELS, [0.5] * 4, MULTILABEL)
    other = same.copy()
    other[0, 2] ^= True
    samples = resampled([None] * 400)
    for each in gained(same, same, carried, 0, samples).values():
        assert (each.value, each.low, each.high) == (0, None, None)
    found = gained(same, other, carried, 0, samples)
    assert found["f1"].value == 0 and found["macro_f1"].value != 0
    assert found["macro_f1"].low is None  # one record tells nothing of noise
