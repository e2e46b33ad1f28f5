"""A step whose texts are read in several parts, where memory is too short for all at once."""

from __future__ import annotations

import numpy as np
from torch.utils.checkpoint import checkpoint

from mtrec.models.encoder import Reading, Wanted
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.inputs import Inputs


def read_in_parts(inputs: Inputs, index: Index, wanted: Wanted, parts: int) -> Reading:
    """What `inputs.read` gives, with the memory that a part of the texts takes.

    What the encoder works out on the way is not kept but worked out again, a part at a time, when
    gradients are wanted (Chen et al., 2016, *Training Deep Nets with Sublinear Memory Cost*,
    arXiv:1604.06174). So every loss still sees the whole batch, whatever the strategy.
    """
    if parts == 1:
        return inputs.read(index, wanted)
    places = np.array_split(np.arange(len(index)), min(parts, len(index)))
    pieces: list[Reading] = [
        checkpoint(
            inputs.read,
            index[some],
            {unit: chosen[some] for unit, chosen in wanted.items()},
            use_reentrant=False,
        )
        for some in places
    ]
    return {unit: Ragged.stacked([piece[unit] for piece in pieces]) for unit in wanted}
