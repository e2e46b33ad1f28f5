"""jsonl: numbers as written, nested values as JSON, lines that are no object set aside."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.readers import Table
from mtrec.data.readers.content import Content
from mtrec.data.readers.json_lines import read_jsonl
from mtrec.data.readers.table import STACK
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

from .conftest import broken, rows

Read = Callable[..., Table]


def test_numbers_stay_as_written(read: Read) -> None:
    content = (
        '{"a": "007", "b": 1.50}\n\n{"b": true, "c": null, "a": ""}\r\n'
        '{"c": 12345678901234567890, "a": NaN, "b": -Infinity}\n'
    )
    table = read("a.jsonl", content)
    assert table.frame.columns.tolist() == ["a", "b", "c"]
    assert rows(table) == [
        ["007", "1.50", None],
        [None, "true", None],
        [None, "-Infinity", "12345678901234567890"],
    ]
    assert (table.frame.dtypes == "str").all()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('["x", "é"]', "x|é"),
        ("[1, 2.50, true, null]", "1|2.50|true"),
        ("[]", None),
        ('{"k": 1.5, "m": ["é"]}', '{"k": 1.5, "m": ["é"]}'),
        ('[["a", 1], ["b"]]', '[["a", 1], ["b"]]'),
    ],
)
def test_lists_are_joined_and_what_is_nested_is_json(
    read: Read, value: str, cell: str | None
) -> None:
    assert rows(read("a.jsonl", f'{{"a": {value}, "b": 1}}\n')) == [[cell, "1"]]


def test_lines_that_are_no_object_are_set_aside(read: Read) -> None:
    good = ['{"a": 1}'] * 6
    bad = [
        "[1, 2]",
        '{"a": ',
        '{"a": "x\\ud83d"}',
        "{}",
        "[" * 5000,
        '{"a": [[' + "1" * 5000 + "]]}",
    ]
    table = read("a.jsonl", "\n\n".join([*bad, *good]))
    assert table.frame.index.tolist() == [7, 8, 9, 10, 11, 12]
    assert {row: reason for row, (reason, _) in broken(table).items()} == {
        1: "not an object",
        2: "not JSON",
        3: "half a character",
        4: "an object without values",
        5: "not JSON",
        6: "not JSON",
    }
    assert broken(table)[2][1] == '{"a":'


def test_more_broken_lines_than_others_are_refused(read: Read) -> None:
    with pytest.raises(InputError, match="more rows that do not fit"):
        read("a.jsonl", '{"a": 1}\n{\n{\n')


@pytest.mark.slow
def test_columns_that_come_late_are_columns(read: Read) -> None:
    table = read("a.jsonl", '{"a": 1}\n' * STACK + '{"b": 2}\n')
    assert rows(table)[-2:] == [["1", None], [None, "2"]]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = TEXT.filter(str.strip)


@given(
    st.lists(st.dictionaries(NAMES, TEXT | st.none(), min_size=1), min_size=1, max_size=6),
    st.integers(0, 3),
)
def test_what_is_written_is_read_back(values: list[dict[str, str | None]], bad: int) -> None:
    lines = ["{"] * min(bad, len(values)) + [json.dumps(row) for row in values]
    table = read_jsonl(Content("a.jsonl", "\n".join(lines).encode()), FileOptions())
    names = list(dict.fromkeys(name for row in values for name in row))
    assert table.frame.columns.tolist() == names
    assert rows(table) == [[row.get(name) or None for name in names] for row in values]
    assert len(table.frame) + len(table.broken) == len(lines)
