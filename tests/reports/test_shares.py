"""Shares of labels kept with a run, and read again."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.reports.shares import MODEL_DESCRIPTION, load_shares, load_thresholds, save_shares

SPLITS = ["train", "val", "test", "test", "val", "test", None]
TASKS = {
    "mood/../x": ["record", "label:a", "a.b", "ü|/"],
    "mood": ["no", "yes"],
}


def dataset(sizes: dict[str, list[str]] = TASKS, splits: list[str | None] = SPLITS) -> Any:
    records = pd.DataFrame({"record": range(len(splits)), "split": splits})
    for task, labels in sizes.items():
        records[f"task:{task}"] = pd.Series(labels[:1] * len(splits), dtype="str")
    records.loc[3, "task:mood"] = None
    tasks = {task: SimpleNamespace(labels=labels) for task, labels in sizes.items()}
    return SimpleNamespace(records=records, tasks=tasks)


def inference(data: Any, *tasks: str) -> Any:
    """Every share another number, but nothing is said of record 5."""
    predictions = {}
    for task in tasks or data.tasks:
        size = (len(data.records), len(data.tasks[task].labels))
        shares = np.random.default_rng(len(task)).random(size, dtype=np.float32)
        if len(shares) > 5:
            shares[5] = np.nan
        predictions[task] = SimpleNamespace(shares=shares)
    return SimpleNamespace(predictions=predictions)


@pytest.mark.parametrize("split", ["val", "test"])
@pytest.mark.parametrize("task", TASKS)
def test_what_is_read_is_what_was_said_of_labelled_records(
    split: str, task: str, tmp_path: Path
) -> None:
    data = dataset()
    said = inference(data)
    save_shares(tmp_path, data, said)

    found = load_shares(tmp_path, split, task)

    rows = [place for place, each in enumerate(SPLITS) if each == split]
    rows = [row for row in rows if not (task == "mood" and row == 3)]
    assert found.index.tolist() == rows
    assert found.index.name == "record"
    assert found.columns.tolist() == TASKS[task]
    assert set(found.dtypes) == {np.dtype("float32")}
    # Bit for bit: a share a hair below a threshold must stay there.
    np.testing.assert_array_equal(found.to_numpy(), said.predictions[task].shares[rows])


def test_no_name_of_a_task_or_label_is_part_of_a_path(tmp_path: Path) -> None:
    data = dataset()
    save_shares(tmp_path, data, inference(data))
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"{number}-{split}.parquet" for number in (0, 1) for split in ("test", "val")]


def test_a_task_that_was_not_learned_is_left_out_and_named_in_the_error(tmp_path: Path) -> None:
    data = dataset()
    save_shares(tmp_path, data, inference(data, "mood"))
    assert load_shares(tmp_path, "val", "mood").shape == (2, 2)
    with pytest.raises(InputError, match=r"about 'mood/../x' on the split 'val'.* there: mood"):
        load_shares(tmp_path, "val", "mood/../x")
    with pytest.raises(InputError, match="one of val, test"):
        load_shares(tmp_path, "train", "mood")


def test_a_split_without_labelled_records_is_empty(tmp_path: Path) -> None:
    data = dataset(splits=["train", "test"])
    data.records.loc[1, "task:mood"] = None
    save_shares(tmp_path, data, inference(data))
    found = load_shares(tmp_path, "test", "mood")
    assert found.shape == (0, 2) and found.columns.tolist() == ["no", "yes"]


def test_a_run_made_before_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"did not keep how likely.*Fix: train again"):
        load_shares(tmp_path, "test", "mood")


def test_what_was_kept_before_is_replaced(tmp_path: Path) -> None:
    data = dataset()
    save_shares(tmp_path, data, inference(data))
    save_shares(tmp_path, data, inference(data, "mood"))
    assert not list((tmp_path / "shares").glob("0-*"))
    assert [path.name for path in tmp_path.iterdir()] == ["shares"]


def test_many_labels_of_many_records_are_a_few_megabytes(tmp_path: Path) -> None:
    labels = {"intent": [f"intent {number}" for number in range(150)]}
    data = dataset(labels | {"mood": ["no", "yes"]}, ["test"] * 7_500)
    save_shares(tmp_path, data, inference(data, "intent"))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.parquet")) < 5_000_000
    assert load_shares(tmp_path, "test", "intent").shape == (7_500, 150)


def test_thresholds_are_those_of_the_model(tmp_path: Path) -> None:
    tasks = [
        {"name": "mood", "thresholds": [0.25, 0.625]},
        {"name": "topic", "thresholds": []},
        {"name": "older"},
    ]
    (tmp_path / MODEL_DESCRIPTION).write_text(json.dumps({"tasks": tasks}))
    assert load_thresholds(tmp_path, "mood") == (0.25, 0.625)
    assert load_thresholds(tmp_path, "topic") == load_thresholds(tmp_path, "older") == ()
    with pytest.raises(InputError, match="did not learn this task"):
        load_thresholds(tmp_path, "star")
    with pytest.raises(InputError, match="The model is not there"):
        load_thresholds(tmp_path / "none", "mood")


def test_the_models_file_is_called_as_it_is_saved() -> None:
    from mtrec.training.checkpoint import DESCRIPTION

    assert MODEL_DESCRIPTION == DESCRIPTION
