"""Batches of about as many tokens each, of texts about as long, so that little padding is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
JITTER = 0.1  # neighbours in length change places, so that batches differ from epoch to epoch


def token_batches(
    lengths: NDArray[np.int64], budget: int, rng: np.random.Generator | None = None
) -> list[Index]:
    """Splits texts into batches whose padded size stays within the budget.

    Args:
        lengths: tokens of each text, `(N,)`.
        budget: the most tokens of a batch, padding included; a longer text is a batch of its own.
        rng: shuffles batches, and texts among those of similar length; None keeps both sorted.

    Returns:
        Row numbers, each row in exactly one batch.
    """
    keys = lengths.astype(np.float64)
    if rng is not None:
        keys = keys * (1 + JITTER * rng.random(len(keys))) + rng.random(len(keys))
    order = np.argsort(keys, kind="stable").astype(np.int64)
    batches = []
    start = 0
    while start < len(order):
        most = max(1, budget // max(1, int(lengths[order[start]])))
        longest = np.maximum.accumulate(lengths[order[start : start + most]])
        fits = longest * np.arange(1, len(longest) + 1) <= budget
        count = max(1, int(fits.sum()))  # the padded size only grows
        batches.append(order[start : start + count])
        start += count
    if rng is not None:
        rng.shuffle(batches)
    return batches


def longest_batch(lengths: NDArray[np.int64], budget: int) -> Index:
    """The longest texts of all, as many as a batch of this budget may hold, one at least."""
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    return order[: max(1, budget // int(lengths.max()))]
