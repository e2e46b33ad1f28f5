from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.checks import check_ids


@pytest.mark.parametrize(
    ("ids", "code", "rows", "said"),
    [
        (["7.0", "8.0", "12"], "rewritten_ids", 2, "7.0, 8.0"),
        (["1e5", "100", "1.23E+11"], "rewritten_ids", 2, "1e5, 1.23E+11"),
        (["007", "7", "8", "12"], "mixed_ids", 2, "007, 7"),
        (["007", "012", "8", "345"], "mixed_ids", 1, "8 beside 007"),
    ],
)
def test_ids_that_a_spreadsheet_spoiled(ids: list[str], code: str, rows: int, said: str) -> None:
    (found,) = check_ids(pd.Series([*ids, *ids, None], dtype="str"), "users")
    assert (found.code, found.source, found.rows) == (code, "users", rows)
    assert said in found.message


def test_one_person_in_two_files() -> None:
    found = check_ids(pd.Series(["7", "8", "7.0", "8.0"], dtype="str"), "users")
    assert [(each.code, each.rows) for each in found] == [("rewritten_ids", 2), ("mixed_ids", 4)]


@pytest.mark.parametrize(
    "ids",
    [
        ["7", "8", "120"],
        ["007", "008", "120"],
        ["0", "1", "10"],
        ["a7", "1e5", "12c", "b07", "7"],  # hexadecimal
        ["tt0114709", "tt114709"],
        [],
    ],
)
def test_sound_ids(ids: list[str]) -> None:
    assert check_ids(pd.Series(ids, dtype="str"), "items") == []
