"""What the figures are called that a setting of λ comes to."""

from __future__ import annotations

from mtrec.data.dataset import DatasetSummary
from mtrec.schema import Estimate
from mtrec.tasks import TASK_TYPES


def title(dataset: DatasetSummary, name: str) -> str:
    """What a figure is of: a task, or else recommendations."""
    return name if name in dataset.tasks else "recommendations"


def metric_of(dataset: DatasetSummary, name: str) -> str:
    """Which figure it is: a task's headline; one of recommendations goes by its own name."""
    task = dataset.tasks.get(name)
    return name if task is None else TASK_TYPES[task.type].headline


def interval(figure: Estimate, sign: str = "") -> str:
    """From where to where its 95 % interval goes."""
    if figure.low is None or figure.high is None:
        return "not known"
    return f"{figure.low:{sign}.3f} to {figure.high:{sign}.3f}"
