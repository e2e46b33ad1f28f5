"""What an encoder misses of texts: pieces that it does not know, and what lies beyond its length.

Loads the tokenizer alone: neither torch nor weights, so that an import can ask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtrec.data.sampling import some_of
from mtrec.models.config import MINILM, EncoderConfig
from mtrec.models.pretrained import tokenizer_file
from mtrec.schema import DataWarning

SAMPLE = 2000  # texts that are looked at
MUCH_UNKNOWN = 0.05  # share of pieces from which texts are hardly understood
MUCH_CUT = 0.05  # share of texts from which the length matters
UNKNOWN = "unknown_words"  # the code of the warning of them
MAX_LENGTH: int = EncoderConfig.model_fields["max_length"].default


@dataclass(frozen=True)
class Reading:
    """How an encoder reads texts.

    Attributes:
        unknown: the share of all word pieces that the encoder does not know, with the marks of
            start and end among them.
        touched: the share of texts with such a piece.
        cut: the share of texts that are longer than it reads.
        lost: the share of all word pieces beyond that length.
    """

    unknown: float
    touched: float
    cut: float
    lost: float


def read_by(texts: pd.Series, name: str = MINILM, max_length: int = MAX_LENGTH) -> Reading:
    """Measures how an encoder reads texts, on a sample drawn with a fixed seed.

    Args:
        texts: strings, none missing, at least one.
        name: `minilm`, a folder, or a hub id.
        max_length: how many pieces the encoder reads, the marks of start and end among them.

    Raises:
        InputError: there is no such encoder, or it comes without a tokenizer.json.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file(name)))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # A vocabulary that knows every byte, or of the Unigram kind, says no `unk_token` of its own.
    token = getattr(tokenizer.model, "unk_token", None) or "<unk>"
    unknown = tokenizer.token_to_id(token)
    sample = some_of(texts, SAMPLE).tolist()
    rows = [np.asarray(each.ids) for each in tokenizer.encode_batch_fast(sample)]
    pieces = np.array([len(row) for row in rows])  # (N,)
    strange = np.array([np.count_nonzero(row == unknown) for row in rows])  # (N,)
    beyond = np.maximum(pieces - max_length, 0)  # (N,)
    total = max(int(pieces.sum()), 1)
    return Reading(
        unknown=float(strange.sum() / total),
        touched=float((strange > 0).mean()),
        cut=float((beyond > 0).mean()),
        lost=float(beyond.sum() / total),
    )


def check_reading(
    texts: pd.Series, name: str = MINILM, max_length: int = MAX_LENGTH
) -> list[DataWarning]:
    """Warns of texts that an encoder reads badly. Numbers are estimates from a sample.

    Args:
        texts: strings, none missing.
        name: `minilm`, a folder, or a hub id.
        max_length: how many pieces the encoder reads.

    Raises:
        InputError: there is no such encoder, or it comes without a tokenizer.json.
    """
    if texts.empty:
        return []
    reading = read_by(texts, name, max_length)
    warnings = []
    if reading.unknown >= MUCH_UNKNOWN:
        message = (
            f"About {reading.unknown:.0%} of the word pieces in the texts are unknown to the "
            f"encoder {name}: it reads them all as one and the same sign and learns little from "
            "them; choose scratch, which learns to read from your texts (encoder.name=scratch), or "
            "an encoder for their language (encoder.name)"
        )
        rows = round(reading.touched * len(texts))
        warnings.append(DataWarning(UNKNOWN, "records", rows, message))
    if reading.cut >= MUCH_CUT:
        message = (
            f"About {reading.cut:.0%} of the texts are longer than the {max_length} word pieces "
            f"that are read, and {reading.lost:.0%} of all words are lost: what decides should "
            "stand at the start, or more must be read, which takes longer (encoder.max_length, up "
            "to 512)"
        )
        rows = round(reading.cut * len(texts))
        warnings.append(DataWarning("texts_cut", "records", rows, message))
    return warnings
