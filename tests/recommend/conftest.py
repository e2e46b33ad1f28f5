"""A handful of people and items whose profiles can be worked out by hand, and a random crowd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.people import People
from mtrec.recommend.pipeline import run_recommend
from mtrec.recommend.profiles import ENCODER, TaskView, Vectors
from mtrec.recommend.stored import FOLDER
from mtrec.schema import TEXT, TRUNK
from mtrec.tasks import TASK_TYPES
from mtrec.training.checkpoint import save_model
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

Run = Callable[..., Path]

RECORDS = [  # user, item, source, split
    ("ann", "a", "reviews", "train"),
    ("ann", "b", "reviews", "train"),
    ("ann", None, "notes", "train"),
    ("ann", "d", "reviews", "test"),
    ("bob", "c", "reviews", "val"),
    ("cyn", None, "notes", None),
    (None, "a", "reviews", "train"),
    ("ann", "a", "notes", "train"),
]
ACTS = [  # user, item, liked, split
    ("ann", "a", True, "train"),
    ("ann", "b", False, "train"),
    ("ann", "d", True, "test"),
    ("bob", "b", True, "train"),
    ("bob", "c", True, "val"),
    ("bob", "a", True, "test"),
    ("bob", "d", False, "test"),
]


def make_dataset(
    records: list[Any],
    acts: list[Any],
    users: list[str],
    items: list[str],
    times: list[str] | None = None,
) -> Any:
    record_table = pd.DataFrame(records, columns=["user", "item", "source", "split"]).astype(
        {"user": "str", "item": "str", "source": "str", "split": "str"}
    )
    record_table.insert(0, "record", np.arange(len(records)))
    record_table["text"] = [f"text {index}" for index in range(len(records))]
    act_table = pd.DataFrame(acts, columns=["user", "item", "liked", "split"]).astype(
        {"liked": "bool"}
    )
    act_table["time"] = pd.NaT if times is None else pd.to_datetime(times, utc=True)
    item_table = pd.DataFrame({"item": items, "title": [each.upper() for each in items]})
    return SimpleNamespace(
        records=record_table,
        interactions=act_table,
        users=pd.DataFrame({"user": users}),
        items=item_table.assign(text=item_table["title"]),
    )


@pytest.fixture
def small() -> Any:
    """Ann, Bob, Cyn (of whom nothing may be used) and items a to e."""
    return make_dataset(RECORDS, ACTS, ["ann", "bob", "cyn"], ["a", "b", "c", "d", "e"])


@pytest.fixture
def spaces() -> dict[str, Vectors]:
    """Random vectors for the small dataset."""
    rng = np.random.default_rng(0)

    def some(width: int) -> Vectors:
        records, items = rng.normal(size=(len(RECORDS), width)), rng.normal(size=(5, width))
        return Vectors.of_length_one(records.astype(np.float32), items.astype(np.float32))

    return {ENCODER: some(6), TRUNK: some(4)}


@pytest.fixture
def views() -> dict[str, TaskView]:
    """One task, labelled in reviews, that looks at two of the trunk's four numbers."""
    projection = np.diag([1, 1, 0, 0]).astype(np.float32)
    return {"mood": TaskView(frozenset({"reviews"}), projection)}


@pytest.fixture
def crowd() -> Callable[..., Any]:
    """Makes people of two tastes: each likes items of their half, and writes about it."""

    def make(users: int = 60, items: int = 40, seed: int = 0) -> Any:
        rng = np.random.default_rng(seed)
        records, acts, times, vectors = [], [], [], []
        taste_of_item = np.arange(items) % 2
        for user in range(users):
            taste = user % 2
            mine = rng.permutation(np.flatnonzero(taste_of_item == taste))[:8]
            for place, item in enumerate(mine):
                split = "test" if place == 7 else "val" if place == 6 else "train"
                acts.append((f"u{user:03d}", f"i{item:03d}", True, split))
                times.append(f"2024-01-{place + 1:02d}")
                if place % 2:
                    records.append((f"u{user:03d}", f"i{item:03d}", "reviews", split))
                    vectors.append(rng.normal(size=8) + (4 if taste else -4) * np.eye(8)[0])
        names = [f"u{user:03d}" for user in range(users)]
        ids = [f"i{item:03d}" for item in range(items)]
        dataset = make_dataset(records, acts, names, ids, times)
        texts = rng.normal(size=(items, 8))
        space = Vectors.of_length_one(
            np.array(vectors, dtype=np.float32).reshape(-1, 8), texts.astype(np.float32)
        )
        return SimpleNamespace(
            val=RecommendationData.from_dataset(dataset, "val"),
            test=RecommendationData.from_dataset(dataset, "test"),
            spaces={ENCODER: space},
        )

    return make


@pytest.fixture
def likes() -> Callable[..., RecommendationData]:
    """The history of people `(U, I)` who liked these items and wrote nothing."""

    def make(table: Any) -> RecommendationData:
        liked = csr_matrix(np.array(table, dtype=np.float32))
        users, items = liked.shape
        none = np.empty(0, np.int64)
        return RecommendationData(
            users=np.array([f"u{each:03d}" for each in range(users)], dtype=object),
            items=np.array([f"i{each:03d}" for each in range(items)], dtype=object),
            titles=np.array([f"I{each:03d}" for each in range(items)], dtype=object),
            liked=liked,
            ages=liked,
            mentioned=csr_matrix(liked.shape, dtype=np.float32),
            seen=liked,
            relevant=csr_matrix(liked.shape, dtype=np.float32),
            segments=np.full(users, "few"),
            records=none,
            record_users=none,
            record_items=none,
            activities=np.empty(0, dtype=object),
        )

    return make


@pytest.fixture
def wordless() -> Callable[[RecommendationData], Vectors]:
    """Texts for baselines that do not look at them."""

    def make(data: RecommendationData) -> Vectors:
        return Vectors(np.zeros((0, 1), np.float32), np.zeros((len(data.items), 1), np.float32))

    return make


@pytest.fixture(scope="module")
def run(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the stage on a recipe with an untrained model and returns the run's folder."""

    def run_on(data: Path | Dataset, method: str = "frozen", kind: str = "shared") -> Path:
        dataset = read_dataset(data, TASK_TYPES) if isinstance(data, Path) else data
        torch.manual_seed(0)  # the model is not trained
        folder, cache = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("cache")
        config = EncoderConfig.model_validate(
            {"name": str(tiny_encoder_folder), "method": method, "top_layers": 1}
        )
        model = inference = None
        reporter = SilentReporter()
        if dataset.tasks:
            heads = [
                HeadSpec(name, task.type, tuple(task.labels))
                for name, task in dataset.tasks.items()
            ]
            trunk = TrunkConfig.model_validate({"kind": kind, "width": 16})
            model = MultiTaskModel(load_encoder(config), trunk, heads).eval()
            if model.encoder.learns:
                for parameter in model.encoder.parameters():
                    parameter.data += 0.05 * parameter.data.abs()
            inference = infer(model, dataset.records[TEXT].tolist(), cache, reporter)
            save_model(model, folder / "model")
        result = run_recommend(
            dataset,
            model,
            inference,
            config,
            RecommendConfig(dimension=8, epochs=2),
            folder,
            cache,
            0,
            reporter,
        )
        (folder / "metrics.json").write_text(json.dumps(result.metrics))
        return folder

    return run_on


@pytest.fixture(scope="module")
def folder(run: Run, tiny_recipe: Path) -> Path:
    return run(tiny_recipe)


@pytest.fixture(scope="module")
def people(folder: Path) -> People:
    return People(folder / FOLDER)
