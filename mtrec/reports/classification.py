"""Predictions of every record, and what they are worth on a split."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.schema import RECORD, SPLIT, TEST, USER, VAL, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.report import TaskReport

TASK, TRUTH, PREDICTED, CONFIDENCE = "task", "truth", "predicted", "confidence"
PREDICTIONS = "predictions.parquet"
REPORTED = (VAL, TEST)

Floats = NDArray[np.float32]


def predictions(dataset: Dataset, probabilities: Mapping[str, Floats]) -> pd.DataFrame:
    """What a model says about every record.

    Args:
        probabilities: per task `(records, labels)`.

    Returns:
        One row per task and record: `record`, `task`, `split`, `truth` (missing where the record
        carries no label), `predicted`, and `confidence`, the probability of what was predicted.
    """
    frames = []
    for task, shares in probabilities.items():
        known = dataset.tasks[task]
        frame = dataset.records[[RECORD, SPLIT]].copy()
        frame.insert(1, TASK, task)
        frame[TRUTH] = dataset.records[task_column(task)]
        frame[PREDICTED] = TASK_TYPES[known.type].decode(shares, known.labels)
        frame[CONFIDENCE] = shares.max(axis=1)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def task_reports(dataset: Dataset, predicted: pd.DataFrame, split: str) -> dict[str, TaskReport]:
    """The report of each task that has labelled records in the split.

    Args:
        predicted: what `predictions` gave.
    """
    judged = predicted[(predicted[SPLIT] == split) & predicted[TRUTH].notna()]
    users = dataset.records[USER]
    reports = {}
    for task, rows in judged.groupby(TASK, sort=False):
        known = dataset.tasks[str(task)]
        groups = _groups(users.loc[rows[RECORD]])
        reports[str(task)] = TASK_TYPES[known.type].scores(
            rows[TRUTH].tolist(), rows[PREDICTED].tolist(), known.labels, groups
        )
    return reports


def save_reports(folder: Path, split: str, reports: Mapping[str, TaskReport]) -> None:
    """Keeps the reports of a split in a run's folder."""
    path = _path(folder, split)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {task: report.json() for task, report in reports.items()}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def load_reports(folder: Path, split: str) -> dict[str, Any]:
    """The `report` contract's value for a run's folder and split.

    Raises:
        InputError: nothing is reported on that split, or the run has no reports.
    """
    if split not in REPORTED:
        raise InputError(
            "There is no report on this split",
            expected=f"one of {', '.join(REPORTED)}",
            found=split,
            fix="leave --split out to read the test split",
        )
    path = _path(folder, split)
    if not path.exists():
        raise InputError(
            "This run has no report",
            expected="a finished run on data with labelled tasks",
            found=f"nothing in {path.parent}",
            fix="choose another run, or wait until it has finished",
        )
    reports: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return reports


def _path(folder: Path, split: str) -> Path:
    return folder / "reports" / f"{split}.json"


def _groups(users: pd.Series) -> list[str | None] | None:
    """Who wrote each record; None where nobody wrote two."""
    groups = [user if isinstance(user, str) else None for user in users]
    written = [user for user in groups if user is not None]
    return groups if len(set(written)) < len(written) else None
