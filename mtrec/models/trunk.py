"""The trunk: what the tasks share above the encoder."""

from __future__ import annotations

from torch import nn

from mtrec.models.config import TrunkConfig


def build_trunk(config: TrunkConfig, size: int) -> nn.Sequential:
    """Text vectors `(B, size)` to states `(B, width)` that every head reads."""
    return nn.Sequential(
        nn.LayerNorm(size),
        nn.Linear(size, config.width),
        nn.GELU(),
        nn.Dropout(config.dropout),
    )
