"""Predictions of every record, and what they are worth on a split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.schema import RECORD, SPLIT, TEST, TRAIN, USER, VAL, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.report import TaskReport

if TYPE_CHECKING:
    from mtrec.training.inference import Inference

TASK, TRUTH, PREDICTED = "task", "truth", "predicted"
CONFIDENCE, UNCALIBRATED = "confidence", "uncalibrated"
COLUMNS = (RECORD, TASK, SPLIT, TRUTH, PREDICTED, CONFIDENCE)
PREDICTIONS = "predictions.parquet"
REPORTED = (VAL, TEST)


def predictions(dataset: Dataset, inference: Inference) -> pd.DataFrame:
    """What a model says about every record.

    Args:
        inference: of all records.

    Returns:
        One row per task and record: `record`, `task`, `split`, `truth` (missing where the record
        carries no label), `predicted` (missing where nothing can be said), `confidence`, the
        probability that all of it is right, and `uncalibrated`, the same without calibration.
    """
    frames = []
    for task, prediction in inference.predictions.items():
        frame = dataset.records[[RECORD, SPLIT]].copy()
        frame.insert(1, TASK, task)
        frame[TRUTH] = dataset.records[task_column(task)]
        frame[PREDICTED] = pd.Series(prediction.labels, index=frame.index, dtype="str")
        frame[CONFIDENCE] = prediction.confidence
        frame[UNCALIBRATED] = inference.uncalibrated[task]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def load_predictions(folder: Path, split: str, task: str | None = None) -> pd.DataFrame:
    """What `predictions` gave, of one split in a run's folder, and of one task; empty without any.

    Runs that were made before calibration have no column `uncalibrated`.
    """
    path = folder / PREDICTIONS
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    filters = [(SPLIT, "==", split), *([(TASK, "==", task)] if task is not None else [])]
    return pd.read_parquet(path, filters=filters)


def load_answers(folder: Path, *records: int) -> pd.DataFrame:
    """What every task of a run says of records, as `predictions` gave it; empty without any."""
    path = folder / PREDICTIONS
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.read_parquet(path, filters=[(RECORD, "in", set(records))])


def task_reports(dataset: Dataset, predicted: pd.DataFrame, split: str) -> dict[str, TaskReport]:
    """The report of each task that has labelled records in the split.

    Beside it, on the same records, what somebody gets who always gives the most frequent answer.

    Args:
        predicted: what `predictions` gave.
    """
    judged = predicted[(predicted[SPLIT] == split) & predicted[TRUTH].notna()]
    users = dataset.records[USER]
    learned = dataset.records[dataset.records[SPLIT] == TRAIN]
    reports = {}
    for task, rows in judged.groupby(TASK, sort=False):
        known = dataset.tasks[str(task)]
        groups = authors(users.loc[rows[RECORD]])
        scores = partial(TASK_TYPES[known.type].scores, labels=known.labels, groups=groups)
        truth = rows[TRUTH].tolist()
        report = scores(truth, rows[PREDICTED].tolist())
        usual = _most_frequent(learned[task_column(str(task))], known.labels)
        if usual is not None:
            report = replace(report, baseline=scores(truth, [usual] * len(truth)).metrics)
        reports[str(task)] = report
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


def _most_frequent(values: pd.Series, labels: Sequence[str]) -> str | None:
    """The whole answer that stands most often, the first in order of several; None of none."""
    counts = values.value_counts()
    places = {label: place for place, label in enumerate(labels)}
    most = [str(value) for value in counts.index[counts == counts.max()]]
    return min(most, key=lambda value: (places.get(value, len(places)), value), default=None)


def authors(users: pd.Series) -> list[str | None] | None:
    """Who wrote each record; None where nobody wrote two."""
    groups = [user if isinstance(user, str) else None for user in users]
    written = [user for user in groups if user is not None]
    return groups if len(set(written)) < len(written) else None
