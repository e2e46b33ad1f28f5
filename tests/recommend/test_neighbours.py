from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend import neighbours
from mtrec.recommend.item_knn import ItemKNN
from mtrec.recommend.neighbours import nearest
from mtrec.recommend.user_knn import UserKNN

# Three people, and the items a, b and c.
TABLE = [[1, 1, 0], [1, 0, 1], [1, 1, 0]]
AB, AC = 2 / sqrt(6), 1 / sqrt(3)  # a is liked by 3, b by 2, c by 1


@pytest.fixture
def fit(likes: Callable[..., Any], wordless: Callable[..., Any]) -> Callable[..., Any]:
    def fitted(kind: Any, table: Any = TABLE, **setting: Any) -> Any:
        data = likes(table)
        return kind.fit(data, wordless(data), **setting)

    return fitted


def test_item_knn_by_hand(fit: Callable[..., Any]) -> None:
    scores = fit(ItemKNN, neighbours=9, shrinkage=0).scores(np.arange(3))
    expected = [[AB, AB, AC], [AC, AB, AC], [AB, AB, AC]]
    assert scores == pytest.approx(np.array(expected), abs=1e-6)


def test_item_knn_looks_at_so_many_neighbours_of_the_item_it_scores(
    fit: Callable[..., Any],
) -> None:
    """The nearest to a is b, which the second person did not like."""
    scores = fit(ItemKNN, neighbours=1, shrinkage=0).scores(np.array([1]))
    assert scores[0] == pytest.approx([0, AB, AC], abs=1e-6)


def test_shrinkage_takes_from_what_rests_on_little(fit: Callable[..., Any]) -> None:
    scores = fit(ItemKNN, neighbours=9, shrinkage=1).scores(np.array([1]))[0]
    assert scores == pytest.approx([1 / (sqrt(3) + 1), 2 / (sqrt(6) + 1), 1 / (sqrt(3) + 1)])
    assert scores[0] / AC < scores[1] / AB


def test_reasons_of_item_knn_are_the_likes_that_speak_for_it(fit: Callable[..., Any]) -> None:
    (terms,) = fit(ItemKNN, neighbours=9, shrinkage=0).terms(0, np.array([2]))
    assert [(each.kind, each.parts) for each in terms] == [("liked", (0,))]
    assert terms[0].weight == pytest.approx(AC)


def test_user_knn_by_hand(fit: Callable[..., Any]) -> None:
    """The first person is like the third altogether, and half like the second."""
    first = np.array([0])
    both = fit(UserKNN, neighbours=2, shrinkage=0)
    assert both.scores(first)[0] == pytest.approx([1.5, 1, 0.5])
    assert fit(UserKNN, neighbours=1, shrinkage=0).scores(first)[0] == pytest.approx([1, 1, 0])
    shrunk = fit(UserKNN, neighbours=2, shrinkage=2).scores(first)[0]
    assert shrunk == pytest.approx([1 / 4 + 2 / 4, 2 / 4, 1 / 4])
    a, _, c = both.terms(0, np.arange(3))
    assert [(each.kind, each.parts) for each in (*a, *c)] == [
        ("similar", (1, 2)),
        ("similar", (1,)),
    ]


def test_people_with_nobody_like_them_are_told_how_many_liked_it(fit: Callable[..., Any]) -> None:
    alone = fit(UserKNN, [[1, 0], [0, 1]], neighbours=2, shrinkage=0)
    assert alone.scores(np.array([0]))[0].tolist() == [0, 0]
    (terms,) = alone.terms(0, np.array([1]))
    assert [(each.kind, each.weight) for each in terms] == [("popular", 0)]


def test_neighbours_are_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = csr_matrix((np.random.default_rng(0).random((40, 12)) < 0.3).astype(np.float32))
    which = np.array([7, 0, 39, 3])
    whole = nearest(rows, which, 5, 1).toarray()
    monkeypatch.setattr(neighbours, "CELLS", 40)
    assert (nearest(rows, which, 5, 1).toarray() == whole).all()
    assert (np.count_nonzero(whole, axis=1) == 5).all()


def test_nobody_is_their_own_neighbour_and_ties_go_to_the_earlier() -> None:
    rows = csr_matrix(np.ones((4, 2), np.float32))
    found = nearest(rows, np.array([0, 2]), 2, 0)
    assert found.toarray() == pytest.approx(np.array([[0, 1, 1, 0], [1, 1, 0, 0]]))
