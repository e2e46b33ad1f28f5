"""What the data layer asks of a label type, so that it needs to know none of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import pandas as pd

from mtrec.data.recipe import TaskSpec
from mtrec.schema import DataWarning

UNSAID = TaskSpec()


class LabelType(ABC):
    """The side of a task type that reads labels. Stateless.

    `written` are cells as a file holds them, stripped, none missing; `texts` the texts of the same
    rows, on the same index; `values` labels as `read` gives them, none missing.
    """

    type: ClassVar[str]
    """The name that recipes use."""

    description: ClassVar[str]
    """One plain sentence for people who choose a type."""

    several: ClassVar[bool] = False
    """Whether one record may carry several labels at once, joined by | in one cell."""

    ordered: ClassVar[bool] = False
    """Whether the labels have an order, from low to high."""

    settings: ClassVar[tuple[str, ...]] = ()
    """Which of `separator`, `order` and `scale` of a recipe's task it reads."""

    of_tokens: ClassVar[bool] = False
    """Whether a label belongs to parts of its text, so that the text proves what it is."""

    @abstractmethod
    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        """Why these cells look like labels of this type, in a few plain words; None if they don't.

        Such as `3 different values in 14,640 rows`.
        """

    def read(self, written: pd.Series, texts: pd.Series, spec: TaskSpec = UNSAID) -> pd.Series:
        """The labels in the form in which they are kept, strings on the same index.

        Missing where a cell cannot be read as this type: such a label is set aside and counted.

        Raises:
            InputError: the spec says something that this type cannot use.
        """
        return written

    def occurrences(self, values: pd.Series) -> pd.Series:
        """One element for each label that a record carries; its index repeats the record's."""
        return values

    @abstractmethod
    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        """The distinct labels among the values, in their lasting order.

        Raises:
            InputError: the values can't be labels of this type.
        """

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        """What a person should know about labels of this type before training on them.

        That labels are rare or uneven is told of every type, by `mtrec.data.checks`.
        """
        return []
