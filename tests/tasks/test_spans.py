"""Spans as tags, and the likeliest valid tags against all there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.tasks.ragged import Ragged
from mtrec.tasks.spans import LEAST, classes, likeliest, spans

SHARES = st.floats(0, 1, width=32)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O", []),
        ("B-x", [("x", 0, 1)]),
        ("O B-x I-x I-x O B-y", [("x", 1, 4), ("y", 5, 6)]),
        ("B-x B-x I-x B-y I-y", [("x", 0, 1), ("x", 1, 3), ("y", 3, 5)]),
        ("B-x-1 I-x-1 O", [("x-1", 0, 2)]),
    ],
)
def test_spans_say_their_type_and_their_words(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert spans(tags) == found


def test_classes_are_outside_and_two_for_each_label() -> None:
    assert classes(["a", "b"]) == ["O", "B-a", "I-a", "B-b", "I-b"]


def valid(sequence: tuple[int, ...]) -> bool:
    """Whether every I-x, an even number, stands behind a B-x or I-x."""
    before = (0, *sequence)
    return all(
        here == 0 or here % 2 == 1 or last in (here - 1, here)
        for last, here in zip(before, sequence, strict=False)
    )


def log_product(rows: np.ndarray, sequence: tuple[int, ...]) -> float:
    chosen = rows[np.arange(len(rows)), list(sequence)].astype(np.float64)
    return float(np.log(np.maximum(chosen, LEAST)).sum())


@st.composite
def texts(draw: st.DrawFn) -> Ragged[np.ndarray]:
    """A few short texts with probabilities of one or two types, some of them 0."""
    width = 2 * draw(st.integers(1, 2)) + 1
    counts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    cells = sum(counts) * width
    rows = draw(st.lists(SHARES, min_size=cells, max_size=cells))
    return Ragged(np.array(rows, dtype=np.float32).reshape(-1, width), np.array(counts))


@settings(max_examples=200, deadline=None)
@given(texts())
def test_no_valid_sequence_is_likelier(given: Ragged[np.ndarray]) -> None:
    chosen = likeliest(given)
    width = given.rows.shape[1]
    for number in range(len(given)):
        rows, found = given.rows[given.owners == number], tuple(chosen[given.owners == number])
        best = max(
            log_product(rows, each)
            for each in product(range(width), repeat=len(rows))
            if valid(each)
        )
        assert valid(found)
        assert log_product(rows, found) == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_a_word_is_worth_less_than_the_whole() -> None:
    """Word by word `O I-x` is best, but it is not valid, and 0.4 · 0.9 > 0.6 · 0.1."""
    rows = np.array([[0.6, 0.4, 0.0], [0.1, 0.0, 0.9]], dtype=np.float32)
    assert likeliest(Ragged(rows, np.array([2]))).tolist() == [1, 2]
    rows = np.array([[0.9, 0.1, 0.0], [0.4, 0.0, 0.6]], dtype=np.float32)  # 0.9 · 0.4 > 0.1 · 0.6
    assert likeliest(Ragged(rows, np.array([2]))).tolist() == [0, 0]


def test_a_span_goes_on_even_where_every_word_says_inside() -> None:
    rows = np.tile(np.array([0, 0, 1, 0, 0], dtype=np.float32), (3, 1))
    assert valid(tuple(likeliest(Ragged(rows, np.array([3])))))


def test_texts_do_not_reach_into_each_other() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 9, 50)
    together = Ragged(rng.dirichlet(np.ones(7), counts.sum()).astype(np.float32), counts)
    alone = [likeliest(together.take(np.array([number]))) for number in range(50)]
    assert likeliest(together).tolist() == np.concatenate(alone).tolist()


def test_no_text_has_no_tags() -> None:
    none = Ragged(np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=np.int64))
    assert likeliest(none).tolist() == []
