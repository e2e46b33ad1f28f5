"""What every recommender has to hold: each baseline registered, and the fused one at each stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from mtrec.errors import InputError
from mtrec.recommend.adapt import Chosen, adapt
from mtrec.recommend.arrange import Plan, Ruled
from mtrec.recommend.base import Baseline, Recommender, Setting
from mtrec.recommend.catalogue import Attribute, Catalogue
from mtrec.recommend.closed_form import Form
from mtrec.recommend.collaborative import Collaborative
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.fused import FusedRecommender, unadapted
from mtrec.recommend.profiles import ENCODER, TaskView, Vectors, build_sources
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.rules import parse_rules
from mtrec.recommend.stored import kept_of, load_stage, save_baseline, save_stage
from mtrec.schema import ADAPTED, MULTITASK, PRETRAINED, STAGES, TRUNK
from mtrec.training.reporter import SilentReporter

USERS, ITEMS = 30, 25
NEWCOMER = 29  # neither records nor interactions


def _dataset() -> Any:
    rng = np.random.default_rng(0)
    acts, times, records = [], [], []
    for user in range(USERS - 1):
        for place, item in enumerate(rng.permutation(ITEMS)[:8]):
            split = "test" if place == 7 else "val" if place == 6 else "train"
            acts.append((f"u{user:02d}", f"i{item:02d}", bool(place % 4 != 3 or place > 5), split))
            times.append(f"2024-01-{place + 1:02d}")
            records.append((f"u{user:02d}", f"i{item:02d}", "reviews", split))
    table = pd.DataFrame(records, columns=["user", "item", "source", "split"], dtype="str")
    table.insert(0, "record", np.arange(len(table)))
    items = [f"i{item:02d}" for item in range(ITEMS)]
    return SimpleNamespace(
        records=table,
        interactions=pd.DataFrame(acts, columns=["user", "item", "liked", "split"]).assign(
            time=pd.to_datetime(times, utc=True)
        ),
        users=pd.DataFrame({"user": [f"u{user:02d}" for user in range(USERS)]}),
        items=pd.DataFrame({"item": items, "title": items}),
    )


def _some(width: int) -> Vectors:
    rng = np.random.default_rng(width)
    shapes = (len(_dataset().records), width), (ITEMS, width)
    return Vectors.of_length_one(*(rng.normal(size=each).astype(np.float32) for each in shapes))


def middle(baseline: type[Baseline]) -> Setting:
    return baseline.grid[len(baseline.grid) // 2]


@pytest.fixture(scope="module")
def texts() -> Vectors:
    return _some(6)


@pytest.fixture(scope="module")
def data() -> RecommendationData:
    return RecommendationData.from_dataset(_dataset(), "test")


@pytest.fixture(scope="module")
def built(data: RecommendationData) -> dict[str, Recommender]:
    dataset = _dataset()
    spaces = {ENCODER: _some(6), TRUNK: _some(5)}
    views = {"mood": TaskView(frozenset({"reviews"}), np.eye(5, dtype=np.float32))}
    val = RecommendationData.from_dataset(dataset, "val")
    sources = build_sources(data, spaces, views)
    learned = adapt(
        val,
        build_sources(val, spaces, views),
        spaces[ENCODER].items,
        RecommendConfig(dimension=6),
        Chosen(Form(), passes=2),
        0,
        SilentReporter(),
    )
    plain = build_sources(data, {ENCODER: spaces[ENCODER]}, {})
    texts = spaces[ENCODER]
    return {
        **{name: each.fit(data, texts, **middle(each)) for name, each in RECOMMENDERS.items()},
        PRETRAINED: unadapted(PRETRAINED, plain, {ENCODER: spaces[ENCODER]}, USERS),
        MULTITASK: unadapted(MULTITASK, sources, spaces, USERS),
        ADAPTED: learned.recommender(sources, USERS),
    }


@pytest.fixture(params=[*RECOMMENDERS, *STAGES])
def recommender(request: pytest.FixtureRequest, built: dict[str, Recommender]) -> Recommender:
    return built[request.param]


def test_scores_are_finite_one_per_user_and_item(recommender: Recommender) -> None:
    scores = recommender.scores(np.arange(USERS))
    assert scores.shape == (USERS, ITEMS)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_nothing_seen_is_recommended(recommender: Recommender, data: RecommendationData) -> None:
    lists = recommender.recommend(np.arange(USERS), 10, data.seen).items
    for user, items in enumerate(lists):
        assert not set(items.tolist()) & set(data.seen[[user]].indices.tolist())


def test_best_comes_first_and_nothing_twice(
    recommender: Recommender, data: RecommendationData
) -> None:
    found = recommender.recommend(np.arange(USERS), 10, data.seen)
    assert (np.diff(found.scores, axis=1) <= 0).all()
    assert all(len(set(items)) == 10 for items in found.items.tolist())


def test_k_longer_than_the_catalogue_lists_all_that_is_left(
    recommender: Recommender, data: RecommendationData
) -> None:
    found = recommender.recommend(np.arange(USERS), 1000, data.seen).items
    left = ITEMS - np.diff(data.seen.indptr)
    assert ((found >= 0).sum(axis=1) == left).all()


def test_a_user_without_history_gets_a_list(
    recommender: Recommender, data: RecommendationData
) -> None:
    found = recommender.recommend(np.array([NEWCOMER]), 10, data.seen).items
    assert (found >= 0).all()


def test_an_unknown_user_is_refused(data: RecommendationData) -> None:
    with pytest.raises(InputError, match="Nobody"):
        data.user("u99")


def test_a_batch_equals_its_users_one_by_one(
    recommender: Recommender, data: RecommendationData
) -> None:
    users = np.array([3, 0, NEWCOMER, 17])
    whole = recommender.scores(users)
    for row, user in enumerate(users):
        assert recommender.scores(np.array([user]))[0] == pytest.approx(whole[row], abs=1e-5)


def test_the_same_call_gives_the_same_list(
    recommender: Recommender, data: RecommendationData
) -> None:
    first, second = (recommender.recommend(np.arange(USERS), 10, data.seen) for _ in range(2))
    assert (first.items == second.items).all()


def test_ties_go_to_the_earlier_item(recommender: Recommender, data: RecommendationData) -> None:
    found = recommender.recommend(np.arange(USERS), ITEMS, data.seen)
    tied = found.scores[:, 1:] == found.scores[:, :-1]
    assert (np.diff(found.items, axis=1)[tied & (found.items[:, 1:] >= 0)] > 0).all()


@pytest.fixture(scope="module")
def catalogue(texts: Vectors) -> Catalogue:
    """Every item of kind x or y, the first of them the newest."""
    kinds = np.arange(ITEMS) % 2
    held = csr_matrix(np.eye(2, dtype=np.float32)[kinds])
    ids = _dataset().items["item"].to_numpy(dtype=object)
    when = np.datetime64("2024-01-31") - np.arange(ITEMS)
    return Catalogue(
        items=ids,
        titles=ids,
        attributes={"kind": Attribute(np.array(["x", "y"], dtype=object), held, False)},
        texts=texts.items,
        first={"val": when, "test": when},
    )


def _under(recommender: Recommender, catalogue: Catalogue, *rules: dict[str, Any]) -> Ruled:
    given = parse_rules({"rules": list(rules)}, "rules.yaml")
    return Ruled(recommender, Plan.of(given, catalogue, "test"))


def test_without_rules_nothing_changes(
    recommender: Recommender, data: RecommendationData, catalogue: Catalogue
) -> None:
    plain = recommender.recommend(np.arange(USERS), 10, data.seen)
    found = _under(recommender, catalogue).recommend(np.arange(USERS), 10, data.seen)
    assert (found.items == plain.items).all() and (found.scores == plain.scores).all()


def test_under_rules_lists_are_what_the_rules_say(
    recommender: Recommender, data: RecommendationData, catalogue: Catalogue
) -> None:
    ruled = _under(
        recommender,
        catalogue,
        {"kind": "exclude", "items": ["i00", "i01"]},
        {"kind": "pin", "items": ["i20"]},
        {"kind": "boost", "attribute": "kind", "values": ["y"], "by": 0.5},
        {"kind": "limit", "attribute": "kind", "at_most": 4},
        {"kind": "diversify", "strength": 0.3},
        {"kind": "fresh", "by": 0.2},
    )
    everybody = np.arange(USERS)
    found = ruled.recommend(everybody, 1000, data.seen)
    for user, items in enumerate(found.items):
        listed = items[items >= 0]
        had = set(data.seen[[user]].indices.tolist())
        assert len(set(listed.tolist())) == len(listed) > 0
        assert not set(listed.tolist()) & (had | {0, 1})
        assert listed[0] == 20 or 20 in had
        assert np.bincount(listed % 2).max() <= 4
        scores = recommender.scores(np.array([user]))[0]
        assert found.scores[user, : len(listed)] == pytest.approx(scores[listed], abs=1e-5)
        alone = ruled.recommend(np.array([user]), 1000, data.seen)
        assert alone.items[0].tolist() == items.tolist()


@pytest.mark.parametrize("stage", STAGES)
def test_saved_and_loaded_it_scores_the_same(
    built: dict[str, Recommender], stage: str, tmp_path: Path
) -> None:
    recommender = built[stage]
    assert isinstance(recommender, FusedRecommender)
    save_stage(recommender, tmp_path)
    everybody = np.arange(USERS)
    assert (load_stage(tmp_path, stage).scores(everybody) == recommender.scores(everybody)).all()


@pytest.fixture(params=RECOMMENDERS)
def baseline(request: pytest.FixtureRequest, built: dict[str, Recommender]) -> Baseline:
    found = built[request.param]
    assert isinstance(found, Baseline)
    return found


def test_a_baseline_kept_and_made_again_scores_the_same(
    baseline: Baseline, data: RecommendationData, texts: Vectors, tmp_path: Path
) -> None:
    save_baseline(baseline, tmp_path)
    kept = kept_of(tmp_path, baseline.name)
    again = type(baseline).again(kept, data, texts, middle(type(baseline)))
    everybody = np.arange(USERS)
    assert (again.scores(everybody) == baseline.scores(everybody)).all()


def test_a_baseline_gives_newcomers_what_is_popular(
    baseline: Baseline, built: dict[str, Recommender]
) -> None:
    newcomer = np.array([NEWCOMER])
    assert (baseline.scores(newcomer) == built["popular"].scores(newcomer)).all()


def test_the_reasons_of_a_baseline_add_up_to_its_scores(baseline: Baseline) -> None:
    items = np.array([7, 0, 24, 12])
    for user in (0, 5, NEWCOMER):
        told = baseline.terms(user, items)
        assert all(told)
        added = [sum(term.weight for term in terms) for terms in told]
        assert added == pytest.approx(baseline.scores(np.array([user]))[0, items], abs=1e-5)


def test_items_that_nobody_liked_come_last(
    baseline: Baseline, data: RecommendationData, texts: Vectors
) -> None:
    liked = data.liked.tolil()
    liked[:, [3, 8]] = 0
    history = replace(data, liked=liked.tocsr())
    kind = type(baseline)
    found = kind.fit(history, texts, **middle(kind))
    scores = found.scores(np.arange(USERS))
    assert np.isfinite(scores).all()
    added = [term[0].weight for term in found.terms(0, np.array([3, 8])) if len(term) == 1]
    if issubclass(kind, Collaborative):  # texts may speak for them
        assert (
            scores[:, [3, 8]].max(axis=1) <= np.delete(scores, [3, 8], axis=1).min(axis=1)
        ).all()
        assert added == pytest.approx(scores[0, [3, 8]])


def test_a_baseline_can_do_without_any_like(
    baseline: Baseline, data: RecommendationData, texts: Vectors
) -> None:
    history = replace(data, liked=data.liked * 0, records=data.records[:0])
    history.liked.eliminate_zeros()
    history = replace(history, record_users=data.record_users[:0])
    kind = type(baseline)
    scores = kind.fit(history, texts, **middle(kind)).scores(np.arange(USERS))
    assert (scores == 0).all()


def test_every_setting_of_a_baseline_can_be_fitted_and_is_listed_once(
    baseline: Baseline, data: RecommendationData, texts: Vectors
) -> None:
    grid = type(baseline).grid
    assert len({repr(each) for each in grid}) == len(grid)
    for setting in grid:
        scores = type(baseline).fit(data, texts, **setting).scores(np.arange(USERS))
        assert np.isfinite(scores).all()


def test_a_baseline_learns_the_same_each_time(
    baseline: Baseline, data: RecommendationData, texts: Vectors, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = type(baseline)
    again = kind.fit(data, texts, **middle(kind))
    everybody = np.arange(USERS)
    assert (again.scores(everybody) == baseline.scores(everybody)).all()
    assert capfd.readouterr() == ("", "")


def test_a_baseline_sees_nothing_that_is_held_out(
    baseline: Baseline, data: RecommendationData, texts: Vectors
) -> None:
    kind = type(baseline)
    blind = kind.fit(replace(data, relevant=data.relevant * 0), texts, **middle(kind))
    everybody = np.arange(USERS)
    assert (blind.scores(everybody) == baseline.scores(everybody)).all()
