from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from mtrec.recommend.content import Content
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.profiles import Vectors

ITEMS = np.array([[0, 1], [1, 0], [0.6, 0.8], [-1, 0], [0, 1]], dtype=np.float32)


@pytest.fixture
def texts() -> Vectors:
    """Ann's three texts of the training part point to the right, up, and up; Bob's to the left."""
    records = np.zeros((8, 2), dtype=np.float32)
    records[[0, 1, 2, 7]] = [[1, 0], [0, 1], [0, 1], [0, 1]]
    records[4] = [-1, 0]
    return Vectors(records, ITEMS)


def test_by_hand(small: Any, texts: Vectors) -> None:
    """Ann wrote (1, 3) / √10 in the mean, and liked (0, 1)."""
    data = RecommendationData.from_dataset(small, "test")
    found = Content.fit(data, texts, likes=0.25)
    profile = np.array([0.75 / sqrt(10), 0.75 * 3 / sqrt(10) + 0.25])
    assert found.scores(np.array([0]))[0] == pytest.approx(ITEMS @ profile, abs=1e-6)
    (terms,) = found.terms(0, np.array([2]))
    assert sum(each.weight for each in terms) == pytest.approx(ITEMS[2] @ profile, abs=1e-6)
    assert [each.kind for each in terms] == ["text"] * 4 + ["liked"]
    assert terms[0].weight == pytest.approx(0.75 / sqrt(10) * 0.6)
    assert terms[-1].weight == pytest.approx(0.25 * 0.8)


def test_an_item_nobody_liked_is_found_by_its_text(small: Any, texts: Vectors) -> None:
    data = RecommendationData.from_dataset(small, "test")
    assert not data.liked[:, 4].nnz
    scores = Content.fit(data, texts, likes=0.5).scores(np.array([0]))[0]
    assert scores[4] == scores[0] == scores.max()


def test_people_of_whom_nothing_may_be_used_get_what_is_popular(small: Any, texts: Vectors) -> None:
    data = RecommendationData.from_dataset(small, "test")
    found = Content.fit(data, texts, likes=0.5)
    assert found.scores(np.array([2]))[0].tolist() == [1, 1, 1, 0, 0]
    assert found.terms(2, np.array([1]))[0][0].kind == "popular"
