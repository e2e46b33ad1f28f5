"""What the data layer asks of a task type, so that it needs to know none of them."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from mtrec.schema import DataWarning


class LabelType(Protocol):
    """The side of a task type that reads labels. `values` are strings, none of them missing."""

    @property
    def type(self) -> str:
        """The name a recipe uses, such as `binary`."""

    def matches(self, values: pd.Series) -> bool:
        """Whether these values could be labels of this type."""

    def labels(self, values: pd.Series) -> list[str]:
        """The ordered vocabulary of labels found in the values."""

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        """What a person should know about these labels before training on them."""
