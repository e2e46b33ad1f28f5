"""Whether a finished training learned anything, in sentences for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from mtrec.tasks.report import apart

if TYPE_CHECKING:
    from mtrec.tasks.report import TaskReport

FEWEST = 20  # steps with a loss below which its beginning and its end are mostly chance
PART = 10  # the beginning and the end are each so large a part, one tenth
FAR = 2.0  # times the loss it began with, beyond which it went off
LOWER = "Try a lower train.learning_rate and train.head_learning_rate"


def went_off(steps: pd.DataFrame, tasks: Collection[str]) -> str | None:
    """The tasks whose loss ended far above where it began, which no learning does; None of none.

    Args:
        steps: as `read_steps` gives them.
        tasks: those with a say in what is learned.
    """
    found = []
    for task in tasks:
        ends = _ends(steps, task)
        if ends is not None and ends[1] > FAR * ends[0]:
            found.append(f"'{task}' from {ends[0]:.3g} to {ends[1]:.3g}")
    if not found:
        return None
    return f"The training went off: losses rose, of {', '.join(found)}. {LOWER}."


def nothing_learned(
    reports: Mapping[str, TaskReport], steps: pd.DataFrame, tasks: Collection[str]
) -> str | None:
    """Says so where no task shows that it learned anything; else None.

    A task shows it where it is better than always giving the commonest answer: beyond the noise of
    both, or at all, if its loss fell too.

    Args:
        reports: on validation, whose labels chose the best epoch.
        steps, tasks: as above.
    """
    from mtrec.tasks import TASK_TYPES

    judged = [task for task in tasks if task in reports and reports[task].baseline]
    for task in judged:
        figure = TASK_TYPES[reports[task].type].headline
        ours, usual = (each[figure] for each in (reports[task].metrics, reports[task].baseline))
        ends = _ends(steps, task)
        fell = ends is None or ends[1] < ends[0]
        if apart(ours, usual) > 0 or (fell and ours.value > usual.value):
            return None
    if not judged:
        return None
    return (
        "Nothing was learned: on validation, no task is answered better than by always giving its "
        f"most frequent answer, or better by no more than chance. {LOWER}, or more epochs."
    )


def _ends(steps: pd.DataFrame, task: str) -> tuple[float, float] | None:
    """A task's mean loss in the first and the last tenth of its steps; None where they are few."""
    column = f"loss:{task}"
    losses = steps[column].dropna() if column in steps else pd.Series(dtype="float64")
    if len(losses) < FEWEST:
        return None
    size = len(losses) // PART
    return float(losses.iloc[:size].mean()), float(losses.iloc[-size:].mean())
