"""Bad input: one sentence with all four parts, and nothing stored."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.errors import InputError
from mtrec.workspace import Workspace

from .conftest import TYPES
from .making import SHEET, encrypted, parquet_file, with_parts, workbook, zipped

Write = Callable[..., Path]

GOOD = "t,l,u,i,w,s\na,x,1,1,2020-01-01,train\nb,y,1,2,2020-01-02,test\n"
BASE = "name: bad\nrecords:\n  - {file: a.csv, text: t, tasks: {m: {label: l}}"

# A part of the sentence, the recipe, and a.csv where there is one.
MALFORMED: Mapping[str, tuple[str, str, str | bytes | None]] = {
    "missing column": ("no column nobody", f"{BASE}, user: nobody}}", GOOD),
    "missing text column": (
        "no column nothing",
        BASE.replace("text: t", "text: [t, nothing]") + "}",
        GOOD,
    ),
    "missing label column": (
        "no column label",
        BASE.replace("label: l", "label: label") + "}",
        GOOD,
    ),
    "unknown key": ("a key nobody knows", f"{BASE}, usr: u}}", GOOD),
    "not YAML": ("not YAML", "name: [bad", GOOD),
    "missing file": ("cannot be read", f"{BASE}}}", None),
    "empty file": ("is empty", f"{BASE}}}", ""),
    "header only": ("has no rows", f"{BASE}}}", "t,l\n"),
    "duplicate columns": ("cannot be told apart", f"{BASE}}}", "t,l,l\na,x,x\n"),
    "NUL bytes": ("is not text", f"{BASE}}}", b"t,l\na\x00,x\n"),
    "ragged": ("more rows that do not fit", f"{BASE}}}", "t,l\na,x\nb,y,z\nc\n"),
    "wrong encoding": (
        "not written in ascii",
        f"{BASE}, encoding: ascii}}",
        GOOD.replace("a,x", "ä,x"),
    ),
    "bad positive": (
        "expression",
        f"{BASE}, user: u, item: i}}\ninteractions: {{from: records, positive: 'l ='}}",
        GOOD,
    ),
    "positive on nothing": (
        "no column stars",
        f"{BASE}, user: u, item: i}}\ninteractions: {{from: records, positive: stars > 3}}",
        GOOD,
    ),
    "from records without users": (
        "No records can be taken",
        f"{BASE}}}\ninteractions: {{from: records}}",
        GOOD,
    ),
    "unknown type": (
        "that there is not",
        BASE.replace("label: l", "label: l, type: moods") + "}",
        GOOD,
    ),
    "later type": (
        "that there is not",
        BASE.replace("label: l", "label: l, type: ordinal") + "}",
        GOOD,
    ),
    "no labels": ("do not fit", f"{BASE}}}", "t,l\na,\nb,\n"),
    "ambiguous time": ("two ways", f"{BASE}, time: w}}", "t,l,w\na,x,03/04/2020\nb,y,05/06/2020\n"),
    "no time": ("does not hold times", f"{BASE}, time: t}}", GOOD),
    "bad split value": (
        "a split that cannot be used",
        f"{BASE}, split: s}}",
        GOOD.replace("test", "tset"),
    ),
    "bad split for a file": (
        "a split that cannot be used",
        f"{BASE}, split: {{value: holdout}}}}",
        GOOD,
    ),
    "invalid name": ("a value that cannot be used", BASE.replace("bad", "Bad Name") + "}", GOOD),
    "path outside": ("a value that cannot be used", BASE.replace("a.csv", "../a.csv") + "}", GOOD),
    "absolute path": (
        "a value that cannot be used",
        BASE.replace("a.csv", "/etc/passwd") + "}",
        GOOD,
    ),
    "a folder": ("cannot be read", BASE.replace("a.csv", "., format: csv") + "}", GOOD),
    "no text": ("has no text", "name: bad\nrecords: [{file: a.csv}]", GOOD),
    "no times to split by": (
        "cannot be split by time",
        f"{BASE}, user: u}}\nsplits: {{scheme: user-time}}",
        GOOD,
    ),
    "missing id column": ("no column sku", f"{BASE}}}\nitems: {{file: a.csv, id: sku}}", GOOD),
    "missing attribute": (
        "no column age",
        f"{BASE}}}\nusers: {{file: a.csv, id: u, attributes: [age]}}",
        GOOD,
    ),
    "missing acts": (
        "b.csv cannot be read",
        f"{BASE}}}\ninteractions: {{file: b.csv, user: u, item: i}}",
        GOOD,
    ),
    "missing act column": (
        "no column j",
        f"{BASE}}}\ninteractions: {{file: a.csv, user: u, item: j}}",
        GOOD,
    ),
}


CSV = GOOD.encode()
BOOK = workbook(one=[["t", "l"], ["a", "x"], ["b", "y"]])

# A part of the sentence, the file the recipe names with its options, and the file that is there.
FILES: Mapping[str, tuple[str, str, str, bytes]] = {
    "bytes of every kind": ("is not", "a.csv", "a.csv", bytes(range(256)) * 4),
    "a picture": ("is not text", "a.csv", "a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "a workbook called csv": ("is not text", "a.csv", "a.csv", BOOK),
    "a csv called xlsx": ("no xlsx file", "a.xlsx", "a.xlsx", CSV),
    "a csv called parquet": ("no parquet file", "a.parquet", "a.parquet", CSV),
    "empty lines": ("is empty", "a.csv", "a.csv", b"\n\r\n \n"),
    "a byte order mark alone": ("is empty", "a.csv", "a.csv", b"\xef\xbb\xbf\n"),
    "a column without a name": ("told apart", "a.csv", "a.csv", b"t,l,\na,x,1\nb,y,2\n"),
    "an open quote": ("never closed", "a.csv", "a.csv", b't,l\na,x\nb,"y\nc,x\n'),
    "an open quote in the header": ("without an end", "a.csv", "a.csv", b't,"l\na,x\nb,y\n'),
    "an endless header": ("no header", "a.csv", "a.csv", b"t" * 200_000 + b"\na\n"),
    "a broken byte": (
        "not written in utf-8",
        "a.csv",
        "a.csv",
        "t,ü\nä,é\n".encode() + b"\xff,x\n" * 2,
    ),
    "half a UTF-16 character": ("not written in utf-16", "a.csv", "a.csv", b"\xff\xfet\0,"),
    "an unknown encoding": ("Nobody knows", "a.csv, encoding: klingon", "a.csv", CSV),
    "an encoding that is none": ("Nobody knows", "a.csv, encoding: base64", "a.csv", CSV),
    "an unknown decimal sign": ("cannot be written like that", "a.csv, decimal: x", "a.csv", CSV),
    "an unknown delimiter": ("a value that cannot be used", "a.csv, delimiter: xy", "a.csv", CSV),
    "an unknown format": ("a value that cannot be used", "a.csv, format: sav", "a.csv", CSV),
    "no ending": ("cannot be read", "data", "data", CSV),
    "an unknown ending": ("cannot be read", "a.doc", "a.doc", CSV),
    "lines that are not JSON": (
        "more rows that do not fit",
        "a.jsonl",
        "a.jsonl",
        b'{"t": "a", "l": "x"}\n{"t"\nnull\n',
    ),
    "a JSON document": ("more rows that do not fit", "a.jsonl", "a.jsonl", b'[\n{"t": "a"}\n]\n'),
    "JSON within JSON without end": (
        "more rows that do not fit",
        "a.jsonl",
        "a.jsonl",
        b"[" * 100_000,
    ),
    "half a parquet file": (
        "no parquet file",
        "a.parquet",
        "a.parquet",
        parquet_file(pa.table({"t": ["a"] * 99}))[:-9],
    ),
    "a parquet file of bytes": (
        "no parquet file",
        "a.parquet",
        "a.parquet",
        parquet_file(pa.table({"t": [b"\xff"]})),
    ),
    "a parquet file without rows": (
        "has no rows",
        "a.parquet",
        "a.parquet",
        parquet_file(pa.table({"t": pa.array([], pa.string())})),
    ),
    "half a workbook": ("no xlsx file", "a.xlsx", "a.xlsx", BOOK[:-50]),
    "a workbook without its sheet": (
        "no sheet",
        "a.xlsx",
        "a.xlsx",
        with_parts(BOOK, {SHEET: None}),
    ),
    "a sheet that is not XML": (
        "no xlsx file",
        "a.xlsx",
        "a.xlsx",
        with_parts(BOOK, {SHEET: b"<worksheet"}),
    ),
    "a sheet that is not there": ("no sheet two", "a.xlsx, sheet: two", "a.xlsx", BOOK),
    "an empty sheet": ("is empty", "a.xlsx", "a.xlsx", workbook(one=[])),
    "a workbook bomb": (
        "too large",
        "a.xlsx",
        "a.xlsx",
        with_parts(BOOK, {SHEET: b" " * (101 << 20)}),
    ),
    "tokens without tags": ("more rows that do not fit", "a.conll", "a.conll", b"a\nb\n\nc\n"),
    "an atomic file without types": ("no RecBole header", "a.inter", "a.inter", b"t\tl\na\tx\n"),
    "no gzip file": ("cannot be unpacked", "a.csv.gz", "a.csv.gz", CSV),
    "half a gzip file": ("cannot be unpacked", "a.csv.gz", "a.csv.gz", gzip.compress(CSV)[:-9]),
    "a gzip bomb": ("too large", "a.csv.gz", "a.csv.gz", gzip.compress(b"\n" * (101 << 20), 1)),
    "no zip file": ("cannot be unpacked", "a.zip", "a.zip", CSV),
    "half a zip file": ("cannot be unpacked", "a.zip", "a.zip", zipped({"a.csv": CSV})[:50]),
    "an empty zip file": ("no table", "a.zip", "a.zip", zipped({})),
    "two tables in a zip file": (
        "more than one table",
        "a.zip",
        "a.zip",
        zipped({"a.csv": CSV, "b.csv": CSV}),
    ),
    "no such table in a zip file": (
        "no file called b.csv",
        "a.zip/b.csv",
        "a.zip",
        zipped({"a.csv": CSV}),
    ),
    "a path out of a zip file": ("leads out", "a.zip", "a.zip", zipped({"../a.csv": CSV})),
    "an absolute path in a zip file": ("leads out", "a.zip", "a.zip", zipped({"/a.csv": CSV})),
    "a path in the recipe out of a zip file": (
        "a value that cannot be used",
        "a.zip/../../a.csv",
        "a.zip",
        zipped({"a.csv": CSV}),
    ),
    "a password": ("is encrypted", "a.zip", "a.zip", encrypted(zipped({"a.csv": CSV}))),
    "a zip file in a zip file": ("packed again", "a.zip", "a.zip", zipped({"a.zip": zipped({})})),
    "a zip bomb": ("too large", "a.zip", "a.zip", zipped({"a.csv": b"\n" * (101 << 20)})),
}


def refused(path: Path, sentence: str, workspace: Workspace) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        store_dataset(read_dataset(path, TYPES), workspace)
    error = caught.value
    assert error.expected and error.found and error.where and error.fix
    assert error.exit_status == 2
    assert not workspace.root.exists()


@pytest.mark.parametrize("case", MALFORMED)
def test_bad_input_is_refused_with_all_four_parts(
    case: str, write: Write, workspace: Workspace
) -> None:
    sentence, recipe, content = MALFORMED[case]
    path = write(recipe) if content is None else write(recipe, a__csv=content)
    refused(path, sentence, workspace)


@pytest.mark.parametrize("case", FILES)
def test_bad_files_are_refused_with_all_four_parts(
    case: str, write: Write, workspace: Workspace
) -> None:
    sentence, named, name, content = FILES[case]
    path = write(BASE.replace("a.csv", named) + "}", **{name.replace(".", "__"): content})
    refused(path, sentence, workspace)
    assert {each.name for each in path.parent.iterdir()} == {"recipe.yaml", name}


def test_a_link_may_not_leave_the_folder(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(GOOD)
    path = write(f"{BASE}}}")
    (path.parent / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputError, match="outside"):
        read_dataset(path, TYPES)
