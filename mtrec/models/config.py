"""The settings of the encoder and of the trunk above it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _not_here_yet(later: tuple[str, ...], sentence: str) -> BeforeValidator:
    """Refuses values that a later version will know, in a sentence that names what there is."""

    def check(value: Any) -> Any:
        if value in later:
            raise PydanticCustomError("not_here_yet", sentence, {"found": value})
        return value

    return BeforeValidator(check)


Name = Annotated[
    str, _not_here_yet(("scratch",), "{found} is not here yet; use minilm, a folder or a hub id")
]


class EncoderConfig(BaseModel):
    """Which encoder reads the texts, and how much of it learns."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(
        "minilm",
        min_length=1,
        description="The language model that reads the texts: minilm (comes with mtrec, English), "
        "a folder with a Hugging Face model, or the id of one on the hub",
    )
    method: Literal["frozen", "top", "lora", "prompt", "full"] = Field(
        "top",
        description="How much of the language model learns: frozen nothing (seconds), top its "
        "upper layers (minutes), lora a small addition to each of its layers, prompt a few words "
        "of its own before each text, full all of it (longest)",
    )
    top_layers: int = Field(
        2, ge=1, le=48, description="How many of the upper layers learn where the method is top"
    )
    lora_rank: int = Field(
        8,
        ge=1,
        le=256,
        title="LoRA rank",
        description="How large the addition to each layer is where the method is lora. Larger ones "
        "can learn more, and learn more easily by heart",
    )
    lora_dropout: float = Field(
        0.1,
        ge=0,
        lt=1,
        title="LoRA dropout",
        description="The share of what these additions read that is hidden at random while "
        "learning, against learning by heart",
    )
    prompt_length: int = Field(
        16,
        ge=1,
        le=128,
        description="How many learned words stand before each text where the method is prompt. "
        "They take time to read as other words do",
    )
    max_length: int = Field(
        128, ge=8, le=512, description="Longer texts are cut after this many word pieces"
    )
    pooling: Literal["mean", "cls"] = Field(
        "mean",
        description="How a text becomes one vector: the mean of its word pieces, or its first one",
    )


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
        description="How many experts all tasks share, where there are any. More can tell more "
        "apart, but each learns from less",
    )
    task_experts: int = Field(
        1,
        ge=1,
        le=16,
        title="Experts of a task",
        description="How many experts each task has for itself where tasks share as cgc does",
    )
    width: int = Field(
        256, ge=8, le=4096, description="How many numbers describe a text for the tasks"
    )
    dropout: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="The share of these numbers that is hidden at random while learning, against "
        "learning by heart",
    )

    @property
    def mixes(self) -> bool:
        """Whether each task reads a mixture of its own."""
        return self.kind != "shared"

    @property
    def own_experts(self) -> int:
        """How many experts a task has for itself."""
        return self.task_experts if self.kind == "cgc" else 0
