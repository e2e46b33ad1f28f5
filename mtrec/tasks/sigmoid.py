"""What types share whose head gives the log-odds of a yes or no for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def divergences(logits: Tensor, others: Tensor) -> Tensor:
    """KL(P ‖ Q) of two outcomes each, of which P and Q say the log-odds, of one shape.

    σ(z) (log σ(z) - log σ(z')) + σ(-z) (log σ(-z) - log σ(-z')).
    """
    from torch.nn.functional import logsigmoid

    yes = logits.sigmoid() * (logsigmoid(logits) - logsigmoid(others))
    return yes + (-logits).sigmoid() * (logsigmoid(-logits) - logsigmoid(-others))
