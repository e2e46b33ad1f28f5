from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mtrec.errors import InputError, MtrecError
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.schema import SPLIT, TEXT, task_column
from mtrec.tasks.multiclass import Multiclass
from mtrec.training.loop import TrainResult

LONGER = {
    "epochs": 20,
    "patience": 20,
    "batch_tokens": 256,
    "learning_rate": 3e-3,
    "head_learning_rate": 0.03,
}


def weights(result: TrainResult) -> dict[str, torch.Tensor]:
    return result.model.state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], prefix: str = "") -> bool:
    names = [name for name in a if name.startswith(prefix)]
    return all(torch.equal(a[name].cpu(), b[name].cpu()) for name in names)


@pytest.mark.parametrize("method", ["frozen", "top", "full"])
def test_labels_that_the_words_tell_are_learned(
    method: str, dataset: Any, trainer: Any, watcher: Any
) -> None:
    result = trainer(dataset, watcher, method, **LONGER)
    best = watcher.epochs[result.best_epoch - 1]
    assert best["mood"]["macro_f1"].value > 0.9
    assert best["topic"]["macro_f1"].value > 0.9
    assert not result.stopped
    assert result.samples_per_second > 0
    assert 0 < result.best_epoch <= result.epochs == len(watcher.epochs)


def test_what_does_not_learn_stays_bit_for_bit(
    dataset: Any, trainer: Any, tiny_encoder_folder: Path
) -> None:
    before = load_encoder(EncoderConfig(name=str(tiny_encoder_folder))).backbone.state_dict()
    frozen = trainer(dataset, method="frozen").model.encoder.backbone.state_dict()
    top = trainer(dataset, method="top", learning_rate=1e-3).model.encoder.backbone.state_dict()
    assert same(before, frozen)
    assert same(before, top, "embeddings.")
    assert same(before, top, "encoder.layer.0.")
    assert not same(before, top, "encoder.layer.1.")


@pytest.mark.parametrize("method", ["frozen", "top"])
def test_one_seed_gives_equal_digits_and_another_does_not(
    method: str, dataset: Any, trainer: Any
) -> None:
    first, again = trainer(dataset, method=method, seed=3), trainer(dataset, method=method, seed=3)
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(trainer(dataset, method=method, seed=4)))


def test_the_encoder_passes_once_over_each_batch_whatever_the_tasks(
    dataset: Any, trainer: Any, watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    plain = Encoder.forward

    def counted(self: Encoder, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        read.append(len(ids))
        return plain(self, ids, mask)

    monkeypatch.setattr(Encoder, "forward", counted)
    result = trainer(dataset, watcher, "top")
    records = dataset.records
    assert read[0] == read[1]  # a trial: the longest texts, to learn from and to read alone
    labelled = records[[task_column("mood"), task_column("topic")]].notna().any(axis=1)
    used = labelled & records[SPLIT].isin(["train", "val"])
    assert sum(read[2:]) == result.epochs * int(used.sum())
    assert watcher.phases[-1] == ("Training", 2 * int(used.sum()))
    assert watcher.done == 2 * int(used.sum())


def test_steps_report_losses_of_labelled_tasks_and_the_weights(
    dataset: Any, trainer: Any, watcher: Any
) -> None:
    trainer(dataset, watcher, lambdas={"mood": 2.0, "topic": 0.0})
    assert watcher.weights[0] == {"mood": 2.0}
    assert {task for step in watcher.steps for task in step} == {"mood", "topic"}
    assert set(watcher.losses[0]) == {"mood", "topic"}


def test_a_task_that_is_off_has_no_head(dataset: Any, trainer: Any) -> None:
    assert list(trainer(dataset, lambdas={"topic": None}).model.tasks) == ["mood"]


def test_a_watching_task_still_learns_from_what_the_others_share(
    dataset: Any, trainer: Any, watcher: Any
) -> None:
    """An echo of the mood, watched at λ = 0, reads it off what the mood alone has taught."""
    records = dataset.records.assign(**{task_column("echo"): dataset.records[task_column("mood")]})
    tasks = {name: replace(dataset.tasks["mood"], name=name) for name in ("mood", "echo")}
    echoing = type(dataset)(records=records, tasks=tasks)
    result = trainer(echoing, watcher, lambdas={"echo": 0.0}, **LONGER)
    assert watcher.epochs[result.best_epoch - 1]["echo"]["macro_f1"].value > 0.9


def test_the_best_epochs_weights_are_kept(dataset: Any, trainer: Any, watcher: Any) -> None:
    """Training to a given best epoch and stopping there gives the weights that are kept."""
    settings = {"epochs": 8, "patience": 8, "head_learning_rate": 0.1}
    result = trainer(dataset, watcher, **settings)
    scores = [
        np.mean([epoch[task]["macro_f1"].value for task in ("mood", "topic")])
        for epoch in watcher.epochs
    ]
    assert result.best_epoch == int(np.argmax(scores)) + 1
    kept = weights(result)
    stop = result.best_epoch
    assert stop < 8
    shorter = type(watcher)(stop_when=lambda seen: len(seen.epochs) >= stop)
    assert same(
        kept, weights(trainer(dataset, shorter, epochs=8, patience=8, head_learning_rate=0.1))
    )


def test_patience_ends_a_training_that_gets_no_better(dataset: Any, trainer: Any) -> None:
    result = trainer(dataset, epochs=9, patience=2, head_learning_rate=1e-12)
    assert result.best_epoch == 1
    assert result.epochs == 3


@pytest.mark.parametrize("method", ["frozen", "top"])
def test_stop_is_heard_before_the_next_step(
    method: str, dataset: Any, trainer: Any, watcher: Any
) -> None:
    watcher.stop_when = lambda seen: len(seen.steps) >= 3
    result = trainer(dataset, watcher, method, batch_tokens=256)
    assert result.stopped
    assert len(watcher.steps) == 3
    assert result.epochs == 0


@pytest.mark.parametrize("steps", [1, 7])
def test_finishing_early_keeps_what_was_learned(
    dataset: Any, trainer: Any, watcher: Any, steps: int
) -> None:
    settings = {"epochs": 5, "batch_tokens": 256}
    watcher.finish_when = lambda seen: len(seen.steps) >= steps
    result = trainer(dataset, watcher, **settings)
    assert not result.stopped and len(watcher.steps) == steps
    assert 1 <= result.best_epoch <= result.epochs == len(watcher.epochs) < 5
    assert f"ended early, as asked, in epoch {result.epochs} of at most 5" in result.notes[0]


@pytest.mark.parametrize(
    ("method", "phase"), [("frozen", "Reading texts"), ("top", "Cutting texts into word pieces")]
)
def test_stop_is_heard_while_texts_are_read(
    method: str, phase: str, dataset: Any, trainer: Any, watcher: Any
) -> None:
    watcher.stop_when = lambda seen: True
    result = trainer(dataset, watcher, method)
    assert result.stopped
    assert watcher.phases[0][0] == phase
    assert watcher.done == 0
    assert result.epochs == result.best_epoch == 0


def test_without_validation_labels_the_last_epoch_is_kept(dataset: Any, trainer: Any) -> None:
    records = dataset.records[dataset.records[SPLIT] != "val"]
    result = trainer(type(dataset)(records=records, tasks=dataset.tasks), epochs=4, patience=1)
    assert result.best_epoch == result.epochs == 4


def test_a_loss_that_is_no_number_ends_the_training_with_a_sentence(
    dataset: Any, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Multiclass, "loss", lambda self, logits, targets: logits.sum(dim=1) * float("nan")
    )
    with pytest.raises(MtrecError, match="task 'topic' is no number before") as caught:
        trainer(dataset)
    assert "learning_rate" not in str(caught.value) and "another language model" in caught.value.fix


@pytest.mark.parametrize("method", ["frozen", "top", "full"])
def test_a_broken_encoder_is_not_blamed_on_the_learning_rate(
    method: str, dataset: Any, trainer: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(trainer.folder, folder)
    weights = load_file(folder / "model.safetensors")
    broken = {name: torch.full_like(each, float("nan")) for name, each in weights.items()}
    save_file(broken, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MtrecError, match="is no number before the first step") as caught:
        replace(trainer, folder=folder)(dataset, None, method, kept=tmp_path / "kept")
    assert "learning_rate" not in str(caught.value) and caught.value.where == "encoder.name"


@pytest.mark.parametrize(
    ("lambdas", "found"),
    [({"mood": 0.0, "topic": 0.0}, "mood: λ 0"), ({"mood": None, "topic": None}, "no enabled")],
)
def test_nothing_to_learn_together_is_refused(
    lambdas: dict[str, float | None], found: str, dataset: Any, trainer: Any
) -> None:
    with pytest.raises(InputError, match=found):
        trainer(dataset, lambdas=lambdas)


def test_a_task_without_training_labels_is_refused_with_the_way_out(
    dataset: Any, trainer: Any
) -> None:
    records = dataset.records.copy()
    records.loc[records[SPLIT] == "train", task_column("mood")] = None
    with pytest.raises(InputError, match=r"'mood' has no labelled.*tasks\.mood\.enabled=false"):
        trainer(type(dataset)(records=records, tasks=dataset.tasks))


def test_records_of_no_split_are_not_read(dataset: Any, trainer: Any, watcher: Any) -> None:
    records = dataset.records.copy()
    records[SPLIT] = records[SPLIT].where(records[SPLIT] != "test")
    records[TEXT] = records[TEXT].where(records[SPLIT].notna(), "must not be read")
    trainer(type(dataset)(records=records, tasks=dataset.tasks), watcher, epochs=1)
    used = records[SPLIT].notna() & (
        records[task_column("mood")].notna() | records[task_column("topic")].notna()
    )
    assert watcher.phases[-1] == ("Training", int(used.sum()))
