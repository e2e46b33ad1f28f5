"""csv and tsv: cells as written, rows that do not fit set aside under their numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.readers import Table
from mtrec.data.readers.content import Content
from mtrec.data.readers.delimited import BLOCK, read_csv
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

from .conftest import broken, rows

Read = Callable[..., Table]


def test_cells_stay_as_written_and_empty_ones_are_missing(read: Read) -> None:
    table = read("a.csv", 'id,text\n007,NA\n1.50,\nnan,""\n" x ","a, ""b""\nc"\n')
    assert rows(table) == [["007", "NA"], ["1.50", None], ["nan", None], [" x ", 'a, "b"\nc']]
    assert (table.frame.index.tolist(), table.frame.index.name) == ([1, 2, 3, 4], "row")
    assert (table.frame.dtypes == "str").all()
    assert table.broken.empty


def test_rows_that_do_not_fit_keep_their_number_and_their_text(read: Read) -> None:
    table = read("a.csv", 'a,b\n\n1,"x\ny"\n1,"2\n3",4\n\n5\n6,7\n8,9,,\n10,11\n12,\n')
    assert rows(table) == [["1", "x\ny"], ["6", "7"], ["10", "11"], ["12", None]]
    assert table.frame.index.tolist() == [1, 4, 6, 7]
    assert table.frame.index.name == table.broken.index.name == "row"
    assert broken(table) == {
        2: ("3 cells where the header has 2", '1,"2\n3",4'),
        3: ("1 cell where the header has 2", "5"),
        5: ("4 cells where the header has 2", "8,9,,"),
    }


def test_the_text_of_a_broken_row_is_cut(read: Read) -> None:
    table = read("a.csv", f"a,b\n1,2\n1,2,{'x' * 5000}\n")
    assert table.broken["text"].str.len().tolist() == [1000]


def test_half_of_the_rows_may_be_broken_and_not_more(read: Read) -> None:
    assert len(read("a.csv", "a,b\n1,2\n1\n").broken) == 1
    with pytest.raises(InputError, match="more rows that do not fit") as caught:
        read("a.csv", "a,b\n1,2\n1\n2\n")
    assert caught.value.where == "a.csv: row 2, the first of 2 in 3"


def test_numbers_hold_across_blocks(read: Read) -> None:
    line = "x" * 1000
    lines = [f"{number},{line}" for number in range(1, 3 * BLOCK // 1000)]
    whole = read("a.csv", "\n".join(["a,b", *lines]))
    assert (whole.frame["a"].astype(int) == whole.frame.index).all()
    lines[-2] += ",more"
    table = read("a.csv", "\n".join(["a,b", *lines]))
    assert list(broken(table)) == [len(lines) - 1]
    assert (table.frame["a"].astype(int) == table.frame.index).all()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_off_the_header(read: Read, delimiter: str) -> None:
    assert rows(read("a.csv", f"a{delimiter}b\n1{delimiter}2\n")) == [["1", "2"]]


def test_a_given_delimiter_counts(read: Read) -> None:
    assert rows(read("a.csv", "a;b,c\n1;2\n", delimiter=";")) == [["1", "2"]]


def test_tabs_and_a_given_format(read: Read) -> None:
    assert rows(read("a.tsv", "a\tb\n1,5\t2\n")) == [["1,5", "2"]]
    assert rows(read("a.txt", "a\tb\n1\t2\n", format="tsv")) == [["1", "2"]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(read: Read, ending: str) -> None:
    assert rows(read("a.csv", ending.join(["a,b", "1,2", "3,4"]))) == [["1", "2"], ["3", "4"]]


def test_a_header_may_hold_line_breaks_and_strange_characters(read: Read) -> None:
    table = read("a.csv", '\n\n"a\nb","c\u2028d",\x0be\n1,2,3\n')
    assert table.frame.columns.tolist() == ["a\nb", "c\u2028d", "\x0be"]


def test_200_columns(read: Read) -> None:
    names = [f"c{number}" for number in range(200)]
    table = read("a.csv", f"{','.join(names)}\n{','.join(names)}\n")
    assert rows(table) == [names]


def test_a_cell_of_50_mb(read: Read) -> None:
    table = read("a.csv", b"a,b\n1," + b"x" * (50 << 20) + b"\n2,y\n")
    assert table.frame["b"].str.len().tolist() == [50 << 20, 1]


@pytest.mark.parametrize(
    "content",
    [
        'a,b\n1,"2\n3,4\n',
        'a,b\n1,2\n3,4\n"5\n6\n',
        'a,b\n1,2\n3,"x ""y""\n5,6',
        pytest.param('a,b\n1,2\n3,4\n"' + '5""\n' * 999, id="in a row that does not fit"),
        pytest.param('a,b\n1,"' + "2\n3,4\n" * (BLOCK // 5), id="longer than a block"),
    ],
)
def test_a_quote_that_is_never_closed(read: Read, content: str) -> None:
    with pytest.raises(InputError, match="never closed"):
        read("a.csv", content)


@pytest.mark.parametrize("cell", ["\n", "\n\n", 'x\n"', '"\n', '\n""\n', 'a "b"\nc'])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_last_cell_with_line_breaks_is_no_open_quote(read: Read, cell: str, end: str) -> None:
    quoted = cell.replace('"', '""')
    assert rows(read("a.csv", f'a,b\n1,"{quoted}"{end}')) == [["1", cell]]


def test_a_stray_quote_in_the_last_row_is_no_open_quote(read: Read) -> None:
    assert broken(read("a.csv", 'a,b\n1,2\n3,4",5\n')) == {
        2: ("3 cells where the header has 2", '3,4",5')
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n", "has no rows"),
        ("\n\n  \n", "is empty"),
        ("a,a\n1,2\n", "cannot be told apart"),
        ("a, \n1,2\n", "cannot be told apart"),
        (f"{'x' * 200_000}\n1\n", "has no header"),
        ('"a,b\n1,2\n', "a row without an end"),
    ],
)
def test_what_has_no_header_or_no_rows(read: Read, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read("a.csv", content)


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
WRITTEN = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def as_csv(lines: list[list[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue().encode()


@given(WRITTEN, st.sampled_from(",;\t|"))
def test_what_is_written_is_read_back(cells: list[list[str]], delimiter: str) -> None:
    header = [f"c{number}" for number in range(len(cells[0]))]
    content = Content("a.csv", as_csv([header, *cells], delimiter))
    table = read_csv(content, FileOptions(delimiter=delimiter))  # type: ignore[arg-type]
    assert table.frame.columns.tolist() == header
    assert rows(table) == [[cell or None for cell in row] for row in cells]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=12))
def test_every_row_fits_or_is_broken(cells: list[list[str]]) -> None:
    content = Content("a.csv", as_csv([["a", "b", "c"], *cells, *[["x", "y", "z"]] * 12], ","))
    table = read_csv(content, FileOptions())
    fitting = [number for number, row in enumerate(cells, start=1) if len(row) == 3]
    assert len(table.frame) + len(table.broken) == len(cells) + 12
    assert table.frame.index[:-12].tolist() == fitting
    assert rows(table)[:-12] == [[cell or None for cell in cells[n - 1]] for n in fitting]
