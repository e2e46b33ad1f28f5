"""Two runs compared: by hand, against each type's own scores, and where there is nothing to see."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.config import RunConfig, with_settings
from mtrec.reports.compare import changed, compare, paired, settings_diff, title_of
from mtrec.stats import interval
from mtrec.tasks import TASK_TYPES

# Of each type: its labels, truths, and what two runs said of the same eight records.
SAID: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    "binary": (
        ["no", "yes"],
        ["no", "yes", "yes", "no", "yes", "no", "no", "yes"],
        ["no", "yes", "yes", "no", "yes", "yes", "no", "yes"],
        ["no", "no", "yes", "yes", "yes", "no", "no", "yes"],
    ),
    "multiclass": (
        ["a", "b", "c"],
        ["a", "b", "c", "a", "b", "c", "a", "a"],
        ["a", "b", "c", "a", "a", "c", "b", "a"],
        ["b", "b", "a", "a", "b", "c", "b", "c"],
    ),
    "multilabel": (
        ["a", "b", "c"],
        ["a|b", "a", "c", "b|c", "a", "b", "c", "a|b|c"],
        ["a|b", "b", "c", "b", "", "b", "a|c", "a|b|c"],
        ["a", "a", "", "b|c", "a", "a|b", "c", "c"],
    ),
    "ordinal": (
        ["1", "2", "3", "4"],
        ["1", "2", "3", "4", "1", "2", "3", "4"],
        ["1", "2", "4", "4", "2", "2", "3", "3"],
        ["2", "2", "3", "1", "1", "4", "3", "4"],
    ),
    "tags": (
        ["x", "y"],
        ["B-x I-x O", "O O", "B-y", "B-x B-y", "O", "B-x O B-x", "B-y I-y", "O B-x"],
        ["B-x I-x O", "O B-x", "B-y", "B-x B-x", "O", "B-x O O", "B-y I-y", "O B-x"],
        ["B-x O O", "O O", "B-x", "B-x B-y", "B-y", "B-x O B-x", "B-y O", "O B-x"],
    ),
    "relation": (
        ["Of(e1,e2)", "Of(e2,e1)", "Other", "In"],
        ["Of(e1,e2)", "Of(e2,e1)", "Other", "In", "Of(e1,e2)", "Other", "In", "In"],
        ["Of(e1,e2)", "Of(e1,e2)", "Other", "In", "Of(e1,e2)", "In", "In", "Other"],
        ["Of(e2,e1)", "Of(e2,e1)", "In", "In", "Other", "Other", "In", "Other"],
    ),
}


def table(
    task: str, truth: Sequence[str], said: Sequence[str], split: str = "test"
) -> pd.DataFrame:
    """The predictions of a run for one task."""
    return pd.DataFrame(
        {
            "record": np.arange(len(truth)),
            "task": task,
            "split": split,
            "truth": np.asarray(truth, dtype=object),
            "predicted": np.asarray(said, dtype=object),
            "confidence": np.linspace(0.5, 0.9, len(truth)).astype(np.float32),
        }
    )


def dataset(size: int, people: Sequence[str | None] | None = None, **tasks: str) -> Any:
    """As many records, and tasks by type with the labels of `SAID`."""
    return SimpleNamespace(
        records=pd.DataFrame({"user": pd.Series(people or [None] * size, dtype="str")}),
        tasks={
            task: SimpleNamespace(type=kind, labels=SAID[kind][0]) for task, kind in tasks.items()
        },
    )


def guesses(truth: np.ndarray, skill: float, rng: np.random.Generator) -> np.ndarray:
    """Answers of which so many are known, and the others guessed."""
    known = rng.random(len(truth)) < skill
    return np.where(known, truth, rng.choice(np.unique(truth), len(truth)))


@pytest.mark.parametrize("kind", TASK_TYPES)
def test_figures_are_those_of_the_reports(kind: str) -> None:
    labels, truth, *both = SAID[kind]
    (found,) = compare(
        dataset(8, t=kind), *(table("t", truth, said) for said in both), split="test"
    )
    task_type = TASK_TYPES[kind]
    a, b = (
        task_type.scores(truth, said, labels, draws=2).metrics[task_type.headline].value
        for said in both
    )
    assert (found.a, found.b) == pytest.approx((a, b))
    assert found.difference.value == pytest.approx(a - b)
    assert found.difference.low is not None and found.difference.high is not None
    assert found.difference.low <= a - b <= found.difference.high
    assert found.records == 8


@pytest.mark.parametrize("kind", TASK_TYPES)
def test_all_right_is_all_right_in_every_type(kind: str) -> None:
    _, truth, said, _ = SAID[kind]
    both = dataset(8, t=kind), table("t", truth, truth), table("t", truth, said)
    (found,) = compare(*both, split="test")
    assert found.a == pytest.approx(1)
    assert found.only_a > 0 and found.only_b == 0


def test_counts_of_who_is_right_by_hand() -> None:
    _, truth, a, b = SAID["multiclass"]
    # a errs in records 4 and 6, b in 0, 2, 6 and 7: three only a has right, one only b.
    (found,) = compare(
        dataset(8, t="multiclass"), table("t", truth, a), table("t", truth, b), "test"
    )
    assert (found.only_a, found.only_b, found.differing) == (3, 1, 4)
    assert found.mcnemar == pytest.approx(2 * (1 + 4) / 16)


def test_what_changed_sides_comes_surest_first() -> None:
    _, truth, a, b = SAID["multiclass"]
    first, second = table("t", truth, a), table("t", truth, b)
    second.loc[2, "confidence"] = 0.99
    found = changed(first, second, "t", TASK_TYPES["multiclass"], "test")
    assert found["record"].tolist() == [2, 7, 4, 0]
    assert found["only"].tolist() == ["a", "a", "b", "a"]
    assert found.loc[0, ["truth", "predicted_a", "predicted_b"]].tolist() == ["c", "c", "a"]
    assert found.loc[0, "confidence_b"] == pytest.approx(0.99)
    assert changed(first, first, "t", TASK_TYPES["multiclass"], "test").empty


def test_the_same_run_twice_is_no_difference() -> None:
    _, truth, said, _ = SAID["multiclass"]
    same = table("t", truth, said)
    (found,) = compare(dataset(8, t="multiclass"), same, same, "test")
    assert found.difference.json() == {"value": 0, "low": 0, "high": 0}
    assert (found.p_value, found.corrected, found.mcnemar, found.differing) == (1, 1, 1, 0)
    assert not found.distinguishable


def test_one_answer_that_differs_tells_nothing() -> None:
    _, truth, said, _ = SAID["multiclass"]
    other = [*said[:-1], "b"]
    (found,) = compare(
        dataset(8, t="multiclass"), table("t", truth, said), table("t", truth, other), "test"
    )
    assert found.difference.value > 0 and found.difference.low is None
    assert found.p_value == 1


def test_sides_turn_the_sign() -> None:
    _, truth, *said = SAID["ordinal"]
    first, second = (table("t", truth, each) for each in said)
    data = dataset(8, t="ordinal")
    (forth,), (back,) = compare(data, first, second, "test"), compare(data, second, first, "test")
    assert forth.difference.value == pytest.approx(-back.difference.value)
    assert (forth.only_a, forth.only_b) == (back.only_b, back.only_a)
    assert forth.mcnemar == back.mcnemar


def test_only_records_that_both_scored_count() -> None:
    _, truth, a, b = SAID["multiclass"]
    first, second = table("t", truth, a), table("t", truth, b)
    first.loc[0, "predicted"] = None
    second.loc[1, "truth"] = None
    second = second[second["record"] != 2]
    assert paired(first, second, "t", "test")["record"].tolist() == [3, 4, 5, 6, 7]
    data = dataset(8, t="multiclass", other="binary")
    assert [each.records for each in compare(data, first, second, "test")] == [5]
    assert compare(data, first, second, "val") == []


def test_holm_goes_over_the_tasks_that_both_have() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(SAID["multiclass"][0], 300)
    skills = {"much": (0.9, 0.3), "some": (0.62, 0.5), "none": (0.5, 0.5)}
    sides = [
        pd.concat(
            [table(task, truth, guesses(truth, pair[i], rng)) for task, pair in skills.items()]
        )
        for i in range(2)
    ]
    data = dataset(300, much="multiclass", some="multiclass", none="multiclass", gone="binary")
    found = compare(data, *sides, split="test")
    assert [each.task for each in found] == ["much", "some", "none"]
    p = sorted(each.p_value for each in found)
    expected = [3 * p[0], max(3 * p[0], 2 * p[1]), max(3 * p[0], 2 * p[1], p[2])]
    assert sorted(each.corrected for each in found) == pytest.approx(np.minimum(expected, 1))
    assert found[0].distinguishable and not found[2].distinguishable
    assert found[0].difference.low is not None and found[0].difference.low > 0


def test_pairing_makes_the_interval_narrow() -> None:
    rng = np.random.default_rng(1)
    truth = rng.choice(SAID["multiclass"][0], 400)
    b = guesses(truth, 0.6, rng)
    a = np.where(rng.random(400) < 0.1, guesses(truth, 0.8, rng), b)
    (found,) = compare(
        dataset(400, t="multiclass"), table("t", truth, a), table("t", truth, b), "test"
    )
    labels = SAID["multiclass"][0]
    widths = []
    for said in (a, b):
        score = TASK_TYPES["multiclass"].scores(list(truth), list(said), labels)
        estimate = score.metrics["macro_f1"]
        assert estimate.low is not None and estimate.high is not None
        widths.append(estimate.high - estimate.low)
    assert found.difference.low is not None and found.difference.high is not None
    unpaired = np.hypot(*widths)
    assert found.difference.high - found.difference.low < 0.6 * unpaired


def test_a_macro_f1_interval_is_that_of_resampling_records_one_by_one() -> None:
    rng = np.random.default_rng(2)
    truth = rng.choice(SAID["multiclass"][0], 120)
    a, b = guesses(truth, 0.7, rng), guesses(truth, 0.5, rng)
    (found,) = compare(
        dataset(120, t="multiclass"), table("t", truth, a), table("t", truth, b), "test"
    )
    task_type, draws = TASK_TYPES["multiclass"], []
    for _ in range(400):
        chosen = rng.integers(0, 120, 120)
        score_a, score_b = (
            task_type.scores(
                list(truth[chosen]), list(said[chosen]), SAID["multiclass"][0], draws=1
            )
            for said in (a, b)
        )
        draws.append(score_a.metrics["macro_f1"].value - score_b.metrics["macro_f1"].value)
    low, high = interval(np.array(draws), found.differing) or (np.nan, np.nan)
    assert found.difference.low == pytest.approx(low, abs=0.03)
    assert found.difference.high == pytest.approx(high, abs=0.03)


def test_people_who_repeat_themselves_widen_the_noise() -> None:
    """Ten records each of people who are right with the one run or with the other throughout."""
    rng = np.random.default_rng(3)
    people = [f"p{record // 10}" for record in range(400)]
    truth = np.full(400, "a")
    side = np.repeat(rng.random(40) < 0.6, 10)
    first, second = (table("t", truth, np.where(each, "a", "b")) for each in (side, ~side))
    (alone,) = compare(dataset(400, t="multiclass"), first, second, "test")
    (together,) = compare(dataset(400, people, t="multiclass"), first, second, "test")
    assert (alone.differing, together.differing) == (400, 40)
    assert together.difference.value == alone.difference.value
    widths = [
        (each.difference.high or 0) - (each.difference.low or 0) for each in (alone, together)
    ]
    assert widths[1] > 2.5 * widths[0]  # √10 times, of 40 people
    assert together.p_value > alone.p_value


def test_people_of_one_record_each_are_records() -> None:
    _, truth, *said = SAID["multiclass"]
    both = [table("t", truth, each) for each in said]
    people = [f"p{8 - record}" for record in range(8)]
    assert compare(dataset(8, people, t="multiclass"), *both, split="test") == compare(
        dataset(8, t="multiclass"), *both, split="test"
    )


@pytest.mark.parametrize("people", [None, [f"p{record % 3}" for record in range(8)]])
def test_the_order_of_records_changes_nothing(people: list[str | None] | None) -> None:
    tasks = {"m": "multilabel", "o": "ordinal"}
    both = [
        pd.concat([table(task, SAID[kind][1], SAID[kind][side]) for task, kind in tasks.items()])
        for side in (2, 3)
    ]
    data = dataset(8, people, **tasks)
    shuffled = [each.sample(frac=1, random_state=seed) for seed, each in enumerate(both)]
    assert compare(data, *both, split="test") == compare(data, *shuffled, split="test")
    kind = TASK_TYPES["multilabel"]
    pd.testing.assert_frame_equal(
        changed(*both, "m", kind, "test"), changed(*shuffled, "m", kind, "test")
    )


@pytest.mark.slow
def test_equal_skill_is_seldom_called_a_difference() -> None:
    """Runs on 200 records that are as good by design; every other two are alike in most answers."""
    rng = np.random.default_rng(0)
    data, told = dataset(200, t="multiclass"), 0
    for simulation in range(300):
        truth = rng.choice(SAID["multiclass"][0], 200)
        common = guesses(truth, 0.6, rng)
        is_common = rng.random((2, 200)) < (0.9 if simulation % 2 else 0)
        a, b = (np.where(each, common, guesses(truth, 0.6, rng)) for each in is_common)
        (found,) = compare(data, table("t", truth, a), table("t", truth, b), "test")
        told += found.distinguishable
    assert told <= 0.07 * 300


def test_settings_that_differ_are_named_and_no_others() -> None:
    base = with_settings(RunConfig(), ["tasks.mood.lambda=1", "tasks.mood.enabled=true"])
    assert settings_diff(base, base) == []
    other = with_settings(base, ["tasks.mood.lambda=2", "train.seed=7", "train.epochs=4"])
    assert settings_diff(base, other) == [
        ("tasks.mood.lambda", 1.0, 2.0),
        ("train.epochs", None, 4),
        ("train.seed", 0, 7),
    ]
    more = with_settings(base, ["tasks.verdict.lambda=3"])
    assert ("tasks.verdict.lambda", None, 3.0) in settings_diff(base, more)


def test_settings_are_called_as_people_call_them() -> None:
    config = with_settings(RunConfig(), ["tasks.mood.lambda=1", "strategy.name=dwa"])
    assert title_of(config, "train.seed") == "Random seed"
    assert title_of(config, "encoder.method") == "How much of the language model learns"
    assert title_of(config, "tasks.mood.lambda") == "Weight λ (mood)"
    assert title_of(config, "strategy.params.temperature") == "strategy.params.temperature"
