"""What a task type is: how labels become targets, a head, a loss, predictions and scores."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.labels import LabelType
from mtrec.stats import DRAWS
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.report import TaskReport
from mtrec.tasks.tally import Metric, Tally

if TYPE_CHECKING:
    from torch import Tensor, nn

Floats = NDArray[np.float32]
Targets = Ragged[NDArray[Any]]

NOTHING = ""  # in place of a label: there is none


class Unit(StrEnum):
    """What a head reads of a text."""

    TEXT = "text"  # all of it, as one state
    WORDS = "words"  # each of its words, as what stands between spaces
    MARKS = "marks"  # the two entities marked in it, if they are; both states at once

    @property
    def states(self) -> int:
        """How many of the trunk's states make one row for the head."""
        return 2 if self is Unit.MARKS else 1


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is said of N records.

    Attributes:
        labels: as a recipe would write them, `(N,)`; None where nothing can be said, which is not
            `NOTHING`, where it is said that there is no label.
        confidence: the probability that all of it is right, `(N,)`; NaN where nothing is said.
        shares: the probability that the record carries each label, `(N, L)`.
    """

    labels: NDArray[np.object_]
    confidence: Floats
    shares: Floats

    def spread(self, index: Index, size: int) -> Prediction:
        """The same as predictions of the records `index` among `size`; of the others, none."""
        if len(index) == size:
            return self
        labels = np.full(size, None, dtype=object)
        confidence = np.full(size, np.nan, dtype=np.float32)
        shares = np.full((size, self.shares.shape[1]), np.nan, dtype=np.float32)
        labels[index], confidence[index], shares[index] = self.labels, self.confidence, self.shares
        return Prediction(labels, confidence, shares)


class TaskType(LabelType):
    """One kind of label. Stateless: labels are handed in wherever they are needed.

    A newcomer is one file with a subclass, and one line in `mtrec/tasks/__init__.py`. The side that
    reads labels comes from `LabelType`.

    Shapes: N records, L labels; U rows, which are the records where the unit is the text, and all
    their words where it is the word; `out` the size of the head's output.
    """

    headline: ClassVar[str]
    """The metric that early stopping reads; higher is better."""

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """The least and the most that the headline can come to."""

    unit: ClassVar[Unit] = Unit.TEXT
    """What the head reads of a text."""

    exclusive: ClassVar[bool] = False
    """Whether a record carries exactly one of the labels, so that labels can be weighted."""

    mixes: ClassVar[bool] = True
    """Whether two records make one of both, with a share of either's loss."""

    # Learning

    @abstractmethod
    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        """Labels as numbers, rows `(U, ...)`; a record whose value is missing has no row."""

    @abstractmethod
    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        """A fresh head: what it reads `(U, width)` to logits `(U, out)`.

        Heads are linear: what needs more depth belongs in the trunk, which the tasks share.
        """

    def readout(self, head: nn.Linear) -> Tensor:
        """The directions of what is read that change the probabilities, `(out, width)`."""
        return head.weight.detach()

    @abstractmethod
    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """One loss per row, `(U,)`: a negative log-likelihood, of logits `(U, out)`."""

    @abstractmethod
    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        """How far others are from what logits say, per row, `(U, out)` each to `(U,)`.

        The Kullback-Leibler divergence KL(P ‖ Q) of the distributions P and Q of one row's target,
        on the scale of `loss`: a mean over labels where that is one.
        """

    # Changing texts

    def bound(self, value: str) -> list[tuple[int, int]]:
        """The words that a record's labels hold together: a first one, and the one behind the last.

        Args:
            value: the labels of one record, as a recipe writes them.
        """
        return []

    def rearranged(self, value: str, origins: Sequence[int]) -> str:
        """The labels of a record after words of its text were deleted or swapped.

        Args:
            value: its labels before.
            origins: which of the words before each word now is.
        """
        return value

    # Predicting

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Floats:
        """What the logits `(U, out)` say as probabilities, `(U, P)`, on the CPU.

        P is L where the text is the unit and each label has a probability.
        """

    def thresholds(
        self, probabilities: Floats, targets: NDArray[Any], labels: Sequence[str]
    ) -> tuple[float, ...]:
        """From which probability on each label is predicted, found on validation, `(L,)`.

        Args:
            probabilities, targets: of the validation records that carry the task, `(U, ...)`.

        Returns:
            Nothing for types that do without.
        """
        return ()

    @abstractmethod
    def decode(
        self,
        probabilities: Ragged[Floats],
        labels: Sequence[str],
        thresholds: Sequence[float] = (),
    ) -> Prediction:
        """The predictions for N records that all have rows."""

    def predict(
        self,
        probabilities: Ragged[Floats],
        labels: Sequence[str],
        thresholds: Sequence[float] = (),
    ) -> Prediction:
        """The predictions for N records; nothing is said of those without a row."""
        known = np.flatnonzero(probabilities.present)
        said = self.decode(probabilities.take(known), labels, thresholds)
        return said.spread(known, len(probabilities))

    # Judging

    @abstractmethod
    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        """Predictions counted against the truth, and the figures that are made of the counts.

        Args:
            truth: the labels of each scored record, as a recipe writes them.
            predicted: the labels of what `decode` gave for the same records.

        Returns:
            The headline is among the figures.

        Raises:
            ValueError: there is no record to score.
        """

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
            truth, predicted: as for `tally`.
            groups: who wrote each record; given, intervals are drawn over people, since two
                records of one person are not two independent observations.
            draws: bootstrap samples.

        Raises:
            ValueError: there is no record to score.
        """
        tally, metrics = self.tally(truth, predicted, labels)
        return tally.report(self.type, metrics, groups, draws)

    @abstractmethod
    def compare(self, truth: str, predicted: str) -> list[tuple[str, str]]:
        """Which labels stand against which in one record: those of the truth, those predicted.

        `NOTHING` stands against a label that was missed, or that should not have been predicted.
        """

    def words_behind(
        self, truth: str, predicted: str, pair: tuple[str, str]
    ) -> tuple[int, int] | None:
        """The first words for which `compare` gives a pair: the first, and the one behind the last.

        Returns:
            None where labels are not of words but of the whole record.
        """
        return None

    def describe(self, value: str, text: str) -> str:
        """How labels are told to people beside their text.

        Args:
            value: the labels of one record, true or predicted, as a recipe writes them.
        """
        return "nothing" if value == NOTHING else value

    def marked(self, value: str, text: str) -> list[tuple[str, str]]:
        """The text in parts, each with what labels mark it as; `NOTHING` where they mark nothing.

        Args:
            value: the labels of one record, true or predicted, as a recipe writes them.

        Returns:
            No part is empty. Together they read as the text does without signs that only mark.
        """
        return [(text, NOTHING)]
