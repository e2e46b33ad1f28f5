"""The settings of the strategy."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mtrec.errors import InputError
from mtrec.strategies import STRATEGIES


class StrategyConfig(BaseModel):
    """How the losses of several tasks become one update."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        "sum",
        title="Strategy",
        description="How the tasks are brought together in each step. Each choice says when it "
        "helps; sum is the plain way. famo and all below it take about half as long again, those "
        "below it more with every further task",
    )
    params: dict[str, Any] = Field({}, description="Settings of that strategy, where it has any")

    def filled(self) -> StrategyConfig:
        """The same with every setting that the strategy takes, those left out at their defaults."""
        params = STRATEGIES[self.name].defaults() | self.params
        return self.model_copy(update={"params": params})

    @model_validator(mode="after")
    def _is_registered(self) -> StrategyConfig:
        if self.name not in STRATEGIES:
            raise PydanticCustomError(
                "unknown_strategy",
                "there is no strategy {found}; choose one of: {known}",
                {"found": self.name, "known": ", ".join(STRATEGIES)},
            )
        strategy = STRATEGIES[self.name]
        for param in self.params:
            if param not in strategy.params:
                known = ", ".join(strategy.params) or "none"
                raise PydanticCustomError(
                    "unknown_param",
                    "the strategy {name} has no setting {found}; it has: {known}",
                    {"name": self.name, "found": param, "known": known},
                )
        try:
            strategy({}, **self.params)
        except InputError as error:
            raise PydanticCustomError(
                "unusable_param", "{expected}", {"expected": error.expected}
            ) from error
        return self
