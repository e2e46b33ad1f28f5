"""Names that nothing but their capitals tells from other words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.data.dataset import DatasetTask
from mtrec.models import encoder as module
from mtrec.schema import SPLIT, TEXT, USER, VAL, task_column
from mtrec.training.checkpoint import load_model, save_model
from mtrec.training.inference import infer
from mtrec.training.loop import TrainResult
from mtrec.training.reporter import SilentReporter
from tests.contracts.test_learning import learned

pytestmark = pytest.mark.usefixtures("one_thread")

WORDS = np.array(["book", "film", "song", "good", "bad"])


@pytest.fixture(scope="module")
def dataset() -> Any:
    """Each word is a name in one of two texts, and is written with a capital where it is."""
    rng = np.random.default_rng(0)
    texts, tags = [], []
    for _ in range(300):
        words, named = rng.choice(WORDS, 3), rng.random(3) < 0.5
        shown = [
            str(w).capitalize() if name else str(w) for w, name in zip(words, named, strict=True)
        ]
        texts.append(" ".join(shown))
        tags.append(" ".join("B-name" if name else "O" for name in named))
    splits = ["train"] * 240 + ["val"] * 60
    records = {TEXT: texts, SPLIT: splits, USER: None, task_column("names"): tags}
    task = DatasetTask("names", "tags", ["name"], {}, {})
    return SimpleNamespace(records=pd.DataFrame(records), tasks={"names": task})


def quality(result: TrainResult, dataset: Any) -> float:
    chosen = dataset.records[dataset.records[SPLIT] == VAL]
    said = infer(result.model, chosen[TEXT].tolist(), None, SilentReporter())
    truth = chosen[task_column("names")].tolist()
    kind = result.model.tasks["names"].task_type
    predicted = said.predictions["names"].labels.tolist()
    return kind.scores(truth, predicted, ["name"], draws=10).metrics["span_f1"].value


def test_capitals_are_learned_and_kept(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    result = learned(dataset, tiny_encoder_folder, tmp_path, "top", epochs=4)
    assert quality(result, dataset) > 0.95
    save_model(result.model, tmp_path / "model")
    texts = dataset.records[TEXT].tolist()[:9]
    before, after = (
        infer(model, texts, None, SilentReporter())
        for model in (result.model, load_model(tmp_path / "model").to(result.model.encoder.device))
    )
    assert torch.equal(torch.from_numpy(before.vectors), torch.from_numpy(after.vectors))
    same = before.predictions["names"].labels == after.predictions["names"].labels
    assert same.all()


def test_without_seeing_them_there_is_nothing_to_learn(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "lowers", lambda tokenizer: False)
    result = learned(dataset, tiny_encoder_folder, tmp_path, "top", epochs=4)
    assert quality(result, dataset) < 0.75
