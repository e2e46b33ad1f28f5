"""Dynamic Weight Average: what lags counts more in the next epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.losses import LossStrategy

if TYPE_CHECKING:
    from torch import Tensor


class Dwa(LossStrategy):
    """Minimises Σ_k w_k · L_k, with weights by how slowly each loss fell over two epochs.

    w_k = K · exp(r_k / T) / Σ_i exp(r_i / T), with r_k = L̄_k(t−1) / L̄_k(t−2), where L_k is task
    k's mean loss in the step, L̄_k(t) its mean over the steps of epoch t that had the task, K the
    number of tasks in the step, and T the temperature: the larger, the more even the weights.
    Until a task has been in two epochs its r_k is 1. Liu, Johns & Davison (2019), *End-to-End
    Multi-Task Learning with Attention*, arXiv:1803.10704.

    TorchJD's `DWA` takes every task in every step and keeps its averages to itself; this gives the
    same weights where all tasks are there, and can be stored.

    Args:
        temperature: T, above 0; the paper takes 2.

    Example:
        >>> import torch
        >>> from mtrec.strategies.dwa import Dwa
        >>> strategy = Dwa({"mood": 1.0, "topic": 1.0}, temperature=1.0)
        >>> for mood in (4.0, 2.0, 2.0):  # the loss of topic does not fall
        ...     x = torch.tensor(1.0, requires_grad=True)
        ...     strategy.backward({"mood": mood * x, "topic": x})
        ...     strategy.end_epoch()
        >>> {task: round(weight, 3) for task, weight in strategy.weights().items()}
        {'mood': 0.755, 'topic': 1.245}
    """

    name = "dwa"
    reads_lambda = False
    reason = "How much a task counts follows from how slowly its loss falls; λ is not read"
    what_for = "When some tasks learn fast and others lag behind"
    params: ClassVar[dict[str, Setting]] = {
        "temperature": Setting(
            2.0, "Evenness", "How even the tasks stay: the larger, the less those that lag gain"
        )
    }
    temperature: float

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        super().__init__(lambdas, **settings)
        self._seen: dict[str, list[float]] = {}
        """By task, the losses of this epoch: their sum and their number."""
        self._averages: dict[str, list[float]] = {}
        """By task, its mean losses in the last two epochs that had it."""

    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        for task, value in zip(tasks, values.tolist(), strict=True):
            total, count = self._seen.get(task, (0.0, 0))
            self._seen[task] = [total + value, count + 1]
        rates = values.new_tensor([self._rate_of(task) for task in tasks])
        weights = len(tasks) * (rates / self.temperature).softmax(dim=0)
        return (weights * values).sum()

    def _rate_of(self, task: str) -> float:
        averages = self._averages.get(task, [])
        return averages[1] / averages[0] if len(averages) == 2 and averages[0] else 1.0

    def end_epoch(self) -> None:
        for task, (total, count) in self._seen.items():
            self._averages[task] = [*self._averages.get(task, []), total / count][-2:]
        self._seen = {}

    def state(self) -> dict[str, Any]:
        return super().state() | {"seen": dict(self._seen), "averages": dict(self._averages)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._seen, self._averages = dict(state["seen"]), dict(state["averages"])
