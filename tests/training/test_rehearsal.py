"""Before the first update a step is tried on the longest texts, which changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.strategies import STRATEGIES
from mtrec.training import course
from mtrec.training.batches import longest_batch
from mtrec.training.course import TRAINING, TRYING, Course
from mtrec.training.step import Updater
from tests.training.test_faults import short_of_memory, weights

SETTINGS = {"epochs": 1, "batch_tokens": 256, "learning_rate": 1e-3}


def test_the_longest_texts_that_fit() -> None:
    lengths = np.array([3, 9, 5, 9, 2])
    assert longest_batch(lengths, 20).tolist() == [1, 3]
    assert longest_batch(lengths, 30).tolist() == [1, 3, 2]
    assert longest_batch(lengths, 4).tolist() == [1]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_it_changes_no_digit(
    strategy: str, dataset: Any, trainer: Any, watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**SETTINGS, "augment": {"mixup": True}, "adversarial": {"rdrop": True}}
    with_it = trainer(
        dataset, watcher, "top", strategy=strategy, trunk={"dropout": 0.2}, **settings
    )
    monkeypatch.setattr(Course, "_rehearse", lambda self, inputs: None)
    without = type(watcher)()
    plain = trainer(dataset, without, "top", strategy=strategy, trunk={"dropout": 0.2}, **settings)
    assert (TRYING in dict(watcher.phases), TRYING in dict(without.phases)) == (True, False)
    assert watcher.steps == without.steps and watcher.weights == without.weights
    ours, theirs = weights(with_it), weights(plain)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_it_is_over_before_learning_and_says_how_fast_texts_are_read(
    dataset: Any, trainer: Any, watcher: Any
) -> None:
    trainer(dataset, watcher, "top", **SETTINGS)
    names = [name for name, _ in watcher.phases]
    assert names.index(TRYING) + 1 == names.index(TRAINING)
    assert len(watcher.trials) == 1 and 0 < watcher.trials[0] < 1


def test_a_frozen_encoder_has_nothing_to_tell(dataset: Any, trainer: Any, watcher: Any) -> None:
    trainer(dataset, watcher, "frozen", **SETTINGS)
    assert watcher.trials == []


def test_short_memory_shows_before_the_first_update(
    dataset: Any, trainer: Any, watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = short_of_memory(monkeypatch, 9, torch.OutOfMemoryError("CUDA out of memory."))
    steps: list[int] = []
    real = Updater.update

    def update(self: Updater, *args: Any, **kwargs: Any) -> dict[str, float]:
        steps.append(len(tried))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Updater, "update", update)
    result = trainer(dataset, watcher, "top", **SETTINGS)
    assert max(tried[: steps[0]]) > 9 >= tried[steps[0] - 1]
    assert len(result.notes) == 1 and "read in parts" in result.notes[0]


def test_an_error_shows_before_anything_is_learned(
    dataset: Any, trainer: Any, watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        trainer(dataset, watcher, "top", **SETTINGS)
    assert watcher.phases[-1][0] == TRYING and watcher.steps == []


def test_one_that_goes_on_tries_nothing(
    dataset: Any, trainer: Any, watcher: Any, tmp_path: Path
) -> None:
    first = type(watcher)(stop_when=lambda seen: len(seen.steps) == 3)
    assert trainer(dataset, first, "top", kept=tmp_path / "kept", **SETTINGS).stopped
    trainer(dataset, watcher, "top", kept=tmp_path / "kept", **SETTINGS)
    assert course.TRYING in dict(first.phases) and course.TRYING not in dict(watcher.phases)
