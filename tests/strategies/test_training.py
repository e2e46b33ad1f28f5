"""Strategies in a training: which parameters are whose, and what a whole training makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.config import TaskConfig
from mtrec.training.config import TrainConfig
from mtrec.training.loop import TrainResult, train
from mtrec.training.step import whose
from tests.training.conftest import Watcher, make_dataset

SPECS = [
    HeadSpec("mood", "binary", ("bad", "good")),
    HeadSpec("topic", "multiclass", ("book", "film", "song")),
]


@pytest.fixture(scope="module")
def dataset() -> Any:
    return make_dataset()


def learned(
    dataset: Any,
    folder: Path,
    cache: Path,
    strategy: str,
    watcher: Watcher,
    method: str = "frozen",
    epochs: int = 20,
    **lambdas: float,
) -> TrainResult:
    return train(
        dataset,
        EncoderConfig.model_validate({"name": str(folder), "method": method, "top_layers": 1}),
        TrunkConfig(width=16, dropout=0),
        {task: TaskConfig(lambda_=lambdas.get(task, 1.0)) for task in dataset.tasks},
        StrategyConfig(name=strategy),
        TrainConfig(
            epochs=epochs,
            patience=epochs,
            batch_tokens=256,
            learning_rate=3e-3,
            head_learning_rate=0.03,
        ),
        cache,
        watcher,
    )


@pytest.mark.parametrize("kind", ["shared", "mmoe", "cgc"])
@pytest.mark.parametrize("method", ["frozen", "top", "full"])
def test_every_parameter_that_learns_is_somebodys(
    method: str, kind: str, tiny_encoder_folder: Path
) -> None:
    config = {"name": str(tiny_encoder_folder), "method": method, "top_layers": 2}
    encoder = load_encoder(EncoderConfig.model_validate(config))
    trunk = TrunkConfig.model_validate({"kind": kind, "width": 16})
    model = MultiTaskModel(encoder, trunk, SPECS)
    learning = whose(model)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    compared, shared, heads = (
        [names[id(parameter)] for parameter in part]
        for part in (learning.compared, learning.shared, learning.heads)
    )
    every = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert sorted([*compared, *shared, *heads]) == sorted(every)
    assert {name.split(".")[0] for name in heads} == {"heads"} | (
        set() if kind == "shared" else {"mixtures"}
    )
    above = {name for name in compared if not name.startswith("trunk.")}
    assert all(".layer.1." in name for name in above)
    assert bool(above) is (method != "frozen")
    assert any(".layer.0." in name for name in shared) is (method != "frozen")
    assert any("embeddings" in name for name in shared) is (method == "full")


@pytest.mark.parametrize("name", STRATEGIES)
def test_labels_that_the_words_tell_are_learned(
    name: str, dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    watcher = Watcher()
    result = learned(dataset, tiny_encoder_folder, tmp_path, name, watcher)
    best = watcher.epochs[result.best_epoch - 1]
    assert min(best[task]["macro_f1"].value for task in ("mood", "topic")) > 0.8
    assert all(set(weights) == {"mood", "topic"} for weights in watcher.weights)
    fixed = name == "sum"
    assert (len({tuple(weights.values()) for weights in watcher.weights}) == 1) is fixed


@pytest.mark.parametrize(("name", "times"), [("uncertainty", 1), ("famo", 2), ("upgrad", 1)])
def test_an_encoder_that_learns_is_read_again_only_where_the_strategy_asks(
    name: str,
    times: int,
    dataset: Any,
    tiny_encoder_folder: Path,
    tmp_path: Path,
    one_thread: None,
    untried: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes = []
    plain = Encoder.forward

    def counted(self: Encoder, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        passes.append(any(module.training for module in self.modules()))
        return plain(self, ids, mask)

    monkeypatch.setattr(Encoder, "forward", counted)
    watcher = Watcher()
    result = learned(dataset, tiny_encoder_folder, tmp_path, name, watcher, "top", epochs=1)
    assert sum(passes) == times * len(watcher.steps)
    assert all(parameter.isfinite().all() for parameter in result.model.parameters())


@pytest.mark.parametrize("name", ["sum", "upgrad"])
def test_a_whole_encoder_learns(
    name: str, dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    """Its pooler, which nothing reads, gets no gradient and stays as it is."""
    before = load_encoder(EncoderConfig(name=str(tiny_encoder_folder))).state_dict()
    result = learned(dataset, tiny_encoder_folder, tmp_path, name, Watcher(), "full", epochs=1)
    after = result.model.encoder.state_dict()
    rests = {key for key in after if torch.equal(before[key], after[key])}
    assert any("embeddings.word" in key for key in set(after) - rests)
    assert all("pooler" in key or key.endswith("key.bias") for key in rests), rests


def test_a_watching_task_never_reaches_the_strategy(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    watcher = Watcher()
    learned(dataset, tiny_encoder_folder, tmp_path, "mgda", watcher, epochs=2, topic=0.0)
    assert all(weights == {"mood": 1.0} for weights in watcher.weights)


def test_one_seed_gives_equal_digits(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    for name in ("pcgrad", "famo"):
        one, again = (
            learned(dataset, tiny_encoder_folder, tmp_path, name, Watcher(), "top", epochs=1).model
            for _ in range(2)
        )
        for first, second in zip(one.parameters(), again.parameters(), strict=True):
            assert torch.equal(first, second)
