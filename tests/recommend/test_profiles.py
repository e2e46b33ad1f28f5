from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.fused import unadapted
from mtrec.recommend.profiles import (
    ENCODER,
    Source,
    TaskView,
    Vectors,
    ages_among,
    build_sources,
    traits,
    unit,
)
from mtrec.schema import TRUNK, task_space


@pytest.fixture
def data(small: Any) -> RecommendationData:
    return RecommendationData.from_dataset(small, "test")


def test_a_task_reads_its_activities_text_reads_all_and_liked_reads_likes(
    data: RecommendationData, spaces: Any, views: Any
) -> None:
    sources = build_sources(data, spaces, views)
    assert list(sources) == ["mood", "text", "liked"]
    assert [each.kind for each in sources.values()] == ["task", "text", "liked"]
    assert sources["mood"].counts.tolist() == [2, 1, 0]
    assert sources["text"].counts.tolist() == [4, 1, 0]
    assert sources["liked"].counts.tolist() == [1, 2, 0]
    encoder, trunk = spaces[ENCODER], spaces[TRUNK]
    assert sources["mood"].sums()[0] == pytest.approx(trunk.records[[0, 1]].sum(axis=0), abs=1e-6)
    assert sources["text"].sums()[0] == pytest.approx(
        encoder.records[[0, 1, 2, 7]].sum(axis=0), abs=1e-6
    )
    assert sources["liked"].sums()[1] == pytest.approx(encoder.items[[1, 2]].sum(axis=0), abs=1e-6)


def test_a_task_with_states_of_its_own_reads_those_and_items_as_it_sees_them(
    data: RecommendationData, spaces: Any, views: Any
) -> None:
    own = task_space("mood")
    apart = {**spaces, own: Vectors(-spaces[TRUNK].records, spaces[TRUNK].items)}
    view = TaskView(views["mood"].activities, views["mood"].projection, own)
    before = unadapted("multitask", build_sources(data, spaces, views), spaces, 3)
    after = unadapted("multitask", build_sources(data, apart, {"mood": view}), apart, 3)
    assert (before.sources["mood"].space, after.sources["mood"].space) == (TRUNK, own)
    one, other = (each.profiles(np.arange(2)) for each in (before, after))
    np.testing.assert_allclose(other[own], -one[TRUNK], atol=1e-6)
    assert not other[TRUNK].any()
    np.testing.assert_array_equal(other[ENCODER], one[ENCODER])


def test_a_held_out_review_cannot_change_a_profile(
    data: RecommendationData, spaces: Any, views: Any
) -> None:
    before = unadapted("multitask", build_sources(data, spaces, views), spaces, 3)
    changed = {}
    for space, vectors in spaces.items():
        records = vectors.records.copy()
        records[[3, 5, 6]] = -7.0  # a test review, one without a split, one without a user
        changed[space] = Vectors(records, vectors.items)
    after = unadapted("multitask", build_sources(data, changed, views), changed, 3)
    everybody = np.arange(3)
    assert (before.vectors(everybody) == after.vectors(everybody)).all()
    records = spaces[ENCODER].records.copy()
    records[0] = -records[0]  # one of the history does
    changed[ENCODER] = Vectors(records, spaces[ENCODER].items)
    moved = unadapted("multitask", build_sources(data, changed, views), changed, 3)
    assert (before.vectors(everybody) != moved.vectors(everybody)).any()


def test_parts_about_an_item_are_summed_per_user_and_item(
    data: RecommendationData, spaces: Any, views: Any
) -> None:
    text = build_sources(data, spaces, views)["text"]
    rows, items, masses, squares, sums = text.about_items(np.array([1, 0]))
    cells = list(zip(rows, items, masses, squares, strict=True))
    assert cells == [(0, 2, 1, 1), (1, 0, 2, 2), (1, 1, 1, 1)]
    records = spaces[ENCODER].records
    assert sums == pytest.approx(
        np.stack([records[4], records[[0, 7]].sum(axis=0), records[1]]), abs=1e-6
    )


def test_of_older_parts_less_is_summed() -> None:
    ages = csr_matrix(np.array([[1, 0, 4], [0, 1, 1]], np.float32))
    parts = np.array([[1, 0], [0, 1], [2, 2]], np.float32)
    alike = csr_matrix((ages > 0).astype(np.float32))
    liked = Source("liked", ENCODER, parts, np.arange(3), alike, ages=ages)
    assert liked.sums().tolist() == [[3, 2], [2, 3]]
    faded = liked.faded(0.5)
    assert faded.sums().tolist() == [[2, 1], [2, 3]]  # the oldest of four counts 1 / √4
    assert faded.counts.tolist() == [2, 2]
    rows, items, masses, squares, sums = faded.about_items(np.array([0]))
    assert list(zip(rows, items, masses, squares, strict=True)) == [(0, 0, 1, 1), (0, 2, 0.5, 0.25)]
    assert sums.tolist() == [[1, 0], [1, 1]]
    timeless = replace(liked, ages=None)
    assert timeless.faded(0.5) is timeless


def test_what_is_left_of_somebody_is_as_old_as_if_nothing_else_had_been() -> None:
    assert ages_among(np.array([2, 5, 2, 4], np.float32)).tolist() == [1, 4, 1, 3]
    assert ages_among(np.empty(0, np.float32)).tolist() == []


def test_sources_without_anything_in_them_are_left_out(small: Any, spaces: Any) -> None:
    small.interactions = small.interactions.assign(liked=False)
    data = RecommendationData.from_dataset(small, "test")
    assert list(build_sources(data, spaces, {})) == ["text"]


def test_a_task_called_text_keeps_its_name(
    data: RecommendationData, spaces: Any, views: Any
) -> None:
    sources = build_sources(data, spaces, {"text": views["mood"]})
    assert {name: each.kind for name, each in sources.items()} == {
        "text": "task",
        "text_": "text",
        "liked": "liked",
    }
    assert list(build_sources(data, spaces, {}, taken=["text"])) == ["text_", "liked"]


def test_traits_by_hand(data: RecommendationData) -> None:
    labels = {"mood": pd.Series(["good", "bad", "bad", "bad"], index=[0, 1, 3, 6])}
    probabilities = {"mood": np.array([[p, 1 - p] for p in np.arange(8) / 10], np.float32)}
    view = TaskView(frozenset({"reviews"}), np.eye(2, dtype=np.float32))
    found = traits(data, labels, probabilities, {"mood": ["good", "bad"]}, {"mood": view})
    rows = {(row.user, row.label): row for row in found.itertuples()}
    ann, bob = rows[0, "good"], rows[1, "bad"]
    assert (ann.observed, ann.n) == (0.5, 2)  # records 0 and 1, one of them good
    assert ann.predicted == pytest.approx((0.0 + 0.1) / 2)
    assert np.isnan(bob.observed)
    assert (bob.predicted, bob.n) == (pytest.approx(0.6), 1)
    assert len(rows) == 4  # nobody else has reviews in their history


def test_no_tasks_no_traits(data: RecommendationData) -> None:
    assert traits(data, {}, {}, {}, {}).empty


def test_traits_of_several_labels_and_of_none(data: RecommendationData) -> None:
    """Of Ann's two records one carries both labels, the other is labelled and carries none."""
    labels = {"tags": pd.Series(["a", "b", None], index=[0, 0, 1])}
    shares = np.full((8, 2), 0.5, np.float32)
    view = TaskView(frozenset({"reviews"}), np.eye(2, dtype=np.float32))
    found = traits(data, labels, {"tags": shares}, {"tags": ["a", "b"]}, {"tags": view})
    ann = {row.label: row for row in found[found["user"] == 0].itertuples()}
    assert (ann["a"].observed, ann["b"].observed) == (0.5, 0.5)
    assert ann["a"].predicted == pytest.approx(0.5)


def test_unit_leaves_zero_alone() -> None:
    assert unit(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]


def test_texts_of_which_nothing_is_said_are_no_traits(data: RecommendationData) -> None:
    """Nothing is said of Ann's record 1, nor of anything that Bob wrote."""
    labels = {"kin": pd.Series(["a"], index=[0])}
    shares = np.full((8, 2), np.nan, np.float32)
    shares[0] = [0.75, 0.25]
    view = TaskView(frozenset({"reviews"}), np.eye(2, dtype=np.float32))
    found = traits(data, labels, {"kin": shares}, {"kin": ["a", "b"]}, {"kin": view})
    assert found[["user", "label", "predicted", "n"]].to_numpy().tolist() == [
        [0, "a", 0.75, 1],
        [0, "b", 0.25, 1],
    ]
