"""What guesses hidden pieces from an encoder's states.

The head of BERT's masked language model (Devlin et al., 2019, arXiv:1810.04805, as their code has
it): a layer, GELU, a norm, and the encoder's own embeddings as weights of the last layer (Press &
Wolf, 2017, arXiv:1608.05859). It is learned anew for every encoder and not kept.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtrec.models.encoder import Encoder
from mtrec.models.marks import MarkedEmbedding


class Guesser(nn.Module):
    """States of hidden pieces `(M, d)` to how likely each of V pieces is there, `(M, V)` logits.

    The marks of entities are none of the V.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        size, width = _table(encoder).shape
        self.layer = nn.Linear(encoder.width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, states: Tensor, encoder: Encoder) -> Tensor:
        """In the encoder's precision; the logits are float32."""
        with torch.autocast(
            states.device.type, torch.bfloat16, enabled=encoder.precision == "bf16"
        ):
            felt = self.norm(functional.gelu(self.layer(states)))
            logits = functional.linear(felt, _table(encoder), self.bias)
        return logits.float()


def _table(encoder: Encoder) -> Tensor:
    """The embeddings of all pieces but the marks of entities, `(V, e)`."""
    embedding = encoder.backbone.get_input_embeddings()
    known: Any = embedding.known if isinstance(embedding, MarkedEmbedding) else embedding
    table: Tensor = known.weight
    return table
