from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix

from mtrec.recommend.data import RecommendationData
from mtrec.recommend.learned import Learned, with_items
from mtrec.recommend.loss import Adaptation, Batch, loss, scale
from mtrec.recommend.profiles import build_sources

USERS = np.array([1, 0])


class Setting:
    """A random model over the small dataset's training history, and a batch of Bob and Ann."""

    def __init__(self, small: Any, spaces: Any, views: Any, fading: float) -> None:
        rng = np.random.default_rng(1)
        self.fading = fading
        self.data = RecommendationData.from_dataset(small, "test")
        self.items = rng.normal(size=(5, 3)).astype(np.float32)
        self.bias = rng.normal(size=5).astype(np.float32)
        self.sources = with_items(build_sources(self.data, spaces, views), self.items, fading)
        widths = {name: each.parts.shape[1] for name, each in self.sources.items()}
        self.means = {
            name: rng.normal(size=width).astype(np.float32) for name, width in widths.items()
        }
        self.means["liked"][:] = 0
        self.projections = {
            name: rng.normal(size=(width, 3)).astype(np.float32) for name, width in widths.items()
        }
        self.projections["liked"] = np.diag([1.0, 2.0, 0.5]).astype(np.float32)
        self.model = Adaptation(
            self.projections,
            ["liked"],
            torch.from_numpy(self.items),
            torch.from_numpy(self.bias),
        )
        self.batch = Batch.of(USERS, self.sources, self.means, self.data)
        self.hidden = torch.zeros(2, len(self.sources), dtype=torch.bool)

    def recommender(self, sources: Any) -> Any:
        learned = Learned.of(
            self.items, self.bias, self.projections, self.means, self.fading, self.sources
        )
        return learned.recommender(sources, 3)


@pytest.fixture(params=[0.0, 0.5])
def setting(request: pytest.FixtureRequest, small: Any, spaces: Any, views: Any) -> Setting:
    days = pd.date_range("2024-01-01", periods=len(small.interactions), tz="UTC")
    small.interactions = small.interactions.assign(time=days)
    return Setting(small, spaces, views, request.param)


def rebuilt_without(setting: Setting, item: int) -> Any:
    """The sources, had nobody ever liked `item` or written about it; the rest is as old as ever."""
    sources = {}
    for name, source in setting.sources.items():
        owners = source.owners.tolil(copy=True)
        owners[:, np.flatnonzero(source.about == item)] = 0
        kept = owners.tocsr()
        kept.eliminate_zeros()
        ages = source.ages
        if ages is not None:
            ages = csr_matrix(ages.multiply(kept > 0))
        sources[name] = replace(source, owners=kept, ages=ages)
    return sources


def test_cells_are_the_items_a_profile_holds_something_about(setting: Setting) -> None:
    batch = setting.batch
    cells = list(zip(batch.rows.tolist(), batch.items.tolist(), batch.liked.tolist(), strict=True))
    assert cells == [(0, 1, True), (0, 2, True), (1, 0, True), (1, 1, False)]


def test_a_cells_score_is_that_of_a_profile_rebuilt_without_its_item(setting: Setting) -> None:
    _, left = setting.model(setting.batch, setting.hidden, torch.arange(5))
    for row, item, found in zip(
        setting.batch.rows.tolist(), setting.batch.items.tolist(), left.tolist(), strict=True
    ):
        rebuilt = setting.recommender(rebuilt_without(setting, item))
        assert rebuilt.weights(USERS[[row]]).any()
        expected = rebuilt.scores(USERS[[row]])[0, item]
        assert found == pytest.approx(expected, abs=1e-5)


def test_other_scores_are_those_of_the_whole_profile(setting: Setting) -> None:
    columns = torch.tensor([0, 2, 4])
    scores, _ = setting.model(setting.batch, setting.hidden, columns)
    expected = setting.recommender(setting.sources).scores(USERS)[:, [0, 2, 4]]
    assert scores.detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_a_hidden_source_says_nothing(setting: Setting) -> None:
    hidden = setting.hidden.clone()
    hidden[0, 1] = True  # Bob's text
    scores, left = setting.model(setting.batch, hidden, torch.arange(5))
    whole, whole_left = setting.model(setting.batch, setting.hidden, torch.arange(5))
    expected = setting.recommender(setting.sources).without("text").scores(USERS[:1])
    assert scores[:1].detach().numpy() == pytest.approx(expected, abs=1e-5)
    assert (scores[1] == whole[1]).all()
    assert (left[2:] == whole_left[2:]).all()


def test_the_loss_by_hand(setting: Setting) -> None:
    scores = torch.arange(10.0).reshape(2, 5) / 5
    left = torch.tensor([0.3, -0.2, 0.9, 0.1])
    found = loss(scores, left, setting.batch, torch.arange(5), torch.zeros(5))
    bob = torch.tensor([0.0, 0.3, -0.2, 0.6, 0.8])
    ann = torch.tensor([0.9, 0.1, 1.4, 1.6, 1.8])
    bob_loss = -(bob.log_softmax(0)[1] + bob.log_softmax(0)[2]) / 2
    expected = (bob_loss - ann.log_softmax(0)[0]) / 2
    assert float(found) == pytest.approx(float(expected))


def test_columns_that_stand_for_many_count_as_many(setting: Setting) -> None:
    scores = torch.tensor([[0.0, 0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.0, 0.5, 0.5]])
    left = torch.zeros(4)
    everything = loss(scores, left, setting.batch, torch.arange(5), torch.zeros(5))
    columns, weights = torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 0, np.log(2)])
    sampled = loss(scores[:, :4], left, setting.batch, columns, weights)
    assert float(sampled) == pytest.approx(float(everything))


def test_the_gradient_is_that_of_the_loss(setting: Setting) -> None:
    model, columns = setting.model.double(), torch.arange(5)
    model.items = model.items.double()
    doubled = {
        name: type(each)(*(getattr(each, field) for field in each.__dataclass_fields__))
        for name, each in setting.batch.sources.items()
    }
    for each in doubled.values():
        for field in ("sums", "squares", "cell_sums", "cell_squares"):
            object.__setattr__(each, field, getattr(each, field).double())
    batch = replace(setting.batch, sources=doubled)

    def value() -> torch.Tensor:
        scores, left = model(batch, setting.hidden, columns)
        return loss(scores, left, batch, columns, torch.zeros(5).double())

    value().backward()
    step = 1e-6
    for parameter in model.parameters():
        index = (0,) * parameter.ndim
        with torch.no_grad():
            parameter[index] += step
            above = value()
            parameter[index] -= 2 * step
            below = value()
            parameter[index] += step
        slope = float((above - below) / (2 * step))
        assert parameter.grad is not None
        assert float(parameter.grad[index]) == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_scale_is_one_over_the_root_and_nothing_for_nothing() -> None:
    assert scale(torch.tensor([4.0, 1.0, 0.0])).tolist() == [0.5, 1, 0]
