"""Settings of λ spread evenly over what tasks can count beside each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

GOLDEN = (np.sqrt(5) - 1) / 2
TINY = 1e-12  # in place of a coordinate of 0, whose logarithm is none

Shares = NDArray[np.float64]


def spread(tasks: int, settings: int) -> Shares:
    """Shares of λ, `(settings, tasks)`, each row adding up to 1.

    Equal shares stand first, then each task alone, then points spread over all between, so that
    more settings are the same and some more. Of two tasks each point lies a golden section further
    round, of more they are a Sobol sequence (1967, *On the distribution of points in a cube and the
    approximate evaluation of integrals*), mapped so that every part of the simplex has as many as
    another of its size (Devroye, 1986, *Non-Uniform Random Variate Generation*, V.2).

    Raises:
        ValueError: there are fewer than two tasks, or no room for equal shares and each alone.
    """
    if tasks < 2 or settings < tasks + 1:
        raise ValueError(f"{settings} settings cannot be spread over {tasks} tasks")
    ends = np.vstack([np.full(tasks, 1 / tasks), np.eye(tasks)])
    between = settings - len(ends)
    return np.vstack([ends, _pairs(between) if tasks == 2 else _sobol(tasks, between)])


def mixtures(shares: Shares) -> Shares:
    """Shares of λ as mixtures of the settings that `spread` begins with.

    Args:
        shares: `(S, tasks)`, each row adding up to 1.

    Returns:
        how much is of equal shares, then of each task alone, `(S, 1 + tasks)`: the least share
        counts for all tasks alike, the rest is of each alone.
    """
    least = shares.min(axis=1, keepdims=True)
    return np.hstack([least * shares.shape[1], shares - least])


def _pairs(count: int) -> Shares:
    first = (0.5 + GOLDEN * np.arange(1, count + 1)) % 1
    return np.column_stack([first, 1 - first])


def _sobol(tasks: int, count: int) -> Shares:
    drawn = qmc.Sobol(tasks, seed=0).random_base2(int(np.ceil(np.log2(count + 1))))[:count]
    lengths = -np.log(drawn.clip(TINY))
    return np.asarray(lengths / lengths.sum(axis=1, keepdims=True))
