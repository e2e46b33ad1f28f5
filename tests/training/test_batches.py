from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtrec.training.batches import token_batches

lengths_of_texts = st.lists(st.integers(1, 60), max_size=80).map(np.array)


@given(lengths_of_texts, st.integers(1, 200), st.booleans())
def test_every_text_stands_in_one_batch_within_the_budget(
    lengths: np.ndarray, budget: int, shuffled: bool
) -> None:
    rng = np.random.default_rng(0) if shuffled else None
    batches = token_batches(lengths, budget, rng)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= budget


@given(lengths_of_texts, st.integers(1, 200))
def test_a_batch_holds_as_many_as_fit(lengths: np.ndarray, budget: int) -> None:
    batches = token_batches(lengths, budget)
    for batch, following in pairwise(batches):
        more = np.append(batch, following[0])
        assert lengths[more].max() * len(more) > budget


def test_little_padding_is_read() -> None:
    lengths = np.random.default_rng(0).integers(5, 120, 5000)
    batches = token_batches(lengths, 2048, np.random.default_rng(1))
    padded = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert padded < 1.15 * lengths.sum()


def test_batches_differ_between_epochs_and_repeat_with_the_seed() -> None:
    lengths = np.full(100, 10)
    rng = np.random.default_rng(3)
    first, second = token_batches(lengths, 100, rng), token_batches(lengths, 100, rng)
    again = token_batches(lengths, 100, np.random.default_rng(3))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert {frozenset(b.tolist()) for b in first} != {frozenset(b.tolist()) for b in second}
