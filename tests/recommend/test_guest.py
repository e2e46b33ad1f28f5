"""Somebody given by their parts alone is recommended what the data would have them recommended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mtrec.recommend.adapt import Chosen, adapt
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.explain import Owned
from mtrec.recommend.fused import FusedRecommender, unadapted
from mtrec.recommend.guest import of_person
from mtrec.recommend.profiles import ENCODER, build_sources
from mtrec.training.reporter import SilentReporter


def alike(vectors: Any) -> Owned:
    """Parts of one age."""
    return Owned(np.arange(len(vectors)), vectors, np.ones(len(vectors), np.float32))


def parts_of(recommender: FusedRecommender, sources: Any, user: int) -> dict[str, Any]:
    """A user's parts of each source, in the space that the recommender reads them from."""
    found = {}
    for name, source in recommender.sources.items():
        positions = sources[name].owners[[user]].indices
        is_liked = source.kind == "liked"
        table = recommender.items[source.parts] if is_liked else sources[name].parts
        found[name] = alike(table[positions])
        ages = sources[name].ages
        if ages is not None:
            found[name] = replace(found[name], ages=ages[[user]].data)
    return found


@pytest.fixture(params=["pretrained", "adapted"])
def case(request: pytest.FixtureRequest, crowd: Any, one_thread: None) -> tuple[Any, Any]:
    data = crowd()
    sources = build_sources(data.test, data.spaces, {})
    if request.param == "pretrained":
        return unadapted("pretrained", sources, data.spaces, 60), sources
    learned = adapt(
        data.val,
        build_sources(data.val, data.spaces, {}),
        data.spaces[ENCODER].items,
        RecommendConfig(dimension=8),
        Chosen(Form(fading=0.5), passes=2),
        0,
        SilentReporter(),
    )
    return learned.recommender(sources, 60), sources


def test_the_parts_of_somebody_known_give_their_scores(case: tuple[Any, Any]) -> None:
    recommender, sources = case
    nobody = np.array([0])
    for user in range(60):
        there = np.array([user])
        alone = of_person(recommender, parts_of(recommender, sources, user))
        assert alone.scores(nobody) == pytest.approx(recommender.scores(there), abs=1e-5)
        assert alone.weights(nobody) == pytest.approx(recommender.weights(there))
        for space, profile in alone.profiles(nobody).items():
            assert profile == pytest.approx(recommender.profiles(there)[space], abs=1e-5)


def test_so_do_those_of_a_task_that_looks_at_a_part_of_its_state(
    small: Any, spaces: Any, views: Any
) -> None:
    sources = build_sources(RecommendationData.from_dataset(small, "test"), spaces, views)
    fused = unadapted("multitask", sources, spaces, 3)
    for user in range(3):  # of the last one nothing is known
        alone = of_person(fused, parts_of(fused, sources, user))
        assert alone.scores(np.array([0])) == pytest.approx(
            fused.scores(np.array([user])), abs=1e-5
        )


def test_one_text_is_worth_what_hand_and_head_make_of_it(small: Any, spaces: Any) -> None:
    sources = build_sources(RecommendationData.from_dataset(small, "test"), spaces, {})
    fused = unadapted("pretrained", sources, spaces, 3)
    text = np.array([[3, 0, 0, 0, 4, 0]], np.float32)
    alone = of_person(fused, {"text": alike(text)})
    expected = 0.6 * spaces[ENCODER].items[:, 0] + 0.8 * spaces[ENCODER].items[:, 4]
    assert alone.scores(np.array([0]))[0] == pytest.approx(expected, abs=1e-6)
    assert alone.weights(np.array([0])).tolist() == [[1, 0]]


def test_without_parts_there_is_what_suits_everyone(case: tuple[Any, Any]) -> None:
    recommender, _ = case
    bare = of_person(recommender, {})
    expected = recommender.bias + sum(
        recommender.items[space] @ mean for space, mean in recommender.everyone.items()
    )
    assert bare.scores(np.array([0]))[0] == pytest.approx(expected, abs=1e-5)
    assert not bare.weights(np.array([0])).any()


def test_parts_that_cancel_out_tell_nothing_and_divide_by_nothing(small: Any, spaces: Any) -> None:
    sources = build_sources(RecommendationData.from_dataset(small, "test"), spaces, {})
    fused = unadapted("pretrained", sources, spaces, 3)
    opposite = np.array([[1, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]], np.float32)
    assert of_person(fused, {"text": alike(opposite)}).scores(np.array([0])).tolist() == [[0] * 5]
