from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.recommend.data import RecommendationData


def test_history_is_train_before_val_and_train_and_val_before_test(small: Any) -> None:
    val = RecommendationData.from_dataset(small, "val")
    test = RecommendationData.from_dataset(small, "test")
    assert val.seen.toarray().tolist() == [[1, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0] * 5]
    assert test.seen.toarray().tolist() == [[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0] * 5]
    assert val.liked.toarray().tolist() == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0] * 5]
    assert test.liked.toarray().tolist() == [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0] * 5]


def test_what_was_written_about_without_an_act_is_mentioned_and_no_discovery(small: Any) -> None:
    acts = small.interactions
    small.interactions = acts[~((acts["user"] == "ann") & (acts["item"] == "b"))]
    val = RecommendationData.from_dataset(small, "val")
    assert val.mentioned.toarray().tolist() == [[0, 1, 0, 0, 0], [0] * 5, [0] * 5]
    assert val.seen.toarray().tolist() == [[1, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0] * 5]
    some = val.of(np.array([0, 2]))
    assert some.mentioned.toarray().tolist() == [[0, 1, 0, 0, 0], [0] * 5]


def test_the_newest_like_is_the_youngest(small: Any) -> None:
    days = {"a": "2024-01-01", "b": "2024-01-03", "c": "2024-01-03", "d": None, "e": "2024-01-02"}
    acts = [("ann", item, True, day) for item, day in days.items()]
    acts += [("ann", "a", True, "2024-01-04"), ("bob", "c", True, None), ("bob", "e", True, None)]
    acts += [("ann", "e", False, "2024-01-09")]
    table = pd.DataFrame(acts, columns=["user", "item", "liked", "time"])
    small.interactions = table.assign(time=pd.to_datetime(table["time"], utc=True), split="train")
    data = RecommendationData.from_dataset(small, "val")
    assert data.ages.toarray().tolist() == [[1, 2, 2, 5, 4], [0, 0, 1, 0, 1], [0] * 5]
    assert (data.ages.indices == data.liked.indices).all()
    assert (data.ages.indptr == data.liked.indptr).all()
    assert data.of(np.array([1])).ages.toarray().tolist() == [[0, 0, 1, 0, 1]]


def test_judged_at_most_so_many_people(small: Any) -> None:
    test = RecommendationData.from_dataset(small, "test")
    fewer = test.judged_at_most(1)
    assert len(fewer.judged) == 1
    assert set(fewer.judged) < set(test.judged)
    assert test.judged_at_most(2) is test


def test_only_liked_items_of_the_judged_split_are_relevant(small: Any) -> None:
    test = RecommendationData.from_dataset(small, "test")
    assert test.relevant.toarray().tolist() == [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0], [0] * 5]
    assert test.judged.tolist() == [0, 1]
    assert RecommendationData.from_dataset(small, "val").judged.tolist() == [1]


def test_records_without_split_or_user_and_held_out_ones_are_used_nowhere(small: Any) -> None:
    val = RecommendationData.from_dataset(small, "val")
    test = RecommendationData.from_dataset(small, "test")
    assert val.records.tolist() == [0, 1, 2, 7]
    assert test.records.tolist() == [0, 1, 2, 4, 7]
    assert test.record_users.tolist() == [0, 0, 0, 1, 0]
    assert test.record_items.tolist() == [0, 1, -1, 2, 0]
    assert test.activities.tolist() == ["reviews", "reviews", "notes", "reviews", "notes"]


def test_segments_count_training_interactions_liked_or_not(small: Any) -> None:
    assert RecommendationData.from_dataset(small, "test").segments.tolist() == [
        "few",
        "few",
        "cold",
    ]


def test_five_training_interactions_make_a_user_warm(small: Any) -> None:
    acts = small.interactions
    more = acts.iloc[[0] * 3].assign(item=["c", "d", "e"])
    small.interactions = pd.concat([acts[acts["split"] == "train"], more])
    assert RecommendationData.from_dataset(small, "test").segments[0] == "warm"


def test_an_unknown_user_is_refused_with_some_that_exist(small: Any) -> None:
    data = RecommendationData.from_dataset(small, "test")
    assert data.user("bob") == 1
    for unknown in ("aaa", "bobby", "zoe"):
        with pytest.raises(InputError, match=r"Nobody .* ann, bob, cyn"):
            data.user(unknown)
