"""Mixtures of two records, of which the model should be as unsure as they are mixed.

Mixup: Zhang et al. (2018), *mixup: Beyond Empirical Risk Minimization*, arXiv:1710.09412, on the
states above the trunk. Heads are linear, so the logits of a mixture h = a · h_i + (1 - a) · h_j of
two states are the mixture of their logits, and it is these that are mixed. The loss is
a · L(h, y_i) + (1 - a) · L(h, y_j): that of a target mixed alike, since every loss here is a
negative log-likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from mtrec.models.randomness import generator
from mtrec.tasks.moving import moved

Losses = Callable[[Tensor, Tensor], Tensor]
"""Logits `(n, out)` of n records, and whose target each is held against, `(n,)`, to losses."""


@dataclass(frozen=True, eq=False)
class Mixup:
    """How the records of one step are mixed.

    Attributes:
        share: a, what each record keeps of itself.
        partners: by task, the record that each is mixed with, `(n,)`; drawn where it is missing.
    """

    share: float
    partners: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def drawn(cls, strength: float) -> Mixup:
        """With a share from Beta(strength, strength)."""
        seed = torch.randint(2**62, (), generator=generator())
        return cls(np.random.default_rng(int(seed)).beta(strength, strength))

    def losses(self, task: str, logits: Tensor, losses: Losses) -> Tensor:
        """The losses of a task's n records in the step, each mixed with another, `(n,)`.

        Args:
            logits: one row a record, `(n, out)`.
        """
        if task not in self.partners:
            drawn = torch.randperm(len(logits), generator=generator())
            self.partners[task] = moved(drawn, logits.device)
        partners = self.partners[task]
        mixed = self.share * logits + (1 - self.share) * logits[partners]
        own = torch.arange(len(logits), device=logits.device)
        return self.share * losses(mixed, own) + (1 - self.share) * losses(mixed, partners)
