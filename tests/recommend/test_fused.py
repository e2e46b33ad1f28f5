from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.fused import FusedRecommender, unadapted
from mtrec.recommend.profiles import ENCODER, build_sources, unit
from mtrec.schema import TRUNK

EVERYBODY = np.arange(3)


@pytest.fixture
def sources(small: Any, spaces: Any, views: Any) -> Any:
    return build_sources(RecommendationData.from_dataset(small, "test"), spaces, views)


@pytest.fixture
def fused(sources: Any, spaces: Any) -> FusedRecommender:
    return unadapted("multitask", sources, spaces, 3)


def test_the_score_is_the_sum_of_cosines_over_the_sources(
    fused: FusedRecommender, sources: Any, spaces: Any
) -> None:
    encoder, trunk = spaces[ENCODER], spaces[TRUNK]
    mood = sources["mood"].sums()[0] * [1, 1, 0, 0]
    expected = (
        encoder.items @ unit(sources["text"].sums()[:1])[0]
        + encoder.items @ unit(sources["liked"].sums()[:1])[0]
        + trunk.items @ (mood / np.linalg.norm(mood))
    )
    assert fused.scores(EVERYBODY)[0] == pytest.approx(expected, abs=1e-6)


def test_weights_add_up_to_one_over_the_sources_a_user_has(fused: FusedRecommender) -> None:
    assert fused.weights(EVERYBODY) == pytest.approx(
        np.array([[1 / 3] * 3, [1 / 3] * 3, [0, 0, 0]])
    )
    lopsided = fused.without("liked")
    assert lopsided.weights(EVERYBODY).sum(axis=1) == pytest.approx([1, 1, 0])


def test_who_is_unknown_gets_everyones_mean_profile(fused: FusedRecommender) -> None:
    known = fused.vectors(np.array([0, 1]))
    assert fused.vectors(np.array([2]))[0] == pytest.approx(known.mean(axis=0), abs=1e-6)
    assert np.isfinite(fused.scores(np.array([2]))).all()


def test_dropping_a_source_is_as_if_it_had_never_been_there(
    fused: FusedRecommender, sources: Any, spaces: Any
) -> None:
    for name in sources:
        kept = {each: source for each, source in sources.items() if each != name}
        never = unadapted("multitask", kept, spaces, 3)
        dropped = fused.without(name)
        assert (dropped.weights(EVERYBODY) == never.weights(EVERYBODY)).all()
        assert (dropped.scores(EVERYBODY) == never.scores(EVERYBODY)).all()
        assert (dropped.vectors(EVERYBODY) == never.vectors(EVERYBODY)).all()


def test_without_any_source_the_bias_decides(fused: FusedRecommender) -> None:
    fused.bias = np.arange(5, dtype=np.float32)
    bare = fused.without(*fused.sources)
    assert bare.scores(EVERYBODY).tolist() == [[0, 1, 2, 3, 4]] * 3
    assert bare.weights(EVERYBODY).shape == (3, 0)


def test_neighbours_are_others_who_are_known_nearest_first(crowd: Any) -> None:
    data = crowd()
    built = build_sources(data.test, data.spaces, {})
    fused = unadapted("pretrained", built, data.spaces, len(data.test.users))
    near, similarity = fused.neighbours(4, 10)
    assert 4 not in near
    assert (np.diff(similarity) <= 0).all()
    assert (near % 2 == 0).mean() >= 0.9  # even users share a taste, and wrote about it


def test_nobody_is_near_where_nobody_else_is_known(fused: FusedRecommender) -> None:
    near, _ = fused.neighbours(0, 10)
    assert near.tolist() == [1]
