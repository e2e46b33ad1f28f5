"""The long form: one row per label becomes one row per record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError

Read = Callable[..., Dataset]
RECIPE = """
name: long
records:
  - file: a.csv
    text: text
    user: user
    long: {task: task, label: label, types: {%s}}
"""
ROWS = """text,user,task,label
good film,ann,mood,glad
good film,ann,topic,film
bad film,bob,mood,sad
bad film,bob,topic,film
good film,cyn,mood,sad
bad song,bob,topic,song
no label,bob,mood,
"""


def cells(frame: pd.DataFrame, *columns: str) -> list[list[Any]]:
    chosen = frame[[*columns]].astype(object)
    return chosen.where(chosen.notna(), None).values.tolist()


def test_one_record_a_text_and_user_a_column_a_task(read: Read) -> None:
    found = read(RECIPE % "", a__csv=ROWS)
    assert cells(found.records, "row", "text", "user", "task:mood", "task:topic") == [
        [1, "good film", "ann", "glad", "film"],
        [3, "bad film", "bob", "sad", "film"],
        [5, "good film", "cyn", "sad", None],
        [6, "bad song", "bob", None, "song"],
        [7, "no label", "bob", None, None],
    ]
    assert {name: task.type for name, task in found.tasks.items()} == {
        "mood": "binary",
        "topic": "binary",
    }
    assert found.aside.empty


def test_a_second_label_of_one_text_is_set_aside(read: Read) -> None:
    found = read(RECIPE % "", a__csv=ROWS + "good film,ann,mood,sad\ngood film,ann,mood,glad\n")
    assert found.records["task:mood"].iloc[0] == "glad"
    assert cells(found.aside, "row", "part", "reason", "written") == [
        [8, "label: mood", "another label of the same text", "good film | ann | mood | sad"]
    ]
    assert {"second_label": 1}.items() <= {w.code: w.rows for w in found.warnings}.items()


def test_a_task_may_get_another_name_and_a_type(read: Read) -> None:
    rows = ROWS.replace("mood", "mood of it!")
    found = read(RECIPE % "mood of it!: multiclass", a__csv=rows)
    assert found.tasks["mood_of_it"].type == "multiclass"


def test_a_type_that_is_none_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"there is not.*long\.types\.mood"):
        read(RECIPE % "mood: odd", a__csv=ROWS)


def test_a_column_that_is_not_there_is_named(read: Read) -> None:
    with pytest.raises(InputError, match="no column task"):
        read(RECIPE % "", a__csv=ROWS.replace("task", "tusk"))


def test_what_is_masked_is_masked_where_it_is_set_aside_too(read: Read) -> None:
    rows = ROWS.replace("good film", "mail ann@example.org") + "mail ann@example.org,ann,mood,sad\n"
    recipe = (RECIPE % "").replace("    user: user\n", "    user: user\n    mask: true\n")
    found = read(recipe, a__csv=rows)
    assert found.records["text"].iloc[0] == "mail [mail]"
    assert found.aside["written"].tolist() == ["mail [mail] | ann | mood | sad"]
