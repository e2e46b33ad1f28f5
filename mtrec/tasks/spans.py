"""Spans of words as tags in IOB2, and the likeliest tags that make spans.

IOB2 (Tjong Kim Sang and Veenstra, 1999): B-x begins a span of type x, I-x goes on with it, O is
outside. An I-x is valid only behind a B-x or an I-x.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtrec.tasks.base import Floats
from mtrec.tasks.ragged import Index, Ragged

OUTSIDE, BEGIN, INSIDE = "O", "B-", "I-"
BEGINS, GOES_ON = slice(1, None, 2), slice(2, None, 2)  # where B-x and I-x stand among the classes
LEAST = np.finfo(np.float32).tiny  # probability of a tag, so that no valid sequence is impossible


def classes(labels: Sequence[str]) -> list[str]:
    """The tags of L types of spans, `(2L + 1,)`: O, then B-x and I-x of each."""
    return [OUTSIDE, *(mark + label for label in labels for mark in (BEGIN, INSIDE))]


def spans(tags: str) -> list[tuple[str, int, int]]:
    """The spans of valid tags, joined by spaces: type, first word, and the word behind the last."""
    found: list[tuple[str, int, int]] = []
    for place, tag in enumerate(tags.split(" ")):
        if tag.startswith(BEGIN):
            found.append((tag[len(BEGIN) :], place, place + 1))
        elif tag.startswith(INSIDE):
            kind, first, _ = found[-1]
            found[-1] = (kind, first, place + 1)
    return found


def likeliest(probabilities: Ragged[Floats]) -> Index:
    """The valid sequence of classes with the greatest product of probabilities, for each record.

    Viterbi's algorithm over all records at once, word by word. Which tag stands before an O or a
    B-x does not matter, so it is the best of all; before an I-x it is the better of B-x and I-x.
    With C classes that is O(C) a word instead of O(C²).

    Args:
        probabilities: of each word's `classes`, rows `(U, C)`; every record has a word.

    Returns:
        The class of each word, `(U,)`.
    """
    rows, counts = probabilities.rows, probabilities.counts
    order = np.argsort(-counts, kind="stable")  # the longest first: those that go on stay in front
    starts = probabilities.starts[order]
    reaching = np.searchsorted(-counts[order], -np.arange(counts.max(initial=0)))

    chosen = np.empty(len(rows), dtype=np.int64)  # the last class of the best way that ends here
    inside = np.empty((len(rows), rows.shape[1] // 2), dtype=np.bool_)  # I-x is better than B-x
    before = np.full((len(counts), rows.shape[1]), -np.inf)
    before[:, 0] = 0  # a text begins as if behind an O
    for place, active in enumerate(reaching.tolist()):
        at, before = starts[:active] + place, before[:active]
        score = np.log(np.maximum(rows[at], LEAST), dtype=np.float64)  # (active, C)
        best = before.max(axis=1, keepdims=True)
        score[:, :1] += best
        score[:, BEGINS] += best
        score[:, GOES_ON] += np.maximum(before[:, BEGINS], before[:, GOES_ON])
        chosen[at] = score.argmax(axis=1)
        inside[at] = score[:, GOES_ON] > score[:, BEGINS]
        before = score

    for place in range(len(reaching) - 1, 0, -1):  # back: an I-x says what stands before it
        at = starts[: reaching[place]] + place
        at = at[(chosen[at] > 0) & (chosen[at] % 2 == 0)]
        kept = inside[at - 1, chosen[at] // 2 - 1]
        chosen[at - 1] = np.where(kept, chosen[at], chosen[at] - 1)
    return chosen
