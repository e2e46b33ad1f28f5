"""Searches whose trainings are a formula, so that they take no time and their best is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from optuna.distributions import FloatDistribution

from mtrec.config import RunConfig, with_settings
from mtrec.search.search import Ended, Epochs
from mtrec.search.store import Plan, Search, Searches
from mtrec.workspace import Workspace

EPOCHS = 4


class Formula:
    """Trains by a formula: `mood` is best at λ 3 of topic, `topic` the better the larger that is.

    Attributes:
        kept: runs that were begun and not forgotten.
        waited: runs that were waited for, in order.
    """

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.waited: list[str] = []
        self.configs: dict[str, RunConfig] = {}
        self.fails: Callable[[int], bool] = lambda number: False

    def begin(self, config: RunConfig, name: str) -> str:
        run = f"run-{len(self.configs)}"
        self.configs[run] = config
        self.kept.append(run)
        return run

    def wait(self, run: str, look: Callable[[Epochs], bool]) -> Ended:
        self.waited.append(run)
        if self.fails(len(self.waited)):
            return Ended(None, "It broke.")
        final = worth(self.configs[run])
        for epoch in range(1, EPOCHS + 1):
            reached = [
                {task: value * k / EPOCHS for task, value in final.items()}
                for k in range(1, epoch + 1)
            ]
            if look(reached):
                return Ended(None, "stopped as asked")
        return Ended({f"val/{task}/macro_f1": value for task, value in final.items()})

    def forget(self, run: str) -> None:
        if run in self.kept:
            self.kept.remove(run)


def worth(config: RunConfig) -> Mapping[str, float]:
    """What settings come to."""
    share = math.log10(config.tasks["topic"].lambda_ / 3)
    return {"mood": 0.8 - share**2 / 4, "topic": 0.5 + share / 10}


@pytest.fixture
def searches(tmp_path: Path) -> Searches:
    return Searches(Workspace(tmp_path))


@pytest.fixture
def plan() -> Plan:
    config = with_settings(RunConfig(), ["tasks.mood.lambda=1", "tasks.topic.lambda=1"])
    return Plan(
        dataset="shop@1",
        config=config,
        types={"mood": "multiclass", "topic": "multiclass"},
        space={"tasks.topic.lambda": FloatDistribution(0.1, 10, log=True)},
        objective="tasks",
        weights={"mood": 1.0, "topic": 0.0},
    )


@pytest.fixture
def begun(searches: Searches, plan: Plan) -> Search:
    search = searches.begin("first", plan)
    search.ask_for(12)
    return search
