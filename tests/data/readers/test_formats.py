"""Which formats there are, and how a file's is found."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from mtrec.data.readers import FORMATS, SUFFIXES, file_format
from mtrec.data.recipe import FileOptions, Format
from mtrec.errors import InputError


def test_every_format_of_the_recipe_is_read() -> None:
    assert sorted(FORMATS) == sorted(get_args(Format))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.csv", "csv"),
        ("A.TSV", "tsv"),
        ("a.b.jsonl.gz", "jsonl"),
        ("ml-100k.inter", "recbole"),
        ("train.conll", "conll"),
    ],
)
def test_the_name_says_the_format(name: str, found: str) -> None:
    assert file_format(Path(name), FileOptions()) == found


def test_what_is_given_counts() -> None:
    assert file_format(Path("a.csv"), FileOptions(format="tsv")) == "tsv"


@pytest.mark.parametrize("name", ["a", "a.txt", "a.gz", ".csv", "a.csv.zip.gz", "csv"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        file_format(Path(name), FileOptions())
    assert all(form in caught.value.expected for form in FORMATS)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".zip", ".inter", ".item.gz", ".xlsx"])
def test_what_an_upload_may_end_with(suffix: str) -> None:
    assert suffix in SUFFIXES
