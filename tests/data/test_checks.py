"""Warnings that depend on amounts: just below them, and just there."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.checks import check_interactions, check_tasks, check_times
from mtrec.data.dataset import DatasetTask
from mtrec.schema import DataWarning


def codes(warnings: list[DataWarning]) -> list[str]:
    return [warning.code for warning in warnings]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([999, 1], []),
        ([1000, 1], ["placeholder_time"]),
        ([1000, 201], []),
        ([1000, 200], ["placeholder_time"]),
        ([5000], ["placeholder_time"]),
        ([], []),
    ],
)
def test_a_moment_that_stands_out(amounts: list[int], expected: list[str]) -> None:
    days = [day for day, amount in enumerate(amounts) for _ in range(amount)]
    times = pd.to_datetime(pd.Series([*days, None], dtype="float64"), unit="D", utc=True)
    found = check_times(pd.DataFrame({"time": times}), "s")
    assert codes(found) == expected
    if found:
        assert (found[0].rows, found[0].source) == (amounts[0], "s")
        assert "1970-01-01" in found[0].message


@pytest.mark.parametrize(("items", "expected"), [(49, ["few_items"]), (50, [])])
def test_a_small_catalogue(items: int, expected: list[str]) -> None:
    interactions = pd.DataFrame(
        {"user": "a", "item": [str(n) for n in range(items)], "liked": True, "count": 1}
    )
    assert codes(check_interactions(interactions, from_records=False)) == expected


def test_labels_too_rare_to_learn_are_named() -> None:
    counts = {"often": 10, "rare": 9, "never": 0}
    task = DatasetTask("mood", "multiclass", [*counts], {"train": counts, "val": {}, "test": {}})
    (found,) = check_tasks({"mood": task})
    assert (found.code, found.source, found.rows) == ("rare_label", "mood", 9)
    assert "rare (9), never (0)" in found.message
