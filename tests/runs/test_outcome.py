"""What is said of a training that learned nothing, and what is not said of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mtrec.runs.outcome import verdict
from mtrec.schema import Estimate
from mtrec.tasks.report import TaskReport

Losses = list[float | None]


def steps(**losses: Losses) -> pd.DataFrame:
    return pd.DataFrame({f"loss:{task}": each for task, each in losses.items()}, dtype="float64")


def line(began: float, ended: float, number: int = 40) -> Losses:
    return np.linspace(began, ended, number).tolist()


def report(ours: float, usual: float | None, noise: float = 0.5) -> TaskReport:
    def figure(value: float) -> dict[str, Estimate]:
        return {"macro_f1": Estimate(value, value - noise, value + noise)}

    return TaskReport("multiclass", 10, figure(ours), {}, {} if usual is None else figure(usual))


WELL = {"a": report(0.9, 0.3, noise=0.1), "b": report(0.4, 0.3)}
UP_AND_DOWN = [0.5, *[2.0] * 30, *[8.0] * 5, *[0.5] * 4]  # 40 steps, so 4 are taken together
FELL, OFF = steps(a=line(2, 1), b=line(2, 1)), steps(a=UP_AND_DOWN, b=UP_AND_DOWN)
NONE = pd.DataFrame({"step": [], "seconds": []})


def test_a_loss_that_rose_far_above_its_beginning_is_named_with_both() -> None:
    gaps = [each for loss in UP_AND_DOWN for each in (loss, None)]
    (said,) = verdict(WELL, steps(a=line(2, 1) + [None] * 40, b=gaps), ["a", "b"])
    assert "'b' from 0.50 to 8.00." in said and "'a'" not in said
    assert "lower train.learning_rate" in said


@pytest.mark.parametrize(
    "losses",
    [line(2, 0.1), line(1, 2.9), [1.0, 9.0, *[1.0] * 38], line(1, 99, number=19), [None] * 40],
    ids=["learns", "restless", "one step", "short", "never"],
)
def test_other_losses_are_no_news(losses: Losses) -> None:
    assert verdict(WELL, steps(a=losses), ["a"]) == []


def test_only_tasks_with_a_say_count() -> None:
    assert verdict(WELL, steps(a=UP_AND_DOWN), ["b"]) == []


@pytest.mark.parametrize(
    ("reports", "losses"),
    [
        ({"a": report(0.3, 0.3), "b": report(0.1, 0.2)}, FELL),  # neither is better
        ({"a": report(0.4, 0.3), "b": report(0.1, 0.2)}, OFF),  # one, by what may be chance
        ({"a": report(0.3, 0.3)}, NONE),
    ],
)
def test_nothing_is_learned_where_no_task_shows_it(
    reports: dict[str, TaskReport], losses: pd.DataFrame
) -> None:
    said = verdict(reports, losses, ["a", "b"])
    assert "Nothing was learned" in said[-1] and "most frequent answer" in said[-1]
    assert " ".join(said).count("lower train.learning_rate") == 1


@pytest.mark.parametrize(
    ("reports", "losses", "tasks"),
    [
        ({"a": report(0.3, 0.3), "b": report(0.21, 0.2)}, FELL, ["a", "b"]),  # one is better
        ({"a": report(0.3, 0.2)}, NONE, ["a"]),
        ({"a": report(0.9, 0.3, noise=0.1)}, OFF, ["a"]),  # beyond the noise
        ({"a": report(0.3, None)}, FELL, ["a"]),  # nothing to compare with
        ({"a": report(0.3, 0.3)}, FELL, []),  # has no say
        ({}, FELL, ["a"]),  # no labels on validation
    ],
)
def test_else_something_may_be_learned(
    reports: dict[str, TaskReport], losses: pd.DataFrame, tasks: list[str]
) -> None:
    assert not any("Nothing" in each for each in verdict(reports, losses, tasks))
