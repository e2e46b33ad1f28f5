"""Where a batch's vectors come from: an encoder that learns, or vectors computed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.models.encoder import Encoder
from mtrec.training.features import READING, encode_texts
from mtrec.training.reporter import Reporter, check_stop

Index = NDArray[np.int64]

CHUNK = 2048  # texts tokenised between two looks at whether to stop
VECTOR_TOKENS = 8  # what a text counts in a batch where only its vector is read


class Inputs(Protocol):
    """N texts that can be asked for their vectors, a batch at a time."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """What each text counts in a batch's token budget, `(N,)`."""

    def vectors(self, index: Index) -> Tensor:
        """The vectors of the texts in these rows, `(B, d)`, in one pass of the encoder."""


class TokenInputs:
    """Texts that are read anew each time, because the encoder learns."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], reporter: Reporter) -> None:
        self.encoder = encoder
        reporter.phase(READING, len(texts))
        self.rows = []
        for start in range(0, len(texts), CHUNK):
            check_stop(reporter)
            chunk = texts[start : start + CHUNK]
            self.rows += encoder.tokenize(chunk)
            reporter.advance(len(chunk))
        self.lengths = np.array([len(row) for row in self.rows], dtype=np.int64)

    def vectors(self, index: Index) -> Tensor:
        vectors: Tensor = self.encoder(*self.encoder.batch([self.rows[i] for i in index]))
        return vectors


class VectorInputs:
    """Texts whose vectors stay the same, because the encoder does."""

    def __init__(
        self, encoder: Encoder, texts: Sequence[str], cache: Path, reporter: Reporter
    ) -> None:
        known = torch.from_numpy(encode_texts(encoder, texts, cache, reporter))
        self.known = known.to(encoder.device)  # (N, d)
        self.lengths = np.full(len(texts), VECTOR_TOKENS, dtype=np.int64)

    def vectors(self, index: Index) -> Tensor:
        return self.known[torch.from_numpy(index)]


def read_inputs(encoder: Encoder, texts: Sequence[str], cache: Path, reporter: Reporter) -> Inputs:
    """The texts made ready for training under the encoder's method.

    Raises:
        Stopped: the reporter asked to stop.
    """
    if encoder.learns:
        return TokenInputs(encoder, texts, reporter)
    return VectorInputs(encoder, texts, cache, reporter)
