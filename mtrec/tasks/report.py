"""What a task's predictions are worth on one split, every figure with its noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mtrec.schema import Estimate


@dataclass(frozen=True)
class LabelScores:
    """One label: shares of 1, the 95 % interval of F1, and how often it truly stands."""

    precision: float
    recall: float
    f1: float
    low: float | None
    high: float | None
    support: int


@dataclass(frozen=True)
class TaskReport:
    """The classification report of one task on one split.

    Args:
        type: the task's type, a key of `TASK_TYPES`.
        support: how many records were scored.
        metrics: figures over all labels, by name; the type's headline metric is among them.
        labels: figures of each label, in the order of the task's labels.
        baseline: the same figures for always giving the most frequent training answer; empty where
            nothing was labelled in training.
    """

    type: str
    support: int
    metrics: dict[str, Estimate]
    labels: dict[str, LabelScores]
    baseline: dict[str, Estimate] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The value that the command `report` gives for one task."""
        return {
            "type": self.type,
            "support": self.support,
            "metrics": _json(self.metrics),
            "labels": {label: asdict(scores) for label, scores in self.labels.items()},
            "baseline": _json(self.baseline),
        }


def apart(ours: Estimate, theirs: Estimate) -> int:
    """On which side of the other a figure lies beyond the noise of both: 1 above, -1 below.

    0 where the intervals touch or there is none to go by: then no difference may be claimed.
    """
    if ours.low is None or ours.high is None or theirs.low is None or theirs.high is None:
        return 0
    return int(ours.low > theirs.high) - int(ours.high < theirs.low)


def _json(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.json() for name, estimate in estimates.items()}
