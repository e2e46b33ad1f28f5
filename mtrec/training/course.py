"""The epochs of one training: updates, validation after each, the best weights kept."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mtrec.schema import TRAIN, VAL
from mtrec.tasks.calibration import calibrate
from mtrec.tasks.ragged import Ragged
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs
from mtrec.training.reporter import Reporter, Stopped, check_stop
from mtrec.training.snapshot import (
    Keeper,
    Snapshot,
    random_states,
    set_random_states,
    versions,
)
from mtrec.training.step import Updater, wanted_units
from mtrec.training.validation import Validation, validate

TRAINING = "Training"
# How the names of a snapshot's tensors begin.
UPDATER, LEARNING, BEST, LOGITS, COUNTS = "updater:", "learning:", "best:", "logits:", "counts:"


class Course:
    """The epochs of one training, and the best weights seen so far."""

    def __init__(
        self,
        updater: Updater,
        examples: Examples,
        config: TrainConfig,
        epochs: int,
        reporter: Reporter,
        keeper: Keeper,
    ) -> None:
        self.updater = updater
        self.model = updater.model
        self.examples = examples
        self.config = config
        self.epochs = epochs
        self.reporter = reporter
        self.keeper = keeper
        self.epoch = 0
        self.best_epoch = 0
        self._best_score = -np.inf
        self._best_weights: dict[str, Tensor] = {}
        self._best_logits: dict[str, Ragged[Tensor]] = {}
        self._seen = 0
        self._seconds = 0.0
        self._batch = 0  # the next one of this epoch
        self._rng = np.random.default_rng(config.seed)
        self._order = self._rng.bit_generator.state  # from which this epoch's batches are drawn

    @property
    def samples_per_second(self) -> float:
        return self._seen / self._seconds if self._seconds else 0.0

    def run(self, inputs: Inputs) -> None:
        """Trains until the last epoch, or until patience is at its end.

        Raises:
            Stopped: someone asked to stop; all of it up to the last update is kept.
        """
        rows = self.examples.rows
        each = len(rows[TRAIN]) + len(rows[VAL])
        self.reporter.phase(TRAINING, self.epochs * each)
        if self.updater.steps:
            done = self.epoch * len(rows[VAL]) + self._seen
            self.reporter.goes_on(self.epoch, self.updater.steps, done)
        try:
            while self.epoch < self.epochs and self.epoch - self.best_epoch < self.config.patience:
                self._update_on_all(inputs)
                validation = self._validate(inputs)
                self.epoch += 1
                self._batch, self._order = 0, self._rng.bit_generator.state
                self.updater.strategy.end_epoch()
                self._keep_if_best(validation)
                self.reporter.epoch(self.epoch, validation.metrics, validation.losses)
                self.keeper.offer(self.snapshot, epoch_is_over=True)
        except Stopped:
            self.keeper.keep(self.snapshot)
            raise
        self.keeper.keep(self.snapshot)

    def _validate(self, inputs: Inputs) -> Validation:
        rows = self.examples.rows[VAL]
        budget = self.config.batch_tokens
        return validate(self.model, inputs, self.examples, rows, budget, self.reporter)

    def _update_on_all(self, inputs: Inputs) -> None:
        self.model.train()
        rows = self.examples.rows[TRAIN]
        self._rng.bit_generator.state = self._order
        batches = token_batches(inputs.lengths[rows], self.config.batch_tokens, self._rng)
        for batch in batches[self._batch :]:
            check_stop(self.reporter)
            start = time.perf_counter()
            index = rows[batch]
            progress = (self._seen + len(index) / 2) / (self.epochs * len(rows))
            read = partial(inputs.read, index, wanted_units(self.model, self.examples, index))
            losses = self.updater.update(read(), self.examples, index, progress, read)
            self._seen += len(index)
            self._seconds += time.perf_counter() - start
            self.reporter.step(self.updater.steps, losses, self.updater.strategy.weights())
            self.reporter.advance(len(index))
            self._batch += 1
            self.keeper.offer(self.snapshot)

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

    def snapshot(self) -> Snapshot:
        """The training as it stands between two updates."""
        learned, state = self.updater.state()
        tensors = {f"{UPDATER}{name}": tensor for name, tensor in learned.items()}
        tensors |= {f"{LEARNING}{name}": parameter for name, parameter in self._learning()}
        tensors |= {f"{BEST}{name}": tensor for name, tensor in self._best_weights.items()}
        for task, logits in self._best_logits.items():
            tensors[f"{LOGITS}{task}"] = logits.rows
            tensors[f"{COUNTS}{task}"] = torch.from_numpy(logits.counts)
        numbers = {
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_score": self._best_score if self.best_epoch else None,
            "seen": self._seen,
            "seconds": self._seconds,
            "batch": self._batch,
            "order": self._order,
            "updater": state,
            "precision": self.model.encoder.precision,
            "versions": versions(),
        }
        return Snapshot(tensors | random_states(), numbers)

    @torch.no_grad()
    def go_on(self, kept: Snapshot) -> None:
        """Stands where a training with the same settings and data stood when it was kept."""
        self.updater.load_state(kept.part(UPDATER), kept.numbers["updater"])
        learning = kept.part(LEARNING)
        for name, parameter in self._learning():
            parameter.copy_(learning[name])
        device = self.model.encoder.device
        self._best_weights = {name: each.to(device) for name, each in kept.part(BEST).items()}
        counts = kept.part(COUNTS)
        self._best_logits = {
            task: Ragged(rows, counts[task].numpy()) for task, rows in kept.part(LOGITS).items()
        }
        numbers = kept.numbers
        self.epoch, self.best_epoch = numbers["epoch"], numbers["best_epoch"]
        if numbers["best_score"] is not None:
            self._best_score = numbers["best_score"]
        self._seen, self._seconds = numbers["seen"], numbers["seconds"]
        self._batch, self._order = numbers["batch"], numbers["order"]
        set_random_states(kept)
