"""Smooth Tchebycheff: what is worst right now counts most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mtrec.strategies.base import Setting
from mtrec.strategies.losses import LossStrategy

if TYPE_CHECKING:
    from torch import Tensor


class Stch(LossStrategy):
    """Minimises μ · log Σ_k exp(λ_k · L_k / μ), a smooth max_k λ_k · L_k; TorchJD's `STCH`.

    L_k is task k's mean loss in the step, λ_k its preference, and μ how smooth the maximum is:
    towards 0 the worst task alone counts. The weights are λ_k · softmax_k(λ · L / μ). Lin et al.
    (2024), *Smooth Tchebycheff Scalarization for Multi-Objective Optimization*, arXiv:2402.19078,
    with the ideal point at 0.

    The paper's preferences sum to 1. λ is taken as it is set, so that one task alone at λ 1 is
    plain training; with K tasks at λ 1 this is the paper's number, times K, at a μ that is K times
    smaller.

    Args:
        mu: μ, above 0; the paper tries 0.01 to 1.

    Example:
        >>> import torch
        >>> from mtrec.strategies.stch import Stch
        >>> x = torch.tensor(1.0, requires_grad=True)
        >>> strategy = Stch({"mood": 1.0, "topic": 1.0}, mu=1.0)
        >>> strategy.backward({"mood": 2 * x, "topic": x})
        >>> {task: round(weight, 3) for task, weight in strategy.weights().items()}
        {'mood': 0.731, 'topic': 0.269}
    """

    name = "stch"
    reads_lambda = True
    reason = "λ scales a task's loss before the worst one is sought: a larger λ is worst sooner"
    what_for = "When the task that does worst matters most"
    params: ClassVar[dict[str, Setting]] = {
        "mu": Setting(
            0.5,
            "Evenness (μ)",
            "Near 0 only the task that does worst counts; the larger, the more the others count",
        )
    }
    mu: float

    def combine(self, tasks: Sequence[str], values: Tensor) -> Tensor:
        from torchjd.scalarization import STCH

        combined: Tensor = STCH(self.mu, values.new_tensor(self.prior(tasks)))(values)
        return combined
