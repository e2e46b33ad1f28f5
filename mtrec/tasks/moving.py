"""To a GPU and back without waiting for it, so that it works on while the next step is prepared.

A copy is not waited for where the memory on this side is pinned; see the *CUDA semantics* note of
https://pytorch.org/docs/stable/notes/cuda.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def moved(values: Any, device: torch.device) -> Tensor:
    """An array or a tensor of this side, as a tensor on the device."""
    import torch

    tensor = torch.from_numpy(values) if isinstance(values, np.ndarray) else values
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def told(values: Mapping[str, Tensor]) -> Callable[[], dict[str, float]]:
    """Gives what scalars on one device are as numbers, and waits for no more than them."""
    import torch

    if not values:
        return dict
    on_device = torch.stack([each.detach() for each in values.values()])
    here = on_device.to("cpu", non_blocking=True)
    if not on_device.is_cuda:
        return lambda: dict(zip(values, here.tolist(), strict=True))
    copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
    copied.record()

    def numbers() -> dict[str, float]:
        copied.synchronize()
        return dict(zip(values, here.tolist(), strict=True))

    return numbers
