from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.training import inference
from mtrec.training.inference import infer, infer_vectors
from mtrec.training.reporter import SilentReporter

TEXTS = [f"the film was good {i}" for i in range(7)]


def test_rows_and_columns_stand_as_the_texts_and_labels(
    dataset: Any, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "BLOCK", 3)
    model = trainer(dataset).model
    result = infer(model, TEXTS, None, SilentReporter())
    assert result.vectors.shape == (7, 32)
    assert result.states.shape == (7, 16)
    assert {task: p.shape for task, p in result.probabilities.items()} == {
        "mood": (7, 2),
        "topic": (7, 3),
    }
    with torch.no_grad():
        logits = model(*model.encoder.batch(model.encoder.tokenize(TEXTS[4:5])))
    alone = model.tasks["topic"].task_type.probabilities(logits["topic"])
    np.testing.assert_allclose(result.probabilities["topic"][4:5], alone, atol=1e-5)


def test_no_text_gives_empty_tables(dataset: Any, trainer: Any) -> None:
    result = infer_vectors(trainer(dataset).model, np.empty((0, 32), dtype=np.float32))
    assert result.states.shape == (0, 16)
    assert result.probabilities["topic"].shape == (0, 3)


@pytest.mark.parametrize(("method", "kept"), [("frozen", True), ("top", False)])
def test_only_vectors_of_an_encoder_that_stays_the_same_are_kept(
    method: str, kept: bool, dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    infer(trainer(dataset, method=method).model, TEXTS, folder, SilentReporter())
    assert any(folder.rglob("*.safetensors")) is kept
