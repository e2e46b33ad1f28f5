"""The labelled records that training and validation read, with a mask per task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.data.dataset import labelled
from mtrec.models.multitask import HeadSpec
from mtrec.schema import SPLIT, TEXT, TRAIN, USER, VAL, task_column
from mtrec.tasks.ragged import Index, Ragged

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset


@dataclass(frozen=True)
class Examples:
    """N records of train and val that carry a label of at least one task.

    Attributes:
        texts: their texts.
        rows: the row numbers of each split.
        targets: per task, as the task's type encodes them, on the CPU.
        weights: per task whose labels are balanced, what each record counts, `(N,)`, 1 on average
            over the training records that carry it.
        truth: per task, the labels as the data writes them, None where there is none, `(N,)`.
        people: who wrote each record, where the data says so.
    """

    texts: list[str]
    rows: dict[str, Index]
    targets: dict[str, Ragged[Tensor]]
    weights: dict[str, Tensor]
    truth: dict[str, NDArray[Any]]
    people: NDArray[Any] | None

    @classmethod
    def of(
        cls, dataset: Dataset, tasks: Sequence[HeadSpec], balanced: Collection[str] = ()
    ) -> Examples:
        """The dataset's records of train and val with a label of any of the tasks.

        Args:
            balanced: the tasks whose labels count alike, however frequent they are.
        """
        records = dataset.records
        columns = {task.name: task_column(task.name) for task in tasks}
        used = records[SPLIT].isin((TRAIN, VAL)) & labelled(records, columns)
        records = records[used]
        rows = {split: np.flatnonzero(records[SPLIT] == split) for split in (TRAIN, VAL)}
        targets = {}
        for task in tasks:
            encoded = task.task_type.encode(records[columns[task.name]], task.labels)
            targets[task.name] = Ragged(torch.from_numpy(encoded.rows), encoded.counts)
        return cls(
            texts=records[TEXT].tolist(),
            rows=rows,
            targets=targets,
            weights={name: _balance(records[columns[name]], rows[TRAIN]) for name in balanced},
            truth={
                name: records[column].to_numpy(dtype=object) for name, column in columns.items()
            },
            people=records[USER].to_numpy(dtype=object) if USER in records else None,
        )

    def take(self, index: Index) -> Examples:
        """The records with these numbers, which rise, numbered anew."""
        chosen = torch.from_numpy(index)
        return Examples(
            texts=[self.texts[row] for row in index.tolist()],
            rows={split: np.flatnonzero(np.isin(index, rows)) for split, rows in self.rows.items()},
            targets={task: each.take(index) for task, each in self.targets.items()},
            weights={task: each[chosen] for task, each in self.weights.items()},
            truth={task: each[index] for task, each in self.truth.items()},
            people=None if self.people is None else self.people[index],
        )

    def present(self, task: str, rows: Index) -> NDArray[np.bool_]:
        """Which of the rows carry a label of the task."""
        return np.asarray(self.targets[task].counts[rows] > 0)

    def labelled(self, task: str, rows: Index) -> Index:
        """Those of the rows that carry a label of the task."""
        return rows[self.present(task, rows)]


def _balance(labels: pd.Series, train: Index) -> Tensor:
    """n / (K n_y) for a record with label y, of n in training with K labels."""
    counts = labels.iloc[train].value_counts()
    weights = labels.map(counts.sum() / (len(counts) * counts)).astype("float32").fillna(0)
    return torch.tensor(weights.to_numpy(dtype=np.float32))
