"""Times as people write them."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.times import UTC, parse_times, placeholder
from mtrec.errors import InputError


def series(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype="str", name="when")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("964982703", "2000-07-30 18:45:03"),
        ("964982703.5", "2000-07-30 18:45:03.5"),
        ("964982703000", "2000-07-30 18:45:03"),
        ("0", "1970-01-01"),
        ("2015-02-24 11:35:51", "2015-02-24 11:35:51"),
        ("2015-02-24", "2015-02-24"),
        ("2015-02-24T11:35:51Z", "2015-02-24 11:35:51"),
        ("2015-02-24 11:35:51 -0800", "2015-02-24 19:35:51"),
        ("2015-02-24T11:35:51.250+01:00", "2015-02-24 10:35:51.250"),
        ("January 1, 2000", "2000-01-01"),
        ("Nov 10, 2018", "2018-11-10"),
        ("10 November 2018", "2018-11-10"),
        ("2018/11/10", "2018-11-10"),
        ("31/12/2020", "2020-12-31"),
        ("12/31/2020 8:05", "2020-12-31 08:05"),
        ("31.12.2020 18:05:09", "2020-12-31 18:05:09"),
        ("Tue Feb 24 11:35:51 +0000 2015", "2015-02-24 11:35:51"),
    ],
)
def test_one_way_of_writing(written: str, expected: str) -> None:
    times = parse_times(series(written, None, written))
    assert times.dtype == UTC
    assert times[0] == times[2] == pd.Timestamp(expected, tz="UTC")
    assert times.isna().tolist() == [False, True, False]


def test_the_index_and_the_name_stay() -> None:
    column = series("2020-01-01", "2020-01-02").set_axis([7, 3])
    times = parse_times(column)
    assert times.index.tolist() == [7, 3]
    assert times.name == "when"


def test_a_format_and_a_zone() -> None:
    times = parse_times(series("03/04/2020 12:00"), "%d/%m/%Y %H:%M", "Europe/Berlin")
    assert times[0] == pd.Timestamp("2020-04-03 10:00", tz="UTC")


def test_a_zone_leaves_times_that_name_their_own() -> None:
    times = parse_times(series("2020-01-01 12:00", "2020-01-01 12:00Z"), timezone="Asia/Tokyo")
    assert times.tolist() == [
        pd.Timestamp("2020-01-01 03:00", tz="UTC"),
        pd.Timestamp("2020-01-01 12:00", tz="UTC"),
    ]


def test_cells_that_cannot_be_read_are_missing() -> None:
    times = parse_times(series("2020-01-01", "soon", "2020-01-03", "2020-13-45"))
    assert times.notna().tolist() == [True, False, True, False]


def test_one_part_above_twelve_settles_the_column() -> None:
    times = parse_times(series("03/04/2020", "25/04/2020"))
    assert times.dt.day.tolist() == [3, 25]


@pytest.mark.parametrize(
    "cells",
    [
        ("03/04/2020", "05/06/2020"),
        ("25/04/2020", "04/25/2020"),
        ("2015", "2016"),
        ("20150224", "20150225"),
    ],
)
def test_two_readings_are_asked_about(cells: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="two ways") as caught:
        parse_times(series(*cells), file="acts.csv")
    assert "time_format" in caught.value.fix
    assert caught.value.where == "acts.csv: column when"


@pytest.mark.parametrize(
    ("time_format", "timezone"),
    [(None, None), ("%d/%m/%Y", None), ("%Q", None), (None, "Mars/Olympus"), (None, "../etc")],
)
def test_what_is_no_time_is_refused(time_format: str | None, timezone: str | None) -> None:
    with pytest.raises(InputError) as caught:
        parse_times(series("yesterday", "tomorrow"), time_format, timezone)
    assert caught.value.expected and caught.value.found and caught.value.fix


def test_an_empty_column_is_without_times() -> None:
    assert parse_times(series(None, None)).isna().all()


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([999, 1], False),
        ([1000, 1], True),
        ([1000, 201], False),
        ([1000, 200], True),
        ([5000], True),
        ([], False),
    ],
)
def test_a_moment_that_stands_out(amounts: list[int], expected: bool) -> None:
    days = [day for day, amount in enumerate(amounts) for _ in range(amount)]
    found = placeholder(
        pd.to_datetime(pd.Series([*days, None], dtype="float64"), unit="D", utc=True)
    )
    assert (found is not None) == expected
    if found is not None:
        assert found[0] == pd.Timestamp(0, tz="UTC")
        assert "1970-01-01" in found[1]


def test_a_column_reads_alike_whether_every_cell_is_plain_or_one_is_not() -> None:
    plain = ["2020-03-29", None, "2021-02-03 10:11:12.5", "2020-07-01T08:00", "9999-12-31"]
    for zone in (None, "Europe/Berlin"):
        mixed = parse_times(series(*plain, "2020-01-01T00:00Z"), timezone=zone)
        pd.testing.assert_series_equal(parse_times(series(*plain), timezone=zone), mixed[:-1])
    assert parse_times(series(*plain), timezone="Europe/Berlin")[3].hour == 6
