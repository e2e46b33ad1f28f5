"""What is said of a training that learned nothing, and what is not said of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mtrec.runs.outcome import nothing_learned, went_off
from mtrec.schema import Estimate
from mtrec.tasks.report import TaskReport


def steps(**losses: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame({f"loss:{task}": each for task, each in losses.items()}, dtype="float64")


def line(began: float, ended: float, number: int = 40) -> list[float | None]:
    return np.linspace(began, ended, number).tolist()


def test_a_loss_that_ends_far_above_its_beginning_is_named_with_both() -> None:
    rising = [0.5] * 4 + [2.0] * 32 + [8.0] * 4
    half = [each for loss in rising for each in (loss, None)]
    said = went_off(steps(a=line(2, 1) + [None] * 40, b=half), ["a", "b"])
    assert said is not None and "'b' from 0.5 to 8." in said
    assert "'a'" not in said and "lower train.learning_rate" in said


@pytest.mark.parametrize(
    "losses",
    [line(2, 0.1), line(1, 1.9), line(0.7, 0.7), line(1, 100, number=19), [None] * 40],
    ids=["learns", "restless", "flat", "short", "never"],
)
def test_other_losses_are_no_news(losses: list[float | None]) -> None:
    assert went_off(steps(a=losses), ["a"]) is None


def test_only_tasks_with_a_say_count() -> None:
    assert went_off(steps(a=line(1, 9)), ["b"]) is None
    assert went_off(pd.DataFrame({"step": [], "seconds": []}), ["a"]) is None


def report(ours: float, usual: float | None, noise: float = 0.5) -> TaskReport:
    def figure(value: float) -> dict[str, Estimate]:
        return {"macro_f1": Estimate(value, value - noise, value + noise)}

    return TaskReport("multiclass", 10, figure(ours), {}, {} if usual is None else figure(usual))


FELL, ROSE = steps(a=line(2, 1), b=line(2, 1)), steps(a=line(1, 1.1), b=line(1, 1.1))
NONE = pd.DataFrame({"step": [], "seconds": []})


@pytest.mark.parametrize(
    ("reports", "losses"),
    [
        ({"a": report(0.3, 0.3), "b": report(0.1, 0.2)}, FELL),  # neither is better
        ({"a": report(0.4, 0.3), "b": report(0.1, 0.2)}, ROSE),  # one, by what may be chance
        ({"a": report(0.3, 0.3)}, NONE),
    ],
)
def test_nothing_is_learned_where_no_task_shows_it(
    reports: dict[str, TaskReport], losses: pd.DataFrame
) -> None:
    said = nothing_learned(reports, losses, ["a", "b"])
    assert said is not None and "most frequent answer" in said and "lower train.learn" in said


@pytest.mark.parametrize(
    ("reports", "losses", "tasks"),
    [
        ({"a": report(0.3, 0.3), "b": report(0.21, 0.2)}, FELL, ["a", "b"]),  # one is better
        ({"a": report(0.3, 0.2)}, NONE, ["a"]),
        ({"a": report(0.9, 0.3, noise=0.1)}, ROSE, ["a"]),  # beyond the noise
        ({"a": report(0.3, None)}, ROSE, ["a"]),  # nothing to compare with
        ({"a": report(0.3, 0.3)}, ROSE, []),  # has no say
        ({}, ROSE, ["a"]),  # no labels on validation
    ],
)
def test_else_nothing_is_said(
    reports: dict[str, TaskReport], losses: pd.DataFrame, tasks: list[str]
) -> None:
    assert nothing_learned(reports, losses, tasks) is None
