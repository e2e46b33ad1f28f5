"""Losses that ask for the same answer where a text is read a little differently.

- FGM: Miyato, Dai and Goodfellow (2017), *Adversarial Training Methods for Semi-Supervised Text
  Classification*, arXiv:1605.07725. The embeddings s of a text's pieces are moved by
  r = ε · g / ‖g‖, where g is the gradient of Σ_k λ_k · L_k with respect to s, and the losses are
  taken again there. λ is 1 where the strategy does not read it. They normalise the
  embeddings first, so that ε means the same everywhere; here it is told in multiples of their mean
  norm, of which theirs was 0.3 (5 of √256).
- R-Drop: Liang et al. (2021), *R-Drop: Regularized Dropout for Neural Networks*, arXiv:2106.14448.
  A batch is read twice, with other draws of dropout, and beside both losses stands how far the two
  distributions P and Q are apart, ½ (KL(P ‖ Q) + KL(Q ‖ P)), times α.

Both are part of each task's own loss, so that λ and every strategy weigh them with it. A loss that
is taken several times in a step is their mean, where the papers add them up: it stays as large as
without, and so do learning rates, clipping and what a strategy sees. R-Drop's share of it is thus
α / 2 times the divergence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import Tensor

from mtrec.models.encoder import Encoder
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.config import AdversarialConfig
from mtrec.training.embeddings import Change

Logits = Mapping[str, Ragged[Tensor]]
Losses = dict[str, Tensor]


class Hardened:
    """The losses of one step; each call takes them anew, at the same moved embeddings.

    Args:
        reach: ε, how far FGM moves a text's embeddings.
        answers: reads the batch, with a change or without, and gives each task's logits.
        losses: of logits, the mean of each task that has a label in the batch.
        apart: of two readings' logits, how far they are apart, for the same tasks.
        weigh: what each task counts for the direction of FGM.
        watching: the tasks that count nothing for it.
    """

    def __init__(
        self,
        config: AdversarialConfig,
        reach: float,
        answers: Callable[[Change | None], Logits],
        losses: Callable[[Logits], Losses],
        apart: Callable[[Logits, Logits], Losses],
        weigh: Callable[[Sequence[str]], Sequence[float]],
        watching: Collection[str],
    ) -> None:
        self._config = config
        self._reach = reach
        self._answers = answers
        self._losses = losses
        self._apart = apart
        self._weigh = weigh
        self._watching = watching
        self._moves: Moves | None = None

    def __call__(self) -> Losses:
        if not self._config.fgm:
            return self._plain(None)
        if self._moves is not None:
            losses = self._plain(None)
        else:
            seen = Seen()
            losses = self._plain(seen)
            self._moves = Moves(self._gradients(losses, seen), self._reach)
        moved = self._losses(self._answers(self._moves))
        return {task: (loss + moved[task]) / 2 for task, loss in losses.items()}

    def _plain(self, seen: Change | None) -> Losses:
        """The losses of the batch as it is, read once, or twice for R-Drop."""
        first = self._answers(seen)
        losses = self._losses(first)
        if not self._config.rdrop:
            return losses
        second = self._answers(None)
        others, apart = self._losses(second), self._apart(first, second)
        strength = self._config.rdrop_strength
        return {
            task: (loss + others[task] + strength * apart[task]) / 2
            for task, loss in losses.items()
        }

    def _gradients(self, losses: Losses, seen: Seen) -> dict[bytes, Tensor]:
        tasks = [task for task in losses if task not in self._watching]
        if not tasks:
            return {}
        weighted = zip(self._weigh(tasks), tasks, strict=True)
        total = torch.stack([weight * losses[task] for weight, task in weighted]).sum()
        rows, embeddings = zip(*seen.embeddings.items(), strict=True)
        found = torch.autograd.grad(total, embeddings, retain_graph=True, materialize_grads=True)
        return dict(zip(rows, found, strict=True))


class Seen:
    """Notes the embeddings that are read, by the rows of the texts that are read together."""

    def __init__(self) -> None:
        self.embeddings: dict[bytes, Tensor] = {}

    def __call__(self, index: Index, ids: Tensor, embeddings: Tensor) -> Tensor:
        if not embeddings.requires_grad:
            embeddings = embeddings.detach().requires_grad_()
        self.embeddings.setdefault(index.tobytes(), embeddings)
        return embeddings


class Moves:
    """Moves embeddings by `perturbation`, where there is a gradient.

    Args:
        gradients: as `Seen` has the embeddings.
    """

    def __init__(self, gradients: Mapping[bytes, Tensor], reach: float) -> None:
        self._moves = {row: perturbation(each, reach) for row, each in gradients.items()}

    def __call__(self, index: Index, ids: Tensor, embeddings: Tensor) -> Tensor:
        move = self._moves.get(index.tobytes())
        return embeddings if move is None else embeddings + move


def reach(encoder: Encoder, strength: float) -> float:
    """ε: so many times the mean norm of the encoder's embeddings, as they are now."""
    tables = encoder.backbone.get_input_embeddings().parameters()
    table = max(tables, key=len).detach()  # (V, d)
    return strength * float(table.norm(dim=1).mean())


def perturbation(gradient: Tensor, reach: float) -> Tensor:
    """ε · g / ‖g‖ of each text, `(B, T, d)`, by the norm over all its pieces; 0 where g is 0."""
    largest = gradient.abs().amax(dim=(1, 2), keepdim=True)
    # Squares of small gradients would be 0.
    scaled = gradient / largest.clamp_min(torch.finfo(gradient.dtype).tiny)
    norms = scaled.flatten(1).norm(dim=1).clamp_min(1)
    moved: Tensor = reach * scaled / norms[:, None, None]
    return moved


def symmetric(
    divergence: Callable[[Tensor, Tensor], Tensor], logits: Tensor, others: Tensor
) -> Tensor:
    """½ (KL(P ‖ Q) + KL(Q ‖ P)) of each row, `(U, out)` each to `(U,)`."""
    return (divergence(logits, others) + divergence(others, logits)) / 2
