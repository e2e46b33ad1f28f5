"""What is set aside is kept with its row, and told of once."""

from __future__ import annotations

import pandas as pd

from mtrec.data.notes import Notes, as_written
from mtrec.schema import ASIDE

FRAME = pd.DataFrame(
    {"a": ["x", None, "y"], "b": ["1", "2", None]}, index=pd.Index([3, 5, 9], name="row")
).astype("str")


def test_rows_are_kept_as_written_by_their_number() -> None:
    notes = Notes()
    notes.set_aside(
        "odd",
        "file",
        as_written(FRAME, pd.Series([False, True, True], index=FRAME.index)),
        "no {sense}",
        "{n} rows: {n}",
    )
    assert notes.aside().to_numpy().tolist() == [
        ["file", 5, "row", "no {sense}", " | 2"],
        ["file", 9, "row", "no {sense}", "y | "],
    ]
    (warning,) = notes.warnings
    assert (warning.code, warning.source, warning.rows) == ("odd", "file", 2)
    assert warning.message == "2 rows: 2"


def test_each_row_may_have_its_own_reason() -> None:
    notes = Notes()
    reasons = pd.Series(["one", "two"], index=[3, 9])
    notes.set_aside("odd", "file", FRAME.loc[[3, 9], "a"], reasons, "{n}", "time")
    assert notes.aside()["reason"].tolist() == ["one", "two"]
    assert notes.aside()["part"].tolist() == ["time", "time"]


def test_nothing_is_nothing() -> None:
    notes = Notes()
    notes.set_aside(
        "odd", "file", as_written(FRAME, pd.Series(False, index=FRAME.index)), "why", "{n}"
    )
    notes.warn("odd", "file", 0, "{n}")
    assert notes.warnings == []
    assert notes.aside().dtypes.astype(str).to_dict() == ASIDE


def test_a_long_row_is_cut() -> None:
    notes = Notes()
    notes.set_aside("odd", "file", pd.Series(["x" * 5000], index=[1]), "why", "{n}")
    assert notes.aside()["written"].str.len().tolist() == [1000]
