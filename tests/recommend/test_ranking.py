from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend import ranking
from mtrec.recommend.ranking import rank, top


def test_ties_go_to_the_earlier_item_also_at_the_edge_of_the_list() -> None:
    scores = np.array([[1, 3, 2, 3, 1, 2]], dtype=np.float32)
    assert top(scores, 3).items.tolist() == [[1, 3, 2]]
    assert top(scores, 5).items.tolist() == [[1, 3, 2, 5, 0]]


@pytest.mark.parametrize("k", [1, 4, 40, 99])
def test_top_is_a_stable_sort_cut_short(k: int) -> None:
    scores = np.random.default_rng(k).integers(0, 9, (30, 40)).astype(np.float32)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    found = top(scores, k)
    assert found.items.tolist() == expected.tolist()
    assert (found.scores == np.take_along_axis(scores, expected, axis=1)).all()


@pytest.mark.parametrize("items", [40, 397, 5000])
@pytest.mark.parametrize("levels", [2, 30, 10**6])
def test_of_many_items_only_some_are_sorted_and_none_is_missed(items: int, levels: int) -> None:
    scores = np.random.default_rng(items).integers(0, levels, (50, items)).astype(np.float32)
    scores[:10, 7:] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :20]
    values = np.take_along_axis(scores, expected, axis=1)
    found = top(scores, 20)
    assert (found.scores == values).all()
    assert (found.items == np.where(np.isneginf(values), -1, expected)).all()


def test_a_list_longer_than_what_is_left_ends_in_gaps() -> None:
    seen = csr_matrix(np.array([[1, 0, 1], [0, 0, 0]], dtype=np.float32))
    found = rank(lambda users: np.ones((len(users), 3), np.float32), np.arange(2), 10, seen)
    assert found.items.tolist() == [[1, -1, -1], [0, 1, 2]]


def test_an_empty_catalogue_gives_empty_lists() -> None:
    found = rank(
        lambda users: np.ones((len(users), 0), np.float32), np.arange(2), 5, csr_matrix((2, 0))
    )
    assert found.items.shape == (2, 0)


def test_blocks_change_nothing_and_bound_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(0).random((50, 20)).astype(np.float32)
    seen = csr_matrix((scores > 0.8).astype(np.float32))
    sizes: list[int] = []

    def some(users: np.ndarray) -> np.ndarray:
        sizes.append(len(users))
        return scores[users]

    whole = rank(some, np.arange(50), 7, seen)
    monkeypatch.setattr(ranking, "CELLS", 60)
    sizes.clear()
    parts = rank(some, np.arange(50), 7, seen)
    assert max(sizes) == 3
    assert (whole.items == parts.items).all()
