"""Who helps whom: hand-worked groups, and a set in which one task is another's twin."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtrec.schema import Estimate, task_column
from mtrec.tradeoffs.affinity import Group, grouped, learned, measure, partitions, ways
from mtrec.tradeoffs.trials import BASE_SEEDS
from mtrec.training.reporter import SilentReporter
from tests.contracts.test_learning import made
from tests.tradeoffs.test_instrument import Counted, ready

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def dataset() -> Any:
    return made()


ABC: Group = ("a", "b", "c")


def test_every_way_to_put_tasks_into_groups() -> None:
    ways = {frozenset(frozenset(group) for group in way) for way in partitions(ABC)}
    assert len(ways) == len([*partitions(ABC)]) == 5  # Bell's number
    assert len([*partitions(("a", "b", "c", "d"))]) == 15
    assert all(sorted(task for group in way for task in group) == [*ABC] for way in partitions(ABC))


def test_of_few_tasks_all_groups_are_learned_of_many_each_alone_and_the_others() -> None:
    assert len(learned(ABC)) == 7 and learned(ABC)[-1] == ABC
    many = tuple("abcdefghijklmnop")
    assert len(learned(many)) == 16 + 16 + 1
    assert all(set(way) <= {*learned(many)} for way in ways(many)) and len(ways(many)) == 16
    assert all(set(way) <= {*learned(ABC)} for way in ways(ABC)) and len(ways(ABC)) == 4


def together(**gaps: tuple[float, float]) -> dict[tuple[Group, str], Estimate]:
    """By `ab_a`: a's figure in all together less that in the group a + b, with so much noise."""
    found = {}
    for name, (gap, off) in gaps.items():
        group, _, task = name.partition("_")
        found[tuple(group), task] = Estimate(gap, gap - off, gap + off)
    return found


NOTHING = {f"{group}_{task}": (0.0, 0.1) for group in ("a", "b", "c") for task in group} | {
    f"{group}_{task}": (0.0, 0.1) for group in ("ab", "ac", "bc") for task in group
}


def test_where_nothing_is_told_tasks_stay_together() -> None:
    assert grouped(ABC, together(**NOTHING)) == ([ABC], {})


def test_a_task_that_gains_by_itself_is_learned_apart() -> None:
    known = together(**{**NOTHING, "c_c": (-0.3, 0.1)})
    groups, apart = grouped(ABC, known)
    assert {frozenset(group) for group in groups} == {frozenset("ab"), frozenset("c")}
    assert apart["c"] == Estimate(0.3, pytest.approx(0.2), pytest.approx(0.4))
    assert apart["a"].value == 0


def test_no_group_is_told_in_which_a_task_loses() -> None:
    lost = {f"{group}_{task}": (0.2, 0.1) for group in ("a", "b", "ab") for task in group}
    assert grouped(ABC, together(**{**NOTHING, **lost, "c_c": (-0.3, 0.1)})) == ([ABC], {})


def test_the_group_that_gains_most_is_told() -> None:
    known = {**NOTHING, "c_c": (-0.2, 0.1), "bc_c": (-0.3, 0.1), "bc_b": (-0.1, 0.2)}
    groups, _ = grouped(ABC, together(**known))
    assert {frozenset(group) for group in groups} == {frozenset("bc"), frozenset("a")}


def test_every_effect_is_held_against_all_together(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    off = [f"tasks.{name}.enabled=false" for name in ("tags", "relation", "multilabel")]
    instrument = ready(dataset, tiny_encoder_folder, tmp_path, off)
    counted = Counted()
    found = measure(instrument, counted)
    assert counted.done == counted.totals
    tasks = instrument.steering
    assert found.tasks == tasks and len(tasks) == 3
    assert found.effects.keys() == {(a, b) for a in tasks for b in tasks if a != b}
    for left, told in found.effects.items():
        without = {task: float(task != left[0]) for task in tasks}
        values = instrument.outcomes([dict.fromkeys(tasks, 1.0), without], BASE_SEEDS).values
        place = found.names.index(left[1])
        assert told.value == pytest.approx(values[0, place] - values[1, place])
        assert told.low <= told.value <= told.high
    assert found.cosines.keys() == found.course.keys() == {*combinations(sorted(tasks), 2)}
    for pair, course in found.course.items():
        assert len(course) == instrument.trials.epochs and all(-1 <= each <= 1 for each in course)
        assert np.mean(course) == pytest.approx(found.cosines[pair].value)


def test_tasks_with_the_same_labels_pull_alike(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    column = task_column("binary")
    twin = replace(dataset.tasks["binary"], name="twin")
    records = dataset.records.assign(**{task_column("twin"): dataset.records[column]})
    tasks = {"binary": dataset.tasks["binary"], "twin": twin}
    doubled = SimpleNamespace(**{**vars(dataset), "tasks": tasks, "records": records})
    instrument = ready(doubled, tiny_encoder_folder, tmp_path, ())
    found = measure(instrument, SilentReporter())
    assert found.cosines["binary", "twin"].value > 0.3
