"""A decimal comma becomes a point, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mtrec.data.readers import Table
from mtrec.errors import InputError

from .conftest import rows

Read = Callable[..., Table]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1,5", "1.5"),
        ("-0,25", "-0.25"),
        ("1.234,5", "1234.5"),
        ("+1.234.567,00", "+1234567.00"),
        ("1.23,5", "1.23,5"),
        ("1,234,5", "1,234,5"),
        ("1,5 kg", "1,5 kg"),
        ("12", "12"),
        ("1.5", "1.5"),
        ("1.234", "1.234"),
        ("a, b", "a, b"),
        (",5", ",5"),
    ],
)
def test_numbers_with_a_comma(read: Read, cell: str, expected: str) -> None:
    assert rows(read("a.csv", f"a;b\n{cell};x\n", decimal=",")) == [[expected, "x"]]


def test_groups_without_a_comma_count_beside_numbers_with_one(read: Read) -> None:
    table = read("a.csv", "a;b\n1.234;1.234\n1,5;2.5\n;\n", decimal=",")
    assert rows(table) == [["1234", "1.234"], ["1.5", "2.5"], [None, None]]
    assert (table.frame.dtypes == "str").all()


def test_nothing_changes_without_the_option(read: Read) -> None:
    assert rows(read("a.csv", "a;b\n1,5;2\n")) == [["1,5", "2"]]
    assert rows(read("a.csv", "a;b\n1,5;2\n", decimal=".")) == [["1,5", "2"]]


def test_another_sign_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match="cannot be written like that"):
        read("a.csv", "a;b\n1,5;2\n", decimal="'")
