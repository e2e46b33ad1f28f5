"""The settings of one task."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TaskConfig(BaseModel):
    """How much a task counts, and whether it is learned at all."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    lambda_: float = Field(
        1.0,
        alias="lambda",
        ge=0,
        le=100,
        title="Weight λ",
        description="How much this task counts in what all tasks learn together. At 0 it is only "
        "watched: it learns from the others and teaches them nothing",
    )
    enabled: bool = Field(
        True,
        title="Learned and reported",
        description="Whether this task is learned and reported at all",
    )
    balanced: bool = Field(
        False,
        title="Rare labels count as much",
        description="Whether rare labels count as much as frequent ones while this task is "
        "learned. It finds more of the rare ones and makes more mistakes on the frequent ones",
    )
