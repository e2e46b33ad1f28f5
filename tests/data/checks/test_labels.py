from __future__ import annotations

import pytest

from mtrec.data.checks import check_tasks
from mtrec.data.dataset import DatasetTask
from mtrec.schema import DataWarning


def warnings(counts: dict[str, int]) -> list[DataWarning]:
    """What is said of a task whose labels stand so often, all of them in training."""
    task = DatasetTask.from_json(
        "mood",
        {
            "type": "multiclass",
            "labels": [*counts],
            **{"train": sum(counts.values()), "val": 0, "test": 0},
            "counts": {"train": counts, "val": {}, "test": {}},
        },
    )
    return check_tasks({"mood": task})


def test_labels_too_rare_to_learn_are_named() -> None:
    (found,) = warnings({"often": 10, "rare": 9, "never": 0})
    assert (found.code, found.source, found.rows) == ("rare_label", "mood", 9)
    assert "rare (9), never (0)" in found.message


@pytest.mark.parametrize(("most", "expected"), [(199, []), (200, ["unbalanced_labels"])])
def test_a_label_ten_times_as_frequent_as_another(most: int, expected: list[str]) -> None:
    found = warnings({"few": 20, "some": 50, "many": most})
    assert [each.code for each in found] == expected
    if found:
        assert (found[0].source, found[0].rows) == ("mood", 200)
        assert "'many' (200 records) stands 10 times as often as 'few' (20)" in found[0].message
        assert "score of each label" in found[0].message


def test_a_label_said_to_be_too_rare_is_not_called_unbalanced_too() -> None:
    assert [each.code for each in warnings({"a": 90, "b": 80, "c": 2})] == ["rare_label"]
