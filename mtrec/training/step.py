"""One update: the strategy's gradients, clipping, AdamW with warm-up and decay.

AdamW after Loshchilov & Hutter (2019), *Decoupled Weight Decay Regularization*, arXiv:1711.05101.
Smaller learning rates for lower layers after Howard & Ruder (2018), *Universal Language Model
Fine-tuning for Text Classification*, arXiv:1801.06146, 3.2; the factor from layer to layer as in
Sun et al. (2019), *How to Fine-Tune BERT for Text Classification?*, arXiv:1905.05583.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module, ModuleList, Parameter
from torch.nn.utils import clip_grad_norm_

from mtrec.errors import MtrecError
from mtrec.models.encoder import Encoder, Reading
from mtrec.models.multitask import MultiTaskModel
from mtrec.strategies.base import Learning, Strategy
from mtrec.tasks.moving import told
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.adversarial import Hardened, reach
from mtrec.training.config import TrainConfig
from mtrec.training.embeddings import Change
from mtrec.training.examples import Examples
from mtrec.training.losses import record_divergences, record_losses
from mtrec.training.mixup import Mixup


def whose(model: MultiTaskModel) -> Learning:
    """The parameters that learn, by whose they are.

    Gradients of tasks are compared over the trunk and the encoder's uppermost layer. Heads, gates
    and a task's own experts belong to one task each.
    """
    own = [p for task in model.tasks for p in _learning(model.own(task))]
    compared = [*_learning(model.trunk), *_learning(_uppermost(model.encoder))]
    taken = {id(p) for p in (*compared, *own)}
    return Learning(compared, [p for p in _learning(model) if id(p) not in taken], own)


def _learning(module: Module) -> list[Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def _uppermost(encoder: Module) -> ModuleList:
    """The last of an encoder's layers, which are the longest list in it; empty where none is."""
    lists = [module for module in encoder.modules() if isinstance(module, ModuleList)]
    return max(lists, key=len, default=ModuleList())[-1:]


class Diverged(MtrecError):
    """A loss or a weight is no longer a number."""


def no_number(what: str, found: str, updates: int) -> MtrecError:
    """What to say of a loss or a weight that is no number: `Diverged` where learning did that.

    Args:
        what: which it is, such as `a weight`.
        updates: how many had been made; before the first, learning had no part in it.
    """
    if updates:
        return Diverged(
            f"The training went off: {what} is no longer a number",
            found=found,
            fix="lower train.learning_rate and train.head_learning_rate",
        )
    return MtrecError(
        f"Nothing can be learned: {what} is no number before the first step of learning",
        expected="numbers wherever a text is read",
        found=found,
        where="encoder.name",
        fix="choose another language model, since weights of this one seem to be broken; if it is "
        "sound, train.precision=fp32 computes more exactly",
    )


class Updater:
    """Makes the updates of one training.

    Attributes:
        steps: how many it has made.
        pace: a factor on every learning rate.
        watching: tasks that shape nothing that is shared: what is theirs alone learns on detached
            states, clipped apart, so that they change nothing for the others.

    Args:
        strategy: combines the losses of the tasks whose λ is above 0.
        watching: the tasks whose λ is 0.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        strategy: Strategy,
        watching: Collection[str],
        config: TrainConfig,
    ) -> None:
        self.model = model
        self.strategy = strategy
        self.config = config
        self.watch(watching)
        learning = _learning(model)
        encoder = {id(p) for p in model.encoder.parameters()}
        above = [p for p in learning if id(p) not in encoder]
        self._optimizer = torch.optim.AdamW(
            encoder_groups(model.encoder, config)
            + parameter_groups(above, config.head_learning_rate, config.weight_decay)
            + parameter_groups(strategy.parameters(), strategy.rate, 0.0),
            fused=True,
        )
        strategy.attach(whose(model))
        self._rates = [group["lr"] for group in self._optimizer.param_groups]
        adversarial = config.adversarial
        self._reach = reach(model.encoder, adversarial.fgm_strength) if adversarial.fgm else 0.0
        self.steps = 0
        self.pace = 1.0

    @property
    def steering(self) -> list[str]:
        """The tasks that shape what is shared."""
        return [task for task in self.strategy.lambdas if task not in self.watching]

    def watch(self, tasks: Collection[str]) -> None:
        """From now on these tasks, and no others, shape nothing that is shared."""
        self.watching = frozenset(tasks)
        apart = {id(p) for task in tasks for p in self.model.own(task).parameters()}
        learning = _learning(self.model)
        self._clipped = (
            [p for p in learning if id(p) not in apart],
            [p for p in learning if id(p) in apart],
        )

    def update(
        self,
        read: Callable[..., Reading],
        examples: Examples,
        index: Index,
        progress: float,
    ) -> dict[str, float]:
        """One step on a batch.

        Args:
            read: reads what `wanted_units` are of the batch's texts, as often as it is asked: with
                a `Change` of embeddings where `train.adversarial.fgm` is on, else with nothing.
            index: its rows in `examples`.
            progress: how much of the training is done, 0 to 1, for the schedule.

        Returns:
            The mean loss of each task that has a label in the batch.

        Raises:
            Diverged: a loss is no longer a number.
            MtrecError: it is none in the first step.
        """
        losses = self._objective(read, examples, index)
        means = losses()
        values = told(means)
        self._backward(means)
        for parameters in self._clipped:
            clip_grad_norm_(parameters, self.config.clip)
        factor = schedule(progress, self.config.warmup)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = factor * self.pace * rate
        self._optimizer.step()
        known = values()
        self._check(known)
        self.steps += 1
        if means.keys() - self.watching:
            self.strategy.after_step(partial(_values, losses))
        return known

    def weights(self) -> dict[str, float]:
        """What the strategy gave each task in the last step that it was in; 0 where it watches."""
        return {
            task: 0.0 if task in self.watching else weight
            for task, weight in self.strategy.weights().items()
        }

    def rehearse(self, read: Callable[..., Reading], examples: Examples, index: Index) -> None:
        """Works out the gradients of a batch as `update` does, and leaves all as it was."""
        before = self.strategy.state()
        self._backward(self._objective(read, examples, index)())
        self._optimizer.zero_grad(set_to_none=True)
        self.strategy.load_state(before)

    def _backward(self, means: Mapping[str, Tensor]) -> None:
        """The gradients of the tasks' losses, in place of those of the step before."""
        self._optimizer.zero_grad(set_to_none=True)
        shared = {task: loss for task, loss in means.items() if task not in self.watching}
        if shared:
            self.strategy.backward(shared)
        watched = [loss for task, loss in means.items() if task in self.watching]
        if watched:
            torch.stack(watched).sum().backward()  # type: ignore[no-untyped-call]

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """What it has learned of how to step: tensors by name, and numbers that JSON holds."""
        moments = self._optimizer.state_dict()["state"]
        tensors = {
            f"{place}:{name}": value
            for place, each in moments.items()
            for name, value in each.items()
        }
        own = {f"own:{place}": each for place, each in enumerate(self.strategy.parameters())}
        numbers = {
            "steps": self.steps,
            "pace": self.pace,
            "watching": sorted(self.watching),
            "strategy": self.strategy.state(),
        }
        return tensors | own, numbers

    @torch.no_grad()
    def load_state(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Goes on from what `state` gave, with the same model and settings."""
        moments: dict[int, dict[str, Tensor]] = {}
        own = self.strategy.parameters()
        for name, value in tensors.items():
            owner, _, what = name.partition(":")
            if owner == "own":
                own[int(what)].copy_(value)
            else:
                moments.setdefault(int(owner), {})[what] = value
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": moments})
        self.steps, self.pace = numbers["steps"], numbers["pace"]
        self.watch(numbers["watching"])
        self.strategy.load_state(numbers["strategy"])

    def _objective(
        self, read: Callable[..., Reading], examples: Examples, index: Index
    ) -> Callable[[], dict[str, Tensor]]:
        """What gives the mean loss of each task that has a label in the batch, read anew."""
        augment = self.config.augment
        mixup = Mixup.drawn(augment.mixup_strength) if augment.mixup else None

        def answers(change: Change | None) -> dict[str, Ragged[Tensor]]:
            reading = read() if change is None else read(change)
            return self.model(reading, detached=self.watching)  # type: ignore[no-any-return]

        def losses(logits: Mapping[str, Ragged[Tensor]]) -> dict[str, Tensor]:
            return _mean_of_each(record_losses(self.model, logits, examples, index, mixup))

        def apart(
            logits: Mapping[str, Ragged[Tensor]], others: Mapping[str, Ragged[Tensor]]
        ) -> dict[str, Tensor]:
            return _mean_of_each(record_divergences(self.model, logits, others, examples, index))

        return Hardened(
            self.config.adversarial,
            self._reach,
            answers,
            losses,
            apart,
            self.strategy.prior,
            self.watching,
        )

    def _check(self, losses: dict[str, float]) -> None:
        for task, loss in losses.items():
            if not math.isfinite(loss):
                where = f"{loss} at step {self.steps + 1}"
                raise no_number(f"the loss of task '{task}'", where, self.steps)


def _mean_of_each(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {task: each.mean() for task, each in losses.items()}


@torch.no_grad()
def _values(losses: Callable[[], Mapping[str, Tensor]]) -> dict[str, float]:
    return told(losses())()


def schedule(progress: float, warmup: float) -> float:
    """The share of the full learning rate: up over the warm-up, then straight down to 0."""
    if progress < warmup:
        return progress / warmup
    return (1 - progress) / (1 - warmup)


def encoder_groups(encoder: Encoder, config: TrainConfig) -> list[dict[str, Any]]:
    """What learns of the encoder: the uppermost layer at the rate η, each below it at less.

    With L layers, η · `layer_decay`^(L - l) for the l-th, and l = 0 for the embeddings. What learns
    beside a layer's own weights has that layer's rate.

    Raises:
        InputError: layers should differ, but can't be told apart.
    """
    rate, decay = config.learning_rate_for(encoder.config), config.layer_decay
    levels = [[*encoder.parameters()]] if decay == 1 else encoder.levels()
    groups = []
    for depth, level in enumerate(reversed(levels)):
        learning = [p for p in level if p.requires_grad]
        groups += parameter_groups(learning, rate * decay**depth, config.weight_decay)
    return groups


def parameter_groups(
    parameters: Sequence[Parameter], rate: float, decay: float
) -> list[dict[str, Any]]:
    """Weight decay on matrices, none on biases and norms."""
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    return [
        {"params": matrices, "lr": rate, "weight_decay": decay},
        {"params": vectors, "lr": rate, "weight_decay": 0.0},
    ]
