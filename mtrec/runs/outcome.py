"""Whether a finished training learned anything, in sentences for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from mtrec.tasks.report import apart

if TYPE_CHECKING:
    from mtrec.tasks.report import TaskReport

FEWEST = 20  # steps with a loss below which too little can be told from them
PART = 10  # losses are taken together over one tenth of the steps
FAR = 3.0  # times the loss before the first step, from which on a training has gone off
LOWER = "Try a lower train.learning_rate and train.head_learning_rate"


def verdict(
    reports: Mapping[str, TaskReport], steps: pd.DataFrame, tasks: Collection[str]
) -> list[str]:
    """What a person should know of how the learning went; nothing where it went well.

    A loss that rises far above what it was before the first step tells of steps that were too
    large, also where it comes down again: it then often ends with one answer to everything. A task
    has learned something where it is better on validation than always giving the commonest answer:
    beyond the noise of both, or at all, if its loss did not go off.

    Args:
        reports: on validation, whose labels chose the best epoch.
        steps: as `read_steps` gives them.
        tasks: those with a say in what is learned.
    """
    from mtrec.tasks import TASK_TYPES

    notes = []
    off = {task: rise for task in tasks if (rise := _rise(steps, task)) is not None}
    if off:
        losses = ", ".join(
            f"'{task}' from {_loss(a)} to {_loss(b)}" for task, (a, b) in off.items()
        )
        notes.append(f"The training went off: losses rose, of {losses}. {LOWER}.")
    judged = [task for task in tasks if task in reports and reports[task].baseline]
    for task in judged:
        figure = TASK_TYPES[reports[task].type].headline
        ours, usual = (each[figure] for each in (reports[task].metrics, reports[task].baseline))
        if apart(ours, usual) > 0 or (ours.value > usual.value and task not in off):
            return notes
    if judged:
        notes.append(
            "Nothing was learned: on validation, no task is answered better than by always giving "
            "its most frequent answer, beyond chance."
            + ("" if off else f" {LOWER}, or more epochs.")
        )
    return notes


def _rise(steps: pd.DataFrame, task: str) -> tuple[float, float] | None:
    """A task's loss before the first step and the highest mean since, if that is far above it."""
    column = f"loss:{task}"
    losses = steps[column].dropna() if column in steps else pd.Series(dtype="float64")
    if len(losses) < FEWEST:
        return None
    began, highest = float(losses.iloc[0]), float(losses.rolling(len(losses) // PART).mean().max())
    return (began, highest) if highest > FAR * began else None


def _loss(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
