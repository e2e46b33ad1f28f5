"""xlsx: the values that a sheet shows."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from mtrec.data.readers import Table
from mtrec.data.readers.content import Content
from mtrec.data.readers.excel import read_xlsx
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

from ..making import SHEET, with_parts, workbook
from .conftest import broken, rows

Read = Callable[..., Table]


def test_values_are_written_as_a_person_would(read: Read) -> None:
    lines = [
        ["id", "number", "when", "yes"],
        ["007", 7.0, dt.datetime(2024, 1, 31, 12, 30), True],
        [7, 1.5, dt.date(2024, 1, 31), False],
        [2**53, None, dt.time(12, 30)],
    ]
    table = read("a.xlsx", workbook(one=lines))
    assert rows(table) == [
        ["007", "7", "2024-01-31T12:30:00", "true"],
        ["7", "1.5", "2024-01-31", "false"],
        [str(2**53), None, "12:30:00", None],
    ]
    assert (table.frame.dtypes == "str").all()
    assert table.encoding == ""


def test_empty_rows_are_no_rows_and_long_ones_are_broken(read: Read) -> None:
    lines = [[], ["a", "b", None], [], [1, 2], [None, ""], [3, 4, None, 5], [6]]
    table = read("a.xlsx", workbook(one=lines))
    assert rows(table) == [["1", "2"], ["6", None]]
    assert table.frame.index.tolist() == [1, 3]
    assert broken(table) == {2: ("4 cells where the header has 2", "3 | 4 |  | 5")}


def test_the_recipe_names_the_sheet(read: Read) -> None:
    content = workbook(one=[["a"], [1]], two=[["b"], [2]])
    assert rows(read("a.xlsx", content)) == [["1"]]
    assert rows(read("a.xlsx", content, sheet="two")) == [["2"]]
    with pytest.raises(InputError, match="has no sheet three") as caught:
        read("a.xlsx", content, sheet="three")
    assert "one, two" in caught.value.expected


def test_merged_cells_and_formulas(read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["a", "b", "c"], ["x", None, "=1+1"], ["y", "z", "w"]):
        sheet.append(line)
    sheet.merge_cells("A2:B2")
    stream = io.BytesIO()
    book.save(stream)
    # The formula was never computed, so it has no value.
    assert rows(read("a.xlsx", stream.getvalue())) == [["x", None, None], ["y", "z", "w"]]


NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ROW = '<row r="{}"><c r="A{}" t="inlineStr"><is><t>x</t></is></c></row>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
LAUGHING = f'<!DOCTYPE w [<!ENTITY l0 "x">{LAUGHS}]><worksheet>&l11;</worksheet>'
MALFORMED: Mapping[str, tuple[str, bytes]] = {
    "no zip": ("no xlsx file", b"PK"),
    "another zip": ("no xlsx file", with_parts(workbook(one=[["a"]]), {"xl/workbook.xml": None})),
    "no sheet": ("has no sheet", with_parts(workbook(one=[["a"]]), {SHEET: None})),
    "broken sheet": ("no xlsx file", with_parts(workbook(one=[["a"]]), {SHEET: b"<worksheet><"})),
    "cut": ("no xlsx file", workbook(one=[["a"], ["b"]])[:-40]),
    "no rows": ("has no rows", workbook(one=[["a"]])),
    "nothing": ("is empty", workbook(one=[])),
    "the same name twice": ("told apart", workbook(one=[["a", "a"], [1, 2]])),
    "no name": ("told apart", workbook(one=[["a", None, "c"], [1, 2, 3]])),
    "a bomb": (
        "too large",
        with_parts(workbook(one=[["a"]]), {SHEET: b"<worksheet>" + b" " * (101 << 20)}),
    ),
    "entities in entities": (
        "no xlsx file",
        with_parts(
            workbook(one=[["a"]]),
            {SHEET: LAUGHING.encode()},
        ),
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_no_table_is_refused(read: Read, case: str) -> None:
    words, content = MALFORMED[case]
    with pytest.raises(InputError, match=words):
        read("a.xlsx", content)


def test_a_row_beyond_the_last_one_of_a_sheet_ends_it(read: Read) -> None:
    lines = "".join(ROW.format(row, row) for row in (1, 2, 10**12))
    part = f"<worksheet {NAMESPACE}><sheetData>{lines}</sheetData></worksheet>".encode()
    assert rows(read("a.xlsx", with_parts(workbook(one=[["a"]]), {SHEET: part}))) == [["x"]]


TEXT = st.text(max_size=8).filter(
    lambda text: not ILLEGAL_CHARACTERS_RE.search(text) and text.isprintable() and text[:1] != "="
)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(TEXT, st.integers(-(10**9), 10**9)), min_size=1, max_size=8))
def test_what_is_written_is_read_back(values: list[tuple[str, int]]) -> None:
    content = Content("a.xlsx", workbook(one=[["a", "b"], *values]))
    table = read_xlsx(content, FileOptions())
    assert rows(table) == [[text or None, str(number)] for text, number in values]
