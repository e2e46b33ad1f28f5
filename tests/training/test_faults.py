"""What goes wrong while a training goes on, and how it goes on all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mtrec.models.encoder import Encoder
from mtrec.training import snapshot
from mtrec.training.adversarial import Hardened
from mtrec.training.step import Diverged, Updater

SETTINGS = {"epochs": 2, "batch_tokens": 256, "learning_rate": 1e-3}
Means = Callable[..., dict[str, Tensor]]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is kept after every update, whatever it costs."""
    monkeypatch.setattr(snapshot, "EVERY", 0.0)
    monkeypatch.setattr(snapshot, "COST", float("inf"))


def no_number_at(monkeypatch: pytest.MonkeyPatch, *calls: int) -> None:
    """The loss of the mood is no number the n-th time that losses are worked out.

    The trial before the first update comes before all of these.
    """
    real: Means = Hardened.__call__
    count = iter(range(-1, 10_000))

    def means(self: Hardened) -> dict[str, Tensor]:
        losses = real(self)
        if next(count) in calls:
            losses["mood"] = losses["mood"] * float("nan")
        return losses

    monkeypatch.setattr(Hardened, "__call__", means)


def weights(result: Any) -> dict[str, Tensor]:
    return dict(result.model.state_dict())


def test_a_loss_that_is_no_number_is_gone_back_from_once(
    always: None,
    dataset: Any,
    trainer: Any,
    watcher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = trainer(dataset, watcher, "top", **SETTINGS)
    steps = len(watcher.steps)
    no_number_at(monkeypatch, 5)
    slower = type(watcher)()
    result = trainer(dataset, slower, "top", kept=tmp_path / "kept", **SETTINGS)
    assert [each for each in result.notes if "half the learning rates" in each] == list(
        result.notes
    )
    assert "'mood'" in result.notes[0] and "nan at step 6" in result.notes[0]
    assert "back to step 5" in result.notes[0]
    assert len(slower.steps) == steps and slower.steps[:5] == watcher.steps[:5]
    ours, theirs = weights(result), weights(whole)
    assert not all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert all(bool(each.isfinite().all()) for each in ours.values())


def test_the_second_time_it_stops_and_says_where(
    always: None, dataset: Any, trainer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_number_at(monkeypatch, 3, 7)
    with pytest.raises(Diverged, match=r"task 'mood' is no longer a number.*step 7"):
        trainer(dataset, None, "top", kept=tmp_path / "kept", **SETTINGS)


def test_weights_that_are_no_numbers_are_never_kept(
    always: None, dataset: Any, trainer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Updater.update
    count = iter(range(10_000))

    def update(self: Updater, *args: Any, **kwargs: Any) -> dict[str, float]:
        losses = real(self, *args, **kwargs)
        if next(count) == 4:
            with torch.no_grad():
                self.model.head("topic").weight[0, 0] = float("inf")
        return losses

    monkeypatch.setattr(Updater, "update", update)
    result = trainer(dataset, None, "frozen", kept=tmp_path / "kept", **SETTINGS)
    assert "weight is no longer a number" in result.notes[0]
    assert "back to step 4" in result.notes[0]
    assert bool(result.model.head("topic").weight.isfinite().all())


def short_of_memory(monkeypatch: pytest.MonkeyPatch, most: int, error: Exception) -> list[int]:
    """While learning, the encoder can read `most` texts at once; how many each reading tried."""
    tried: list[int] = []
    real = Encoder.read

    def read(self: Encoder, tokens: Any, index: Any, wanted: Any) -> Any:
        if torch.is_grad_enabled():
            tried.append(len(index))
            if len(index) > most:
                raise error
        return real(self, tokens, index, wanted)

    monkeypatch.setattr(Encoder, "read", read)
    return tried


def without_dropout(encoder: Path, folder: Path) -> Path:
    shutil.copytree(encoder, folder)
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("strategy", ["sum", "pcgrad", "famo"])
@pytest.mark.parametrize("method", ["top", "full", "lora"])
def test_in_parts_a_step_learns_the_same(
    method: str,
    strategy: str,
    dataset: Any,
    trainer: Any,
    watcher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {**SETTINGS, "strategy": strategy, "precision": "fp32"}
    trainer = replace(trainer, folder=without_dropout(trainer.folder, tmp_path / "encoder"))
    whole = trainer(dataset, watcher, method, **settings)
    tried = short_of_memory(monkeypatch, 9, torch.OutOfMemoryError("CUDA out of memory."))
    parts = type(watcher)()
    result = trainer(dataset, parts, method, **settings)
    assert max(tried) > 9 and len(result.notes) == 1 and "read in parts" in result.notes[0]
    assert len(parts.steps) == len(watcher.steps)
    for ours, theirs in zip(parts.steps, watcher.steps, strict=True):
        assert ours.keys() == theirs.keys()
        np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=2e-3)
    assert result.epochs == whole.epochs


def test_not_even_one_text_fits(
    dataset: Any, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 0, RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    with pytest.raises(RuntimeError, match="allocate memory"):
        trainer(dataset, None, "top", **SETTINGS)


def test_other_errors_are_not_taken_for_short_memory(
    dataset: Any, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = short_of_memory(monkeypatch, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        trainer(dataset, None, "top", **SETTINGS)
    assert len(tried) == 1
