"""The settings of a training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EPOCHS = {"frozen": 15, "top": 3, "lora": 3, "prompt": 5, "full": 3}
# Best on validation of the sample shop (top, lora, prompt) and of wnut17 (full), of two to four.
LEARNING_RATES = {"frozen": 0.0, "top": 2e-4, "lora": 1e-3, "prompt": 2e-2, "full": 1e-4}


class TrainConfig(BaseModel):
    """How long, how fast and how carefully to learn."""

    model_config = ConfigDict(extra="forbid")

    epochs: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="How often to go through the training records, at most. Left empty: "
        f"{EPOCHS['frozen']} where the encoder is frozen (an epoch takes about a second then), "
        f"{EPOCHS['prompt']} where prompts learn, {EPOCHS['top']} otherwise",
    )
    patience: int = Field(
        3,
        ge=1,
        le=1000,
        description="Stop once this many epochs in a row brought nothing better on validation",
    )
    batch_tokens: int = Field(
        2048,
        ge=64,
        le=262_144,
        description="How many word pieces are read at once. Fewer need less memory",
    )
    learning_rate: float | None = Field(
        None,
        gt=0,
        le=1,
        description="How large the encoder's steps are, where it learns. Left empty: "
        + ", ".join(f"{rate:g} for {way}" for way, rate in LEARNING_RATES.items() if rate),
    )
    head_learning_rate: float = Field(
        1e-3, gt=0, le=1, description="How large the steps of everything above the encoder are"
    )
    warmup: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="The share of the training over which the steps grow to full size",
    )
    weight_decay: float = Field(
        0.01, ge=0, le=1, description="How strongly large weights are pulled back to zero"
    )
    clip: float = Field(
        1.0, gt=0, le=1000, description="The largest gradient (its norm) that a step may follow"
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="Another seed gives another random start and order"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="The number format of the encoder's arithmetic. auto measures which one is "
        "faster on this machine",
    )

    def epochs_for(self, method: str) -> int:
        """The most epochs for an encoder method: as set, or the method's own number."""
        return self.epochs or EPOCHS[method]

    def learning_rate_for(self, method: str) -> float:
        """The encoder's learning rate for a method: as set, or the method's own."""
        return self.learning_rate or LEARNING_RATES[method]
