"""Several labels a cell: how they are separated, what is kept, what only looks like them."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.tasks.multilabel import Multilabel

KIND = Multilabel()


def cells(*values: str) -> pd.Series:
    return pd.Series(values, dtype="str")


def read(*values: str, separator: str | None = None) -> list[str | None]:
    written = cells(*values)
    kept = KIND.read(written, written, TaskSpec(separator=separator))
    return [None if pd.isna(cell) else cell for cell in kept]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["b | a", "a"], ["b|a", "a"]),
        (["b; a", "a"], ["b|a", "a"]),
        (["b,a", "a"], ["b|a", "a"]),
        (["b/a", "a"], ["b|a", "a"]),
        (['["b", "a"]', '["a"]', "[3]"], ["b|a", "a", "3"]),
        (["pop/rock|jazz", "pop/rock"], ["pop/rock|jazz", "pop/rock"]),  # | goes before others
        (["a, b;c", "a;b", "c;a"], ["a, b|c", "a|b", "c|a"]),  # ; separates more cells than ,
        (["a|a| |b|", "|"], ["a|b", None]),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_what_is_kept(written: list[str], kept: list[str | None]) -> None:
    assert read(*written) == kept


def test_the_recipes_separator_goes_first_and_a_bar_within_a_label_becomes_a_slash() -> None:
    assert read("a|b, c", separator=",") == ["a/b|c"]
    assert read("a b", "b", separator=" ") == ["a|b", "b"]


def test_a_list_of_lists_or_without_end_is_unreadable() -> None:
    lists = ['["a"]', '["b"]', '["a"]', "[]", '["b"]']
    kept = ["a", "b", "a", None, "b"]
    assert read(*lists, '[["a"]]', '["a"', "[true]", "a") == [*kept, None, None, None, None]


def test_no_separator_at_all_is_refused() -> None:
    with pytest.raises(InputError, match=r"separated by nothing.*remove separator"):
        read("a", separator="")


def test_labels_are_sorted_and_every_one_occurs() -> None:
    values = cells("b|a", "c")
    assert KIND.labels(values) == ["a", "b", "c"]
    occurrences = KIND.occurrences(values)
    assert occurrences.tolist() == ["b", "a", "c"]
    assert occurrences.index.tolist() == [0, 0, 1]


@pytest.mark.parametrize("values", [[], ["a", "a"]])
def test_one_label_is_nothing_to_learn(values: list[str]) -> None:
    with pytest.raises(InputError, match="nothing to tell apart"):
        KIND.labels(cells(*values))


def test_the_reason_counts_all_labels() -> None:
    written = cells(*["calm|glad", "glad|sad|calm", "sad", "calm"] * 2000)
    assert KIND.recognise(written, written) == "1 to 3 labels a cell, separated by |, 3 in all"
    lists = cells(*['["calm", "glad"]', '["glad", "sad"]', '["sad"]', '["calm"]'] * 5)
    assert KIND.recognise(lists, lists) == "1 to 2 labels a cell, as JSON lists, 3 in all"


@pytest.mark.parametrize(
    "written",
    [
        ["comedy", "drama"],
        ["he/him", "she/her", "they/them"],  # no part stands in both places
        ["yes", "no", "N/A"],
        ["Berlin, Germany", "Paris, France", "Lyon, France"],
        ["Smith, John", "Miller, Ann"],
        ["home|kitchen|knives", "home|garden", "home|kitchen"],  # a path, not labels
        ["2018/04/05", "2018/05/04", "2018/04/04"],
        ["10/12", "12/10", "10/10/12"],
        ["Monday, 3 May 2021", "Sunday, 2 May 2021"],
        ["1,250", "1,001", "250,001"],
        ["3/5", "4/5", "5/5"],
        ["en/de", "de/en"],  # always a pair
        ["well, this is a rather long sentence to be a label, is it not", "is it not"],
    ],
)
def test_what_only_looks_like_several_labels(written: list[str]) -> None:
    assert KIND.recognise(cells(*written * 50), cells(*written * 50)) is None


def test_free_text_with_commas_is_no_label() -> None:
    words = ["good", "bad", "nice", "slow", "food", "staff", "cheap", "late", "warm", "cold"]
    texts = [f"{a} {b} {i}, {b} {a}" for i, a in enumerate(words * 20) for b in words[:3]]
    assert KIND.recognise(cells(*texts), cells(*texts)) is None


def test_checks_tell_of_records_with_one_label_each() -> None:
    assert KIND.checks("mood", cells(*["calm|glad"] * 40 + ["calm"] * 55)) == []
    (warning,) = KIND.checks("mood", cells(*["calm"] * 20 + ["glad"] * 20))
    assert (warning.code, warning.rows) == ("never_several", 40)
