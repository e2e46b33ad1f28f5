"""Many settings of λ learned at once above one frozen encoder.

S models of the same layers stand on top of each other: each parameter is one tensor `(S, ...)`, and
one pass reads a batch for all of them. They begin alike, see the same records in the same order and
drop the same values (common random numbers), so what sets two of them apart is λ, not luck. Each
learns as it would alone, in `training.step.Updater` with the weighted sum: its gradients, clipping
and AdamW are its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from mtrec.models.encoder import Reading
from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import TRAIN
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.augment import augmented
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs
from mtrec.training.losses import record_losses, wanted_units
from mtrec.training.mixup import Mixup
from mtrec.training.reporter import Reporter, check_stop
from mtrec.training.sampling import drawn_rows
from mtrec.training.step import parameter_groups, schedule

Lambdas = Mapping[str, float]
Parameters = dict[str, Tensor]


@dataclass(frozen=True)
class _Slot:
    """A parameter of one task alone, or of what all share (None), by its name in the model."""

    name: str
    task: str | None


class Stack:
    """S models above one encoder that rests, which differ in λ.

    Attributes:
        parameters: what learns, by its name in the model, `(S, ...)` each.

    Args:
        model: has the layers of all of them; where each begins are its weights.
        settings: λ of each task, for each of the S.
    """

    def __init__(
        self, model: MultiTaskModel, settings: Sequence[Lambdas], config: TrainConfig
    ) -> None:
        self.model = copy.deepcopy(model, {id(model.encoder): model.encoder})
        self.config = config
        single = {
            name: p for name, p in self.model.named_parameters() if not name.startswith("encoder.")
        }
        some = next(iter(single.values()))
        self._float = some.dtype
        self._lambdas = {
            task: torch.tensor([each[task] for each in settings]).to(some) for task in model.tasks
        }  # (S,) each
        self.parameters: Parameters = {
            name: p.detach().expand(len(settings), *p.shape).clone() for name, p in single.items()
        }
        rows = {name: stacked.unbind() for name, stacked in self.parameters.items()}
        for stacked in self.parameters.values():
            stacked.requires_grad_()
        self._rows = {name: [row.detach() for row in each] for name, each in rows.items()}
        owners = {id(p): task for task in model.tasks for p in self.model.own(task).parameters()}
        self._slots = [_Slot(name, owners.get(id(p))) for name, p in single.items()]
        names = {id(p): name for name, p in single.items()}
        groups = parameter_groups(
            list(single.values()), config.head_learning_rate, config.weight_decay
        )
        for group in groups:
            group["params"] = [row for p in group["params"] for row in self._rows[names[id(p)]]]
        self._optimizer = torch.optim.AdamW(groups, lr=config.head_learning_rate, fused=True)

    def __len__(self) -> int:
        return len(next(iter(self.parameters.values())))

    @torch.no_grad()
    def one(self, place: int) -> MultiTaskModel:
        """One of the models by itself, as far as it has learned."""
        model = copy.deepcopy(self.model, {id(self.model.encoder): self.model.encoder})
        for name, parameter in model.named_parameters():
            if name in self._rows:
                parameter.copy_(self._rows[name][place])
        return model.eval()

    def learn(
        self, inputs: Inputs, examples: Examples, epochs: int, seed: int, reporter: Reporter
    ) -> None:
        """Goes through the training records so many times; nothing is stopped early or chosen.

        Where tasks with few labels are seen more often, all tasks count for that, those of λ 0 too,
        so that every model sees the same.

        Raises:
            Stopped: the reporter asked to stop.
        """
        rng = np.random.default_rng(seed)
        self.model.train()
        seen, total = 0, epochs * len(examples.rows[TRAIN])
        for epoch in range(epochs):
            given, changed = augmented(
                self.config.augment, self.model, inputs, examples, seed, epoch
            )
            rows = drawn_rows(examples, list(self.model.tasks), self.config.temperature, rng)
            for batch in token_batches(inputs.lengths[rows], self.config.batch_tokens, rng):
                check_stop(reporter)
                index = rows[batch]
                reading = given.read(index, wanted_units(self.model, changed, index))
                self.update(reading, changed, index, (seen + len(index) / 2) / total)
                seen += len(index)
                reporter.advance(len(index) * len(self))

    def update(self, reading: Reading, examples: Examples, index: Index, progress: float) -> None:
        """One step of every model on a batch.

        Args:
            reading: `wanted_units` of the batch's texts.
            index: its rows in `examples`.
            progress: how much of the training is done, 0 to 1, for the schedule.
        """
        augment = self.config.augment
        mixup = Mixup.drawn(augment.mixup_strength) if augment.mixup else None

        def losses(parameters: Parameters) -> dict[str, Tensor]:
            logits = self._logits(parameters, reading)
            found = record_losses(self.model, logits, examples, index, mixup)
            return {task: each.mean() for task, each in found.items()}

        self._set_gradients(self._each(losses))
        factor = schedule(progress, self.config.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = factor * self.config.head_learning_rate
        self._optimizer.step()

    @torch.no_grad()
    def logits(self, inputs: Inputs, examples: Examples, rows: Index) -> dict[str, Ragged[Tensor]]:
        """What each says of those of the rows that carry a task, `(U, S, out)`, on the CPU.

        Tasks that none of them carries are left out.
        """
        self.model.eval()
        parts: dict[str, list[tuple[Index, Ragged[Tensor]]]] = {
            task: [] for task in self.model.tasks
        }
        for batch in token_batches(inputs.lengths[rows], self.config.batch_tokens):
            index = rows[batch]
            reading = inputs.read(index, wanted_units(self.model, examples, index))
            for task, said in self._answers(reading).items():
                present = np.flatnonzero(examples.present(task, index))
                if len(present):
                    parts[task].append((index[present], said.take(present)))
        found = {}
        for task, several in parts.items():
            if several:
                order = np.argsort(np.concatenate([index for index, _ in several]))
                found[task] = Ragged.stacked([each for _, each in several]).take(order)
        return found

    def _answers(self, reading: Reading) -> dict[str, Ragged[Tensor]]:
        """The logits of every task, rows `(U, S, out)`, of texts that are read."""

        def answers(parameters: Parameters) -> dict[str, Tensor]:
            return {task: each.rows for task, each in self._logits(parameters, reading).items()}

        return {
            task: Ragged(
                rows.transpose(0, 1).cpu(), reading[self.model.tasks[task].task_type.unit].counts
            )
            for task, rows in self._each(answers).items()
        }

    def _logits(self, parameters: Parameters, reading: Reading) -> dict[str, Ragged[Tensor]]:
        """What the model with these parameters says; no two of its parameters are one.

        At the precision that its encoder computes with, where the texts' states come from.
        """
        encoder = self.model.encoder
        with torch.autocast(
            encoder.device.type, torch.bfloat16, enabled=encoder.precision == "bf16"
        ):
            logits: dict[str, Ragged[Tensor]] = functional_call(
                self.model, parameters, (reading,), tie_weights=False
            )
        return {
            task: Ragged(each.rows.to(self._float), each.counts) for task, each in logits.items()
        }

    def _each(self, do: Callable[[Parameters], dict[str, Tensor]]) -> dict[str, Tensor]:
        """What comes of every model's parameters, `(S, ...)` each; one alone needs no stacking."""
        if len(self) > 1:
            found: dict[str, Tensor] = vmap(do, randomness="same")(self.parameters)
            return found
        alone = do({name: stacked[0] for name, stacked in self.parameters.items()})
        return {task: each[None] for task, each in alone.items()}

    def _set_gradients(self, means: Mapping[str, Tensor]) -> None:
        """Each row's gradient, clipped; none where a training of its own would have none.

        Args:
            means: the mean loss of each task that has a label in the batch, `(S,)`.
        """
        steer = {task: self._lambdas[task] > 0 for task in means}  # (S,) each
        weighted = [self._lambdas[task] * loss for task, loss in means.items()]
        # What is a task's own learns with λ, too, and where that is 0 as if it were 1.
        alone = [
            torch.where(steer[task], self._lambdas[task], 1.0) * loss
            for task, loss in means.items()
        ]
        shared = [slot for slot in self._slots if slot.task is None]
        own = [slot for slot in self._slots if slot.task in means]
        whole = all(each.all() for each in steer.values())
        if whole:  # then both losses are one
            found = self._gradients(torch.stack(weighted).sum(), [*shared, *own])
        else:
            found = self._gradients(torch.stack(weighted).sum(), shared, retain_graph=True)
            found |= self._gradients(torch.stack(alone).sum(), own)
        steered = torch.stack([*steer.values()]).any(dim=0)
        moved = {slot: steered if slot.task is None else steer[slot.task] for slot in found}
        factor = self._factors(found, moved)
        # What watches is shortened by itself.
        watched = factor if whole else self._factors(found, {slot: ~moved[slot] for slot in own})
        for slot in self._slots:
            rows = self._rows[slot.name]
            gradient = found.get(slot)
            if gradient is None:
                for row in rows:
                    row.grad = None
                continue
            shortened = torch.where(moved[slot], factor, watched)
            scaled = gradient * shortened.view(-1, *[1] * (gradient.ndim - 1))
            scaled = scaled.contiguous()  # as a fused step takes it to be
            learns = steered.tolist() if slot.task is None else [True] * len(self)
            for row, mine, does in zip(rows, scaled.unbind(), learns, strict=True):
                row.grad = mine if does else None

    def _gradients(
        self, total: Tensor, slots: Sequence[_Slot], retain_graph: bool = False
    ) -> dict[_Slot, Tensor]:
        gradients = torch.autograd.grad(
            total, [self.parameters[slot.name] for slot in slots], retain_graph=retain_graph
        )
        return dict(zip(slots, gradients, strict=True))

    def _factors(self, gradients: Mapping[_Slot, Tensor], which: Mapping[_Slot, Tensor]) -> Tensor:
        """By what each model's gradients are shortened, `(S,)`, where some parameters are meant.

        Args:
            which: for each of these parameters, in which models it is meant, `(S,)`.
        """
        squares = [
            torch.where(meant, gradients[slot].flatten(1).square().sum(dim=1), 0.0)
            for slot, meant in which.items()
        ]
        norms = torch.stack(squares).sum(dim=0).sqrt()
        return (self.config.clip / (norms + 1e-6)).clamp(max=1.0)
