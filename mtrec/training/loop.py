"""Training on L_MTL: one shared encoder with a head per task, from settings to a trained model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Precision, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel, reads_marks, reads_words
from mtrec.schema import TRAIN
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.config import TaskConfig
from mtrec.training.config import TrainConfig, check_applicable
from mtrec.training.course import Course
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.examples import Examples
from mtrec.training.inputs import read_inputs
from mtrec.training.reporter import Reporter, Stopped
from mtrec.training.snapshot import Keeper, load_snapshot
from mtrec.training.step import Updater

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset


@dataclass(frozen=True)
class TrainResult:
    """A trained model and what training it took.

    Attributes:
        model: with the weights of the best epoch, or the latest where none was finished.
        epochs: how many were finished.
        best_epoch: counted from 1; 0 where none was finished.
        seconds: all of it, reading and validation included.
        samples_per_second: training records per second of updates.
        stopped: whether it ended because someone asked.
        notes: what a person should know of how it went, in sentences.
    """

    model: MultiTaskModel
    epochs: int
    best_epoch: int
    seconds: float
    device: str
    precision: Precision
    samples_per_second: float
    stopped: bool
    notes: tuple[str, ...] = ()


def heads(dataset: Dataset, tasks: Mapping[str, TaskConfig]) -> list[HeadSpec]:
    """The heads of the dataset's enabled tasks."""
    return [
        HeadSpec(task.name, task.type, tuple(task.labels))
        for task in dataset.tasks.values()
        if tasks[task.name].enabled
    ]


def train(
    dataset: Dataset,
    encoder_config: EncoderConfig,
    trunk_config: TrunkConfig,
    tasks: Mapping[str, TaskConfig],
    strategy_config: StrategyConfig,
    train_config: TrainConfig,
    cache: Path,
    reporter: Reporter,
    kept: Path | None = None,
    made: Path | None = None,
) -> TrainResult:
    """Learns every enabled task of the dataset on one shared encoder.

    The best epoch is the one with the highest mean headline metric on validation, over the tasks
    whose λ is above 0, those too that have stopped improving: a task that only watches has no say.
    Without validation labels it is the last epoch.

    Args:
        tasks: the settings of each of the dataset's tasks.
        cache: a folder for vectors of texts.
        kept: a file in which the training is kept as it goes on. Where it holds one of the same
            settings and data, that one is gone on with, to the same digits as without a break.
        made: the folder of the encoder, where it was made for this training.

    Raises:
        InputError: there is nothing to learn from, the encoder can't be loaded, or the settings do
            not go together.
        Diverged: a loss is no longer a number, even with half the learning rates.
        MtrecError: what was kept cannot be read, or a loss or a weight is no number from the start.
    """
    started = time.perf_counter()
    check_applicable(train_config, encoder_config, trunk_config)
    specs = heads(dataset, tasks)
    lambdas = {spec.name: tasks[spec.name].lambda_ for spec in specs}
    balanced = [spec.name for spec in specs if tasks[spec.name].balanced]
    examples = Examples.of(dataset, specs, balanced)
    check_learnable(lambdas, examples)

    torch.manual_seed(train_config.seed)
    device = pick_device()
    before = load_snapshot(kept) if kept is not None else None
    precision = (
        pick_precision(train_config.precision, device)
        if before is None
        else before.numbers["precision"]
    )
    encoder = load_encoder(encoder_config, precision, reads_marks(specs), made, reads_words(specs))
    model = MultiTaskModel(encoder, trunk_config, specs).to(device)
    weighted = {task: value for task, value in lambdas.items() if value > 0}
    strategy = STRATEGIES[strategy_config.name](weighted, **strategy_config.params)
    updater = Updater(model, strategy, lambdas.keys() - weighted.keys(), train_config)

    epochs = train_config.epochs_for(encoder_config.method)
    course = Course(updater, examples, train_config, epochs, reporter, Keeper(kept))
    if before is not None:
        course.go_on(before)
        course.notes += [each for each in before.remarks if each not in course.notes]
    stopped = False
    try:
        inputs = read_inputs(encoder, examples.texts, model.units, cache, reporter)
        course.run(inputs)
    except Stopped:
        stopped = True
    course.restore_best()
    return TrainResult(
        model=model.eval(),
        epochs=course.epoch,
        best_epoch=course.best_epoch,
        seconds=time.perf_counter() - started,
        device=str(device),
        precision=precision,
        samples_per_second=course.samples_per_second,
        stopped=stopped,
        notes=tuple(course.notes),
    )


def check_learnable(lambdas: Mapping[str, float], examples: Examples) -> None:
    """Refuses tasks from which nothing can be learned.

    Args:
        lambdas: λ of each enabled task.

    Raises:
        InputError: no λ is above 0, or a task has no label in training.
    """
    if not any(lambdas.values()):
        raise InputError(
            "There is nothing to learn together",
            expected="an enabled task with a λ above 0",
            found=", ".join(f"{task}: λ {value:g}" for task, value in lambdas.items())
            or "no enabled task",
            where="tasks",
        )
    for task in lambdas:
        if not len(examples.labelled(task, examples.rows[TRAIN])):
            raise InputError(
                f"The task '{task}' has no labelled training record",
                expected="labels in the train split",
                found="none",
                where=f"tasks.{task}",
                fix=f"set tasks.{task}.enabled=false, or import the data with other splits",
            )
