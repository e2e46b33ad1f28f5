"""Training on L_MTL: epochs of updates, validation after each, the best weights kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Precision, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel, reads_marks
from mtrec.schema import TRAIN, VAL
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.calibration import calibrate
from mtrec.tasks.config import TaskConfig
from mtrec.tasks.ragged import Ragged
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs, read_inputs
from mtrec.training.reporter import Reporter, Stopped, check_stop
from mtrec.training.step import Updater, wanted_units
from mtrec.training.validation import Validation, validate

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset

TRAINING = "Training"


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
    """

    model: MultiTaskModel
    epochs: int
    best_epoch: int
    seconds: float
    device: str
    precision: Precision
    samples_per_second: float
    stopped: bool


def train(
    dataset: Dataset,
    encoder_config: EncoderConfig,
    trunk_config: TrunkConfig,
    tasks: Mapping[str, TaskConfig],
    strategy_config: StrategyConfig,
    train_config: TrainConfig,
    cache: Path,
    reporter: Reporter,
) -> TrainResult:
    """Learns every enabled task of the dataset on one shared encoder.

    The best epoch is the one with the highest mean headline metric on validation, over the tasks
    whose λ is above 0: a task that only watches has no say. Without validation labels it is the
    last epoch.

    Args:
        tasks: the settings of each of the dataset's tasks.
        cache: a folder for vectors of texts.

    Raises:
        InputError: there is nothing to learn from, or the encoder can't be loaded.
        MtrecError: a loss is no longer a number.
    """
    started = time.perf_counter()
    specs = [
        HeadSpec(task.name, task.type, tuple(task.labels))
        for task in dataset.tasks.values()
        if tasks[task.name].enabled
    ]
    lambdas = {spec.name: tasks[spec.name].lambda_ for spec in specs}
    balanced = [spec.name for spec in specs if tasks[spec.name].balanced]
    examples = Examples.of(dataset, specs, balanced)
    _check(lambdas, examples)

    torch.manual_seed(train_config.seed)
    device = pick_device()
    precision = pick_precision(train_config.precision, device)
    encoder = load_encoder(encoder_config, precision, reads_marks(specs))
    model = MultiTaskModel(encoder, trunk_config, specs).to(device)
    weighted = {task: value for task, value in lambdas.items() if value > 0}
    strategy = STRATEGIES[strategy_config.name](weighted, **strategy_config.params)
    updater = Updater(model, strategy, lambdas.keys() - weighted.keys(), train_config)

    epochs = train_config.epochs_for(encoder_config.method)
    course = _Course(updater, examples, train_config, epochs, reporter)
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
    )


class _Course:
    """The epochs of one training, and the best weights seen so far."""

    def __init__(
        self,
        updater: Updater,
        examples: Examples,
        config: TrainConfig,
        epochs: int,
        reporter: Reporter,
    ) -> None:
        self.updater = updater
        self.model = updater.model
        self.examples = examples
        self.config = config
        self.epochs = epochs
        self.reporter = reporter
        self.epoch = 0
        self.best_epoch = 0
        self._best_score = -np.inf
        self._best_weights: dict[str, Tensor] = {}
        self._best_logits: dict[str, Ragged[Tensor]] = {}
        self._seen = 0
        self._seconds = 0.0
        self._rng = np.random.default_rng(config.seed)

    @property
    def samples_per_second(self) -> float:
        return self._seen / self._seconds if self._seconds else 0.0

    def run(self, inputs: Inputs) -> None:
        """Trains until the last epoch, or until patience is at its end."""
        rows = self.examples.rows
        each = len(rows[TRAIN]) + len(rows[VAL])
        self.reporter.phase(TRAINING, self.epochs * each)
        while self.epoch < self.epochs and self.epoch - self.best_epoch < self.config.patience:
            self._update_on_all(inputs)
            validation = self._validate(inputs)
            self.epoch += 1
            self.updater.strategy.end_epoch()
            self._keep_if_best(validation)
            self.reporter.epoch(self.epoch, validation.metrics, validation.losses)

    def _validate(self, inputs: Inputs) -> Validation:
        rows = self.examples.rows[VAL]
        budget = self.config.batch_tokens
        return validate(self.model, inputs, self.examples, rows, budget, self.reporter)

    def _update_on_all(self, inputs: Inputs) -> None:
        self.model.train()
        rows = self.examples.rows[TRAIN]
        for batch in token_batches(inputs.lengths[rows], self.config.batch_tokens, self._rng):
            check_stop(self.reporter)
            start = time.perf_counter()
            index = rows[batch]
            progress = (self._seen + len(index) / 2) / (self.epochs * len(rows))
            read = partial(inputs.read, index, wanted_units(self.model, self.examples, index))
            reading = read()
            check_stop(self.reporter)  # a step of a large encoder takes seconds
            losses = self.updater.update(reading, self.examples, index, progress, read)
            self._seen += len(index)
            self._seconds += time.perf_counter() - start
            self.reporter.step(self.updater.steps, losses, self.updater.strategy.weights())
            self.reporter.advance(len(index))

    def _keep_if_best(self, validation: Validation) -> None:
        headlines = [
            metrics[self.model.tasks[task].task_type.headline].value
            for task, metrics in validation.metrics.items()
            if task not in self.updater.watching
        ]
        score = float(np.mean(headlines)) if headlines else float(self.epoch)
        if score > self._best_score:
            self._best_score, self.best_epoch = score, self.epoch
            self._best_weights = {
                name: parameter.detach().clone() for name, parameter in self._learning()
            }
            self._best_logits = validation.logits

    @torch.no_grad()
    def restore_best(self) -> None:
        """Puts the best epoch's weights back, where an epoch was finished, and calibrates them."""
        for name, parameter in self._learning():
            if name in self._best_weights:
                parameter.copy_(self._best_weights[name])
        for name, logits in self._best_logits.items():
            task, scored = (
                self.model.tasks[name],
                self.examples.labelled(name, self.examples.rows[VAL]),
            )
            targets = self.examples.targets[name].take(scored)
            self.model.calibrations[name] = calibrate(task.task_type, logits, targets, task.labels)

    def _learning(self) -> list[tuple[str, torch.nn.Parameter]]:
        return [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]


def _check(lambdas: Mapping[str, float], examples: Examples) -> None:
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
