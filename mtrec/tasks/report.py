"""What a task's predictions are worth on one split, every figure with its noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mtrec.schema import Estimate


@dataclass(frozen=True)
class LabelScores:
    """Precision, recall and F1 of one label (shares of 1), and how many records truly carry it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class TaskReport:
    """The classification report of one task on one split.

    Args:
        type: the task's type, a key of `TASK_TYPES`.
        support: how many records were scored.
        metrics: figures over all labels, by name; the type's headline metric is among them.
        labels: figures of each label, in the order of the task's labels.
    """

    type: str
    support: int
    metrics: dict[str, Estimate]
    labels: dict[str, LabelScores]

    def json(self) -> dict[str, Any]:
        """The value that the command `report` gives for one task."""
        return {
            "type": self.type,
            "support": self.support,
            "metrics": {name: estimate.json() for name, estimate in self.metrics.items()},
            "labels": {label: asdict(scores) for label, scores in self.labels.items()},
        }
