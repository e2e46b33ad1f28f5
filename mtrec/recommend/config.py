"""Settings of the recommendation stage, the adaptation with its own loss L_T."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

WHERE_MADE: dict[str, JsonValue] = {"used_where": {"recommend.enabled": [True]}}


class RecommendConfig(BaseModel):
    """How profiles are adapted to what people like. It has no lambda: that is for tasks."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = Field(
        True,
        title="Make recommendations",
        description="Make profiles and recommendations once the tasks have been learned",
    )
    dimension: int = Field(
        512,
        ge=2,
        le=2048,
        title="Numbers for each item",
        json_schema_extra=WHERE_MADE,
        description="How many numbers describe an item, and what a person wants, after adaptation",
    )
    epochs: int = Field(
        30,
        ge=1,
        le=1000,
        title="Passes at most",
        json_schema_extra=WHERE_MADE,
        description="How often to go through what people liked, at most",
    )
    patience: int = Field(
        4,
        ge=1,
        le=1000,
        title="Passes without progress",
        json_schema_extra=WHERE_MADE,
        description="Stop once this many passes in a row brought no better lists on validation",
    )
    learning_rate: float = Field(
        0.01,
        gt=0,
        le=1,
        title="Size of its steps",
        json_schema_extra=WHERE_MADE,
        description="How large the steps are; halve it where lists get worse",
    )
    dropout: float = Field(
        0.3,
        ge=0,
        lt=1,
        title="Share of sources hidden",
        json_schema_extra=WHERE_MADE,
        description="How often each source of a profile is hidden while learning, so that people "
        "with few sources are served too",
    )
