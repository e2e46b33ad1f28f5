"""The epochs of one training: updates, validation after each, the best weights kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from mtrec.models.encoder import Reading, Wanted
from mtrec.schema import TRAIN, VAL
from mtrec.shortages import is_out_of_memory
from mtrec.tasks.calibration import calibrate
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.augment import augmented
from mtrec.training.batches import longest_batch, token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.embeddings import Change, ChangedInputs
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs
from mtrec.training.losses import wanted_units
from mtrec.training.memory import read_in_parts
from mtrec.training.reporter import Reporter, Stopped, check_stop
from mtrec.training.sampling import drawn_rows
from mtrec.training.snapshot import (
    Keeper,
    Snapshot,
    random_states,
    set_random_states,
    versions,
)
from mtrec.training.step import Diverged, Updater, no_number
from mtrec.training.stopping import Stopping
from mtrec.training.validation import Validation, validate

T = TypeVar("T")

TRYING, TRAINING = "Trying the longest texts", "Training"
SLOWER = 0.5  # the factor on the learning rates after a loss was no number
# How the names of a snapshot's tensors begin.
UPDATER, LEARNING, BEST, LOGITS, COUNTS = "updater:", "learning:", "best:", "logits:", "counts:"
OWN = "own:"


class Course:
    """The epochs of one training, and the best weights seen so far.

    Attributes:
        epoch: how many are over.
        best_epoch: counted from 1; 0 before the first is over.
        notes: what a person should know of how it went, in sentences.
    """

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
        self.notes: list[str] = []
        self._stopping = Stopping(self.model, config.task_patience)
        self._best_score = -np.inf
        self._best_weights: dict[str, Tensor] = {}
        self._best_logits: dict[str, Ragged[Tensor]] = {}
        self._seen = 0
        self._seconds = 0.0
        self._batch = 0  # the next one of this epoch
        self._over = False  # and nothing is kept but what was best
        self._parts = 1  # in which the texts of a batch are read
        self._rng = np.random.default_rng(config.seed)
        self._order = self._rng.bit_generator.state  # from which this epoch's batches are drawn

    @property
    def samples_per_second(self) -> float:
        return self._seen / self._seconds if self._seconds else 0.0

    def run(self, inputs: Inputs) -> None:
        """Trains until the last epoch, or until patience with all tasks is at its end.

        Raises:
            Stopped: someone asked to stop; all of it up to the last update is kept.
        """
        rows = self.examples.rows
        each = len(rows[TRAIN]) + len(rows[VAL])
        if not self.updater.steps:
            self._rehearse(inputs)
        self.reporter.phase(TRAINING, self.epochs * each)
        if self.updater.steps:
            self._tell_where()
        else:
            self.keeper.keep(self.snapshot)
        while not self._is_over:
            try:
                self._one_epoch(inputs)
                if not self._is_over:
                    self.keeper.offer(self.snapshot, epoch_is_over=True)
            except Stopped:
                self.keeper.keep(self.snapshot)
                raise
            except Diverged as error:
                self._slow_down(error)
        if not self._over:
            self._end()

    def _end(self) -> None:
        """Learns no more, even if nobody asks for that any more when it is gone on with."""
        self._over = True
        if self.reporter.should_finish():
            self.notes.append(
                f"Learning was ended early, as asked, in epoch {self.epoch} of at most "
                f"{self.epochs}."
            )
        self.keeper.keep(self.snapshot)

    @property
    def _is_over(self) -> bool:
        if self._over:
            return True
        if self.epoch >= self.epochs or self.epoch - self.best_epoch >= self.config.patience:
            return True
        if not self.updater.steering:
            return True  # every task has stopped improving
        return self.epoch > 0 and self.reporter.should_finish()

    def _one_epoch(self, inputs: Inputs) -> None:
        self._update_on_all(inputs)
        validation = self._validate(inputs)
        self.epoch += 1
        self._batch, self._order = 0, self._rng.bit_generator.state
        self.updater.strategy.end_epoch()
        scores = self._scores(validation)
        self._keep_if_best(scores, validation)
        self._stop_some(scores)
        self.reporter.epoch(self.epoch, validation.metrics, validation.losses)

    def _slow_down(self, error: Diverged) -> None:
        """Back to where the training was last kept, and on with smaller steps; once."""
        kept = self.keeper.latest()
        if kept is None or self.updater.pace < 1:
            raise error
        self.go_on(kept)
        self.updater.pace = SLOWER
        self.notes.append(
            f"{error.message} ({error.found}). It went back to step {self.updater.steps} and on "
            "with half the learning rates."
        )
        self._tell_where()

    def _tell_where(self) -> None:
        done = self.epoch * len(self.examples.rows[VAL]) + self._seen
        self.reporter.goes_on(self.epoch, self.updater.steps, done)

    def _validate(self, inputs: Inputs) -> Validation:
        rows = self.examples.rows[VAL]
        budget = self.config.batch_tokens
        return validate(self.model, inputs, self.examples, rows, budget, self.reporter)

    def _update_on_all(self, inputs: Inputs) -> None:
        self.model.train()
        given, examples = augmented(
            self.config.augment, self.model, inputs, self.examples, self.config.seed, self.epoch
        )
        self._rng.bit_generator.state = self._order
        rows = drawn_rows(self.examples, self.updater.steering, self.config.temperature, self._rng)
        batches = token_batches(inputs.lengths[rows], self.config.batch_tokens, self._rng)
        for batch in batches[self._batch :]:
            check_stop(self.reporter)
            if self.updater.steps and self.reporter.should_finish():
                break
            start = time.perf_counter()
            index = rows[batch]
            losses = self._update(given, examples, index)
            self._seen += len(index)
            self._seconds += time.perf_counter() - start
            updater = self.updater
            cosines = updater.strategy.cosines()
            self.reporter.step(updater.steps, losses, updater.weights(), cosines)
            self.reporter.advance(len(index))
            self._batch += 1
            self.keeper.offer(self.snapshot)

    def _rehearse(self, inputs: Inputs) -> None:
        """Tries a step on the longest texts, so that what cannot work shows before time is spent.

        Where memory is short there, texts are read in parts from the start. Weights and random
        numbers are left as they were.
        """
        rows, budget = self.examples.rows[TRAIN], self.config.batch_tokens
        longest = rows[longest_batch(inputs.lengths[rows], budget)]
        self.reporter.phase(TRYING, len(longest))
        states = random_states()
        self.model.train()
        self._in_parts(
            inputs,
            self.examples,
            longest,
            lambda read: self.updater.rehearse(read, self.examples, longest),
        )
        if self.model.encoder.learns:
            self._time_reading(inputs, longest)
        set_random_states(states)

    @torch.no_grad()
    def _time_reading(self, inputs: Inputs, index: Index) -> None:
        """Says how long reading a text of the usual length takes."""
        self.model.eval()
        start = time.perf_counter()
        self._read(inputs, index, wanted_units(self.model, self.examples, index))
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        # The longest are padded to the longest of them; usual batches hardly are.
        padded = len(index) * int(inputs.lengths[index].max())
        share = float(inputs.lengths.mean()) / padded
        self.reporter.reads((time.perf_counter() - start) * share)

    def _update(self, inputs: Inputs, examples: Examples, index: Index) -> dict[str, float]:
        """One step on a batch."""
        progress = (self._seen + len(index) / 2) / (self.epochs * len(examples.rows[TRAIN]))

        def update(read: Callable[..., Reading]) -> dict[str, float]:
            return self.updater.update(read, examples, index, progress)

        return self._in_parts(inputs, examples, index, update)

    def _in_parts(
        self,
        inputs: Inputs,
        examples: Examples,
        index: Index,
        learn: Callable[[Callable[..., Reading]], T],
    ) -> T:
        """Learns from a batch, its texts read in more parts each time memory runs short."""
        wanted = wanted_units(self.model, examples, index)
        strategy = self.updater.strategy
        before = strategy.state()
        while True:
            try:
                return learn(partial(self._read, inputs, index, wanted))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self._parts >= len(index):
                    raise
            strategy.load_state(before)
            self._in_more_parts()

    def _read(
        self, inputs: Inputs, index: Index, wanted: Wanted, change: Change | None = None
    ) -> Reading:
        if change is not None:
            inputs = ChangedInputs(inputs, self.model.encoder, change)
        return read_in_parts(inputs, index, wanted, self._parts)

    def _in_more_parts(self) -> None:
        if self._parts == 1:
            self.notes.append(
                "Memory was short, so the texts of each step are read in parts. What is learned is "
                "the same, but it takes longer. Another time, lower train.batch_tokens."
            )
        self._parts *= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _scores(self, validation: Validation) -> dict[str, float]:
        """The headline of each task whose λ is above 0, where validation has labels of it."""
        return {
            task: metrics[self.model.tasks[task].task_type.headline].value
            for task, metrics in validation.metrics.items()
            if task in self.updater.strategy.lambdas
        }

    def _keep_if_best(self, scores: Mapping[str, float], validation: Validation) -> None:
        score = float(np.mean([*scores.values()])) if scores else float(self.epoch)
        if score > self._best_score:
            self._best_score, self.best_epoch = score, self.epoch
            self._best_weights = {
                name: parameter.detach().clone() for name, parameter in self._learning()
            }
            self._best_logits = validation.logits

    def _stop_some(self, scores: Mapping[str, float]) -> None:
        """Takes tasks out of what is shared that have stopped improving."""
        steering = {task: scores[task] for task in self.updater.steering if task in scores}
        for task, best in self._stopping.after(self.epoch, steering).items():
            self.updater.watch({*self.updater.watching, task})
            self.notes.append(
                f"'{task}' stopped improving after epoch {best}, so after epoch {self.epoch} it no "
                "longer steered what tasks share."
            )
        if not self.updater.steering:
            self.notes.append(
                f"Every task had stopped improving, so learning ended with epoch {self.epoch}."
            )

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
        """The training as it stands between two updates; once it is over, the best of it.

        Raises:
            Diverged: a weight is no longer a number.
            MtrecError: it was none from the start.
        """
        self._check_weights()
        learned, state = self.updater.state()
        tensors: dict[str, Tensor] = {}
        if not self._over:
            tensors |= {f"{UPDATER}{name}": tensor for name, tensor in learned.items()}
            tensors |= {f"{LEARNING}{name}": parameter for name, parameter in self._learning()}
        tensors |= {f"{BEST}{name}": tensor for name, tensor in self._best_weights.items()}
        for task, logits in self._best_logits.items():
            tensors[f"{LOGITS}{task}"] = logits.rows
            tensors[f"{COUNTS}{task}"] = torch.from_numpy(logits.counts)
        own, stopping = self._stopping.state()
        tensors |= {f"{OWN}{name}": tensor for name, tensor in own.items()}
        numbers = {
            "over": self._over,
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_score": self._best_score if self.best_epoch else None,
            "seen": self._seen,
            "seconds": self._seconds,
            "batch": self._batch,
            "parts": self._parts,
            "notes": self.notes,
            "order": self._order,
            "updater": state,
            "stopping": stopping,
            "precision": self.model.encoder.precision,
            "versions": versions(),
        }
        return Snapshot(tensors | random_states(), numbers)

    def _check_weights(self) -> None:
        for name, parameter in self._learning():
            if not bool(parameter.isfinite().all()):
                steps = self.updater.steps
                raise no_number("a weight", f"{name} after step {steps}", steps)

    @torch.no_grad()
    def go_on(self, kept: Snapshot) -> None:
        """Stands where a training with the same settings and data stood when it was kept."""
        self._over = kept.numbers["over"]
        self.updater.load_state(kept.part(UPDATER), kept.numbers["updater"])
        learning = kept.part(BEST if self._over else LEARNING)
        for name, parameter in self._learning():
            parameter.copy_(learning[name])
        device = self.model.encoder.device
        self._best_weights = {name: each.to(device) for name, each in kept.part(BEST).items()}
        self._stopping.load_state(kept.part(OWN), kept.numbers["stopping"])
        counts = kept.part(COUNTS)
        self._best_logits = {
            task: Ragged(rows, counts[task].numpy()) for task, rows in kept.part(LOGITS).items()
        }
        numbers = kept.numbers
        self.epoch, self.best_epoch = numbers["epoch"], numbers["best_epoch"]
        self._best_score = -np.inf if numbers["best_score"] is None else numbers["best_score"]
        self._seen, self._seconds = numbers["seen"], numbers["seconds"]
        self._batch, self._order = numbers["batch"], numbers["order"]
        self._parts, self.notes = numbers["parts"], list(numbers["notes"])
        set_random_states(kept.tensors)
