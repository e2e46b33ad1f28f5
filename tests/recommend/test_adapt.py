from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from mtrec.recommend import adapt as module
from mtrec.recommend.adapt import Chosen, adapt, choose
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.fused import unadapted
from mtrec.recommend.learned import Learned
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import ENCODER, build_sources
from mtrec.training.reporter import SilentReporter, Stopped

CONFIG = RecommendConfig(dimension=8, epochs=4)


class Stopping(SilentReporter):
    def should_stop(self) -> bool:
        return True


def planned(data: Any, config: RecommendConfig = CONFIG, **others: Any) -> Chosen | None:
    sources = build_sources(data.val, data.spaces, {})
    settings = {"seed": 0, "reporter": SilentReporter()} | others
    found = choose(data.val, sources, data.spaces[ENCODER].items, config, **settings)
    return found and found[0]


def learn(data: Any, chosen: Chosen | None = None) -> Learned:
    """From train and val, as chosen on val."""
    chosen = chosen or planned(data)
    assert chosen is not None
    sources = build_sources(data.test, data.spaces, {})
    texts = data.spaces[ENCODER].items
    return adapt(data.test, sources, texts, CONFIG, chosen, 0, SilentReporter())


def ndcg(data: Any, learned: Learned) -> float:
    sources = build_sources(data.test, data.spaces, {})
    return mean_ndcg(learned.recommender(sources, len(data.test.users)), data.test)


def test_adapted_beats_pretrained_and_popular_where_tastes_differ(
    crowd: Any, one_thread: None
) -> None:
    data = crowd()
    sources = build_sources(data.test, data.spaces, {})
    before = mean_ndcg(unadapted("pretrained", sources, data.spaces, 60), data.test)
    popular = mean_ndcg(Popular.fit(data.test, data.spaces[ENCODER]), data.test)
    assert ndcg(data, learn(data)) > 1.2 * max(before, popular)


def test_text_alone_tells_tastes_apart_once_adapted(crowd: Any, one_thread: None) -> None:
    """People of whom nothing but texts is known: their likes are taken out of the history."""
    data = crowd()
    learned = learn(data)
    sources = build_sources(data.test, data.spaces, {})
    scores = learned.recommender({"text": sources["text"]}, 60).scores(np.arange(60))
    own = np.arange(60)[:, None] % 2 == np.arange(40) % 2
    mine = np.where(own, scores, np.nan)
    others = np.where(own, np.nan, scores)
    assert (np.nanmean(mine, axis=1) > np.nanmean(others, axis=1)).mean() > 0.9


def test_the_same_seed_learns_the_same(crowd: Any, one_thread: None) -> None:
    data = crowd()
    first, second = learn(data), learn(data)
    assert (first.bias == second.bias).all()
    assert all((first.projections[name] == second.projections[name]).all() for name in ("text",))


def test_it_stops_when_asked(crowd: Any) -> None:
    data = crowd()
    with pytest.raises(Stopped):
        planned(data, reporter=Stopping())
    with pytest.raises(Stopped):
        texts = data.spaces[ENCODER].items
        sources = build_sources(data.test, data.spaces, {})
        adapt(data.test, sources, texts, CONFIG, Chosen(Form(), 1), 0, Stopping())


def test_without_training_likes_there_is_nothing_to_learn(crowd: Any) -> None:
    data = crowd()
    data.val = replace(data.val, liked=csr_matrix(data.val.liked.shape, dtype=np.float32))
    assert planned(data) is None


def test_without_validation_likes_the_usual_form_stays(crowd: Any) -> None:
    data = crowd()
    nothing = csr_matrix(data.val.relevant.shape, dtype=np.float32)
    data.val = replace(data.val, relevant=nothing)
    chosen = planned(data)
    assert chosen == Chosen(Form(), passes=0)
    assert ndcg(data, learn(data, chosen)) > 0


def test_one_user_and_one_item_are_enough(crowd: Any) -> None:
    data = crowd(users=1, items=2)
    assert np.isfinite(learn(data).items).all()


def test_many_items_are_sampled_and_learn_as_well(
    crowd: Any, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = crowd(items=80)
    chosen = Chosen(Form(), passes=2)
    whole = ndcg(data, learn(data, chosen))
    monkeypatch.setattr(module, "ALL_ITEMS", 10)
    monkeypatch.setattr(module, "SAMPLED", 20)
    assert ndcg(data, learn(data, chosen)) > 0.7 * whole


def test_sampled_columns_stand_for_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALL_ITEMS", 10)
    monkeypatch.setattr(module, "SAMPLED", 20)

    class Known:
        items = torch.tensor([70, 3, 3, 99])

    columns, weights = module._columns(Known(), 100, np.random.default_rng(0))  # type: ignore[arg-type]
    assert len(columns) == 23
    assert (torch.diff(columns) > 0).all()
    assert float(weights.exp().sum()) == pytest.approx(100)
    assert weights[torch.isin(columns, Known.items)].tolist() == [0, 0, 0]
