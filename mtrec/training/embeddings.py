"""Texts whose word pieces are changed on their way into the encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from torch import Tensor

from mtrec.models.encoder import Encoder, Reading, Wanted
from mtrec.tasks.ragged import Index
from mtrec.training.inputs import Inputs

Change = Callable[[Index, Tensor, Tensor], Tensor]
"""Rows of B texts, ids `(B, T)` and embeddings `(B, T, d)` of their pieces, to other embeddings.

Called again with the same rows it gives the same change: a step's texts may be read in parts, and
once more when gradients are wanted.
"""


class ChangedInputs:
    """The same texts, read with a change."""

    def __init__(self, inputs: Inputs, encoder: Encoder, change: Change) -> None:
        self.inputs = inputs
        self.encoder = encoder
        self.change = change

    @property
    def lengths(self) -> Index:
        return self.inputs.lengths

    def read(self, index: Index, wanted: Wanted) -> Reading:
        with _changed(self.encoder, partial(self.change, index)):
            return self.inputs.read(index, wanted)


@contextmanager
def _changed(encoder: Encoder, change: Callable[[Tensor, Tensor], Tensor]) -> Iterator[None]:
    """Applies the change to the embeddings of ids, before places are added to them."""

    def hook(module: object, given: tuple[Tensor, ...], embeddings: Tensor) -> Tensor:
        return change(given[0], embeddings)

    handle = encoder.backbone.get_input_embeddings().register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
