"""The labelled records that training and validation read, with a mask per task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.models.multitask import HeadSpec
from mtrec.schema import SPLIT, TEXT, TRAIN, USER, VAL, task_column

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """N records of train and val that carry a label of at least one task.

    Attributes:
        texts: their texts.
        rows: the row numbers of each split.
        targets: per task, `(N, ...)`, on the CPU.
        present: per task, which records carry a label, `(N,)`.
        truth: per task, the labels as the data writes them, None where there is none, `(N,)`.
        people: who wrote each record, where the data says so.
    """

    texts: list[str]
    rows: dict[str, Index]
    targets: dict[str, Tensor]
    present: dict[str, NDArray[np.bool_]]
    truth: dict[str, NDArray[Any]]
    people: NDArray[Any] | None

    @classmethod
    def of(cls, dataset: Dataset, tasks: Sequence[HeadSpec]) -> Examples:
        """The dataset's records of train and val with a label of any of the tasks."""
        records = dataset.records
        columns = [task_column(task.name) for task in tasks]
        used = records[SPLIT].isin((TRAIN, VAL)) & records[columns].notna().any(axis=1)
        records = records[used]
        targets = {
            task.name: task.task_type.encode(records[column], task.labels)
            for task, column in zip(tasks, columns, strict=True)
        }
        return cls(
            texts=records[TEXT].tolist(),
            rows={split: np.flatnonzero(records[SPLIT] == split) for split in (TRAIN, VAL)},
            targets={name: torch.from_numpy(values) for name, values in targets.items()},
            present={task.name: task.task_type.present(targets[task.name]) for task in tasks},
            truth={
                task.name: records[column].to_numpy(dtype=object)
                for task, column in zip(tasks, columns, strict=True)
            },
            people=records[USER].to_numpy(dtype=object) if USER in records else None,
        )

    def labelled(self, task: str, rows: Index) -> Index:
        """Those of the rows that carry a label of the task."""
        return rows[self.present[task][rows]]
