"""FAMO: all losses fall at about the same rate, without a gradient of each task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.losses import LossStrategy

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Adam

EPSILON = 1e-8
MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Famo(LossStrategy):
    """Minimises c · Σ_k z_k · log L_k, with z learned from how the losses fell in each step.

    L_k is task k's mean loss in the step (plus 1e-8), z = softmax(ξ) over the tasks of the step,
    and c = 1 / Σ_k (z_k / L_k) a constant, so that the weights c · z_k / L_k sum to 1. After the
    optimizer has moved, the losses L'_k are taken again on the same batch, and ξ follows
    δ_k = log L_k − log L'_k: one step of Adam down Σ_k z_k · δ_k, which gives more to what fell
    less. Liu et al. (2023), *FAMO: Fast Adaptive Multitask Optimization*, arXiv:2306.03792.

    Taking the losses again costs a forward pass a step. TorchJD's `FAMO` takes every task in
    every step and stores neither its Adam nor its losses; this does the same where all tasks are
    there, and ξ of an absent task rests.

    Args:
        rate: the learning rate of ξ, above 0.
        decay: how strongly ξ is pulled back to even weights, from 0 on.

    Example:
        >>> import torch
        >>> from mtrec.strategies.famo import Famo
        >>> x = torch.tensor(1.0, requires_grad=True)
        >>> strategy = Famo({"mood": 1.0, "topic": 1.0})
        >>> strategy.backward({"mood": 3 * x, "topic": x})
        >>> {task: round(weight, 3) for task, weight in strategy.weights().items()}
        {'mood': 0.25, 'topic': 0.75}
        >>> strategy.after_step(lambda: {"mood": 3.0, "topic": 0.5})  # only topic fell
        >>> strategy.backward({"mood": 3 * x, "topic": x})
        >>> {task: round(weight, 3) for task, weight in strategy.weights().items()}
        {'mood': 0.259, 'topic': 0.741}
    """

    name = "famo"
    reads_lambda = False
    reason = "Tasks count so that all losses fall at about the same rate; λ is not read"
    what_for = "When all tasks should improve at the same pace, whatever the size of their losses"
    params: ClassVar[dict[str, Setting]] = {
        "rate": Setting(0.025, "Pace of the weights", "How fast the weights of the tasks change"),
        "decay": Setting(
            1e-3,
            "Pull to even weights",
            "How strongly the weights are drawn back to all alike; 0 for not at all",
            or_zero=True,
        ),
    }
    decay: float

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        super().__init__(lambdas, **settings)
        self._tasks: list[str] = []
        self._before: list[float] = []

    @cached_property
    def _logits(self) -> dict[str, Tensor]:
        """ξ of each task, a tensor each, so that Adam passes by those that are absent."""
        import torch

        return {task: torch.zeros((), dtype=torch.float64) for task in sorted(self.lambdas)}

    @cached_property
    def _optimizer(self) -> Adam:
        from torch.optim import Adam

        logits = list(self._logits.values())
        return Adam(logits, lr=self.rate, weight_decay=self.decay, foreach=False)

    def _shares(self, tasks: Sequence[str]) -> Tensor:
        import torch

        return torch.stack([self._logits[task] for task in tasks]).softmax(dim=0)

    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        self._tasks, self._before = list(tasks), values.tolist()
        shares, raised = self._shares(tasks), values + EPSILON
        scale = 1 / (shares / raised.detach()).sum()
        return scale * (shares * raised.log()).sum()

    def after_step(self, losses_now: Callable[[], Mapping[str, float]]) -> None:
        shares = self._shares(self._tasks)
        now = losses_now()
        before = shares.new_tensor(self._before) + EPSILON
        after = shares.new_tensor([now[task] for task in self._tasks]) + EPSILON
        fell = before.log() - after.log()
        slopes = shares * (fell - (shares * fell).sum())  # of Σ z δ along ξ
        for task, slope in zip(self._tasks, slopes, strict=True):
            self._logits[task].grad = slope
        self._optimizer.step()
        self._optimizer.zero_grad()

    def state(self) -> dict[str, Any]:
        moments = {
            task: [float(self._optimizer.state[logit][name]) for name in MOMENTS]
            for task, logit in self._logits.items()
            if logit in self._optimizer.state
        }
        logits = {task: float(logit) for task, logit in self._logits.items()}
        return super().state() | {"logits": logits, "moments": moments}

    def load_state(self, state: Mapping[str, Any]) -> None:
        import torch

        super().load_state(state)
        for task, logit in self._logits.items():
            logit.fill_(state["logits"][task])
        for task, moments in state["moments"].items():
            step, *averages = moments
            kept = [torch.tensor(step), *(torch.tensor(a, dtype=torch.float64) for a in averages)]
            self._optimizer.state[self._logits[task]] = dict(zip(MOMENTS, kept, strict=True))
