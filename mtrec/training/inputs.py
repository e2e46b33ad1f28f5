"""Where a batch's states come from: an encoder that learns, or states computed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from mtrec.models.encoder import Encoder, Reading, Tokens, Wanted
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.features import encode_units
from mtrec.training.reporter import Reporter, check_stop

CUTTING = "Cutting texts into word pieces"
CHUNK = 2048  # texts tokenised between two looks at whether to stop
VECTOR_TOKENS = 8  # what a text counts in a batch where only its states are read


class Inputs(Protocol):
    """N texts that can be asked for their units, a batch at a time."""

    @property
    def lengths(self) -> Index:
        """What each text counts in a batch's token budget, `(N,)`."""

    def read(self, index: Index, wanted: Wanted) -> Reading:
        """The wanted units of the texts in these rows, in one pass of the encoder."""


class TokenInputs:
    """Texts that are read anew each time, because the encoder learns."""

    def __init__(
        self, encoder: Encoder, texts: Sequence[str], units: Sequence[Unit], reporter: Reporter
    ) -> None:
        self.encoder = encoder
        reporter.phase(CUTTING, len(texts))
        parts = []
        for start in range(0, len(texts), CHUNK):
            check_stop(reporter)
            chunk = texts[start : start + CHUNK]
            parts.append(encoder.tokenize(chunk, units))
            reporter.advance(len(chunk))
        self.tokens = Tokens(
            [row for part in parts for row in part.ids],
            {
                unit: Ragged.stacked([part.places[unit] for part in parts])
                for unit in parts[0].places
            },
        )
        self.lengths = self.tokens.lengths

    def read(self, index: Index, wanted: Wanted) -> Reading:
        return self.encoder.read(self.tokens, index, wanted)


class StateInputs:
    """Texts whose states stay the same, because the encoder does."""

    def __init__(
        self,
        encoder: Encoder,
        texts: Sequence[str],
        units: Sequence[Unit],
        cache: Path | None,
        reporter: Reporter,
    ) -> None:
        self.known = {
            unit: Ragged(torch.from_numpy(each.rows).to(encoder.device), each.counts)
            for unit, each in encode_units(encoder, texts, units, cache, reporter).items()
        }
        self.lengths = np.full(len(texts), VECTOR_TOKENS, dtype=np.int64)

    def read(self, index: Index, wanted: Wanted) -> Reading:
        return {unit: self.known[unit].take(index).only(chosen) for unit, chosen in wanted.items()}


def read_inputs(
    encoder: Encoder,
    texts: Sequence[str],
    units: Sequence[Unit],
    cache: Path,
    reporter: Reporter,
) -> Inputs:
    """The texts made ready for training under the encoder's method.

    Raises:
        Stopped: the reporter asked to stop.
    """
    if encoder.learns:
        return TokenInputs(encoder, texts, units, reporter)
    return StateInputs(encoder, texts, units, cache, reporter)
