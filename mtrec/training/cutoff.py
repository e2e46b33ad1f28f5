"""Parts of texts hidden at random while learning.

Cutoff: Shen et al. (2020), *A Simple but Tough-to-Beat Data Augmentation Approach for Natural
Language Understanding and Generation*, arXiv:2009.13818. Where the encoder learns, the embeddings
of some pieces are 0 (their token cutoff); where its states are known already, some of their numbers
are (their feature cutoff). What hides them is drawn from seed, epoch and row, so that a text is the
same however often it is read in a step. Their consistency between two readings is R-Drop's here.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.models.encoder import Encoder, Reading, Wanted
from mtrec.tasks.moving import moved
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.relation import MARKS
from mtrec.training.embeddings import ChangedInputs
from mtrec.training.inputs import Inputs

STREAM = 1  # apart from other draws of the same seed, epoch and row


def cut_inputs(inputs: Inputs, encoder: Encoder, share: float, seed: int, epoch: int) -> Inputs:
    """The same texts in one epoch, with about that share of each hidden."""
    cut = Cutoff(share, seed, epoch, spared(encoder))
    if encoder.learns:
        return ChangedInputs(inputs, encoder, cut.pieces)
    return CutStates(inputs, cut)


def spared(encoder: Encoder) -> list[int]:
    """The ids of pieces that stand for no word: marks of start and end, and of entities."""
    pieces = encoder.tokenizer.get_vocab()
    marks = {pieces[mark] for mark in MARKS if mark in pieces}
    return sorted(marks | set(encoder.tokenizer.all_special_ids))


class Cutoff:
    """What is hidden of each text in one epoch.

    Args:
        share: how likely each part is.
        spared: the ids that never are.
    """

    def __init__(self, share: float, seed: int, epoch: int, spared: list[int]) -> None:
        self.share = share
        self._seed = (seed, epoch)
        self._spared = torch.tensor(spared)

    def pieces(self, index: Index, ids: Tensor, embeddings: Tensor) -> Tensor:
        """Embeddings `(B, T, d)` of which some pieces are 0."""
        hidden = moved(self._drawn(index, ids.shape[1]), ids.device)
        hidden &= ~torch.isin(ids, moved(self._spared, ids.device))
        return embeddings.masked_fill(hidden[..., None], 0.0)

    def states(self, index: Index, states: Ragged[Tensor]) -> Ragged[Tensor]:
        """Rows `(U, S, d)` of B texts, of which some numbers are 0, the same in all of one text."""
        rows = states.rows
        hidden = self._drawn(index, rows.shape[-1])[states.owners]  # (U, d)
        kept = rows.masked_fill(moved(hidden, rows.device)[:, None], 0.0)
        return Ragged(kept, states.counts)

    def _drawn(self, index: Index, size: int) -> NDArray[np.bool_]:
        """`(B, size)`; a text's first parts do not depend on how many there are."""
        drawn = [
            np.random.default_rng((*self._seed, row, STREAM)).random(size) for row in index.tolist()
        ]
        return np.stack(drawn) < self.share


class CutStates:
    """Texts whose states are known, with some of their numbers hidden."""

    def __init__(self, inputs: Inputs, cut: Cutoff) -> None:
        self.inputs = inputs
        self.cut = cut

    @property
    def lengths(self) -> Index:
        return self.inputs.lengths

    def read(self, index: Index, wanted: Wanted) -> Reading:
        reading = self.inputs.read(index, wanted)
        return {unit: self.cut.states(index, each) for unit, each in reading.items()}
