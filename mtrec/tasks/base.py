"""What a task type is: how labels become targets, a head, a loss, predictions and scores."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.labels import LabelType
from mtrec.stats import DRAWS
from mtrec.tasks.report import TaskReport

if TYPE_CHECKING:
    from torch import Tensor, nn

Floats = NDArray[np.float32]
Targets = NDArray[Any]
Mask = NDArray[np.bool_]


class TaskType(LabelType):
    """One kind of label. Stateless: labels are handed in wherever they are needed.

    A newcomer is one file with a subclass, and one line in `mtrec/tasks/__init__.py`. The side that
    reads labels comes from `LabelType`.

    Shapes: N records, B records of a batch, L labels, `width` the size of the trunk's state.
    """

    headline: ClassVar[str]
    """The metric that early stopping reads; higher is better."""

    # Learning

    @abstractmethod
    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        """Labels as numbers, `(N, ...)`; a missing value is marked so that `present` knows it."""

    @abstractmethod
    def present(self, targets: Targets) -> Mask:
        """Which of the N records carry a label, `(N,)`."""

    @abstractmethod
    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        """A fresh head: trunk states `(B, width)` to logits `(B, out)`.

        Heads are linear: what needs more depth belongs in the trunk, which the tasks share.
        """

    def readout(self, head: nn.Linear) -> Tensor:
        """The directions of the state that change this type's probabilities, `(out, width)`."""
        return head.weight.detach()

    @abstractmethod
    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """One loss per record, `(B,)`, of records that carry a label: logits `(B, out)`."""

    # Predicting

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Floats:
        """The probability of each label, `(B, L)`, columns in the order of the labels."""

    @abstractmethod
    def decode(self, probabilities: Floats, labels: Sequence[str]) -> list[str]:
        """The predicted label of each row of `(N, L)`, as a recipe would write it."""

    @abstractmethod
    def scores(
        self,
        truth: Sequence[str],
        predicted: Sequence[str],
        labels: Sequence[str],
        groups: Sequence[str | None] | None = None,
        draws: int = DRAWS,
    ) -> TaskReport:
        """How well predictions agree with the truth, with bootstrap intervals.

        Args:
            truth: the label of each scored record, as a recipe writes it.
            predicted: what `decode` gave for the same records.
            groups: who wrote each record; given, intervals are drawn over people, since two
                records of one person are not two independent observations.
            draws: bootstrap samples.

        Raises:
            ValueError: there is no record to score.
        """
