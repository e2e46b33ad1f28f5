"""Records with different numbers of rows each: words of texts, labels that some do not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtrec.tasks.moving import moved

Rows = TypeVar("Rows")  # a NumPy array or a torch tensor
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ragged(Generic[Rows]):
    """The rows of N records, one record's after another's.

    Attributes:
        rows: `(U, ...)`.
        counts: how many of them each record has, `(N,)`.
    """

    rows: Rows
    counts: Index

    @classmethod
    def single(cls, rows: Any) -> Ragged[Any]:
        """One row for each record."""
        return cls(rows, np.ones(len(rows), dtype=np.int64))

    @classmethod
    def stacked(cls, parts: Sequence[Ragged[Any]]) -> Ragged[Any]:
        """The records of one part after those of another."""
        rows = [part.rows for part in parts]
        counts = np.concatenate([part.counts for part in parts])
        if isinstance(rows[0], np.ndarray):
            return cls(np.concatenate(rows), counts)  # type: ignore[arg-type]
        import torch

        return cls(torch.cat(rows), counts)  # type: ignore[arg-type]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.counts)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which records have a row, `(N,)`."""
        return np.asarray(self.counts > 0)

    @cached_property
    def starts(self) -> Index:
        """Where each record's rows begin, `(N,)`."""
        return np.asarray(np.cumsum(self.counts) - self.counts, dtype=np.int64)

    @cached_property
    def is_single(self) -> bool:
        """Whether each record has one row."""
        return bool((self.counts == 1).all())

    @property
    def owners(self) -> Index:
        """The record that each row belongs to, `(U,)`."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def take(self, index: Index) -> Ragged[Any]:
        """The records with these numbers, in this order."""
        counts = self.counts[index]
        if self.is_single:
            return self._of(index, counts)
        shifts = self.starts[index] - np.cumsum(counts) + counts
        return self._of(np.arange(int(counts.sum())) + np.repeat(shifts, counts), counts)

    def only(self, chosen: NDArray[np.bool_]) -> Ragged[Any]:
        """The same records, of which those not chosen, `(N,)`, have no rows."""
        if chosen.all():
            return self
        counts = np.where(chosen, self.counts, 0)
        return self._of(np.flatnonzero(np.repeat(chosen, self.counts)), counts)

    def _of(self, chosen: Index, counts: Index) -> Ragged[Any]:
        rows: Any = self.rows
        if isinstance(rows, np.ndarray):
            return Ragged(rows[chosen], counts)
        return Ragged(rows.index_select(0, moved(chosen, rows.device)), counts)
