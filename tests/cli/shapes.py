"""What commands say in JSON has these shapes, those of section 3 of the design."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Shape(BaseModel):
    model_config = ConfigDict(strict=True)


class Figure(Shape):
    value: float
    low: float | None
    high: float | None

    @model_validator(mode="after")
    def _inside(self) -> Figure:
        if self.low is not None and self.high is not None:
            assert self.low <= self.high
        return self


class ImportedTask(Shape):
    type: str
    labels: list[str]
    train: int
    val: int
    test: int


class Warned(Shape):
    code: str
    source: str
    rows: int
    message: str


class Imported(Shape):
    dataset: str
    version: str
    records: int
    users: int
    items: int
    interactions: int
    tasks: dict[str, ImportedTask]
    warnings: list[Warned]


class Trained(Shape):
    run: str
    status: Literal["finished", "stopped", "failed"]
    seconds: float
    epochs: int
    best_epoch: int | None
    device: str | None
    samples_per_second: float | None


class Run(Shape):
    run: str
    name: str
    dataset: str
    version: str
    status: Literal["queued", "running", "finished", "stopped", "failed"]
    reason: str
    created: str
    seconds: float | None
    metrics: dict[str, float]


class Trial(Shape):
    trial: int
    state: Literal["finished", "ended early", "failed", "stopped"]
    values: dict[str, float]
    settings: dict[str, float | int | str]
    run: str
    seconds: float | None
    best: bool
    as_set: bool
    reason: str


class Searched(Shape):
    search: str
    dataset: str
    version: str
    split: Literal["val"]
    objective: Literal["tasks", "recommendations", "each"]
    trials: list[Trial]
    best: list[int]
    importance: dict[str, float]


class LabelFigures(Shape):
    precision: float
    recall: float
    f1: float
    low: float | None
    high: float | None
    support: int


class Report(Shape):
    type: str
    support: int
    metrics: dict[str, Figure]
    labels: dict[str, LabelFigures]
    baseline: dict[str, Figure]


class Said(Shape):
    label: str | None
    confidence: float | None
    scores: dict[str, float]


class Predicted(Shape):
    text: str
    tasks: dict[str, Said]


class Source(Shape):
    kind: Literal["task", "text", "liked"]
    weight: float
    n: int


class Trait(Shape):
    observed: float | None
    predicted: float | None
    n: int


class Neighbour(Shape):
    user: str
    similarity: float


class Profile(Shape):
    user: str
    records: int
    interactions: int
    sources: dict[str, Source]
    traits: dict[str, dict[str, Trait]]
    vector: list[float]
    neighbours: list[Neighbour]


class Reason(Shape):
    kind: str
    text: str
    weight: float


class Recommended(Shape):
    item: str
    title: str
    score: float
    reasons: list[Reason]


class Change(Figure):
    p_value: float


class Effect(Shape):
    people: int
    before: float
    after: float
    difference: Change
    lists_changed: int
    items_changed: float


class Ruled(Shape):
    rule: dict[str, Any]
    enabled: bool
    val: Effect | None
    test: Effect | None


class Together(Shape):
    val: Effect | None
    test: Effect | None


class RulesTold(Shape):
    recommender: str
    k: int
    rules: list[Ruled]
    together: Together
    stray: int


class Listed(Shape):
    out: str
    users: int
    rows: int
    seconds: float


class Answered(Shape):
    known: bool
    note: str | None
    items: list[Recommended]


class Evaluated(Shape):
    recommender: str
    stage: Literal["pretrained", "multitask", "adapted"] | None
    segment: Literal["all", "cold", "few", "warm"]
    users: int
    metrics: dict[str, Figure]


class Setting(Shape):
    lambda_: dict[str, float] = Field(alias="lambda")
    metrics: dict[str, Figure]
    pareto: bool


class Swept(Shape):
    split: Literal["val"]
    settings: list[Setting]
    seconds: float
