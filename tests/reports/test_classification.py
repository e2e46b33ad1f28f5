"""Predictions as a table and the reports drawn from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.reports.classification import (
    _most_frequent,
    load_reports,
    predictions,
    save_reports,
    task_reports,
)
from mtrec.schema import TEST, TRAIN, VAL, Estimate
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Prediction
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.report import apart


@pytest.fixture(scope="module")
def dataset(tiny_recipe: Path):  # type: ignore[no-untyped-def]
    return read_dataset(tiny_recipe, TASK_TYPES)


def inference(said: Prediction) -> Any:
    uncalibrated = {"topic": np.full(len(said.labels), 0.4, dtype=np.float32)}
    return SimpleNamespace(predictions={"topic": said}, uncalibrated=uncalibrated)


@pytest.fixture(scope="module")
def first(dataset) -> Any:  # type: ignore[no-untyped-def]
    """Says the first topic of every record, with a sureness of 0.5."""
    table = np.full((len(dataset.records), 3), 0.25, dtype=np.float32)
    table[:, 0] = 0.5
    labels = dataset.tasks["topic"].labels
    said = TASK_TYPES["multiclass"].predict(Ragged.single(table), labels)
    return inference(said)


def test_every_record_gets_a_prediction_and_keeps_its_truth(dataset, first) -> None:  # type: ignore[no-untyped-def]
    said = predictions(dataset, first)

    assert said["record"].tolist() == dataset.records["record"].tolist()
    assert set(said["predicted"]) == {dataset.tasks["topic"].labels[0]}
    assert set(said["confidence"]) == {0.5}
    assert set(said["uncalibrated"]) == {np.float32(0.4)}
    truth, known = said["truth"], dataset.records["task:topic"]
    assert truth.isna().sum() == known.isna().sum() > 0
    assert (truth.dropna() == known.dropna()).all()


def test_a_report_counts_the_labelled_records_of_its_split(dataset, first) -> None:  # type: ignore[no-untyped-def]
    said = predictions(dataset, first)
    for split in (TRAIN, VAL, TEST):
        counts = dataset.tasks["topic"].counts[split]
        report = task_reports(dataset, said, split)["topic"]

        assert report.support == sum(counts.values())
        assert {name: each.support for name, each in report.labels.items()} == counts
        label = dataset.tasks["topic"].labels[0]
        assert report.labels[label].recall == 1.0
        assert report.metrics["accuracy"].value == pytest.approx(counts[label] / report.support)


def test_beside_a_report_stands_what_the_most_frequent_training_answer_gets(  # type: ignore[no-untyped-def]
    dataset, first
) -> None:
    known = dataset.tasks["topic"]
    usual = max(known.labels, key=lambda label: known.counts[TRAIN][label])
    report = task_reports(dataset, predictions(dataset, first), TEST)["topic"]

    share = known.counts[TEST][usual] / report.support
    accuracy = report.baseline["accuracy"]
    assert accuracy.value == pytest.approx(share)
    assert accuracy.low <= accuracy.value <= accuracy.high
    # F1 of the only label that is given, and 0 for the other two
    assert report.baseline["macro_f1"].value == pytest.approx(2 * share / (1 + share) / 3)
    assert report.json()["baseline"]["accuracy"] == accuracy.json()


@pytest.mark.parametrize(
    ("values", "usual"),
    [
        (["b", "b", "a", None], "b"),
        (["a", "b", None], "b"),  # as often: the first in the labels' order
        (["a|b", "b|a", "c|a"], "a|b"),  # no label: the first in the alphabet
        (["b", "", ""], ""),
        ([None, None], None),
    ],
)
def test_the_most_frequent_answer_is_a_whole_one(
    values: list[str | None], usual: str | None
) -> None:
    assert _most_frequent(pd.Series(values, dtype="str"), ["b", "a"]) == usual


def test_without_training_labels_there_is_nothing_beside_a_report(dataset, first) -> None:  # type: ignore[no-untyped-def]
    said = predictions(dataset, first)
    records = dataset.records.assign(
        **{"task:topic": dataset.records["task:topic"].where(dataset.records["split"] != TRAIN)}
    )
    unlearned = SimpleNamespace(records=records, tasks=dataset.tasks)
    report = task_reports(unlearned, said, TEST)["topic"]  # type: ignore[arg-type]
    assert report.baseline == report.json()["baseline"] == {}


@pytest.mark.parametrize(
    ("ours", "theirs", "side"),
    [
        (Estimate(0.6, 0.5, 0.7), Estimate(0.3, 0.2, 0.4), 1),
        (Estimate(0.3, 0.2, 0.4), Estimate(0.6, 0.5, 0.7), -1),
        (Estimate(0.6, 0.5, 0.7), Estimate(0.4, 0.3, 0.5), 0),
        (Estimate(0.9), Estimate(0.1, 0.0, 0.2), 0),
        (Estimate(0.9, 0.8, 1.0), Estimate(0.1), 0),
    ],
)
def test_a_difference_is_claimed_only_beyond_both_intervals(
    ours: Estimate, theirs: Estimate, side: int
) -> None:
    assert apart(ours, theirs) == side


def test_nothing_is_said_where_nothing_can_be(dataset, first) -> None:  # type: ignore[no-untyped-def]
    whole = first.predictions["topic"]
    labels, confidence = whole.labels.copy(), whole.confidence.copy()
    labels[0], confidence[0] = None, np.nan
    some = replace(whole, labels=labels, confidence=confidence)
    said = predictions(dataset, inference(some))
    assert said["predicted"].isna().tolist() == [True, *[False] * (len(said) - 1)]
    assert said["confidence"].isna().sum() == 1


def test_reports_come_back_as_they_were_saved(dataset, first, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    reports = task_reports(dataset, predictions(dataset, first), TEST)
    save_reports(tmp_path, TEST, reports)

    assert load_reports(tmp_path, TEST) == {"topic": reports["topic"].json()}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of val, test"):
        load_reports(tmp_path, "train")
    with pytest.raises(InputError, match="has no report"):
        load_reports(tmp_path, TEST)
