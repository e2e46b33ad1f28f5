"""A tag for each token: repairs, what does not match its text, and the spans."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.tasks.base import NOTHING
from mtrec.tasks.tags import Tags

KIND = Tags()


def cells(*values: str) -> pd.Series:
    return pd.Series(values, dtype="str")


def read(tags: str, text: str) -> str | None:
    kept = KIND.read(cells(tags), cells(text))[0]
    return None if pd.isna(kept) else kept


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ("O B-who I-who O", "O B-who I-who O"),
        ("O  B-who I-who O", "O B-who I-who O"),
        ("I-who I-who O O", "B-who I-who O O"),  # IOB1
        ("B-who I-what I-what O", "B-who B-what I-what O"),
        ("B-who O I-who I-who", "B-who O B-who I-who"),
        ("I-who B-who I-who O", "B-who B-who I-who O"),  # IOB1: two next to each other
        ("O O O O", "O O O O"),
        ("O B-who I-who", None),  # one too few
        ("O B-who I-who O O", None),
        ("O S-who O O", None),
        ("O B- O O", None),
        ("play a song now", None),
    ],
)
def test_what_is_kept(tags: str, kept: str | None) -> None:
    assert read(tags, "by  David Bowie now") == kept


def test_tokens_are_what_stands_between_spaces() -> None:
    assert read("O B-x", "a\u00a0b c") == "O B-x"
    assert read("O B-x", "a\tb c") == "O B-x"


def test_a_row_without_a_text_is_unreadable() -> None:
    written = cells("O", "O")
    texts = pd.Series(["a", None], dtype="str")
    assert KIND.read(written, texts).isna().tolist() == [False, True]


def test_the_words_behind_a_pair_are_the_first_of_that_kind() -> None:
    true, said = "B-a B-a I-a B-b B-a", "B-a B-b I-b O B-b"
    assert KIND.compare(true, said) == [("a", "a"), ("a", "b"), ("b", NOTHING), ("a", "b")]
    words = [KIND.words_behind(true, said, pair) for pair in (("a", "b"), ("b", NOTHING))]
    assert words == [(1, 3), (3, 4)]


def test_occurrences_are_spans_and_a_record_may_have_none() -> None:
    values = pd.Series(["B-b I-b B-a", "O O", "B-a-1 B-a"], index=[4, 7, 9], dtype="str")
    occurrences = KIND.occurrences(values)
    assert occurrences.tolist() == ["b", "a", "a-1", "a"]
    assert occurrences.index.tolist() == [4, 4, 9, 9]
    assert KIND.labels(values) == ["a", "a-1", "b"]


@pytest.mark.parametrize(("values", "found"), [([], "as many tags"), (["O O"], "nothing but O")])
def test_no_span_is_nothing_to_learn(values: list[str], found: str) -> None:
    with pytest.raises(InputError, match=f"no span.*{found}"):
        KIND.labels(cells(*values))


def test_what_looks_like_tags() -> None:
    written = cells(*["O B-who", "O", "I-who O O"] * 30 + ["?"])
    assert KIND.recognise(written, written) == (
        "99% of the cells looked at hold only tags, such as O, B-name and I-name"
    )
    for other in (["O", "A", "B"], ["O"], ["O B-who", "a text", "O"], ["B-", "A+", "O"]):
        assert KIND.recognise(cells(*other * 30), cells(*other * 30)) is None


def test_checks_tell_of_records_that_name_nothing() -> None:
    (warning,) = KIND.checks("slots", cells(*["O O"] * 95, *["B-x"] * 5))
    assert (warning.code, warning.rows) == ("few_spans", 95)
    assert "span F1" in warning.message
    assert KIND.checks("slots", cells(*["O B-x"] * 20)) == []
