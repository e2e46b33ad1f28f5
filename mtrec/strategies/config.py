"""The settings of the strategy."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mtrec.strategies import STRATEGIES


class StrategyConfig(BaseModel):
    """How the losses of several tasks become one update."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("sum", description="How the tasks' losses become one update")
    params: dict[str, Any] = Field({}, description="Settings of that strategy, where it has any")

    @model_validator(mode="after")
    def _is_registered(self) -> StrategyConfig:
        if self.name not in STRATEGIES:
            raise PydanticCustomError(
                "unknown_strategy",
                "there is no strategy {found}; choose one of: {known}",
                {"found": self.name, "known": ", ".join(STRATEGIES)},
            )
        known = STRATEGIES[self.name].params
        for param in self.params:
            if param not in known:
                raise PydanticCustomError(
                    "unknown_param",
                    "the strategy {name} has no setting {found}; it has: {known}",
                    {"name": self.name, "found": param, "known": ", ".join(known) or "none"},
                )
        return self
