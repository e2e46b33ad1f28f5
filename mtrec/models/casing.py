"""How words are written, for an encoder whose tokenizer lowers all letters.

Names of people and places are told by their capitals, and such an encoder never sees them. So each
way of writing has a vector that is added to the embeddings of a word's pieces, as the
capitalisation features of Chiu & Nichols (2016), *Named Entity Recognition with Bidirectional
LSTM-CNNs*, TACL 4, arXiv:1511.08308, are set beside those of its words. The vectors begin at 0: at
first an encoder reads as it came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtrec.errors import MtrecError
from mtrec.tasks.relation import MARKS
from mtrec.tasks.tags import TOKEN

WEIGHTS, KEY = "casing.safetensors", "ways"
MARK = re.compile("|".join(MARKS))


class Way(IntEnum):
    """How a word is written."""

    NONE = 0  # no letter in it
    LOWER = 1
    CAPITAL = 2  # the first letter alone
    UPPER = 3  # two letters or more, all of them
    MIXED = 4

    @classmethod
    def of(cls, word: str) -> Way:
        letters = [letter for letter in word if letter.isalpha()]
        upper = [letter.isupper() for letter in letters]
        if not letters:
            return cls.NONE
        if not any(upper):
            return cls.LOWER
        if all(upper) and len(upper) > 1:
            return cls.UPPER
        return cls.CAPITAL if upper[0] and not any(upper[1:]) else cls.MIXED


class CasedEmbedding(nn.Module):
    """Ids to embeddings: `id + size · way` is the piece `id` of a word that is written that way.

    So the ids of a text are all that has to be handed on; those of pieces that stand for no word
    are as ever.

    Args:
        known: embeds `size` ids.
    """

    def __init__(self, known: nn.Module) -> None:
        super().__init__()
        tables = list(known.parameters())
        width = tables[0].shape[1]
        self.known = known
        self.size = sum(map(len, tables))
        self.ways = nn.Embedding(len(Way), width, padding_idx=Way.NONE)
        nn.init.zeros_(self.ways.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids `(B, T)` to embeddings `(B, T, d)`."""
        embeddings: Tensor = self.known(ids % self.size) + self.ways(ids // self.size)
        return embeddings

    def save(self, folder: Path) -> None:
        """Writes the vectors of the ways, for which `transformers` has no place."""
        save_file({KEY: self.ways.weight.detach().cpu().contiguous()}, folder / WEIGHTS)

    @torch.no_grad()
    def load(self, folder: Path) -> None:
        """Reads what `save` wrote, if anything is there.

        Raises:
            MtrecError: what is there cannot be read.
        """
        path = folder / WEIGHTS
        if not path.is_file():
            return
        try:
            self.ways.weight.copy_(load_file(path)[KEY])
        except (SafetensorError, KeyError, RuntimeError) as error:
            raise MtrecError(
                "How the encoder reads capitals can't be read",
                expected=f"{len(Way)} vectors of {self.ways.embedding_dim} numbers",
                found=str(error),
                where=str(path),
                fix="train again",
            ) from error


def lowers(tokenizer: Any) -> bool:
    """Whether a tokenizer takes capitals for small letters."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    return normalizer is not None and normalizer.normalize_str("A") == "a"


def add_casing(backbone: Any) -> CasedEmbedding:
    """Lets an encoder tell how words are written; it is changed in place."""
    cased = CasedEmbedding(backbone.get_input_embeddings())
    backbone.set_input_embeddings(cased)
    return cased


def ways_of(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int32]:
    """How the words are written that a text's pieces are from, `(T,)`.

    A word is what stands between spaces, marks of entities taken off.

    Args:
        offsets: where each piece begins and ends, (0, 0) for the marks of start and end.
    """
    words = MARK.sub(lambda mark: " " * len(mark.group()), text)
    ways = np.zeros(len(text) + 1, dtype=np.int32)
    for word in TOKEN.finditer(words):
        ways[word.start() : word.end()] = Way.of(word.group())
    first, end = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    return np.where(end > first, ways[np.maximum(end - 1, 0)], Way.NONE).astype(np.int32)
