"""The trunk: what the tasks share above the encoder, and what each task makes of it.

The head of a task reads a state. With the trunk `shared` it is one and the same for all tasks.
Otherwise the trunk is several experts f_e, each with the layer that a shared trunk has (behind one
normalisation), and a task k reads a mixture of them, by weights that its gate finds for each text:

    s_k(x) = Σ_e g_k(x)_e · f_e(x) ,    g_k(x) = softmax(W_k x̂) ,

with x what the encoder gives, and x̂ the same with mean 0 and variance 1.

- `mmoe`: Ma et al. (2018), *Modeling Task Relationships in Multi-task Learning with Multi-gate
  Mixture-of-Experts*, KDD, doi:10.1145/3219819.3220007. All tasks mix the same experts.
- `cgc`: customized gate control, one level of Tang et al. (2020), *Progressive Layered Extraction
  (PLE): A Novel Multi-Task Learning (MTL) Model for Personalized Recommendations*, RecSys,
  doi:10.1145/3383313.3412236. Beside these a task mixes experts that no other task reads or
  teaches.
"""

from __future__ import annotations

from itertools import islice
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtrec.models.config import TrunkConfig
from mtrec.models.dropout import Dropout


def build_trunk(config: TrunkConfig, size: int) -> nn.Sequential:
    """Text vectors `(..., size)` to what the tasks share.

    That is the state that every head reads, `(..., width)`; where tasks mix experts, those of all
    E experts that are shared, `(..., E, width)`.
    """
    if config.mixes:
        return _experts(config, size, config.experts)
    return _layer(config, size, config.width)


class Mixture(nn.Module):
    """What one task makes of the experts: nobody else reads its gate and its own experts."""

    def __init__(self, config: TrunkConfig, size: int) -> None:
        super().__init__()
        own = config.own_experts
        self.own = _experts(config, size, own) if own else None
        self.gate = nn.Sequential(
            nn.LayerNorm(size, elementwise_affine=False),
            nn.Linear(size, own + config.experts, bias=False),
            nn.Softmax(dim=-1),
        )

    def forward(self, vectors: Tensor, shared: Tensor) -> Tensor:
        """Text vectors `(..., size)` and the shared experts' states `(..., E, width)` to the
        task's state `(..., width)`."""
        experts = shared if self.own is None else torch.cat([self.own(vectors), shared], dim=-2)
        weights: Tensor = self.gate(vectors)  # (..., E), the task's own experts first
        return (weights[..., None] * experts).sum(dim=-2)


def _experts(config: TrunkConfig, size: int, count: int) -> nn.Sequential:
    """So many experts beside each other, `(..., size)` to `(..., count, width)`."""
    return _layer(config, size, count * config.width).append(
        nn.Unflatten(-1, (count, config.width))
    )


def _layer(config: TrunkConfig, size: int, width: int) -> _Layer:
    return _Layer(nn.LayerNorm(size), nn.Linear(size, width), nn.GELU(), Dropout(config.dropout))


class _Layer(nn.Sequential):
    """A normalisation, a linear layer, and what follows them.

    Scale γ and shift β of the normalisation are multiplied into the linear layer:

        W (γ ⊙ x̂ + β) + b = (W diag γ) x̂ + (W β + b) .

    What learns then stands behind x̂ alone, and where x is known, its gradient, as dear as the layer
    itself, is not computed. Models stacked over the same texts have x̂ in common, too.
    """

    def forward(self, vectors: Tensor) -> Tensor:
        norm, linear = cast(nn.LayerNorm, self[0]), cast(nn.Linear, self[1])
        weight = linear.weight * norm.weight
        bias = F.linear(norm.bias, linear.weight, linear.bias)
        standard = F.layer_norm(vectors, norm.normalized_shape, eps=norm.eps)
        found = F.linear(standard, weight, bias)
        for each in islice(self, 2, None):
            found = each(found)
        return found
