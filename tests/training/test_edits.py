"""Edited words: labels stay with them, spans stay whole, and something always stays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mtrec.tasks import TASK_TYPES
from mtrec.tasks.relation import MARKS, entities
from mtrec.tasks.spans import spans
from mtrec.tasks.tags import tokens
from mtrec.training.edits import EDITS, Edit, edit, edited_text

TAGGED = TASK_TYPES["tags"]

words = st.text("abcdé界", min_size=1, max_size=9)
lengths = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[str], str]:
    """Words, and their tags in IOB2, spans beside each other among them."""
    said: list[str] = []
    tags: list[str] = []
    for length in draw(lengths):
        kind = draw(st.sampled_from(["", "a", "b"]))
        tags += [f"B-{kind}", *[f"I-{kind}"] * (length - 1)] if kind else ["O"] * length
        said += draw(st.lists(words, min_size=length, max_size=length))
    return said, " ".join(tags)


shares = st.floats(0.05, 1)
seeds = st.integers(0, 2**32 - 1)


@given(labelled(), shares, seeds)
def test_as_many_words_as_tags_and_the_tags_are_valid(
    record: tuple[list[str], str], share: float, seed: int
) -> None:
    said, tags = record
    rng = np.random.default_rng(seed)
    text, (after,) = edited_text(" ".join(said), [(TAGGED, tags)], rng, share)
    assert len(tokens(text)) == len(after.split(" ")) >= 1
    cells, texts = pd.Series([after], dtype="str"), pd.Series([text], dtype="str")
    assert TAGGED.read(cells, texts).tolist() == [after]  # nothing to repair


@given(labelled(), shares, seeds)
def test_spans_are_those_of_before_that_have_a_word_left(
    record: tuple[list[str], str], share: float, seed: int
) -> None:
    said, tags = record
    found = edit(said, TAGGED.bound(tags), np.random.default_rng(seed), share)
    after = TAGGED.rearranged(tags, found.origins)
    left = set(found.origins)
    assert len(left) == len(found.origins)
    expected = [
        (kind, len(left & set(range(first, end))))
        for kind, first, end in spans(tags)
        if left & set(range(first, end))
    ]
    assert [(kind, end - first) for kind, first, end in spans(after)] == expected
    kinds = [tag[2:] for tag in tags.split(" ")]
    assert [tag[2:] for tag in after.split(" ")] == [kinds[place] for place in found.origins]


@given(st.lists(words, min_size=2, max_size=8), seeds)
def test_swaps_are_of_neighbours_and_change_nothing_else(said: list[str], seed: int) -> None:
    found = edit(said, [], np.random.default_rng(seed), 0.5, [Edit.SWAP])
    assert sorted(found.origins) == list(range(len(said)))
    assert all(abs(place - was) <= 1 for place, was in enumerate(found.origins))
    assert list(found.words) == [said[place] for place in found.origins]


def test_no_word_is_swapped_into_or_out_of_a_span() -> None:
    said = ["a", "b", "c", "d", "e"]
    found = edit(said, [(1, 3)], np.random.default_rng(0), 0.999, [Edit.SWAP])
    assert found.words == ("a", "c", "b", "e", "d")
    assert TAGGED.rearranged("O B-x I-x O O", found.origins) == "O B-x I-x O O"


@pytest.mark.parametrize(
    ("tags", "origins", "after"),
    [
        ("B-x I-x O", (1, 2), "B-x O"),  # what is left of a span begins it
        ("B-x B-x I-x", (0, 2), "B-x B-x"),  # and does not join the one before
        ("B-x I-x I-x", (0, 2), "B-x I-x"),
        ("B-x I-x O B-y", (2, 3), "O B-y"),
        ("B-x I-x", (1, 0), "B-x I-x"),
    ],
)
def test_what_is_left_of_a_span_is_one(tags: str, origins: tuple[int, ...], after: str) -> None:
    assert TAGGED.rearranged(tags, origins) == after


@given(
    st.lists(words, min_size=1, max_size=4),
    st.lists(words, min_size=1, max_size=3),
    st.lists(words, min_size=0, max_size=4),
    seeds,
)
def test_marked_entities_stay(
    before: list[str], inside: list[str], behind: list[str], seed: int
) -> None:
    entity = " ".join(inside)
    text = " ".join([*before, f"<e2>{entity}</e2>", *behind, "<e1>x", "y</e1>"])
    after, _ = edited_text(text, [], np.random.default_rng(seed), 0.9, [Edit.DELETE, Edit.SWAP])
    assert entities(after) == ("x y", entity)
    wild, _ = edited_text(text, [], np.random.default_rng(seed), 0.9)
    assert entities(wild) is not None and all(wild.count(mark) == 1 for mark in MARKS)


@given(st.lists(words, min_size=1, max_size=6), seeds)
def test_one_word_at_least_is_left(said: list[str], seed: int) -> None:
    assert len(edit(said, [], np.random.default_rng(seed), 1.0, [Edit.DELETE]).words) == 1


@given(st.text("abcdefgh", min_size=1, max_size=12), seeds)
def test_a_slip_lies_inside_a_word(word: str, seed: int) -> None:
    (said,) = edit([word], [], np.random.default_rng(seed), 1.0, [Edit.TYPO]).words
    if len(word) < 4:
        assert said == word
    else:
        assert said != word
        assert (said[0], said[-1]) == (word[0], word[-1]) and abs(len(said) - len(word)) <= 1


def test_the_longest_letters_of_a_word_are_misspelt() -> None:
    found = {
        edit(["(don't-worry!)"], [], np.random.default_rng(seed), 1.0, [Edit.TYPO]).words[0]
        for seed in range(40)
    }
    assert all(each.startswith("(don't-w") and each.endswith("y!)") for each in found)
    assert len(found) > 3


def test_texts_without_a_slip_stay_letter_for_letter() -> None:
    for text in ("two  spaces", "a b", "", " "):
        assert edited_text(text, [], np.random.default_rng(0), 1e-9)[0] == text


@given(st.lists(words, min_size=1, max_size=30), seeds)
@example(["a", "a"], 1_317_104_283)
def test_more_damage_holds_the_lesser(said: list[str], seed: int) -> None:
    lost = [
        set(range(len(said)))
        - set(edit(said, [], np.random.default_rng(seed), share, [Edit.DELETE]).origins)
        for share in (0.1, 0.3)
    ]
    assert lost[0] <= lost[1]


def test_about_the_share_of_words_is_changed() -> None:
    said = ["word"] * 4000
    found = edit(said, [], np.random.default_rng(0), 0.3, EDITS)
    gone = len(said) - len(found.words)
    misspelt = sum(word != "word" for word in found.words)
    moved = sum(a + 1 != b for a, b in zip(found.origins, found.origins[1:], strict=False))
    assert gone == pytest.approx(400, abs=80) and misspelt == pytest.approx(400, abs=80)
    assert moved > 400


def test_the_same_seed_gives_the_same_slips() -> None:
    text = "the film was very good and quite long"
    first, again, other = (
        edited_text(text, [], np.random.default_rng(seed), 0.5)[0] for seed in (1, 1, 2)
    )
    assert first == again != other
