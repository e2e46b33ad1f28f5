"""Predictions as a table and the reports drawn from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.reports.classification import load_reports, predictions, save_reports, task_reports
from mtrec.schema import TEST, TRAIN, VAL
from mtrec.tasks import LABEL_TYPES


@pytest.fixture(scope="module")
def dataset(tiny_recipe: Path):  # type: ignore[no-untyped-def]
    return read_dataset(tiny_recipe, LABEL_TYPES)


@pytest.fixture(scope="module")
def shares(dataset) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Says the first topic of every record, with a sureness of 0.5."""
    table = np.full((len(dataset.records), 3), 0.25, dtype=np.float32)
    table[:, 0] = 0.5
    return table


def test_every_record_gets_a_prediction_and_keeps_its_truth(dataset, shares) -> None:  # type: ignore[no-untyped-def]
    said = predictions(dataset, {"topic": shares})

    assert said["record"].tolist() == dataset.records["record"].tolist()
    assert set(said["predicted"]) == {dataset.tasks["topic"].labels[0]}
    assert set(said["confidence"]) == {0.5}
    truth, known = said["truth"], dataset.records["task:topic"]
    assert truth.isna().sum() == known.isna().sum() > 0
    assert (truth.dropna() == known.dropna()).all()


def test_a_report_counts_the_labelled_records_of_its_split(dataset, shares) -> None:  # type: ignore[no-untyped-def]
    said = predictions(dataset, {"topic": shares})
    for split in (TRAIN, VAL, TEST):
        counts = dataset.tasks["topic"].counts[split]
        report = task_reports(dataset, said, split)["topic"]

        assert report.support == sum(counts.values())
        assert {name: each.support for name, each in report.labels.items()} == counts
        first = dataset.tasks["topic"].labels[0]
        assert report.labels[first].recall == 1.0
        assert report.metrics["accuracy"].value == pytest.approx(counts[first] / report.support)


def test_reports_come_back_as_they_were_saved(dataset, shares, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    reports = task_reports(dataset, predictions(dataset, {"topic": shares}), TEST)
    save_reports(tmp_path, TEST, reports)

    assert load_reports(tmp_path, TEST) == {"topic": reports["topic"].json()}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of val, test"):
        load_reports(tmp_path, "train")
    with pytest.raises(InputError, match="has no report"):
        load_reports(tmp_path, TEST)
