"""Embeddings of the four marks around entities, beside those that an encoder came with."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import AddedToken
from torch import Tensor, nn

from mtrec.tasks.relation import MARKS

WORDS = ("first", "done", "second", "end")  # whose embeddings the marks start from


class MarkedEmbedding(nn.Module):
    """Token ids to embeddings: those below `len(known)` as the encoder came, the marks behind.

    Apart, so that the marks can learn while the others rest.
    """

    def __init__(self, known: nn.Embedding, marks: Tensor) -> None:
        super().__init__()
        self.known = known
        self.marks = _embedding(marks, None)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids `(B, T)` to embeddings `(B, T, d)`."""
        size = self.known.num_embeddings
        is_mark = ids >= size
        known: Tensor = self.known(ids.masked_fill(is_mark, 0))
        marks = self.marks((ids - size).clamp(min=0))
        return torch.where(is_mark[..., None], marks, known)

    def merged(self) -> nn.Embedding:
        """All of them as one table, for saving."""
        rows = torch.cat([self.known.weight, self.marks.weight]).detach()
        return _embedding(rows, self.known.padding_idx)


def add_marks(backbone: Any, tokenizer: Any) -> MarkedEmbedding:
    """Gives the marks embeddings of their own, and makes them pieces if they are none yet.

    New ones start from the embeddings of four plain words, the mean over the pieces of each.

    Args:
        backbone, tokenizer: changed in place.
    """
    embedding = backbone.get_input_embeddings()
    table = embedding.weight.detach()
    if MARKS[0] in tokenizer.get_vocab():
        first = tokenizer.convert_tokens_to_ids(MARKS[0])
        marks = table[first : first + len(MARKS)]
    else:
        words = tokenizer(list(WORDS), add_special_tokens=False)["input_ids"]
        marks = torch.stack([table[ids].mean(dim=0) for ids in words])
        tokens = [AddedToken(mark, special=True, normalized=False) for mark in MARKS]
        tokenizer.add_tokens(tokens, special_tokens=True)
        first = tokenizer.convert_tokens_to_ids(MARKS[0])
    marked = MarkedEmbedding(_embedding(table[:first], embedding.padding_idx), marks)
    backbone.set_input_embeddings(marked)
    return marked


def _embedding(rows: Tensor, padding: int | None) -> nn.Embedding:
    size, width = rows.shape
    return nn.Embedding(size, width, padding_idx=padding, _weight=rows.clone())
