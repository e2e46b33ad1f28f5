"""What holds for every task type under every method: one model learns all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.data.dataset import DatasetTask
from mtrec.models import scratch
from mtrec.models.config import SCRATCH, EncoderConfig, TrunkConfig
from mtrec.schema import (
    ITEM,
    LIKED,
    RECORD,
    SOURCE,
    SPLIT,
    TEXT,
    TIME,
    TITLE,
    USER,
    task_column,
)
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.config import TaskConfig
from mtrec.training.checkpoint import load_model, save_model
from mtrec.training.config import TrainConfig
from mtrec.training.inference import infer
from mtrec.training.loop import TrainResult, train
from mtrec.training.making import make_encoder, training_texts
from mtrec.training.reporter import SilentReporter

METHODS = ("frozen", "top", "lora", "prompt", "full")
LONG = ("frozen", "prompt")  # learn little in an epoch, and an epoch is quick or teaches only heads
TRUNKS = [("top", "mmoe"), ("frozen", "cgc")]  # the kinds of trunk beside the shared one
STEERED = {"layer_decay": 0.8, "sampling": "equal", "task_patience": 3}
CASES = [
    *(("full", "shared", {each: value}) for each, value in STEERED.items()),
    ("lora", "cgc", STEERED),
]
MADE = "made"  # the encoder that learned to read from these texts alone, and learns on as a whole
N = 360


def made() -> Any:
    """Texts whose labels of every type can be read off their words; each carries some of them."""
    rng = np.random.default_rng(0)
    things, moods = rng.choice(["book", "film", "song"], N), rng.choice(["bad", "fine", "good"], N)
    swapped = rng.random(N) < 0.5
    texts, tags = [], []
    for thing, mood, swap in zip(things, moods, swapped, strict=True):
        first, second = ("2", "1") if swap else ("1", "2")
        texts.append(f"the <e{first}>{thing}</e{first}> was very <e{second}>{mood}</e{second}>")
        tags.append(f"O B-{'made' if thing != 'song' else 'sung'} O O B-mood")
    step = {"bad": "1", "fine": "2", "good": "3"}
    values = {
        "binary": np.where(moods == "good", "yes", "no"),
        "multiclass": things,
        "multilabel": [f"{a}|{b}" for a, b in zip(things, moods, strict=True)],
        "ordinal": [step[mood] for mood in moods],
        "tags": tags,
        "relation": np.where(swapped, "Is(e2,e1)", "Is(e1,e2)"),
    }
    assert set(values) == set(TASK_TYPES), "a new type needs labels here"
    records = {TEXT: texts, SPLIT: ["train"] * 240 + ["val"] * 60 + ["test"] * 60, USER: None}
    tasks = {}
    for name, cells in values.items():
        column = pd.Series(cells, dtype="str")
        records[task_column(name)] = column.where(rng.random(N) < 0.8)
        labels = TASK_TYPES[name].labels(column)
        tasks[name] = DatasetTask(name, name, labels, {}, {})
    nobody = {
        "users": pd.DataFrame({USER: []}),
        "items": pd.DataFrame({ITEM: [], TITLE: [], TEXT: []}),
        "interactions": pd.DataFrame({USER: [], ITEM: [], TIME: [], SPLIT: [], LIKED: []}),
    }
    records |= {RECORD: range(N), ITEM: None, SOURCE: "texts"}
    return SimpleNamespace(records=pd.DataFrame(records), tasks=tasks, **nobody)


@pytest.fixture(scope="module", autouse=True)
def one_thread_throughout() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset() -> Any:
    return made()


def learned(
    dataset: Any,
    folder: Path,
    cache: Path,
    method: str,
    epochs: int = 12,
    kind: str = "shared",
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> TrainResult:
    encoder = {"name": str(folder), "method": method, "top_layers": 1, "max_length": 48}
    made = None
    if method == MADE:
        encoder |= {"name": SCRATCH, "method": "full", "pretrain_epochs": 2}
        made = scratch_made(dataset, EncoderConfig.model_validate(encoder), cache)
    return train(
        dataset,
        EncoderConfig.model_validate(encoder),
        TrunkConfig.model_validate({"kind": kind, "width": 32, "dropout": 0}),
        {name: TaskConfig() for name in dataset.tasks},
        StrategyConfig(),
        TrainConfig.model_validate(
            {
                "epochs": epochs,
                "patience": epochs,
                "learning_rate": 3e-3,
                "head_learning_rate": 0.01,
                "batch_tokens": 512,
                **settings,
            }
        ),
        cache,
        SilentReporter(),
        made=made,
    )


def scratch_made(dataset: Any, config: EncoderConfig, place: Path) -> Path:
    texts, settings = training_texts(dataset), TrainConfig(batch_tokens=512)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("LAYERS", 2), ("WIDTH", 32), ("HEADS", 2)):
            patch.setattr(scratch, name, value)
        folder = place / "made here"
        make_encoder(config, texts, True, settings, folder, place, SilentReporter())
    return folder


@pytest.fixture(
    scope="module",
    params=[
        *((method, "shared", {}) for method in (*METHODS, MADE)),
        *((method, kind, {}) for method, kind in TRUNKS),
        *CASES,
    ],
    ids=lambda case: "-".join([*case[:2], *case[2]]),
)
def result(
    request: pytest.FixtureRequest,
    dataset: Any,
    tiny_encoder_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> TrainResult:
    cache = tmp_path_factory.mktemp("cache")
    method, kind, settings = request.param
    epochs = 60 if method in LONG else 12
    return learned(dataset, tiny_encoder_folder, cache, method, epochs, kind, settings)


def test_every_type_is_learned_beside_the_others(dataset: Any, result: TrainResult) -> None:
    test = dataset.records[dataset.records[SPLIT] == "test"]
    said = infer(result.model, test[TEXT].tolist(), None, SilentReporter()).predictions
    for name, task in dataset.tasks.items():
        known = test[task_column(name)].notna().to_numpy()
        truth = test.loc[known, task_column(name)].tolist()
        kind = TASK_TYPES[name]
        report = kind.scores(truth, said[name].labels[known].tolist(), task.labels)
        # The words of these texts are in the tiny encoder's states even where it does not learn.
        assert report.metrics[kind.headline].value > 0.75, name


def test_a_loaded_model_gives_equal_digits(
    dataset: Any, result: TrainResult, tmp_path: Path
) -> None:
    texts = dataset.records[TEXT].tolist()[:40]
    save_model(result.model, tmp_path / "model")
    before = infer(result.model, texts, None, SilentReporter()).predictions
    loaded = load_model(tmp_path / "model").to(result.model.encoder.device)
    after = infer(loaded, texts, None, SilentReporter()).predictions
    for name in dataset.tasks:
        assert np.array_equal(before[name].shares, after[name].shares)
        assert np.array_equal(before[name].confidence, after[name].confidence)
        assert before[name].labels.tolist() == after[name].labels.tolist()


def test_a_text_is_read_alike_alone_and_among_others(
    dataset: Any, result: TrainResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What bf16 rounds off depends on a batch's shape, by more than a padded place would.
    monkeypatch.setattr(result.model.encoder, "precision", "fp32")
    texts = [
        *dataset.records[TEXT].tolist()[:9],
        "a much longer text that was not very good at all",
    ]
    together = infer(result.model, texts, None, SilentReporter()).predictions
    for place in (0, 9):
        alone = infer(result.model, [texts[place]], None, SilentReporter()).predictions
        for name in dataset.tasks:
            assert alone[name].labels[0] == together[name].labels[place]
            np.testing.assert_allclose(
                alone[name].shares[0], together[name].shares[place], atol=1e-4
            )


def test_nothing_is_said_of_entities_that_are_not_marked(result: TrainResult) -> None:
    said = infer(result.model, ["the book was good"], None, SilentReporter()).predictions
    assert said["relation"].labels.tolist() == [None]
    assert np.isnan(said["relation"].shares).all()
    assert len(said["tags"].labels[0].split(" ")) == 4


@pytest.mark.parametrize(
    ("name", "method"),
    [
        *((name, "frozen") for name in TASK_TYPES),
        *(("multiclass", method) for method in METHODS if method != "frozen"),
    ],
)
def test_unlabelled_records_change_nothing(
    name: str, method: str, dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    """Records without a label of the only task are never read."""
    column = task_column(name)
    records = dataset.records[[TEXT, SPLIT, USER, column]]
    heads = []
    for kept in (records, records[records[column].notna()]):
        one = SimpleNamespace(records=kept, tasks={name: dataset.tasks[name]})
        model = learned(one, tiny_encoder_folder, tmp_path, method, epochs=2).model
        heads.append(model.head(name).weight)
    assert torch.equal(*heads)
