"""Recommendations of settings of λ come to what the stage `multitask` of a training does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtrec.data.importer import read_dataset
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge
from mtrec.recommend.fused import unadapted
from mtrec.recommend.pipeline import activities, task_view
from mtrec.recommend.profiles import ENCODER, Vectors, build_sources
from mtrec.schema import MULTITASK, TEXT
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs import tastes as module
from mtrec.tradeoffs.stacked import Stack
from mtrec.tradeoffs.tastes import NAME, TasteJudge, recommendable
from mtrec.training.config import TrainConfig
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def dataset(tiny_recipe: Path) -> Any:
    return read_dataset(tiny_recipe, TASK_TYPES)


@pytest.fixture
def model(dataset: Any, tiny_encoder_folder: Path) -> MultiTaskModel:
    heads = [HeadSpec(each.name, each.type, tuple(each.labels)) for each in dataset.tasks.values()]
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="frozen"))
    return MultiTaskModel(encoder, TrunkConfig(width=16), heads).eval()


def stacked(model: MultiTaskModel) -> Stack:
    return Stack(model, [dict.fromkeys(model.tasks, 1.0)] * 2, TrainConfig())


def ready(dataset: Any, model: MultiTaskModel, cache: Path) -> TasteJudge:
    data = recommendable(dataset)
    assert data is not None
    return TasteJudge(dataset, data, model.encoder, cache, SilentReporter())


def test_they_are_those_of_the_stage(dataset: Any, model: MultiTaskModel, tmp_path: Path) -> None:
    """Worked out as `recommend.pipeline` does, for everyone at once."""
    records, items = (
        infer(model, table[TEXT].tolist(), tmp_path, SilentReporter())
        for table in (dataset.records, dataset.items)
    )
    spaces = {ENCODER: Vectors.of_length_one(records.vectors, items.vectors)}
    spaces |= {
        space: Vectors.of_length_one(records.states[space], items.states[space])
        for space in records.states
    }
    data = RecommendationData.from_dataset(dataset, "val")
    views = {task: task_view(model, task, activities(dataset, task)) for task in model.tasks}
    sources = build_sources(data, spaces, views)
    expected = judge(unadapted(MULTITASK, sources, spaces, len(data.users)), data).values[NAME]

    found = ready(dataset, model, tmp_path)
    scored = found.score(stacked(model))
    assert expected.mean() > 0 and found.people == len(expected)
    np.testing.assert_allclose(scored.values, expected.mean(), atol=1e-9)
    assert scored.values.shape == (2, 1) and scored.draws.shape == (1000, 2, 1)
    spread = expected.std() / np.sqrt(len(expected))
    np.testing.assert_allclose(scored.draws.std(axis=0), spread, rtol=0.15)
    np.testing.assert_array_equal(scored.draws[:, 0], scored.draws[:, 1])


def test_of_many_people_a_sample_is_recommended_to(
    dataset: Any, model: MultiTaskModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = ready(dataset, model, tmp_path)
    monkeypatch.setattr(module, "MOST_PEOPLE", 5)
    some = ready(dataset, model, tmp_path)
    assert (some.people, some.of) == (5, everyone.people) and everyone.people > 5
    assert some.units.tolist() == [5]


def test_where_nobody_liked_anything_there_is_nothing_to_judge_by(dataset: Any) -> None:
    assert recommendable(dataset) is not None
    parts = {name: getattr(dataset, name) for name in ("records", "users", "items")}
    acts = dataset.interactions.assign(liked=False)
    unloved: Any = SimpleNamespace(**parts, interactions=acts)
    assert recommendable(unloved) is None


def test_a_part_of_the_people_keeps_what_is_theirs(dataset: Any) -> None:
    data = RecommendationData.from_dataset(dataset, "val")
    chosen = np.array([2, 7, 11])
    part = data.of(chosen)
    assert part.users.tolist() == data.users[chosen].tolist()
    for place, user in enumerate(chosen):
        assert part.records[part.record_users == place].tolist() == (
            data.records[data.record_users == user].tolist()
        )
        for mine, all_of_them in ((part.liked, data.liked), (part.relevant, data.relevant)):
            assert mine[place].indices.tolist() == all_of_them[user].indices.tolist()
