"""Which training records an epoch reads, and how often: tasks with few labels may be seen more.

An epoch draws as many records as there are in training, N, whatever the sampling, so that epochs,
schedules and times mean the same. With n_k the records that carry task k, a record that carries the
tasks K counts as much as

    w = 1 / |K| · Σ_{k ∈ K} p_k / n_k ,    p_k = n_k^(1/T) / Σ_j n_j^(1/T) ,

and is drawn N · w / Σ w times on average. So:

- at T = 1 (`proportional`) every record is read once, since p_k / n_k is the same for all;
- where each record carries one task, task k has the share p_k of the draws: more even the larger T
  (`temperature`), the same for all as T grows without end (`equal`);
- where records carry several tasks, shares lean that way as far as the records let them: if every
  record carries every task, each is read once, since nothing can be evened out.

Arivazhagan et al. (2019), *Massively Multilingual Neural Machine Translation in the Wild: Findings
and Challenges*, arXiv:1907.05019, sample languages so; T = 2, the square root, is where Stickland &
Murray (2019), *BERT and PALs*, arXiv:1902.02671, begin with tasks.

A record whose draws are expected to be c comes ⌊c⌋ or ⌈c⌉ times, not by chance more or never: they
are drawn systematically, at even distances along the records in random order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtrec.schema import TRAIN
from mtrec.tasks.ragged import Index
from mtrec.training.examples import Examples

Floats = NDArray[np.float64]


def drawn_rows(
    examples: Examples, tasks: Sequence[str], temperature: float, rng: np.random.Generator
) -> Index:
    """The rows of one epoch's training records, as many as there are, some more than once.

    Args:
        tasks: those that steer what is drawn, each with a labelled training record. A record that
            carries none of them is read once.
        temperature: T, from 1 on; at 1 nothing is drawn.
    """
    rows = examples.rows[TRAIN]
    if temperature == 1:
        return rows
    carried = np.stack([examples.present(task, rows) for task in tasks])
    return rows[systematic(expected_draws(carried, temperature), rng)]


def expected_draws(carried: NDArray[np.bool_], temperature: float) -> Floats:
    """How often each of N records is to be drawn, on average, `(N,)`; N in all.

    Args:
        carried: which of the records carry each task, `(K, N)`, at least one a task.
        temperature: T, from 1 on, infinite too.
    """
    sizes = carried.sum(axis=1)
    pulls = sizes ** (1 / temperature)
    each = pulls / pulls.sum() / sizes  # p_k / n_k, (K,)
    several = carried.sum(axis=0)  # |K|, (N,)
    steering = several > 0
    expected = np.ones(len(steering))
    weights = (each @ carried)[steering] / several[steering]
    expected[steering] = weights * (steering.sum() / weights.sum())
    return expected


def systematic(expected: Floats, rng: np.random.Generator) -> Index:
    """Draws N of N places, `(N,)`, each ⌊c⌋ or ⌈c⌉ times where it is expected c times."""
    order = rng.permutation(len(expected))
    ends = np.cumsum(expected[order])
    ends[-1] = np.inf  # where rounding makes the sum a little less than N
    points = np.arange(len(expected)) + rng.random()
    return order[np.searchsorted(ends, points, side="right")]
