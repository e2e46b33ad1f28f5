"""Packed files: read in memory, up to a limit, and only what lies in them plainly."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mtrec.data.readers import Table, content, read_table
from mtrec.errors import InputError

from ..making import encrypted, zipped
from .conftest import rows

Read = Callable[..., Table]
TABLE = b"a,b\n1,2\n"


def test_gzip(read: Read) -> None:
    assert rows(read("a.csv.gz", gzip.compress(TABLE))) == [["1", "2"]]
    assert rows(read("A.TSV.GZ", gzip.compress(b"a\tb\n1\t2\n"))) == [["1", "2"]]
    assert rows(read("a.gz", gzip.compress(TABLE), format="csv")) == [["1", "2"]]


def test_the_only_table_of_a_zip(read: Read) -> None:
    members = {"x/a.csv": TABLE, "README.md": b"x", "__MACOSX/x/._a.csv": b"x", ".b.csv": b"x"}
    assert rows(read("a.zip", zipped(members))) == [["1", "2"]]
    assert rows(read("a.zip", zipped({"a.txt": TABLE}), format="csv")) == [["1", "2"]]


def test_a_member_of_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    path.write_bytes(zipped({"x/a.csv": TABLE, "b.tsv": b"a\tb\n3\t4\n"}))
    assert rows(read_table(path / "x/a.csv")) == [["1", "2"]]
    assert rows(read_table(path / "b.tsv")) == [["3", "4"]]
    for missing in ("c.csv", "a.csv"):
        with pytest.raises(InputError, match=f"no file called {missing}") as caught:
            read_table(path / missing)
        assert caught.value.found == "x/a.csv, b.tsv"


def test_a_folder_may_be_called_like_a_zip(tmp_path: Path) -> None:
    (tmp_path / "data.zip").mkdir()
    (tmp_path / "data.zip/a.csv").write_bytes(TABLE)
    assert rows(read_table(tmp_path / "data.zip/a.csv")) == [["1", "2"]]


REFUSED: Mapping[str, tuple[str, str, bytes]] = {
    "several tables": (
        "more than one table",
        "a.zip",
        zipped({"a.csv": TABLE, "b.csv": TABLE}),
    ),
    "no table": ("no table", "a.zip", zipped({})),
    "no table among others": ("format that cannot be read", "a.zip", zipped({"a.txt": TABLE})),
    "a path upwards": ("leads out", "a.zip", zipped({"../a.csv": TABLE})),
    "a path upwards beside a table": (
        "leads out",
        "a.zip",
        zipped({"a.csv": TABLE, "x/../../b.csv": TABLE}),
    ),
    "a path upwards with other slashes": ("leads out", "a.zip", zipped({"..\\a.csv": TABLE})),
    "an absolute path": ("leads out", "a.zip", zipped({"/etc/a.csv": TABLE})),
    "a drive": ("leads out", "a.zip", zipped({"C:a.csv": TABLE})),
    "a zip in a zip": ("packed again", "a.zip", zipped({"b.zip": zipped({"a.csv": TABLE})})),
    "a gzip in a zip": ("packed again", "a.zip", zipped({"a.csv.gz": gzip.compress(TABLE)})),
    "encrypted": ("is encrypted", "a.zip", encrypted(zipped({"a.csv": TABLE}))),
    "no zip": ("cannot be unpacked", "a.zip", TABLE),
    "an empty zip file": ("cannot be unpacked", "a.zip", b""),
    "half a zip": ("cannot be unpacked", "a.zip", zipped({"a.csv": TABLE})[:60]),
    "no gzip": ("cannot be unpacked", "a.csv.gz", TABLE),
    "half a gzip": ("cannot be unpacked", "a.csv.gz", gzip.compress(TABLE * 99)[:-9]),
    "nothing in a gzip": ("is empty", "a.csv.gz", gzip.compress(b"")),
    "a zip in a gzip": ("cannot be read", "a.zip.gz", gzip.compress(zipped({"a.csv": TABLE}))),
    "a gzip bomb": ("too large", "a.csv.gz", gzip.compress(b"a,b\n" * (26 << 20), 1)),
    "a zip bomb": ("too large", "a.zip", zipped({"a.csv": b"\0" * (101 << 20)})),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(read: Read, tmp_path: Path, case: str) -> None:
    words, name, data = REFUSED[case]
    with pytest.raises(InputError, match=words) as caught:
        read(name, data)
    error = caught.value
    assert error.expected and error.found and error.fix and name in error.where
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.zip"])
def test_a_limit_holds_for_every_file(
    read: Read, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "LARGEST", 1 << 20)
    table = b"a,b\n" + os.urandom(1 << 20).hex().encode()
    pack = {"a.csv": bytes, "a.csv.gz": gzip.compress, "a.zip": lambda x: zipped({"a.csv": x})}
    with pytest.raises(InputError, match="too large"):
        read(name, pack[name](table))


@pytest.mark.parametrize("name", ["missing.csv", "missing.zip", "missing.zip/a.csv", "a.csv/b.csv"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_bytes(TABLE)
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_table(tmp_path / name)
    assert name in caught.value.where


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "a.csv")
