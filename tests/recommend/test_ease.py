from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend import ease
from mtrec.recommend.ease import Dual, Ease, Primal

RIDGE = 3.0


def _crowd(users: int, items: int) -> Any:
    return (np.random.default_rng(0).random((users, items)) < 0.25).astype(float)


def test_two_items_by_hand(likes: Callable[..., Any], wordless: Callable[..., Any]) -> None:
    """(XᵀX + 1)⁻¹ = [[2, −1], [−1, 3]] / 5, so that b speaks for a by 1/2 and a for b by 1/3."""
    data = likes([[1, 1], [1, 0]])
    found = Ease.fit(data, wordless(data), ridge=1)
    assert found.scores(np.arange(2)) == pytest.approx(np.array([[1 / 2, 1 / 3], [0, 1 / 3]]))
    ((term,),) = found.terms(1, np.array([1]))
    assert (term.kind, term.parts, term.weight) == ("liked", (0,), pytest.approx(1 / 3))


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (15, 15)])
@pytest.mark.parametrize("ridge", [0.5, 30.0])
def test_both_forms_are_the_textbooks(shape: tuple[int, int], ridge: float) -> None:
    likes = _crowd(*shape)
    inverse = np.linalg.inv(likes.T @ likes + ridge * np.eye(shape[1]))
    weights = np.eye(shape[1]) - inverse / np.diag(inverse)
    users, items = np.arange(shape[0]), np.arange(shape[1])
    for form in (Primal, Dual):
        found = form(csr_matrix(likes), ridge)
        assert found.scores(users) == pytest.approx(likes @ weights, abs=1e-9)
        assert found.weights(items, items) == pytest.approx(weights, abs=1e-9)


def test_the_smaller_table_is_the_one_inverted(likes: Callable[..., Any]) -> None:
    assert isinstance(Ease(likes(_crowd(9, 20)).liked, RIDGE).linear, Dual)
    assert isinstance(Ease(likes(_crowd(20, 9)).liked, RIDGE).linear, Primal)


def test_blocks_change_nothing(likes: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    liked = likes(_crowd(9, 20)).liked
    whole = Ease(liked, RIDGE).scores(np.arange(9))
    monkeypatch.setattr(ease, "CELLS", 40)
    assert Ease(liked, RIDGE).scores(np.arange(9)) == pytest.approx(whole, abs=1e-6)


def test_where_a_table_would_be_too_large_it_holds_what_most_people_liked(
    likes: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _crowd(30, 8)
    table[:, 5] = [*[0] * 29, 1]  # liked by the last person alone
    monkeypatch.setattr(ease, "LARGEST", 7)
    found = Ease(likes(table).liked, RIDGE)
    assert found.columns.tolist() == [0, 1, 2, 3, 4, 6, 7]
    kept = np.delete(table, 5, axis=1)
    alone = Ease(likes(kept).liked, RIDGE).scores(np.arange(30))
    known = np.flatnonzero(kept.any(axis=1))
    scores = found.scores(known)
    assert np.delete(scores, 5, axis=1) == pytest.approx(alone[known], abs=1e-6)
    assert (scores[:, 5] == 0).all()
    for terms, score in zip(
        found.terms(29, np.arange(8)), found.scores(np.array([29]))[0], strict=True
    ):
        assert sum(each.weight for each in terms) == pytest.approx(score, abs=1e-6)
