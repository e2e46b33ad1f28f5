from __future__ import annotations

from math import log2

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend.metrics import (
    average_precision,
    coverage,
    diversity,
    hits_of,
    mrr,
    ndcg,
    novelty,
    recall,
)

HITS = np.array([[True, False, True], [False, True, False], [False, False, False]])
RELEVANT = np.array([2, 5, 1])
FOUND = (ndcg, recall, mrr, average_precision)


def test_ndcg_by_hand() -> None:
    first = (1 + 1 / log2(4)) / (1 + 1 / log2(3))
    second = (1 / log2(3)) / (1 + 1 / log2(3) + 1 / log2(4))
    assert ndcg(HITS, RELEVANT, 3) == pytest.approx([first, second, 0])


def test_ndcg_is_one_when_all_that_fits_is_a_hit() -> None:
    assert ndcg(np.ones((1, 3), dtype=bool), np.array([7]), 3) == pytest.approx([1])
    assert ndcg(np.array([[True, False, False]]), np.array([1]), 3) == pytest.approx([1])


def test_ndcg_of_a_list_shorter_than_k_counts_the_missing_places() -> None:
    assert ndcg(np.array([[True]]), np.array([2]), 10) == pytest.approx([1 / (1 + 1 / log2(3))])


def test_recall_and_mrr_by_hand() -> None:
    assert recall(HITS, RELEVANT, 3) == pytest.approx([1, 1 / 5, 0])
    assert mrr(HITS, RELEVANT, 3) == pytest.approx([1, 1 / 2, 0])


def test_average_precision_by_hand() -> None:
    """Of the first person's two, one of one is a hit at place 1 and two of three at place 3."""
    found = average_precision(HITS, RELEVANT, 3)
    assert found == pytest.approx([(1 + 2 / 3) / 2, (1 / 2) / 3, 0])
    assert average_precision(np.ones((1, 3), dtype=bool), np.array([7]), 3) == pytest.approx([1])


def test_novelty_by_hand() -> None:
    """Of 8 people, 4 liked the first item, 1 the second, and nobody the third."""
    likes = np.array([4, 1, 0], dtype=np.float32)
    lists = np.array([[0, 1, 2], [0, -1, -1], [-1, -1, -1]])
    assert novelty(lists, likes, 8, 3) == pytest.approx([(1 + 3 + 3) / 3, 1, 0])
    assert novelty(lists, likes, 8, 1) == pytest.approx([1, 1, 0])


def test_diversity_by_hand() -> None:
    """Cosines of 1, 0 and 0 among the first three, of −1 between the last two."""
    texts = np.array([[1, 0], [1, 0], [0, 1], [0, -1]], dtype=np.float32)
    lists = np.array([[0, 1, 2], [2, 3, -1], [0, -1, -1], [-1, -1, -1]])
    assert diversity(lists, texts, 3) == pytest.approx([2 / 3, 2, 0, 0])
    assert diversity(lists, texts, 2) == pytest.approx([0, 2, 0, 0])


def test_places_behind_k_do_not_count() -> None:
    late = np.array([[False, False, True]])
    one = np.array([1])
    assert [metric(late, one, 2)[0] for metric in FOUND] == [0] * 4


def test_coverage_counts_each_item_once_and_no_gaps() -> None:
    lists = np.array([[0, 1, 2], [1, 0, -1]])
    assert coverage(lists, catalogue=8, k=3) == 3 / 8
    assert coverage(lists, catalogue=8, k=2) == 2 / 8


def test_hits_are_found_per_user_and_gaps_never_hit() -> None:
    relevant = csr_matrix(np.array([[0, 0, 1], [1, 0, 0]]))
    assert hits_of(np.array([[2, 0], [2, -1]]), relevant).tolist() == [[True, False], [False] * 2]


def test_an_empty_catalogue_gives_zeros() -> None:
    nothing = np.zeros((2, 0), dtype=bool)
    assert [metric(nothing, np.array([1, 2]), 10).tolist() for metric in FOUND] == [[0, 0]] * 4
    lists = np.zeros((2, 0), dtype=np.int64)
    assert novelty(lists, np.zeros(0, np.float32), 0, 10).tolist() == [0, 0]
    assert diversity(lists, np.zeros((0, 3), np.float32), 10).tolist() == [0, 0]
    assert coverage(np.zeros((0, 0), dtype=np.int64), catalogue=0, k=10) == 0
