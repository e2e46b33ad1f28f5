"""How logits are read so that what is called 80 % sure is right in 80 % of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from mtrec.tasks.base import TaskType
from mtrec.tasks.ragged import Ragged

if TYPE_CHECKING:
    from torch import Tensor

FEWEST = 30  # validation records from which a temperature can be told
HOTTEST = 20.0


@dataclass(frozen=True)
class Calibration:
    """What validation says of how a task's logits are to be read.

    Attributes:
        temperature: what logits are divided by, one number for all labels (Guo et al., 2017, *On
            Calibration of Modern Neural Networks*, arXiv:1706.04599).
        thresholds: from which probability on each label is predicted, for types that ask for it.
    """

    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()


def calibrate(
    task_type: TaskType, logits: Ragged[Tensor], targets: Ragged[Tensor], labels: Sequence[str]
) -> Calibration:
    """The temperature with the lowest loss on validation records, and thresholds at it.

    Args:
        logits, targets: of the records that carry the task; none leaves all as it is.
    """
    if not len(logits):
        return Calibration()
    temperature = 1.0
    if len(logits) >= FEWEST:
        temperature = _best_temperature(task_type, logits.rows, targets.rows)
    probabilities = task_type.probabilities(logits.rows / temperature)
    thresholds = task_type.thresholds(probabilities, targets.rows.numpy(), labels)
    return Calibration(temperature, thresholds)


def _best_temperature(task_type: TaskType, logits: Tensor, targets: Tensor) -> float:
    def loss(log: float) -> float:
        return float(task_type.loss(logits / float(np.exp(log)), targets).mean())

    edge = float(np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=(-edge, edge), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))
