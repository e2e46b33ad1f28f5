"""Weights learned with the model, from how uncertain each task is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.losses import LossStrategy

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter
    from torchjd.scalarization import UW


class Uncertainty(LossStrategy):
    """Minimises Σ_k (½ · e^(−s_k) · L_k + ½ · s_k), learning s beside the model; TorchJD's `UW`.

    L_k is task k's mean loss in the step and s_k = log σ_k² how uncertain its answers are: a task
    whose loss stays large gets a large s_k, and with it a small weight ½ · e^(−s_k); the term
    ½ · s_k keeps s_k from growing without end. At rest the weight is 1 / (2 · L_k), so that every
    weighted loss is equal. All s_k begin at 0, so all weights at ½: one task alone is plain
    training at half the size, which AdamW does not notice. Kendall, Gal & Cipolla (2018),
    *Multi-Task Learning Using Uncertainty to Weigh Losses*, arXiv:1705.07115.

    The paper learns s at the model's rate over many thousand steps. Trainings here are shorter, so
    s has a rate of its own.

    Args:
        rate: the learning rate of s, under the model's optimizer and schedule.

    Example:
        >>> import torch
        >>> from mtrec.strategies.uncertainty import Uncertainty
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> strategy = Uncertainty({"mood": 1.0, "topic": 1.0})
        >>> strategy.backward({"mood": x**2, "topic": 5 * x})
        >>> x.grad
        tensor(5.5000)
        >>> [float(s.grad) for s in strategy.parameters()]
        [-4.0, -7.0]
    """

    name = "uncertainty"
    reads_lambda = False
    reason = "How much a task counts is learned from how uncertain its answers are; λ is not read"
    what_for = "When one task's loss is far larger than the others'"
    params: ClassVar[dict[str, Setting]] = {
        "rate": Setting(0.025, "Pace of the weights", "How fast the weights of the tasks change")
    }

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        super().__init__(lambdas, **settings)
        self._weights = dict.fromkeys(self.lambdas, 0.5)

    @cached_property
    def _scales(self) -> dict[str, UW]:
        """One a task, since the sum falls into tasks and some are absent from a step."""
        from torchjd.scalarization import UW

        return {task: UW(()) for task in self.lambdas}

    def parameters(self) -> list[Parameter]:
        return [scale.log_var for scale in self._scales.values()]

    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        import torch

        terms = [self._scales[task](value) for task, value in zip(tasks, values, strict=True)]
        return torch.stack(terms).sum()

    def state(self) -> dict[str, Any]:
        learned = {task: float(scale.log_var.detach()) for task, scale in self._scales.items()}
        return super().state() | {"log_var": learned}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        for task, scale in self._scales.items():
            scale.log_var.data.fill_(state["log_var"][task])
