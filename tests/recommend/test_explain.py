from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtrec.recommend.adapt import Chosen, adapt
from mtrec.recommend.base import Term
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.explain import Owned, main_reasons, terms, total
from mtrec.recommend.fused import FusedRecommender, unadapted
from mtrec.recommend.profiles import ENCODER, build_sources
from mtrec.training.reporter import SilentReporter

ITEMS = np.arange(40)


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


def owned(recommender: FusedRecommender, sources: Any, user: int) -> dict[str, Owned]:
    found = {}
    for name, source in recommender.sources.items():
        positions = sources[name].owners[[user]].indices
        table = sources[name].parts if name == "text" else recommender.items[source.parts]
        ages = sources[name].ages
        known = np.ones(len(positions), np.float32) if ages is None else ages[[user]].data
        found[name] = Owned(positions, table[positions], known)
    return found


def test_the_summands_of_every_score_add_up_to_it(case: tuple[Any, Any]) -> None:
    recommender, sources = case
    for user in (0, 7, 31):
        split = terms(recommender, user, ITEMS, owned(recommender, sources, user))
        scores = recommender.scores(np.array([user]))[0]
        assert [total(each) for each in split] == pytest.approx(scores.tolist(), abs=1e-5)
        parts = sum(int(source.counts[user]) for source in recommender.sources.values())
        assert {len(each) for each in split} == {parts + 1}


def test_what_is_new_is_told_apart_and_the_sum_stays() -> None:
    summands = [Term("text", "text", (part,), weight) for part, weight in enumerate((3, 2, 1, 0.5))]
    shown = main_reasons(summands, shown=1, new=lambda term: term.parts[0] >= 2)
    assert [each.parts for each in shown] == [(2,), (0,), (3, 1)]
    assert total(shown) == total(summands)


def test_main_reasons_leave_nothing_out(case: tuple[Any, Any]) -> None:
    recommender, sources = case
    for summands in terms(recommender, 3, ITEMS, owned(recommender, sources, 3)):
        shown = main_reasons(summands, shown=2)
        assert total(shown) == pytest.approx(total(summands), abs=1e-9)
        assert abs(shown[0].weight) >= abs(shown[1].weight)
        assert sorted(part for each in shown for part in each.parts) == sorted(
            part for each in summands for part in each.parts
        )


def test_taking_out_a_source_takes_out_its_summands(case: tuple[Any, Any]) -> None:
    recommender, sources = case
    summands = terms(recommender, 3, ITEMS, owned(recommender, sources, 3))
    scores = recommender.without("text").scores(np.array([3]))[0]
    kept = [total([each for each in item if each.source != "text"]) for item in summands]
    assert kept == pytest.approx(scores.tolist(), abs=1e-5)


def test_who_is_unknown_is_told_what_suits_the_average_person(case: tuple[Any, Any]) -> None:
    recommender, _ = case
    for source in recommender.sources.values():
        source.counts[0] = 0
    split = terms(recommender, 0, ITEMS, {})
    assert {tuple(each.kind for each in item) for item in split} == {("popular", "average")}
    assert [item[0].weight for item in split] == pytest.approx(recommender.bias.tolist())
    scores = recommender.scores(np.array([0]))[0]
    assert [total(item) for item in split] == pytest.approx(scores.tolist(), abs=1e-5)


def test_who_is_unknown_is_told_what_holds_for_everyone(case: tuple[Any, Any]) -> None:
    recommender, _ = case
    bare = recommender.without("text", "liked")
    bare.bias = np.arange(40, dtype=np.float32)
    split = terms(bare, 0, ITEMS[:3], {})
    assert [[(each.kind, each.weight) for each in item] for item in split] == [
        [("popular", 0)],
        [("popular", 1)],
        [("popular", 2)],
    ]
