"""From which of an encoder's pieces the words and the marked entities of a text are read.

What lies beyond the length that an encoder reads, or gives no piece of its own, is read from the
first piece, which stands for the whole text: its label must be predicted all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.tasks.ragged import Ragged
from mtrec.tasks.relation import MARKS, entities

WHOLE = 0  # the place of the first piece

Ids = NDArray[np.int32]
Places = Ragged[NDArray[np.int64]]


def word_places(texts: Sequence[str], offsets: Sequence[Sequence[tuple[int, int]]]) -> Places:
    """The first piece of each word, rows `(U, 1)`; words are what stands between spaces.

    Args:
        offsets: where each text's pieces begin and end in it, (0, 0) for the marks of start and
            end.
    """
    rows, counts = [], []
    for text, pieces in zip(texts, offsets, strict=True):
        starts, ends = _words(text)
        begin, end = np.array(pieces, dtype=np.int64).reshape(-1, 2).T
        end = np.maximum.accumulate(end)
        place = np.searchsorted(end, starts, side="right")  # the first piece to end behind it
        inside = place < len(end)
        inside[inside] = begin[place[inside]] < ends[inside]
        rows.append(np.where(inside, place, WHOLE))
        counts.append(len(starts))
    return Ragged(np.concatenate(rows)[:, None], np.array(counts, dtype=np.int64))


def mark_places(texts: Sequence[str], ids: Sequence[Ids], marks: Sequence[int]) -> Places:
    """The pieces `<e1>` and `<e2>`, rows `(U, 2)`, of the texts that mark two entities.

    Args:
        marks: the ids of `MARKS`.
    """
    opening = [marks[MARKS.index(mark)] for mark in ("<e1>", "<e2>")]
    marked = np.array([entities(text) is not None for text in texts], dtype=np.int64)
    rows = [[_first(ids[i] == mark) for mark in opening] for i in np.flatnonzero(marked).tolist()]
    return Ragged(np.array(rows, dtype=np.int64).reshape(-1, 2), marked)


def _words(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where words begin and end, counted as offsets are, `(W,)` each."""
    space = np.array([True, *(letter == " " for letter in text), True])
    edges = np.flatnonzero(space[1:] != space[:-1])
    return edges[::2], edges[1::2]


def _first(found: NDArray[Any]) -> int:
    return int(found.argmax()) if found.any() else WHOLE
