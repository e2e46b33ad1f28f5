"""CSV that a spreadsheet shows and does not run."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from mtrec.reports.csv import safe_csv


def read_back(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(safe_csv(frame)), dtype=str, keep_default_na=False, lineterminator="\n"
    )


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_would_run_gets_an_apostrophe(cell: str) -> None:
    assert read_back(pd.DataFrame({"text": [cell]}))["text"].tolist() == [f"'{cell}"]


def test_other_cells_and_numbers_stay_as_they_are() -> None:
    frame = pd.DataFrame({"text": ["a=b", 'fine, "thanks"\nreally', "'t was"], "n": [-1.5, 2, 3]})
    back = read_back(frame)
    assert back["text"].tolist() == frame["text"].tolist()
    assert back["n"].astype(float).tolist() == [-1.5, 2, 3]


def test_a_carriage_return_inside_a_text_begins_no_new_cell() -> None:
    content = safe_csv(pd.DataFrame({"text": ["fine\r=1+1"]})).decode("utf-8-sig")
    assert content == '"text"\n"fine\r=1+1"\n'


def test_a_missing_cell_is_empty_and_column_names_are_escaped_too() -> None:
    back = read_back(pd.DataFrame({"=name": ["x", None]}))
    assert list(back.columns) == ["'=name"]
    assert back["'=name"].tolist() == ["x", ""]


def test_categories_and_repeated_column_names_are_escaped() -> None:
    frame = pd.DataFrame([["=a", "=b"]], columns=["x", "x"]).astype("category")
    assert safe_csv(frame).decode("utf-8-sig").splitlines()[1] == '"\'=a","\'=b"'


def test_the_frame_itself_is_not_changed() -> None:
    frame = pd.DataFrame({"text": ["=1"]})
    safe_csv(frame)
    assert frame["text"].tolist() == ["=1"]
