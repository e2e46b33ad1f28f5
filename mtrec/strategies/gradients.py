"""The family that compares the tasks' gradients, over what all tasks share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

from mtrec.strategies.base import Learning, Strategy

if TYPE_CHECKING:
    from torch import Tensor


class GradientStrategy(Strategy):
    """Weighs the tasks by how their gradients lie to each other.

    Three kinds of parameters learn differently:

    - `compared` (the trunk and the uppermost encoder layer that learns): here g_k, the gradient of
      each task's loss, is computed, one short backward pass a task. The method reads their inner
      products, the Gramian G_ij = g_i · g_j, and says the weights w. The update is Σ_k w_k · g_k.
    - `shared` (the encoder below): the gradient of Σ_k w_k · L_k with the same weights, one more
      backward pass.
    - `heads`: their own task's plain gradient, at weight 1. No other task changes it.

    Tasks are taken in the order of their names, so that their order elsewhere changes nothing.
    """

    def __init__(self, lambdas: Mapping[str, float], **settings: float) -> None:
        super().__init__(lambdas, **settings)
        self._learning = Learning()
        self._cosines: dict[tuple[str, str], float] = {}

    def attach(self, learning: Learning) -> None:
        self._learning = learning

    def cosines(self) -> dict[tuple[str, str], float]:
        return dict(self._cosines)

    @abstractmethod
    def weigh(self, tasks: Sequence[str], gramian: Tensor, values: Tensor) -> Tensor:
        """The weights w of the K tasks in this step, `(K,)`.

        Args:
            tasks: by name.
            gramian: inner products of their gradients, `(K, K)`, not all 0, on the CPU.
            values: their losses, `(K,)`, float64, on the CPU.
        """

    def backward(self, losses: Mapping[str, Tensor]) -> None:
        import torch

        tasks = sorted(losses)
        compared, shared = self._learning.compared, self._learning.shared
        stacked = torch.stack([losses[task] for task in tasks])
        jacobian = torch.stack([self._gradient(losses[task]) for task in tasks])  # (K, P)
        gramian = (jacobian @ jacobian.T).cpu()
        weights = self._weights_of(tasks, gramian, stacked.detach()).to(jacobian)
        parts = torch.split(weights @ jacobian, [parameter.numel() for parameter in compared])
        for parameter, part in zip(compared, parts, strict=True):
            _add(parameter, part.view_as(parameter))
        if shared and stacked.requires_grad:
            (weights.to(stacked) * stacked).sum().backward(inputs=list(shared))  # type: ignore[no-untyped-call]
        self._weights |= dict(zip(tasks, weights.tolist(), strict=True))
        self._cosines = cosines(tasks, gramian)

    def _weights_of(self, tasks: Sequence[str], gramian: Tensor, values: Tensor) -> Tensor:
        if not gramian.isfinite().all() or not gramian.any():
            return gramian.new_tensor(self.prior(tasks))  # what is no number shows in the losses
        return self.weigh(tasks, gramian, values.cpu().double())

    def _gradient(self, loss: Tensor) -> Tensor:
        """One task's gradient over what is compared, `(P,)`; its head's is added on the way."""
        import torch

        compared, heads = self._learning.compared, self._learning.heads
        if not compared:
            raise RuntimeError("attach() comes before backward()")
        found: Sequence[Tensor | None] = [None] * (len(compared) + len(heads))
        if loss.requires_grad:
            inputs = [*compared, *heads]
            found = torch.autograd.grad(loss, inputs, retain_graph=True, allow_unused=True)
        for parameter, gradient in zip(heads, found[len(compared) :], strict=True):
            if gradient is not None:
                _add(parameter, gradient.clone())  # it may be another's as well
        return torch.cat(
            [
                (torch.zeros_like(parameter) if gradient is None else gradient).flatten()
                for parameter, gradient in zip(compared, found[: len(compared)], strict=True)
            ]
        )


class GramianStrategy(GradientStrategy):
    """Weighs by the Gramian alone, however large the gradients are altogether.

    The Gramian is handed on with a mean of 1 on its diagonal, since TorchJD's weightings take
    gradients below a fixed size for 0. A task that is alone in a step counts 1 (or its λ).
    """

    @abstractmethod
    def solve(self, tasks: Sequence[str], gramian: Tensor) -> Tensor:
        """The weights of K > 1 tasks, `(K,)`, from their Gramian `(K, K)` of mean diagonal 1."""

    def weigh(self, tasks: Sequence[str], gramian: Tensor, values: Tensor) -> Tensor:
        if len(tasks) == 1:
            return gramian.new_tensor(self.prior(tasks))
        return self.solve(tasks, gramian / gramian.diagonal().mean())


def cosines(tasks: Sequence[str], gramian: Tensor) -> dict[tuple[str, str], float]:
    """The cosine of each pair of gradients neither of which is 0, from their Gramian `(K, K)`."""
    products: list[list[float]] = gramian.tolist()
    pairs: dict[tuple[str, str], float] = {}
    for i, j in combinations(range(len(tasks)), 2):
        length = sqrt(max(products[i][i], 0)) * sqrt(max(products[j][j], 0))
        if length > 0:
            pairs[tasks[i], tasks[j]] = max(-1.0, min(1.0, products[i][j] / length))
    return pairs


def _add(parameter: Tensor, gradient: Tensor) -> None:
    parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
