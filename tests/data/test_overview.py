"""What a dataset looks like from afar, counted by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from mtrec.data.overview import activity, over_time, segments, text_lengths

ACTS = pd.DataFrame(
    [
        *[("ann", f"i{n}", f"2024-01-{n + 1:02}", "train") for n in range(6)],
        ("ann", "i8", "2024-03-01", "test"),
        ("bob", "i1", "2024-01-05", "train"),
        ("bob", "i2", "2024-03-02", "test"),
        ("cyn", "i1", "2024-02-01", "val"),
        ("dan", "i1", None, None),
    ],
    columns=["user", "item", "time", "split"],
)
RECORDS = pd.DataFrame(
    {
        "text": ["a", "b" * 15, "c" * 6000],
        "user": ["ann", "ann", None],
        "item": ["i1", None, None],
        "time": pd.to_datetime(["2024-01-01", None, "2024-01-02"], utc=True),
        "split": ["train", "train", "test"],
    }
)


def dataset(acts: pd.DataFrame = ACTS) -> Any:
    times = pd.to_datetime(acts["time"], utc=True)
    return SimpleNamespace(interactions=acts.assign(time=times), records=RECORDS)


def test_acts_by_day_and_split() -> None:
    table, period = over_time(dataset())
    assert period == "week"
    assert table[["train", "val", "test"]].sum().tolist() == [7, 1, 2]
    assert table["period"].iloc[0] == pd.Timestamp("2024-01-01")
    assert table["train"].tolist() == [7, 0, 0]


def test_many_periods_make_longer_ones() -> None:
    days = pd.date_range("2020-01-01", periods=1000).strftime("%Y-%m-%d")
    acts = pd.DataFrame({"user": "ann", "item": "i", "time": days, "split": "train"})
    table, period = over_time(dataset(acts))
    assert (period, len(table)) == ("month", 33)


def test_records_stand_in_where_there_are_no_acts() -> None:
    table, _ = over_time(dataset(ACTS.iloc[:0]))
    assert table[["train", "val", "test"]].sum().tolist() == [1, 0, 1]


def test_people_by_what_is_known_of_them() -> None:
    assert segments(dataset()).to_numpy().tolist() == [
        ["cold", 1, 0],
        ["few", 0, 1],
        ["warm", 0, 1],
    ]


def test_who_did_how_much() -> None:
    table = activity(dataset()).set_index("how often")
    assert table["people: acts"].tolist() == [2, 1, 1, 0, 0]
    assert table["people: texts"].tolist() == [0, 1, 0, 0, 0]
    assert table["items: texts"].tolist() == [1, 0, 0, 0, 0]
    assert table.index.tolist() == ["1", "2 to 4", "5 to 9", "10 to 49", "50 or more"]


def test_texts_by_their_length() -> None:
    lengths = text_lengths(dataset()).set_index("characters")["texts"]
    assert lengths[lengths > 0].to_dict() == {"1 to 9": 1, "10 to 19": 1, "5,000 or more": 1}
