"""Files as tables of strings."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.readers import read_table
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path, **options: str) -> list[list[str | None]]:
    frame = read_table(path, FileOptions.model_validate(options))
    return frame.astype(object).where(frame.notna(), None).values.tolist()


def test_cells_stay_as_written_and_empty_ones_are_missing(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'id,text\n007,NA\n1.50,\nnan,""\n" x ","a, ""b""\nc"\n')
    frame = read_table(path)
    assert frame["id"].tolist() == ["007", "1.50", "nan", " x "]
    assert frame["text"].isna().tolist() == [False, True, True, False]
    assert frame["text"][1] == "NA"
    assert frame["text"][4] == 'a, "b"\nc'
    assert (frame.index.tolist(), frame.index.name) == ([1, 2, 3, 4], "row")
    assert (frame.dtypes == "str").all()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_off_the_header(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path, "a.csv", f"a{delimiter}b\n1{delimiter}2\n")
    assert rows(path) == [["1", "2"]]


def test_a_given_delimiter_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a;b,c\n1;2\n")
    assert rows(path, delimiter=";") == [["1", "2"]]


def test_tabs_and_a_given_format(tmp_path: Path) -> None:
    assert rows(write(tmp_path, "a.tsv", "a\tb\n1,5\t2\n")) == [["1,5", "2"]]
    assert rows(write(tmp_path, "a.txt", "a\tb\n1\t2\n"), format="tsv") == [["1", "2"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_found_by_itself(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.csv", "имя,评论\nЮля,很快\n".encode(encoding))
    frame = read_table(path)
    assert frame.columns.tolist() == ["имя", "评论"]
    assert frame.iloc[0].tolist() == ["Юля", "很快"]


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n1,2\ncafé,x\n".encode("cp1252"))
    with pytest.raises(InputError, match="not written in UTF-8") as caught:
        read_table(path)
    assert caught.value.where == "a.csv: line 3"
    assert rows(path, encoding="cp1252")[1] == ["café", "x"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, "a.csv", ending.join(["a,b", "1,2", "3,4"]))
    assert rows(path) == [["1", "2"], ["3", "4"]]


def test_json_lines_keep_numbers_as_written(tmp_path: Path) -> None:
    content = '{"a": "007", "b": 1.50}\n\n{"b": true, "c": null, "a": ""}\n{"c": ["x", "é"]}\n'
    frame = read_table(write(tmp_path, "a.jsonl", content))
    assert frame.columns.tolist() == ["a", "b", "c"]
    assert frame.fillna("-").values.tolist() == [
        ["007", "1.50", "-"],
        ["-", "true", "-"],
        ["-", "-", '["x", "é"]'],
    ]


def test_half_a_character_in_json_is_replaced(tmp_path: Path) -> None:
    assert rows(write(tmp_path, "a.jsonl", '{"a": "x\\ud83d"}')) == [["x?"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.csv", None),
        ("empty.csv", ""),
        ("blank.csv", "\n\n  \n"),
        ("header.csv", "a,b\n"),
        ("twice.csv", "a,a\n1,2\n"),
        ("nameless.csv", "a,\n1,2\n"),
        ("nul.csv", b"a,b\n1,\x002\n"),
        ("image.csv", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("more.csv", "a,b\n1,2\n1,2,3\n"),
        ("fewer.csv", "a,b\n1,2\n1\n"),
        ("open.csv", 'a,b\n1,"2\n3,4\n'),
        ("broken.jsonl", '{"a": 1}\n{"a": \n'),
        ("list.jsonl", "[1, 2]\n"),
        ("deep.jsonl", "[" * 5000),
        ("empty.jsonl", "{}\n"),
        ("sheet.xlsx", b"PK"),
        ("noending", "a,b\n1,2\n"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, name: str, content: str | bytes | None
) -> None:
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        read_table(path)
    error = caught.value
    assert error.expected and error.found and error.fix
    assert name in error.where


def test_a_ragged_row_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, "a.csv", "a,b\n1,2\n1,2,3\n"))
    assert "Row #3" in caught.value.found and "got 3" in caught.value.found


@pytest.mark.parametrize("encoding", ["klingon", "base64", "\0"])
def test_unknown_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InputError, match="Nobody knows the encoding"):
        read_table(write(tmp_path, "a.csv", "a\n1\n"), FileOptions(encoding=encoding))


CELLS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_csv_and_json_write_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *cells])
    expected = [[cell or None for cell in row] for row in cells]
    assert rows(write(folder, "a.csv", text.getvalue())) == expected
    lines = "\n".join(json.dumps(dict(zip("ab", row, strict=True))) for row in cells)
    assert rows(write(folder, "a.jsonl", lines)) == expected
