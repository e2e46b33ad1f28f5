"""How rows are drawn: some of many; into splits, the last of each user, or whole texts by labels.

A split is a rank here: 0 train, 1 val, 2 test, NaN not decided or left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ranks = NDArray[np.float64]
Fractions = tuple[float, float, float]
TRAIN_RANK, VAL_RANK, TEST_RANK = 0.0, 1.0, 2.0
FEWEST = 3  # rows a user, or texts a draw, needs to give some of them up


def some_of(column: pd.Series, size: int) -> pd.Series:
    """`size` rows in the column's order, drawn the same way every time; all where they are fewer.

    By a mask: choosing rows by number would first put a long column of texts together in memory.
    """
    if len(column) <= size:
        return column
    drawn = np.zeros(len(column), dtype=bool)
    drawn[np.random.default_rng(0).choice(len(column), size, replace=False)] = True
    return column[drawn]


def last_of_each(users: pd.Series, order: NDArray[np.generic], fractions: Fractions) -> Ranks:
    """Each user's last share is test, the share before it val, at least one each; ties by row.

    Users with fewer than three rows keep them all in train.

    Args:
        users: ids, none missing.
        order: what the rows of a user are sorted by.
    """
    codes, _ = pd.factorize(users)
    sequence = np.lexsort((np.arange(len(codes)), order, codes))
    counts = np.bincount(codes)
    starts = np.cumsum(counts) - counts
    place = np.empty(len(codes), dtype=np.int64)
    place[sequence] = np.arange(len(codes)) - starts[codes[sequence]]
    _, val, test = (np.maximum(1, np.floor(counts * fraction + 1e-9)) for fraction in fractions)
    from_end = counts[codes] - place
    ranks = np.zeros(len(codes))
    ranks[from_end <= (val + test)[codes]] = VAL_RANK
    ranks[from_end <= test[codes]] = TEST_RANK
    ranks[counts[codes] < FEWEST] = TRAIN_RANK
    return ranks


def text_numbers(texts: pd.Series) -> NDArray[np.int64]:
    """The same number for the same text, `(N,)`, by hashes of 64 bits: texts are not copied.

    Two of a million different texts share a hash once in 30 million imports.
    """
    hashes = np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
    return pd.factorize(hashes)[0].astype(np.int64)


def draw_texts(
    texts: NDArray[np.int64],
    strata: NDArray[np.int64],
    undecided: NDArray[np.bool_],
    ranks: Ranks,
    fractions: Fractions,
    rng: np.random.Generator,
) -> None:
    """Fills the undecided ranks, whole texts at a time, in proportion within each stratum.

    A text that already stands somewhere goes to the earliest split it stands in. A text without any
    label stays in train: there is nothing to check on it, and it still tells about its author.

    Args:
        texts: the same number for the same text, per row.
        strata: the same number for the same labels, -1 without any, per row.
        undecided: the rows to fill.
        ranks: filled in place.
    """
    if not undecided.any():
        return
    groups = np.unique(texts[undecided])
    group_strata = np.full(texts.max() + 1, -1, dtype=np.int64)
    np.maximum.at(group_strata, texts[undecided], strata[undecided])
    decided = np.full(texts.max() + 1, np.inf)
    known = ~np.isnan(ranks)
    np.minimum.at(decided, texts[known], ranks[known])
    result = np.where(np.isfinite(decided), decided, TRAIN_RANK)
    drawn = groups[np.isinf(decided[groups]) & (group_strata[groups] >= 0)]
    drawn = rng.permutation(drawn)
    drawn = drawn[np.argsort(group_strata[drawn], kind="stable")]
    result[drawn] = _systematic(len(drawn), fractions, rng)
    ranks[undecided] = result[texts[undecided]]


def _systematic(size: int, fractions: Fractions, rng: np.random.Generator) -> Ranks:
    """Ranks for an ordered list: every stretch of it holds the shares, give or take one.

    At least one each where there are three or more. Systematic sampling after Cochran (1977),
    *Sampling Techniques*, ch. 8.
    """
    ranks = np.zeros(size)
    if size < FEWEST:
        return ranks
    _, val, test = fractions
    for rank, share in ((TEST_RANK, test), (VAL_RANK, val / (1 - test))):
        left = np.flatnonzero(ranks == TRAIN_RANK)
        if share > 0:
            steps = np.arange(len(left) + 1) * max(share, 1 / len(left)) + rng.random()
            ranks[left[np.diff(np.floor(steps)) > 0]] = rank
    return ranks
