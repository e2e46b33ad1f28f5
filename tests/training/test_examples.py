"""The records that training reads, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from mtrec.models.multitask import HeadSpec
from mtrec.schema import SPLIT, TEXT, task_column
from mtrec.training.examples import Examples

MOOD = HeadSpec("mood", "binary", ("bad", "good"))


@pytest.fixture
def dataset() -> Any:
    records = pd.DataFrame(
        {
            TEXT: list("abcdefg"),
            SPLIT: ["train"] * 4 + ["val", "test", "train"],
            task_column("mood"): ["good", "good", "good", "bad", "bad", "bad", None],
        }
    )
    return SimpleNamespace(records=records)


def test_only_labelled_records_of_train_and_val_are_read(dataset: Any) -> None:
    examples = Examples.of(dataset, [MOOD])
    assert examples.texts == list("abcde")
    assert {split: rows.tolist() for split, rows in examples.rows.items()} == {
        "train": [0, 1, 2, 3],
        "val": [4],
    }
    assert examples.targets["mood"].rows.tolist() == [1, 1, 1, 0, 0]
    assert examples.weights == {}


def test_balanced_labels_count_alike_in_training(dataset: Any) -> None:
    """Of 4 training records 3 are good: each counts 4 / (2 · 3), and the bad one 4 / (2 · 1)."""
    weights = Examples.of(dataset, [MOOD], balanced=["mood"]).weights["mood"].tolist()
    assert weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2, 2])
    assert sum(weights[:4]) == pytest.approx(4)
