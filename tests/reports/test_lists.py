from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.recommend import fused
from mtrec.reports.lists import check_target, write_lists
from mtrec.training.reporter import SilentReporter


class Few:
    """Five people; the list of each is one shorter than that of the person before."""

    users = np.array(list("abcde"), dtype=object)

    def __init__(self) -> None:
        self.blocks: list[int] = []

    def recommender(self, name: str) -> None:
        if name != "fused":
            raise InputError(f"There is no recommender {name}")

    def ranked(self, users: Any, k: int, recommender: str, plan: Any) -> pd.DataFrame:
        self.blocks.append(len(users))
        rows = [
            (self.users[user], place + 1, f"i{place}", "=Title", 1.0 / (place + 1))
            for user in users
            for place in range(max(0, k - user))
        ]
        return pd.DataFrame(rows, columns=["user", "place", "item", "title", "score"])


class Counter(SilentReporter):
    def __init__(self) -> None:
        self.total = self.done = 0

    def phase(self, name: str, total: int) -> None:
        self.total = total

    def advance(self, n: int) -> None:
        self.done += n


def test_everyone_is_in_the_file_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused, "BLOCK", 2)
    few, counter, path = Few(), Counter(), tmp_path / "all.parquet"
    path.write_text("what was there before")
    assert write_lists(few, path, 3, counter) == 3 + 2 + 1  # type: ignore[arg-type]
    assert few.blocks == [2, 2, 1]
    assert (counter.done, counter.total) == (5, 5)
    found = pd.read_parquet(path)
    assert found["user"].tolist() == list("aaabbc")
    assert found["place"].tolist() == [1, 2, 3, 1, 2, 1]
    assert found["title"].tolist() == ["=Title"] * 6
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


def test_a_list_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.parquet"
    path.write_text("what was there before")

    class Broken(Few):
        def ranked(self, users: Any, k: int, recommender: str, plan: Any) -> pd.DataFrame:
            if self.blocks:
                raise OSError(28, "No space left on device")
            return super().ranked(users, k, recommender, plan)

    monkeypatch.setattr(fused, "BLOCK", 2)
    with pytest.raises(OSError, match="No space"):
        write_lists(Broken(), path, 3, SilentReporter())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no recommender magic"):
        write_lists(Few(), path, 3, SilentReporter(), "magic")  # type: ignore[arg-type]
    assert path.read_text() == "what was there before"
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


def test_where_lists_cannot_be_written_it_is_said(tmp_path: Path) -> None:
    check_target(tmp_path / "all.parquet")
    for path, said in (
        (tmp_path / "all.csv", "ends in .parquet"),
        (tmp_path / "all", "ends in .parquet"),
        (tmp_path / "absent" / "all.parquet", "no folder"),
    ):
        with pytest.raises(InputError, match=said):
            check_target(path)
    (tmp_path / "taken.parquet").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        check_target(tmp_path / "taken.parquet")
