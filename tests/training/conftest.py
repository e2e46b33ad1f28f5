"""A small dataset whose labels can be read off its words, and a reporter that remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.data.dataset import DatasetTask
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.schema import SPLIT, TEXT, USER, Estimate, task_column
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.config import TaskConfig
from mtrec.training.config import TrainConfig
from mtrec.training.loop import TrainResult, train

MOODS, TOPICS = ("bad", "good"), ("book", "film", "song")


@dataclass
class Watcher:
    """Remembers what it is told; asks to stop or to finish once it is said when."""

    stop_when: Callable[[Watcher], bool] = lambda _: False
    finish_when: Callable[[Watcher], bool] = lambda _: False
    phases: list[tuple[str, int]] = field(default_factory=list)
    done: int = 0
    steps: list[dict[str, float]] = field(default_factory=list)
    weights: list[dict[str, float]] = field(default_factory=list)
    epochs: list[dict[str, dict[str, Estimate]]] = field(default_factory=list)
    losses: list[dict[str, float]] = field(default_factory=list)
    before: tuple[int, int] = (0, 0)
    trials: list[float] = field(default_factory=list)
    guesses: list[tuple[int, float | None, float | None]] = field(default_factory=list)

    def phase(self, name: str, total: int) -> None:
        self.phases.append((name, total))
        self.done = 0

    def goes_on(self, epoch: int, step: int, done: int) -> None:
        self.done = done
        if not self.steps:
            self.before = (epoch, step)
        for each in (self.steps, self.weights):
            del each[step - self.before[1] :]
        for each in (self.epochs, self.losses):
            del each[epoch - self.before[0] :]

    def reads(self, seconds: float) -> None:
        self.trials.append(seconds)

    def guessed(self, step: int, loss: float | None, apart: float | None) -> None:
        self.guesses.append((step, loss, apart))

    def advance(self, n: int) -> None:
        self.done += n

    def step(
        self,
        step: int,
        losses: Mapping[str, float],
        weights: Mapping[str, float],
        cosines: Mapping[tuple[str, str], float],
    ) -> None:
        assert step == self.before[1] + len(self.steps) + 1
        self.steps.append(dict(losses))
        self.weights.append(dict(weights))

    def epoch(
        self,
        epoch: int,
        metrics: Mapping[str, Mapping[str, Estimate]],
        losses: Mapping[str, float],
    ) -> None:
        assert epoch == self.before[0] + len(self.epochs) + 1
        self.epochs.append({task: dict(values) for task, values in metrics.items()})
        self.losses.append(dict(losses))

    def should_stop(self) -> bool:
        return self.stop_when(self)

    def should_finish(self) -> bool:
        return self.finish_when(self)


def make_dataset(n: int = 240, seed: int = 0) -> Any:
    """Texts such as "the film was good"; most carry a mood, most a topic, and few neither."""
    rng = np.random.default_rng(seed)
    moods, topics = rng.choice(MOODS, n), rng.choice(TOPICS, n)
    fillers = rng.choice(["", "very ", "not so very "], n)
    records = pd.DataFrame(
        {
            TEXT: [
                f"the {t} was {f}{m} {i}"
                for i, (t, f, m) in enumerate(zip(topics, fillers, moods, strict=True))
            ],
            USER: [f"u{i % 40}" for i in range(n)],
            SPLIT: rng.choice(["train", "val", "test"], n, p=[0.7, 0.15, 0.15]),
            task_column("mood"): np.where(rng.random(n) < 0.6, moods.astype(object), None),
            task_column("topic"): np.where(rng.random(n) < 0.6, topics.astype(object), None),
        }
    ).astype({task_column("mood"): "str", task_column("topic"): "str"})
    tasks = {
        "mood": DatasetTask("mood", "binary", list(MOODS), {}, {}),
        "topic": DatasetTask("topic", "multiclass", list(TOPICS), {}, {}),
    }
    return SimpleNamespace(records=records, tasks=tasks)


@pytest.fixture(scope="session")
def dataset() -> Any:
    return make_dataset()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@dataclass
class Trainer:
    """`train` with the tiny encoder and settings that suit it."""

    folder: Path
    cache: Path

    def __call__(
        self,
        dataset: Any,
        reporter: Any = None,
        method: str = "frozen",
        lambdas: Mapping[str, float | None] | None = None,
        *,
        strategy: str = "sum",
        trunk: Mapping[str, Any] | None = None,
        kept: Path | None = None,
        **settings: Any,
    ) -> TrainResult:
        chosen = dict.fromkeys(dataset.tasks, 1.0) | (lambdas or {})
        return train(
            dataset,
            EncoderConfig.model_validate(
                {"name": str(self.folder), "method": method, "top_layers": 1, "max_length": 48}
            ),
            TrunkConfig.model_validate({"width": 16, "dropout": 0} | dict(trunk or {})),
            {
                task: TaskConfig(lambda_=value or 0, enabled=value is not None)
                for task, value in chosen.items()
            },
            StrategyConfig(name=strategy),
            TrainConfig.model_validate({"epochs": 2, "head_learning_rate": 0.01} | settings),
            self.cache,
            reporter or Watcher(),
            kept,
        )


@pytest.fixture
def trainer(tiny_encoder_folder: Path, tmp_path: Path, one_thread: None) -> Trainer:
    return Trainer(tiny_encoder_folder, tmp_path / "cache")
