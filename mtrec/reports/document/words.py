"""What a document is told: the training it is about, and what things are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mtrec.reports.document.html import Html, data


@dataclass(frozen=True)
class Training:
    """The finished run that is reported.

    Args:
        folder: where its files lie.
        run: its id.
        created: when it was asked for, ISO 8601.
        config: its settings.
        no_recommendations: why it made none, in a sentence; None where it made some.
    """

    folder: Path
    run: str
    name: str
    created: str
    config: BaseModel
    no_recommendations: str | None


@dataclass(frozen=True)
class Words:
    """Plain words for what has a name in code, as the pages use them.

    Args:
        metric: what a figure is called, and what it means in a sentence or two, by its name.
        kinds: of tasks, by type.
        parts: of the data, by split.
        schemes: how the data was split, by its name.
        stages, recommenders, segments: by their names.
        sources: of a profile that are no tasks, by their names.
        commonest, interval, mixed_up, right, stage, part: what is meant by the commonest answer,
            an interval, what is mixed up, a right answer, the stages and the parts of the data.
    """

    metric: Callable[[str], tuple[str, str]]
    kinds: Mapping[str, str]
    parts: Mapping[str, str]
    stages: Mapping[str, str]
    schemes: Mapping[str, str]
    recommenders: Mapping[str, str]
    segments: Mapping[str, str]
    sources: Mapping[str, str]
    commonest: str
    interval: str
    mixed_up: str
    right: str
    stage: str
    part: str

    def list_of(self, row: Mapping[str, Any]) -> Html:
        """What lists are called of which a row says `recommender` and `stage`."""
        if row["stage"]:
            return data(self.stages[row["stage"]])
        return data(self.recommenders.get(row["recommender"], row["recommender"]))
