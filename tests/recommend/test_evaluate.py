from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
import pytest

from mtrec.recommend.base import Recommender
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge, paired, table
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import Vectors

NONE = Vectors(np.zeros((8, 1), np.float32), np.zeros((5, 1), np.float32))


class Fixed(Recommender):
    """Scores that a test wrote down."""

    name = "fixed"

    def __init__(self, scores: Any) -> None:
        self.table = np.array(scores, dtype=np.float32)

    def scores(self, users: Any) -> Any:
        return self.table[users]


@pytest.fixture
def data(small: Any) -> RecommendationData:
    """Ann saw a and b and likes d in test; Bob saw b and c and likes a in test."""
    return RecommendationData.from_dataset(small, "test")


def test_seen_items_take_no_place_in_the_lists(data: RecommendationData) -> None:
    found = judge(Fixed([[9, 8, 7, 6, 5]] * 3), data)
    assert found.users.tolist() == [0, 1]
    assert found.items.tolist() == [[2, 3, 4, -1, -1], [0, 3, 4, -1, -1]]
    assert found.values["ndcg@10"] == pytest.approx([1 / log2(3), 1])
    assert found.values["mrr@10"] == pytest.approx([1 / 2, 1])
    assert found.values["recall@10"] == pytest.approx([1, 1])


def test_the_table_has_the_contracts_rows_and_no_empty_segment(data: RecommendationData) -> None:
    rows = table(judge(Fixed([[9, 8, 7, 6, 5]] * 3), data), data)
    assert [(row["segment"], row["users"]) for row in rows] == [("all", 2), ("few", 2)]
    assert set(rows[0]) == {"recommender", "stage", "segment", "users", "metrics"}
    assert rows[0]["stage"] is None
    assert set(rows[0]["metrics"]) == {
        "ndcg@10",
        "recall@10",
        "mrr@10",
        "map@10",
        "novelty@10",
        "coverage@10",
    }
    figure = rows[0]["metrics"]["mrr@10"]
    assert (figure["value"], figure["low"], figure["high"]) == (0.75, 0.5, 1.0)
    assert rows[0]["metrics"]["coverage@10"] == {"value": 4 / 5, "low": None, "high": None}


def test_lists_are_held_against_popularity_and_texts(data: RecommendationData) -> None:
    """In the history a, b and c were liked by one of the two people each, d and e by nobody."""
    texts = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    found = judge(Fixed([[9, 8, 7, 6, 5]] * 3), data, texts=texts)
    assert found.values["novelty@10"].tolist() == [1, 1]
    assert found.values["diversity@10"] == pytest.approx([2 / 3, 2 / 3])


def test_paired_differences_are_taken_user_by_user(data: RecommendationData) -> None:
    good, bad = Fixed([[9, 0, 0, 9, 0]] * 3), Fixed([[0, 0, 9, 0, 9]] * 3)
    rows = paired([(judge(good, data), judge(bad, data))], data)
    assert [row["segment"] for row in rows] == ["all", "few"]
    expected = ((1 - 1 / log2(4)) + (1 - 1 / log2(3))) / 2
    assert rows[0]["metrics"]["ndcg@10"]["value"] == pytest.approx(expected)
    assert rows[0]["metrics"]["ndcg@10"]["low"] > 0
    assert rows[0]["a"] == {"recommender": "fixed", "stage": None}


def test_nobody_to_judge_by_gives_no_rows(small: Any) -> None:
    small.interactions = small.interactions[small.interactions["split"] != "test"]
    data = RecommendationData.from_dataset(small, "test")
    found = judge(Popular.fit(data, NONE), data)
    assert table(found, data) == []
    assert paired([(found, found)], data) == []


def test_popular_counts_likes_of_the_history(data: RecommendationData) -> None:
    assert Popular.fit(data, NONE).scores(np.array([0]))[0].tolist() == [1, 1, 1, 0, 0]
