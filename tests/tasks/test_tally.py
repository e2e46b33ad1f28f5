"""Counts of predictions against the truth, held against scikit-learn and counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from mtrec.tasks.report import TaskReport
from mtrec.tasks.tally import Part, Sums, Tally, accuracy, macro_f1, micro_f1

LABELS = ["a", "b", "c"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)
METRICS = {"macro_f1": macro_f1, "micro_f1": micro_f1, "accuracy": accuracy}

RNG = np.random.default_rng(0)
TRUTH = RNG.choice(LABELS, 200).tolist()
GUESSES = [
    t if right else g
    for t, right, g in zip(TRUTH, RNG.random(200) < 0.6, RNG.choice(LABELS, 200), strict=True)
]
PEOPLE: list[str | None] = [f"p{number}" for number in RNG.integers(0, 40, 200)]


def report(
    truth: list[str],
    predicted: list[str],
    groups: list[str | None] | None = None,
    draws: int = 200,
) -> TaskReport:
    return Tally(truth, predicted, LABELS).report("any", METRICS, groups, draws)


def sums_of(tally: Tally) -> Sums:
    return tally.sums(tally.counts[None])


def characters(written: str) -> list[Part]:
    """Each character is a part that stands at its place."""
    return [(label, place) for place, label in enumerate(written)]


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_figures_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = map(list, zip(*pairs, strict=True))
    found = report(truth, predicted, draws=2)
    for average in ("macro", "micro"):
        expected = f1_score(truth, predicted, average=average, zero_division=0)
        assert found.metrics[f"{average}_f1"].value == pytest.approx(expected)
    assert found.metrics["accuracy"].value == pytest.approx(accuracy_score(truth, predicted))
    theirs = precision_recall_fscore_support(truth, predicted, labels=LABELS, zero_division=0)
    for scores, row in zip(found.labels.values(), zip(*theirs, strict=True), strict=True):
        ours = (scores.precision, scores.recall, scores.f1, scores.support)
        assert ours == pytest.approx(row)


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_every_pair_is_counted_once(pairs: list[tuple[str, str]]) -> None:
    tally = Tally(*zip(*pairs, strict=True), LABELS)
    assert len(set(tally.pairs)) == len(tally.pairs)
    assert dict(zip(tally.pairs, tally.counts, strict=True)) == {
        pair: pairs.count(pair) for pair in pairs
    }


WRITTEN = st.text("abc", max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WRITTEN, WRITTEN), min_size=1, max_size=10))
def test_parts_are_hits_where_both_say_the_same_in_the_same_place(
    pairs: list[tuple[str, str]],
) -> None:
    truth, predicted = zip(*pairs, strict=True)
    sums = sums_of(Tally(truth, predicted, LABELS, characters))
    for place, label in enumerate(LABELS):
        assert sums.support[0, place] == sum(each.count(label) for each in truth)
        assert sums.guessed[0, place] == sum(each.count(label) for each in predicted)
        assert sums.hits[0, place] == sum(
            a == b == label for pair in pairs for a, b in zip(*pair, strict=False)
        )
    assert sums.exact[0] == sum(a == b for a, b in pairs)
    assert sums.records[0] == len(pairs)


def test_what_is_counted_for_several_draws_is_counted_for_each_alone() -> None:
    tally = Tally(TRUTH, GUESSES, LABELS)
    drawn = np.random.default_rng(1).multinomial(200, tally.counts / 200, size=5).astype(float)
    together = tally.sums(drawn)
    for place in range(5):
        alone = tally.sums(drawn[place : place + 1])
        for metric in METRICS.values():
            assert metric(together)[place] == metric(alone)[0]


def test_a_label_that_stands_nowhere_has_no_f1_and_is_in_no_mean() -> None:
    sums = sums_of(Tally(["a", "b"], ["a", "a"], LABELS))
    assert sums.f1[0, :2].tolist() == pytest.approx([2 / 3, 0])
    assert np.isnan(sums.f1[0, 2])
    assert macro_f1(sums)[0] == pytest.approx(1 / 3)
    scores = report(["a", "b"], ["a", "a"]).labels["c"]
    assert (scores.f1, scores.low, scores.high, scores.support) == (0, None, None, 0)


def test_what_is_no_label_is_counted_as_wrong_and_for_no_label() -> None:
    sums = sums_of(Tally(["x", "a"], ["a", "a"], LABELS))
    assert sums.support.tolist() == [[1, 0, 0]]
    assert sums.guessed.tolist() == [[2, 0, 0]]
    assert accuracy(sums)[0] == 0.5


@pytest.mark.parametrize("groups", [None, PEOPLE], ids=["records", "people"])
def test_intervals_are_the_same_every_time(groups: list[str | None] | None) -> None:
    assert report(TRUTH, GUESSES, groups) == report(TRUTH, GUESSES, groups)


@pytest.mark.parametrize("draws", [1, 99, 100, 101, 250])
def test_as_many_draws_are_made_as_asked_for(draws: int) -> None:
    made: list[int] = []

    def counted(sums: Sums) -> np.ndarray:
        made.append(len(sums.counts))
        return accuracy(sums)

    for groups in (None, PEOPLE):
        made.clear()
        Tally(TRUTH, GUESSES, LABELS).report("any", {"accuracy": counted}, groups, draws)
        assert sum(made) == draws + 1  # and the value itself


def test_a_draw_over_records_holds_as_many_as_there_are() -> None:
    sizes: set[float] = set()

    def seen(sums: Sums) -> np.ndarray:
        sizes.update(sums.records)
        return accuracy(sums)

    Tally(TRUTH, GUESSES, LABELS).report("any", {"accuracy": seen}, None, 50)
    assert sizes == {200}


def test_people_are_drawn_with_all_their_records() -> None:
    """Of a person who is all wrong and one who is all right, no draw is in between but a half."""
    seen: set[float] = set()

    def metric(sums: Sums) -> np.ndarray:
        seen.update(accuracy(sums))
        return accuracy(sums)

    tally = Tally(["a"] * 20, ["a"] * 10 + ["b"] * 10, LABELS)
    tally.report("any", {"accuracy": metric}, ["right"] * 10 + ["wrong"] * 10, 100)
    assert seen == {0, 0.5, 1}


def test_undefined_draws_are_left_out_of_the_interval() -> None:
    def sometimes(sums: Sums) -> np.ndarray:
        share = accuracy(sums)
        return np.where(share < accuracy(sums_of(tally)), np.nan, share)

    tally = Tally(TRUTH, GUESSES, LABELS)
    estimate = tally.report("any", {"sometimes": sometimes}, None, 200).metrics["sometimes"]
    assert estimate.low == estimate.value
    assert estimate.high is not None
    assert estimate.high > estimate.value


def test_an_interval_is_stretched_to_hold_its_value() -> None:
    """No draw of all different records holds every one of them."""
    labels = [f"l{number}" for number in range(50)]
    metrics = {
        "drawn": lambda sums: (sums.counts > 0).mean(axis=1),
        "left out": lambda sums: (sums.counts == 0).mean(axis=1),
    }
    found = Tally(labels, labels, labels).report("any", metrics, None, 100).metrics
    drawn, left_out = found["drawn"], found["left out"]
    assert drawn.low is not None
    assert left_out.high is not None
    assert drawn.low < 0.7 < drawn.value == drawn.high == 1
    assert left_out.low == left_out.value == 0 < 0.3 < left_out.high


@pytest.mark.parametrize("groups", [None, []])
def test_no_records_are_not_scored(groups: list[str | None] | None) -> None:
    with pytest.raises(ValueError, match="no records"):
        report([], [], groups)


def test_one_person_s_records_say_nothing_of_noise() -> None:
    found = report(TRUTH[:40], GUESSES[:40], ["ann"] * 40)
    assert all(each.low is None and each.high is None for each in found.metrics.values())
    assert all(each.low is None and each.high is None for each in found.labels.values())


def test_all_right_is_as_sure_as_so_many_records_make_it() -> None:
    """Of n it is n / (n + 1.96²) or more: of all 66, and for each label of those that hold it."""
    truth = ["a"] * 60 + ["b"] * 5 + ["c"]
    found = report(truth, truth)
    for figure in found.metrics.values():
        assert (figure.value, figure.high) == (1, 1)
        assert figure.low == pytest.approx(66 / (66 + 1.959964**2))
    ends = {name: each.low for name, each in found.labels.items()}
    assert ends["a"] == pytest.approx(60 / (60 + 1.959964**2))
    assert ends["b"] == pytest.approx(5 / (5 + 1.959964**2))
    assert ends["c"] is None


def test_all_right_is_as_sure_as_so_many_people_make_it() -> None:
    people = ["ann"] * 30 + ["bob"] * 30 + ["cem"] * 6
    found = report(["a"] * 66, ["a"] * 66, people).metrics["accuracy"]
    assert found.low == pytest.approx(3 / (3 + 1.959964**2))


def test_a_label_that_was_never_found_may_be_one_day() -> None:
    found = report(["a"] * 20 + ["b"] * 5, ["a"] * 25).labels["b"]
    assert (found.f1, found.low) == (0, 0)
    assert found.high == pytest.approx(1.959964**2 / (5 + 1.959964**2))
