"""What a run answered in one task on one part of the data, ready to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.reports.classification import (
    CONFIDENCE,
    PREDICTED,
    TRUTH,
    UNCALIBRATED,
    load_predictions,
    load_reports,
)
from mtrec.reports.confusion import compared, confusion
from mtrec.reports.sureness import RIGHT, right
from mtrec.schema import TEST, VAL, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType


@dataclass(frozen=True, eq=False)
class Answers:
    """One task of a run.

    Attributes:
        report: of the `report` contract.
        labelled: predictions of the records that carry a label, as `load_predictions` gives them;
            empty where the run did not keep them.
        earlier: the same of the validation part where the test part is told, None elsewhere.
    """

    task: str
    report: dict[str, Any]
    labelled: pd.DataFrame = field(repr=False)
    earlier: pd.DataFrame | None = field(repr=False)

    @property
    def type(self) -> TaskType:
        return TASK_TYPES[self.report["type"]]

    @property
    def headline(self) -> Estimate:
        return Estimate(**self.report["metrics"][self.type.headline])

    def usual(self, metric: str) -> Estimate | None:
        """The figure of always giving the commonest answer; None where nobody knows it."""
        found = self.report.get("baseline", {}).get(metric)
        return None if found is None else Estimate(**found)

    @cached_property
    def answered(self) -> pd.DataFrame:
        """The labelled records of which something was said."""
        return self.labelled.dropna(subset=[PREDICTED]).reset_index(drop=True)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """How often each true label stands against each answer, as `confusion` gives it."""
        return confusion(compared(self.answered, self.type), list(self.report["labels"]))

    @cached_property
    def sure(self) -> pd.DataFrame:
        """How sure each answer was, before correction too where it is known, and if it is right."""
        return self._sure(self.answered)

    @cached_property
    def sure_before(self) -> pd.DataFrame | None:
        """The same of the validation part where the test part is told."""
        return None if self.earlier is None else self._sure(self.earlier)

    def _sure(self, answered: pd.DataFrame) -> pd.DataFrame:
        columns = answered.filter([CONFIDENCE, UNCALIBRATED])
        return columns.assign(**{RIGHT: right(answered, self.type)}).reset_index(drop=True)


def answers(folder: Path, dataset: Dataset, split: str) -> list[Answers]:
    """Every task of a run that has labels on a split, in the order of its report.

    Raises:
        InputError: nothing is reported on that split.
    """
    if not dataset.tasks:
        return []
    found = []
    for task, report in load_reports(folder, split).items():
        labelled = load_predictions(folder, split, task).dropna(subset=[TRUTH])
        earlier = None
        if split == TEST:
            before = load_predictions(folder, VAL, task)
            earlier = before.dropna(subset=[TRUTH, PREDICTED]).reset_index(drop=True)
        found.append(Answers(task, report, labelled.reset_index(drop=True), earlier))
    return found
