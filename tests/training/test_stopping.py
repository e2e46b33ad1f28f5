"""A task that stops improving is taken out of what tasks share, and learns on by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.schema import SPLIT, task_column
from mtrec.strategies import STRATEGIES
from mtrec.training.stopping import Stopping

EPOCHS = {"epochs": 8, "patience": 8, "batch_tokens": 256, "head_learning_rate": 0.03}


@pytest.fixture
def noisy(dataset: Any) -> Any:
    """The mood can't be learned: its training labels are turned round, so that it gets worse."""
    records = dataset.records.copy()
    column, training = task_column("mood"), records[SPLIT] == "train"
    turned = records[column].map({"good": "bad", "bad": "good"})
    records[column] = records[column].where(~training, turned)
    return type(dataset)(records=records, tasks=dataset.tasks)


def model_of(folder: Any, kind: str = "cgc") -> MultiTaskModel:
    specs = [HeadSpec(task, "binary", ("no", "yes")) for task in ("a", "b")]
    trunk = TrunkConfig.model_validate({"kind": kind, "width": 8})
    encoder = load_encoder(EncoderConfig(name=str(folder), method="frozen"))
    return MultiTaskModel(encoder, trunk, specs)


def fill(model: MultiTaskModel, value: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)


@pytest.mark.parametrize("kind", ["shared", "mmoe", "cgc"])
def test_by_hand_what_is_its_own_is_put_back_to_its_best_epoch(
    kind: str, tiny_encoder_folder: Any
) -> None:
    model = model_of(tiny_encoder_folder, kind)
    stopping = Stopping(model, 2)
    scores = {"a": [0.5, 0.7, 0.6, 0.7], "b": [0.1, 0.2, 0.3, 0.4]}
    for epoch in range(1, 5):
        fill(model, epoch)
        stops = stopping.after(epoch, {task: each[epoch - 1] for task, each in scores.items()})
        assert stops == ({"a": 2} if epoch == 4 else {})
    assert all((p == 2).all() for p in model.own("a").parameters())
    own = {id(p) for p in model.own("a").parameters()}
    assert all((p == 4).all() for p in model.parameters() if id(p) not in own)


def test_what_was_kept_goes_on_alike(tiny_encoder_folder: Any) -> None:
    first, second = (Stopping(model_of(tiny_encoder_folder), 1) for _ in range(2))
    fill(first.model, 7)
    assert first.after(1, {"a": 0.5}) == {}
    second.load_state(*first.state())
    assert second.after(2, {"a": 0.5}) == {"a": 1}
    assert all((p == 7).all() for p in second.model.own("a").parameters())


def test_without_patience_nothing_stops_and_nothing_is_kept(tiny_encoder_folder: Any) -> None:
    stopping = Stopping(model_of(tiny_encoder_folder), None)
    assert not any(stopping.after(epoch, {"a": 0.5}) for epoch in range(1, 50))
    assert stopping.state() == ({}, {"best": {}})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_task_that_gets_worse_stops_steering_and_the_others_learn(
    strategy: str, noisy: Any, trainer: Any, watcher: Any
) -> None:
    result = trainer(noisy, watcher, "frozen", strategy=strategy, task_patience=2, **EPOCHS)
    steps = len(watcher.steps) // result.epochs
    by_epoch = [watcher.weights[epoch * steps] for epoch in range(result.epochs)]
    stopped = [each["mood"] == 0 for each in by_epoch]
    when = stopped.index(True)  # epochs before it is left out
    assert all(stopped[when:]) and not any(stopped[:when])
    scores = [each["mood"]["macro_f1"].value for each in watcher.epochs[:when]]
    best = int(np.argmax(scores)) + 1
    assert when - best == 2
    (note,) = (each for each in result.notes if "'mood'" in each)
    assert note == (
        f"'mood' stopped improving after epoch {best}, so after epoch {when} it no longer steered "
        "what tasks share."
    )
    assert watcher.losses[-1]["topic"] < watcher.losses[when - 1]["topic"]
    assert all("mood" in losses for losses in watcher.steps[-steps:])  # it learns on by itself


def test_the_best_epoch_still_counts_every_task(noisy: Any, trainer: Any, watcher: Any) -> None:
    result = trainer(noisy, watcher, "frozen", task_patience=1, **EPOCHS)
    scores = [np.mean([each[t]["macro_f1"].value for t in each]) for each in watcher.epochs]
    assert any(each["mood"] == 0 for each in watcher.weights)
    assert result.best_epoch == int(np.argmax(scores)) + 1


def test_when_all_have_stopped_learning_ends(dataset: Any, trainer: Any, watcher: Any) -> None:
    settings = EPOCHS | {"head_learning_rate": 1e-12}
    result = trainer(dataset, watcher, "frozen", task_patience=2, **settings)
    assert result.epochs == len(watcher.epochs) == 3 and not result.stopped
    assert result.notes[-1] == "Every task had stopped improving, so learning ended with epoch 3."
    assert [note.split("'")[1] for note in result.notes[:-1]] == ["mood", "topic"]


def test_a_task_that_no_validation_record_carries_goes_on(dataset: Any, trainer: Any) -> None:
    records = dataset.records.copy()
    records.loc[records[SPLIT] == "val", task_column("mood")] = None
    unmeasured = type(dataset)(records=records, tasks=dataset.tasks)
    settings = EPOCHS | {"head_learning_rate": 1e-12, "epochs": 4}
    result = trainer(unmeasured, None, "frozen", task_patience=1, **settings)
    assert result.epochs == 4
    assert [note for note in result.notes if "'mood'" in note] == []
