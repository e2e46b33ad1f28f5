"""Which pieces of texts are hidden, to be guessed, and what stands in their place.

As in BERT (Devlin et al., 2019, arXiv:1810.04805, 3.1): 15 % of a text's pieces are to be guessed;
of these, 80 % are hidden, 10 % read as another piece, and 10 % are left as they are. Drawn anew
each time that a text is read, as in RoBERTa (Liu et al., 2019, arXiv:1907.11692, 4.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtrec.tasks.relation import MARKS

SHARE = 0.15  # of a text's pieces, at least one
HIDDEN, OTHER = 0.8, 0.1  # of those; the rest is left

Ids = NDArray[np.int64]
Chosen = NDArray[np.bool_]


class Masking:
    """Hides pieces for one tokenizer.

    Args:
        tokenizer: one that has a piece for what is hidden.
    """

    def __init__(self, tokenizer: Any) -> None:
        vocabulary = tokenizer.get_vocab()
        marks = [vocabulary[mark] for mark in MARKS if mark in vocabulary]
        self._never = np.unique([*tokenizer.all_special_ids, *marks])
        self._usual = np.setdiff1d([*vocabulary.values()], self._never)  # ascending
        self._hidden = int(tokenizer.mask_token_id)

    def __call__(self, ids: Ids, rng: np.random.Generator) -> tuple[Ids, Chosen]:
        """What is read of B texts, and which places are to be guessed, `(B, T)` each.

        Signs such as those of start, end, padding and unknown pieces are never among them, nor do
        they stand in the place of others.

        Args:
            ids: `(B, T)`, padded.
        """
        usual = ~np.isin(ids, self._never)
        counts = usual.sum(axis=1)
        wanted = np.maximum(np.rint(SHARE * counts), 1)  # (B,)
        draws = np.where(usual, rng.random(ids.shape), np.inf)
        ranks = draws.argsort(axis=1).argsort(axis=1)
        chosen = usual & (ranks < wanted[:, None])
        fate = rng.random(ids.shape)
        others = rng.choice(self._usual, size=ids.shape)
        read = np.where(chosen & (fate < HIDDEN), self._hidden, ids)
        swapped = chosen & (fate >= HIDDEN) & (fate < HIDDEN + OTHER)
        return np.where(swapped, others, read), chosen
