from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.tasks.ragged import Ragged
from mtrec.training import inference
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

TEXTS = [f"the film was good {i}" for i in range(7)]


@pytest.mark.parametrize("method", ["frozen", "top"])
def test_rows_and_columns_stand_as_the_texts_and_labels(
    method: str, dataset: Any, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "CHUNK", 3)
    model = trainer(dataset, method=method).model
    result = infer(model, TEXTS, None, SilentReporter())
    assert result.vectors.shape == (7, 32)
    assert result.states["trunk"].shape == (7, 16) and len(result.states) == 1
    assert {task: said.shares.shape for task, said in result.predictions.items()} == {
        "mood": (7, 2),
        "topic": (7, 3),
    }
    alone = infer(model, TEXTS[4:5], None, SilentReporter())
    for name in ("mood", "topic"):
        several, one = result.predictions[name], alone.predictions[name]
        np.testing.assert_allclose(several.shares[4:5], one.shares, atol=1e-5)
        assert several.labels[4] == one.labels[0]


def test_no_text_gives_empty_tables(dataset: Any, trainer: Any) -> None:
    for method in ("frozen", "top"):
        result = infer(trainer(dataset, method=method).model, [], None, SilentReporter())
        assert (result.vectors.shape, result.states["trunk"].shape) == ((0, 32), (0, 16))
        assert result.predictions["topic"].shares.shape == (0, 3)


@pytest.mark.parametrize("kind", ["mmoe", "cgc"])
def test_states_are_told_apart_where_each_task_mixes_its_own(
    kind: str, dataset: Any, trainer: Any
) -> None:
    model = trainer(dataset, trunk={"kind": kind}).model.cpu()
    result = infer(model, TEXTS, None, SilentReporter())
    assert list(result.states) == [model.space("mood"), model.space("topic")]
    mood, topic = result.states.values()
    assert mood.shape == topic.shape == (7, 16) and not np.allclose(mood, topic, atol=1e-3)
    with torch.no_grad():
        logits = model.head("topic")(torch.from_numpy(topic))
    says = model.probabilities("topic", Ragged.single(logits))
    np.testing.assert_allclose(says.rows, result.predictions["topic"].shares, atol=1e-6)


@pytest.mark.parametrize(("method", "kept"), [("frozen", True), ("top", False)])
def test_only_vectors_of_an_encoder_that_stays_the_same_are_kept(
    method: str, kept: bool, dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    infer(trainer(dataset, method=method).model, TEXTS, folder, SilentReporter())
    assert any(folder.rglob("*.safetensors")) is kept
