"""How often records are drawn: by hand, as properties, and in a training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.schema import SPLIT, task_column
from mtrec.training.config import TrainConfig
from mtrec.training.inputs import StateInputs
from mtrec.training.sampling import expected_draws, systematic

temperatures = st.one_of(st.floats(1, 50), st.just(math.inf))
seeds = st.integers(0, 2**32 - 1)


@st.composite
def labelled(draw: st.DrawFn, each_one_task: bool = False) -> np.ndarray:
    """Which of N records carry each of K tasks, `(K, N)`, no task without a record."""
    tasks, records = draw(st.integers(1, 5)), draw(st.integers(5, 60))
    rng = np.random.default_rng(draw(seeds))
    if each_one_task:
        owners = np.concatenate([np.arange(tasks), rng.integers(0, tasks, records - tasks)])
        return np.asarray(owners == np.arange(tasks)[:, None])
    carried = rng.random((tasks, records)) < rng.random((tasks, 1))
    carried[np.arange(tasks), rng.integers(0, records, tasks)] = True
    return carried


def test_two_tasks_by_hand() -> None:
    """1 and 4 records: at T = 2 the tasks draw as 1 : 2, so 5/3 of one and 10/3 of four."""
    carried = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 1, 1]], dtype=bool)
    np.testing.assert_allclose(expected_draws(carried, 1), 1)
    np.testing.assert_allclose(expected_draws(carried, 2), [5 / 3, *[5 / 6] * 4])
    np.testing.assert_allclose(expected_draws(carried, math.inf), [5 / 2, *[5 / 8] * 4])


def test_a_record_of_two_tasks_counts_their_mean() -> None:
    """Sizes 2 and 3 and equal shares: 1/4, 1/6, and their mean 5/24; 3/4 in all, of 4 draws."""
    carried = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], dtype=bool)
    weights = np.array([1 / 4, 5 / 24, 1 / 6, 1 / 6])
    np.testing.assert_allclose(expected_draws(carried, math.inf), 4 * weights / weights.sum())


@given(labelled(), temperatures)
def test_an_epoch_is_as_long_as_before_and_other_records_come_once(
    carried: np.ndarray, temperature: float
) -> None:
    expected = expected_draws(carried, temperature)
    assert expected.sum() == pytest.approx(carried.shape[1])
    assert (expected > 0).all()
    np.testing.assert_array_equal(expected[~carried.any(axis=0)], 1)


@given(labelled())
def test_by_their_size_every_record_comes_once(carried: np.ndarray) -> None:
    np.testing.assert_allclose(expected_draws(carried, 1), 1)


@given(labelled(each_one_task=True), temperatures)
def test_where_records_carry_one_task_each_tasks_have_their_shares(
    carried: np.ndarray, temperature: float
) -> None:
    sizes = carried.sum(axis=1)
    shares = sizes ** (1 / temperature) / (sizes ** (1 / temperature)).sum()
    drawn = carried @ expected_draws(carried, temperature)
    np.testing.assert_allclose(drawn, carried.shape[1] * shares)


@given(st.integers(1, 5), st.integers(1, 40), temperatures)
def test_where_every_record_carries_every_task_nothing_can_be_evened_out(
    tasks: int, records: int, temperature: float
) -> None:
    carried = np.ones((tasks, records), dtype=bool)
    np.testing.assert_allclose(expected_draws(carried, temperature), 1)


@given(labelled(), temperatures, seeds)
def test_a_record_comes_as_often_as_expected_up_to_the_next_whole_number(
    carried: np.ndarray, temperature: float, seed: int
) -> None:
    expected = expected_draws(carried, temperature)
    drawn = systematic(expected, np.random.default_rng(seed))
    counts = np.bincount(drawn, minlength=len(expected))
    assert len(drawn) == len(expected)
    assert (counts >= np.floor(expected - 1e-9)).all()
    assert (counts <= np.ceil(expected + 1e-9)).all()


def test_over_many_epochs_the_mean_is_what_is_expected() -> None:
    expected = np.array([2.5, 0.4, 0.4, 0.7, 1.0])
    rng = np.random.default_rng(0)
    draws = [np.bincount(systematic(expected, rng), minlength=5) for _ in range(4000)]
    np.testing.assert_allclose(np.mean(draws, axis=0), expected, atol=0.03)


@pytest.fixture
def rare(dataset: Any) -> Any:
    """A few records tell the mood, all others the topic."""
    records = dataset.records.copy()
    few = np.arange(len(records)) % 12 == 0
    records[task_column("mood")] = records[task_column("mood")].where(few)
    records[task_column("topic")] = records[task_column("topic")].where(~few)
    return type(dataset)(records=records, tasks=dataset.tasks)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, untried: None) -> list[np.ndarray]:
    """The rows of each batch that is read, of training as of validation."""
    read: list[np.ndarray] = []
    plain = StateInputs.read

    def noted(self: StateInputs, index: Any, wanted: Any) -> Any:
        read.append(index)
        return plain(self, index, wanted)

    monkeypatch.setattr(StateInputs, "read", noted)
    return read


def counts_by_row(read: list[np.ndarray]) -> np.ndarray:
    return np.bincount(np.concatenate(read))


def used(dataset: Any) -> Any:
    """The records that are learned from or measured on, in the order of their rows."""
    labels = dataset.records[[task_column("mood"), task_column("topic")]]
    return dataset.records[
        dataset.records[SPLIT].isin(["train", "val"]) & labels.notna().any(axis=1)
    ]


def test_a_rare_task_is_seen_more_often_and_epochs_stay_as_long(
    rare: Any, trainer: Any, watcher: Any, seen: list[np.ndarray]
) -> None:
    known = used(rare)
    training = (known[SPLIT] == "train").to_numpy()
    moods = known[task_column("mood")].notna().to_numpy()
    times = {}
    for sampling in ("proportional", "temperature", "equal"):
        seen.clear()
        reporter = type(watcher)()
        trainer(rare, reporter, epochs=4, patience=4, sampling=sampling)
        counts = counts_by_row(seen)
        assert counts[training].sum() == 4 * training.sum()
        assert (counts[~training] == 4).all()
        assert reporter.done == reporter.phases[-1][1]
        times[sampling] = counts[training & moods].mean() / 4
        if sampling == "proportional":
            assert (counts == 4).all()
    share = training.sum() / (2 * (training & moods).sum())
    assert times["equal"] == pytest.approx(share, rel=0.1)
    assert 1 < times["temperature"] < times["equal"]


def test_a_task_that_only_watches_does_not_steer_what_is_drawn(
    rare: Any, trainer: Any, seen: list[np.ndarray]
) -> None:
    """With the topic alone at λ above 0, its records come alike often, and all others once."""
    trainer(rare, None, "frozen", {"mood": 0.0}, sampling="equal")
    assert (counts_by_row(seen) == 2).all()


def test_another_epoch_draws_others_and_the_same_seed_the_same(
    rare: Any, trainer: Any, seen: list[np.ndarray]
) -> None:
    settings = {"epochs": 1, "sampling": "equal", "batch_tokens": 2048}
    drawn = []
    for seed in (0, 0, 1):
        seen.clear()
        trainer(rare, None, seed=seed, **settings)
        drawn.append(counts_by_row(seen).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    seen.clear()
    trainer(rare, None, **(settings | {"epochs": 2}))
    assert counts_by_row(seen).tolist() != [2 * each for each in drawn[0]]


def test_by_their_size_is_as_it_was_to_the_digit(rare: Any, trainer: Any) -> None:
    one = trainer(rare, None, sampling="temperature", sampling_temperature=1).model.state_dict()
    other = trainer(rare, None).model.state_dict()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_the_temperature_goes_with_the_sampling() -> None:
    found = {
        name: TrainConfig.model_validate({"sampling": name, "sampling_temperature": 3}).temperature
        for name in ("proportional", "temperature", "equal")
    }
    assert found == {"proportional": 1, "temperature": 3, "equal": math.inf}
