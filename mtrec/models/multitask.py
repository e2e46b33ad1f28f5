"""One shared encoder and trunk, and a head per task."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtrec.models.config import TrunkConfig
from mtrec.models.encoder import Encoder, Reading
from mtrec.models.trunk import Mixture, build_trunk
from mtrec.schema import TRUNK, task_space
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Floats, Prediction, TaskType, Unit
from mtrec.tasks.calibration import Calibration
from mtrec.tasks.ragged import Ragged


@dataclass(frozen=True)
class HeadSpec:
    """What a head is for: a task, its type (a key of `TASK_TYPES`) and its labels in order."""

    name: str
    type: str
    labels: tuple[str, ...]

    @property
    def task_type(self) -> TaskType:
        return TASK_TYPES[self.type]


def reads_marks(tasks: Iterable[HeadSpec]) -> bool:
    """Whether a task reads marked entities, so that the encoder has to tell the marks."""
    return any(task.task_type.unit is Unit.MARKS for task in tasks)


def reads_words(tasks: Iterable[HeadSpec]) -> bool:
    """Whether a task reads single words, so that the encoder has to tell how they are written."""
    return any(task.task_type.unit is Unit.WORDS for task in tasks)


class MultiTaskModel(nn.Module):
    """Texts → what units of them are `(U, S, d)` → states `(U, S, width)` → logits of every task.

    Attributes:
        encoder: texts to their units, in one pass whatever the number of tasks.
        trunk: what the encoder gives to states, or to those of the experts that tasks share.
        mixtures: the experts' states to one task's; none where all tasks read the same state.
        heads: states to logits. Both stand under `task_<index>` in the order of `tasks`, since a
            module's name can't hold every character that a task's name can.
        calibrations: how each task's logits are read, found on validation.
    """

    def __init__(
        self, encoder: Encoder, trunk_config: TrunkConfig, tasks: Sequence[HeadSpec]
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.trunk_config = trunk_config
        self.tasks = {task.name: task for task in tasks}
        self.calibrations = dict.fromkeys(self.tasks, Calibration())
        self.trunk = build_trunk(trunk_config, encoder.width)
        self.mixtures = nn.ModuleDict(
            {
                f"task_{index}": Mixture(trunk_config, encoder.width)
                for index in range(len(tasks) if trunk_config.mixes else 0)
            }
        )
        self.heads = nn.ModuleDict(
            {
                f"task_{index}": task.task_type.head(
                    task.task_type.unit.states * trunk_config.width, task.labels
                )
                for index, task in enumerate(tasks)
            }
        )

    @property
    def units(self) -> tuple[Unit, ...]:
        """What the tasks read of a text, each once."""
        return tuple({task.task_type.unit: None for task in self.tasks.values()})

    def head(self, task: str) -> nn.Linear:
        """The head of one task.

        Raises:
            KeyError: the model has no such task.
        """
        head = self.heads[self._key(task)] if task in self.tasks else None
        if not isinstance(head, nn.Linear):
            raise KeyError(task)
        return head

    def own(self, task: str) -> nn.ModuleList:
        """What belongs to one task alone: its head, and what mixes the experts for it.

        Raises:
            KeyError: the model has no such task.
        """
        head = self.head(task)
        return nn.ModuleList([head, self.mixtures[self._key(task)]] if self.mixtures else [head])

    def space(self, task: str) -> str:
        """The space that a task's states are in, a key of `states`."""
        return task_space(task) if self.mixtures else TRUNK

    def states(self, vectors: Tensor) -> dict[str, Tensor]:
        """The states that tasks read of texts, `(N, d)` to `(N, width)`, by space.

        One space where all tasks read the same state, otherwise one a task.
        """
        shared = self.trunk(vectors)
        return {self.space(task): self._state(task, vectors, shared) for task in self.tasks}

    def forward(
        self, reading: Reading, detached: Collection[str] = ()
    ) -> dict[str, Ragged[Tensor]]:
        """Each task's logits, rows `(U, out)`, of B texts; texts whose unit is not read have none.

        Args:
            reading: by unit, rows `(U, S, d)`.
            detached: tasks that teach nothing but what is theirs alone.
        """
        shared = {unit: self.trunk(each.rows) for unit, each in reading.items()}
        logits = {}
        for name, task in self.tasks.items():
            unit = task.task_type.unit
            read, common = reading[unit].rows, shared[unit]
            if name in detached:
                read, common = read.detach(), common.detach()
            state = self._state(name, read, common).flatten(1)
            logits[name] = Ragged(self.head(name)(state), reading[unit].counts)
        return logits

    def probabilities(
        self, task: str, logits: Ragged[Tensor], calibrated: bool = True
    ) -> Ragged[Floats]:
        """What a task's logits say as probabilities, rows `(U, P)`."""
        temperature = self.calibrations[task].temperature if calibrated else 1.0
        rows = self.tasks[task].task_type.probabilities(logits.rows / temperature)
        return Ragged(rows, logits.counts)

    def predict(self, task: str, probabilities: Ragged[Floats]) -> Prediction:
        """A task's predictions for N texts."""
        spec, thresholds = self.tasks[task], self.calibrations[task].thresholds
        return spec.task_type.predict(probabilities, spec.labels, thresholds)

    @torch.no_grad()
    def head_view(self, task: str) -> Tensor:
        """States as that task's head sees them: a projection `(width, width)`.

        The orthogonal projection W⁺W onto the directions W of the state that change the task's
        probabilities; what it removes makes no difference to the task.
        """
        readout = self.tasks[task].task_type.readout(self.head(task)).double()
        readout = readout.reshape(-1, self.trunk_config.width)  # (out · S, width)
        _, values, directions = torch.linalg.svd(readout, full_matrices=False)
        # float32 weights are exact to about 1e-7 of the largest
        kept: Tensor = directions[values > values.max() * 1e-6]
        return (kept.T @ kept).float()

    def _key(self, task: str) -> str:
        return f"task_{list(self.tasks).index(task)}"

    def _state(self, task: str, vectors: Tensor, shared: Tensor) -> Tensor:
        """The state that one task reads, `(..., width)`.

        Args:
            vectors: what the encoder gives, `(..., d)`.
            shared: what the trunk makes of it.
        """
        if not self.mixtures:
            return shared
        state: Tensor = self.mixtures[self._key(task)](vectors, shared)
        return state
