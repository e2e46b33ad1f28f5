"""parquet: every type as the string that a person would type."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.data.readers import Table
from mtrec.data.readers.content import Content
from mtrec.data.readers.parquet import read_parquet
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

from ..making import parquet_file
from .conftest import rows

Read = Callable[..., Table]
MOMENT = dt.datetime(2024, 1, 31, 12, 30)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (pa.array(["007", "", None]), ["007", None, None]),
        (pa.array(["x"], pa.string_view()), ["x"]),
        (pa.array([b"x"]), ["x"]),
        (pa.array(["u", None, "u"]).dictionary_encode(), ["u", None, "u"]),
        (pa.array([7, 2**62, None]), ["7", str(2**62), None]),
        (pa.array([1.0, 1.5, 1e15, math.nan, -0.5]), ["1", "1.5", "1" + "0" * 15, None, "-0.5"]),
        (pa.array([0.1, 2.0], pa.float32()), ["0.1", "2"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([Decimal("1.50")]), ["1.50"]),
        (pa.array([MOMENT.date()]), ["2024-01-31"]),
        (pa.array([MOMENT], pa.timestamp("ns")), ["2024-01-31T12:30:00"]),
        (pa.array([MOMENT], pa.timestamp("us", "UTC")), ["2024-01-31T12:30:00Z"]),
        (
            pa.array([MOMENT.astimezone(dt.UTC)], pa.timestamp("s", "Europe/Berlin")),
            [f"{MOMENT.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"],
        ),
        (pa.array([["a", "b"], [], [1 * "c", None]]), ["a|b", None, "c"]),
        (pa.array([[1, 2]]), ["1|2"]),
        (pa.array([{"k": 1, "m": ["é"]}]), ['{"k": 1, "m": ["é"]}']),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), ['[["k", 1]]']),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_types(read: Read, values: pa.Array, cells: list[str | None]) -> None:
    table = read("a.parquet", parquet_file(pa.table({"id": range(len(values)), "a": values})))
    assert [row[1] for row in rows(table)] == cells
    assert (table.frame.dtypes == "str").all()
    assert table.encoding == ""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"a": pa.array([], pa.int64())}), "has no rows"),
        (pa.table([[1], [2]], names=["a", "a"]), "cannot be told apart"),
        (pa.table({"a": [b"\xff"]}), "is no parquet file"),
    ],
)
def test_what_is_no_table_is_refused(read: Read, table: pa.Table, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read("a.parquet", parquet_file(table))


@pytest.mark.parametrize("cut", [0, 4, 40, -30, -1])
def test_a_part_of_a_file_is_refused(read: Read, cut: int) -> None:
    with pytest.raises(InputError):
        read("a.parquet", parquet_file(pa.table({"a": ["x"] * 100}))[:cut])


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT | st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_what_is_written_is_read_back(values: list[tuple[str | None, int]]) -> None:
    texts, numbers = zip(*values, strict=True)
    content = parquet_file(pa.table({"a": pa.array(texts, pa.string()), "b": numbers}))
    table = read_parquet(Content("a.parquet", content), FileOptions())
    assert rows(table) == [[text or None, str(number)] for text, number in values]


@given(st.floats(allow_infinity=False, allow_nan=False))
@settings(deadline=None)
def test_floats_keep_their_value(value: float) -> None:
    content = parquet_file(pa.table({"a": [value]}))
    ((cell,),) = rows(read_parquet(Content("a.parquet", content), FileOptions()))
    assert cell is not None and float(cell) == value
