"""GradNorm: the tasks' pulls are evened out, and what lags may pull harder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.gradients import GradientStrategy

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-3
"""No weight falls below this, so that none turns negative."""


class GradNorm(GradientStrategy):
    """Learns weights w under which every task pulls as hard as its progress deserves.

    With g_k the gradient of task k over the compared parameters and L_k its mean loss, task k
    pulls with p_k = w_k · ‖g_k‖ and should pull with p̄ · r_k^α: p̄ is the mean pull, and
    r_k = (L_k / L_k(0)) / mean_i(L_i / L_i(0)) how far the task lags, L_k(0) being the loss of the
    first step that had it. The model moves by Σ_k w_k · g_k; then w takes one step down
    Σ_k |p_k − p̄ · r_k^α| with the right-hand side held fixed, and is scaled back to its former
    sum, which is K where all tasks are there. Chen et al. (2018), *GradNorm: Gradient
    Normalization for Adaptive Loss Balancing*, arXiv:1711.02257, algorithm 1.

    The paper weighs the heads as well; here they learn at weight 1, as under all strategies that
    compare gradients. Weights stay above 0.001.

    Args:
        alpha: α, from 0 on: 0 makes all pulls equal, more lets those that lag pull harder.
        rate: the step of w, above 0.

    Example:
        >>> import torch
        >>> from mtrec.strategies.base import Learning
        >>> from mtrec.strategies.gradnorm import GradNorm
        >>> x = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> strategy = GradNorm({"mood": 1.0, "topic": 1.0})
        >>> strategy.attach(Learning(compared=[x]))
        >>> for _ in range(2):
        ...     strategy.backward({"mood": x[0], "topic": 2 * x[1]})  # topic pulls harder
        >>> {task: round(weight, 3) for task, weight in strategy.weights().items()}
        {'mood': 1.038, 'topic': 0.962}
    """

    name = "gradnorm"
    reads_lambda = False
    reason = "How much a task counts is learned from how hard it pulls; λ is not read"
    what_for = "When some tasks pull the model much harder than others, and drown them out"
    params: ClassVar[dict[str, Setting]] = {
        "alpha": Setting(
            1.5,
            "Help for those that lag (α)",
            "At 0 all tasks pull alike; the larger, the harder those that lag behind may pull",
            or_zero=True,
        ),
        "rate": Setting(0.025, "Pace of the weights", "How fast the weights of the tasks change"),
    }
    alpha: float

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        super().__init__(lambdas, **settings)
        self._learned = self.weights()
        self._first: dict[str, float] = {}

    def weigh(self, tasks: Sequence[str], gramian: Tensor, values: Tensor) -> Tensor:
        for task, value in zip(tasks, values.tolist(), strict=True):
            self._first.setdefault(task, value)
        weights = values.new_tensor([self._learned[task] for task in tasks])
        norms = gramian.diagonal().to(values).clamp(min=0).sqrt()
        pulls = weights * norms
        wanted = pulls.mean() * self._lags(tasks, values) ** self.alpha
        moved = (weights - self.rate * (pulls - wanted).sign() * norms).clamp(min=LEAST)
        moved *= weights.sum() / moved.sum()
        self._learned |= dict(zip(tasks, moved.tolist(), strict=True))
        return weights

    def _lags(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        """r, `(K,)`; 1 for all where no loss is left."""
        import torch

        first = values.new_tensor([self._first[task] for task in tasks])
        left = torch.where(first > 0, values / first, 1.0)
        mean = left.mean()
        return left / mean if float(mean) > 0 else torch.ones_like(left)

    def state(self) -> dict[str, Any]:
        return super().state() | {"learned": dict(self._learned), "first": dict(self._first)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._learned, self._first = dict(state["learned"]), dict(state["first"])
