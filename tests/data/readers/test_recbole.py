"""RecBole's atomic files: types left out of the names, quotes as they stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mtrec.data.readers import Table
from mtrec.errors import InputError

from .conftest import broken, rows

Read = Callable[..., Table]


@pytest.mark.parametrize("name", ["ml.inter", "ml.user", "ml.item", "ml.item.gz.txt"])
def test_types_are_left_out_of_the_names(read: Read, name: str) -> None:
    content = 'item_id:token\ttitle:token_seq\tx:y:float\n7\tThe "Great" Race\t1.5\n8\t"Open\t\n'
    table = read(name, content, **({"format": "recbole"} if name.endswith("txt") else {}))
    assert table.frame.columns.tolist() == ["item_id", "title", "x:y"]
    assert rows(table) == [["7", 'The "Great" Race', "1.5"], ["8", '"Open', None]]


def test_rows_that_do_not_fit_are_broken(read: Read) -> None:
    table = read("ml.inter", "user_id:token\titem_id:token\n1\t2\n3\n4\t5\n")
    assert table.frame.index.tolist() == [1, 3]
    assert broken(table) == {2: ("1 cell where the header has 2", "3")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("user_id\titem_id\n1\t2\n", "no RecBole header"),
        ("user_id:token\titem_id:text\n1\t2\n", "no RecBole header"),
        ("id:token\tid:float\n1\t2\n", "told apart"),
        (":token\tid:float\n1\t2\n", "told apart"),
        ("id:token\n", "has no rows"),
    ],
)
def test_what_is_no_atomic_file_is_refused(read: Read, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read("ml.inter", content)
