"""Tasks that stop improving before the others do.

One that has not improved on validation for a while learns the training records by heart, and what
it still teaches the others is that. So it no longer steers what is shared, and what is its own
(`MultiTaskModel.own`) is put back to its best epoch. There it does not rest: what is shared goes on
changing, and a head from an earlier epoch would read states that it was not made for. It goes on
learning as tasks with λ 0 do, on states that it does not change, so that it fits whichever epoch is
kept in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mtrec.models.multitask import MultiTaskModel


class Stopping:
    """How well each task did at its best, and what was its own then.

    Args:
        patience: after how many epochs in a row without a better one a task stops; None for never.
    """

    def __init__(self, model: MultiTaskModel, patience: int | None) -> None:
        self.model = model
        self.patience = patience
        self._best: dict[str, tuple[float, int]] = {}  # by task, how well and in which epoch
        self._own: dict[str, Tensor] = {}  # by the name of a parameter

    def after(self, epoch: int, scores: Mapping[str, float]) -> dict[str, int]:
        """Looks at an epoch, and puts back what is theirs alone of the tasks that stop.

        Args:
            epoch: counted from 1.
            scores: of the tasks that still steer what is shared, where validation has labels of
                them: higher is better.

        Returns:
            The tasks that stop, with their best epochs.
        """
        if self.patience is None:
            return {}
        stops = {}
        for task, score in scores.items():
            if task not in self._best or score > self._best[task][0]:
                self._best[task] = (score, epoch)
                self._own |= {name: p.detach().clone() for name, p in self._own_of(task).items()}
            elif epoch - self._best[task][1] >= self.patience:
                stops[task] = self._best[task][1]
                self._put_back(task)
        return stops

    @torch.no_grad()
    def _put_back(self, task: str) -> None:
        for name, parameter in self._own_of(task).items():
            parameter.copy_(self._own[name])

    def _own_of(self, task: str) -> dict[str, torch.nn.Parameter]:
        own = {id(p) for p in self.model.own(task).parameters()}
        return {name: p for name, p in self.model.named_parameters() if id(p) in own}

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """What it remembers: tensors by name, and numbers that JSON holds."""
        return dict(self._own), {"best": self._best}

    def load_state(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Goes on from what `state` gave, for the same model."""
        device = self.model.encoder.device
        self._own = {name: each.to(device) for name, each in tensors.items()}
        self._best = {task: (score, epoch) for task, (score, epoch) in numbers["best"].items()}
