"""Adding a task type is one file and one line: the class below, and its entry in `TASK_TYPES`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from mtrec.data.dataset import DatasetTask
from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.schema import SPLIT, TEXT, task_column
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Floats
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.config import TaskConfig
from mtrec.training.checkpoint import load_model, save_model
from mtrec.training.config import TrainConfig
from mtrec.training.inference import infer
from mtrec.training.loop import train
from mtrec.training.reporter import SilentReporter


class Stars(SingleLabel):
    """A number of stars: the head guesses it as one number, the nearest label is predicted."""

    type = "stars"
    description = "Each record carries a number of stars"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        return "nothing but stars" if written.str.fullmatch(r"\*+").all() else None

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        return sorted(values.unique().tolist(), key=len)

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        return nn.Linear(width, 1)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return (logits[:, 0] - targets).square()

    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        return (logits[:, 0] - others[:, 0]).square()

    def probabilities(self, logits: Tensor) -> Floats:
        places = torch.arange(3, dtype=torch.float32)
        return (-4 * (logits - places).square()).softmax(dim=1).numpy()


def test_a_registered_type_runs_the_whole_path(
    tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    monkeypatch.setitem(TASK_TYPES, "stars", Stars())

    rng = np.random.default_rng(0)
    stars = rng.integers(1, 4, 300)
    words = np.array(["", "bad", "fine", "good"])[stars]
    values = pd.Series(["*" * count for count in stars], dtype="str")
    kind = next(kind for kind in reversed(TASK_TYPES.values()) if kind.recognise(values, values))
    records = pd.DataFrame(
        {
            TEXT: [f"the film was {word} {i}" for i, word in enumerate(words)],
            SPLIT: ["train"] * 200 + ["val"] * 50 + ["test"] * 50,
            task_column("rating"): values,
        }
    )
    dataset = SimpleNamespace(
        records=records,
        tasks={"rating": DatasetTask("rating", kind.type, kind.labels(values), {}, {})},
    )

    result = train(
        dataset,  # type: ignore[arg-type]
        EncoderConfig(name=str(tiny_encoder_folder), method="frozen"),
        TrunkConfig(width=16, dropout=0),
        {"rating": TaskConfig()},
        StrategyConfig(),
        TrainConfig(epochs=40, patience=40, head_learning_rate=0.03, batch_tokens=256),
        tmp_path / "cache",
        SilentReporter(),
    )
    save_model(result.model, tmp_path / "model")
    test = records[records[SPLIT] == "test"]
    inference = infer(load_model(tmp_path / "model"), test[TEXT].tolist(), None, SilentReporter())
    labels = dataset.tasks["rating"].labels
    predicted = inference.predictions["rating"].labels.tolist()
    report = kind.scores(test[task_column("rating")].tolist(), predicted, labels)

    assert report.type == "stars"
    assert report.metrics["macro_f1"].value > 0.7  # guessing: 0.33
    assert list(report.labels) == ["*", "**", "***"]
