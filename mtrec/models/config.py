"""The settings of the encoder and of the trunk above it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MINILM, SCRATCH = "minilm", "scratch"
PRETRAIN_EPOCHS = 5  # of an encoder that is made from nothing


class EncoderConfig(BaseModel):
    """Which encoder reads the texts, and how much of it learns."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        MINILM,
        min_length=1,
        title="Language model",
        description="The language model that reads the texts: minilm (comes with mtrec, English), "
        "scratch (a small one that learns to read from your training texts alone, for any "
        "language; best with the method full), a folder with a Hugging Face model, or the id of "
        "one on the hub",
    )
    method: Literal["frozen", "top", "lora", "prompt", "full"] = Field(
        "top",
        title="How much of the language model learns",
        description="How much of the language model learns: frozen nothing (seconds), top its "
        "upper layers (minutes), lora a small addition to each of its layers, prompt a few words "
        "of its own before each text, full all of it (longest)",
    )
    top_layers: int = Field(
        2,
        ge=1,
        le=48,
        title="Layers that learn",
        json_schema_extra={"used_where": {"encoder.method": ["top"]}},
        description="How many of the upper layers learn where the method is top",
    )
    lora_rank: int = Field(
        8,
        ge=1,
        le=256,
        title="Size of the additions",
        json_schema_extra={"used_where": {"encoder.method": ["lora"]}},
        description="How large the addition to each layer is where the method is lora (its rank). "
        "Larger ones can learn more, and learn more easily by heart",
    )
    lora_dropout: float = Field(
        0.1,
        ge=0,
        lt=1,
        title="Share hidden from additions",
        json_schema_extra={"used_where": {"encoder.method": ["lora"]}},
        description="The share of what these additions read that is hidden at random while "
        "learning, against learning by heart",
    )
    prompt_length: int = Field(
        16,
        ge=1,
        le=128,
        title="Learned words before a text",
        json_schema_extra={"used_where": {"encoder.method": ["prompt"]}},
        description="How many learned words stand before each text where the method is prompt. "
        "They take time to read as other words do",
    )
    max_length: int = Field(
        128,
        ge=8,
        le=512,
        title="Longest text read",
        description="Longer texts are cut after this many word pieces. A common word is one piece, "
        "a rare one several",
    )
    pooling: Literal["mean", "cls"] = Field(
        "mean",
        title="What stands for a text",
        description="What the language model says of a text as a whole: the mean of what it says "
        "of all its word pieces (mean), or what it says at its first place (cls)",
    )
    pretrain_epochs: int | None = Field(
        None,
        ge=0,
        le=1000,
        title="Epochs of guessing words",
        description="How often the language model first goes through the training texts and learns "
        "to guess words that are hidden in them, before it learns the tasks. It needs no labels "
        "for that, and comes to know how people write here. 0 for never. Left empty: "
        f"{PRETRAIN_EPOCHS} for scratch, 0 for all others",
    )

    @property
    def epochs_of_guessing(self) -> int:
        """How often it goes through the training texts before it learns the tasks."""
        if self.pretrain_epochs is not None:
            return self.pretrain_epochs
        return PRETRAIN_EPOCHS if self.name == SCRATCH else 0

    @property
    def is_made(self) -> bool:
        """Whether a run makes its encoder itself, before the tasks, and does not take it as is."""
        return self.name == SCRATCH or self.epochs_of_guessing > 0


class TrunkConfig(BaseModel):
    """What the tasks share above the encoder."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["shared", "mmoe", "cgc"] = Field(
        "shared",
        title="How tasks share",
        description="What the tasks have in common above the language model: one layer (shared), "
        "or several, called experts, of which each task takes its own mixture (mmoe, cgc)",
    )
    experts: int = Field(
        4,
        ge=1,
        le=64,
        title="Experts for all tasks",
        json_schema_extra={"used_where": {"trunk.kind": ["mmoe", "cgc"]}},
        description="How many experts all tasks share, where there are any. More can tell more "
        "apart, but each learns from less",
    )
    task_experts: int = Field(
        1,
        ge=1,
        le=16,
        title="Experts of each task",
        json_schema_extra={"used_where": {"trunk.kind": ["cgc"]}},
        description="How many experts each task has for itself where tasks share as cgc does",
    )
    width: int = Field(
        256,
        ge=8,
        le=4096,
        title="Numbers for each text",
        description="How many numbers describe a text for the tasks",
    )
    dropout: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Guard against learning by heart",
        description="The share of the numbers for each text that is hidden at random while "
        "learning (dropout), so that nothing rests on a few of them. 0 for no guard",
    )

    @property
    def mixes(self) -> bool:
        """Whether each task reads a mixture of its own."""
        return self.kind != "shared"

    @property
    def own_experts(self) -> int:
        """How many experts a task has for itself."""
        return self.task_experts if self.kind == "cgc" else 0
