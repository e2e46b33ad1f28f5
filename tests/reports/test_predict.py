"""Which texts a file holds; what a model says about them is tested from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtrec.errors import InputError
from mtrec.reports.predict import read_texts


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texts.txt", "first one\n\n  \nsecond, one\n"),
        ("texts", "\ufefffirst one\nsecond, one"),
        ("texts.csv", 'id,text\n1,first one\n2,\n3,"second, one"\n'),
        ("texts.tsv", "text\tid\nfirst one\t1\nsecond, one\t2\n"),
        ("texts.jsonl", '{"text": "first one"}\n{"text": "second, one"}\n'),
        ("words.csv", 'words\nfirst one\n"second, one"\n'),
    ],
)
def test_texts_are_found(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")

    assert read_texts(tmp_path / name) == ["first one", "second, one"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("texts.csv", b"a,b\n1,2\n", "a column called text"),
        ("texts.txt", b"\n \n", "no text to read"),
        ("texts.txt", b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_file_without_texts_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=said):
        read_texts(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent"):
        read_texts(tmp_path / "absent.txt")
