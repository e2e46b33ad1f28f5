"""One shared encoder and trunk, and a head per task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtrec.models.config import TrunkConfig
from mtrec.models.encoder import Encoder
from mtrec.models.trunk import build_trunk
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType


@dataclass(frozen=True)
class HeadSpec:
    """What a head is for: a task, its type (a key of `TASK_TYPES`) and its labels in order."""

    name: str
    type: str
    labels: tuple[str, ...]

    @property
    def task_type(self) -> TaskType:
        return TASK_TYPES[self.type]


class MultiTaskModel(nn.Module):
    """Texts → vectors `(B, d)` → states `(B, width)` → logits of every task.

    Attributes:
        encoder: token ids to vectors, one pass whatever the number of tasks.
        trunk: vectors to states.
        heads: states to logits, under `task_<index>` in the order of `tasks`, since a module's
            name can't hold every character that a task's name can.
    """

    def __init__(
        self, encoder: Encoder, trunk_config: TrunkConfig, tasks: Sequence[HeadSpec]
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.trunk_config = trunk_config
        self.tasks = {task.name: task for task in tasks}
        self.trunk = build_trunk(trunk_config, encoder.width)
        self.heads = nn.ModuleDict(
            {
                f"task_{index}": task.task_type.head(trunk_config.width, task.labels)
                for index, task in enumerate(tasks)
            }
        )

    def head(self, task: str) -> nn.Linear:
        """The head of one task.

        Raises:
            KeyError: the model has no such task.
        """
        head = self.heads[f"task_{list(self.tasks).index(task)}"] if task in self.tasks else None
        if not isinstance(head, nn.Linear):
            raise KeyError(task)
        return head

    def logits(self, states: Tensor, detached: Collection[str] = ()) -> dict[str, Tensor]:
        """Each task's logits `(B, out)` from states `(B, width)`.

        Args:
            detached: tasks whose heads read the states without teaching them anything.
        """
        apart = states.detach()
        return {task: self.head(task)(apart if task in detached else states) for task in self.tasks}

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Token ids and mask `(B, T)` to each task's logits `(B, out)`."""
        return self.logits(self.trunk(self.encoder(ids, mask)))

    @torch.no_grad()
    def head_view(self, task: str) -> Tensor:
        """States as that task's head sees them: a projection `(width, width)`.

        The orthogonal projection W⁺W onto the directions W of the state that change the task's
        probabilities; what it removes makes no difference to the task.
        """
        readout = self.tasks[task].task_type.readout(self.head(task)).double()  # (out, width)
        _, values, directions = torch.linalg.svd(readout, full_matrices=False)
        # float32 weights are exact to about 1e-7 of the largest
        kept: Tensor = directions[values > values.max() * 1e-6]
        return (kept.T @ kept).float()
