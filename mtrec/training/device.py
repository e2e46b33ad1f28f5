"""Where to compute, and in which number format."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Literal

import torch

from mtrec.models.encoder import Precision

GAIN = 1.2  # how many times faster bf16 must be, since it is the coarser format
REPEATS = 20


def pick_device() -> torch.device:
    """The GPU where torch sees one, otherwise the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def gpu_memory() -> Callable[[], tuple[int, int]] | None:
    """Gives the bytes that this process holds of the GPU's memory, and those left; None without."""
    if pick_device().type != "cuda":
        return None
    return lambda: (torch.cuda.memory_reserved(), torch.cuda.mem_get_info()[0])


def pick_precision(setting: Literal["auto"] | Precision, device: torch.device) -> Precision:
    """The setting, or for `auto` the faster format on this device."""
    return _faster(device) if setting == "auto" else setting


@cache
def _faster(device: torch.device) -> Precision:
    fastest = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    for _ in range(REPEATS):  # in turn, since a GPU that has rested is slow at first
        for dtype in fastest:
            fastest[dtype] = min(fastest[dtype], _seconds(dtype, device))
    return "bf16" if fastest[torch.float32] > GAIN * fastest[torch.bfloat16] else "fp32"


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    """What a matrix product takes of the size that encoders make."""
    a = torch.ones(256, 384, dtype=dtype, device=device)
    b = torch.ones(384, 384, dtype=dtype, device=device)
    start = time.perf_counter()
    (a @ b).sum().item()  # waits for a GPU
    return time.perf_counter() - start
