"""Where the random numbers come from that learning draws on a processor.

They are those of torch's own generator, which all threads share. What is learned beside something
else has a generator for itself, or it would come out as the other one happens to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

_OWN: ContextVar[torch.Generator | None] = ContextVar("generator", default=None)


def generator() -> torch.Generator | None:
    """The one to draw from; None is torch's own."""
    return _OWN.get()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """What this thread draws meanwhile comes from a generator of its own, begun with the seed."""
    before = _OWN.set(torch.Generator().manual_seed(seed))
    try:
        yield
    finally:
        _OWN.reset(before)
