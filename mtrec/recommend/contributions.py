"""What each part of what is known adds to the lists: learned again without it, and compared.

A part is a source of the profile (a task, the plain texts, what was liked or mentioned) or an
activity, all of whose texts are left out. How to learn is as it was chosen on validation for the
whole, so that what differs is what is known and not what was chosen; the shared encoder and the
trunk stay as they were trained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.recommend.adapt import Chosen, adapt, choose
from mtrec.recommend.base import Recommender
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge, paired, table
from mtrec.recommend.people import People
from mtrec.recommend.popular import Popular, likes_of
from mtrec.recommend.profiles import (
    ACTIVITY,
    ENCODER,
    TASK,
    Source,
    TaskView,
    Vectors,
    build_sources,
)
from mtrec.schema import ADAPTED, SOURCE
from mtrec.stats import holm
from mtrec.training.reporter import Reporter, SilentReporter, check_stop

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]

WITHOUT = "fused without"
MEASURING = "Learning to recommend without each"


@dataclass(frozen=True, eq=False)
class Known:
    """What is known before a split, and its sources."""

    data: RecommendationData
    sources: dict[str, Source]


def contributions(
    people: People,
    dataset: Dataset,
    config: RecommendConfig,
    seed: int,
    reporter: Reporter,
) -> list[dict[str, Any]]:
    """What each source and each activity adds to the lists of the stage `adapted`, on test.

    Args:
        people: of a run's `recommend` folder.
        dataset: the run's.
        config: the run's, as the stage was learned.

    Returns:
        `[{without, kind, segment, users, metrics, adds}]`: the kind of the source or `activity`;
        the `evaluate` contract's figures of what is left; and how much better the whole is, each
        figure `{value, low, high, p_value}`, with p-values corrected over what is left out in turn
        (Holm).

    Raises:
        InputError: the run has no stage `adapted`.
        Stopped: the reporter asked to stop.
    """
    if ADAPTED not in people.stages:
        raise InputError(
            "Nothing was learned from what people like in this run",
            expected="a run on data with things that people liked before the test part",
            found=f"a run with the stages {', '.join(people.stages)}",
            fix="train on data that says who liked what",
        )
    run = _Run.of(people)
    test = run.known(dataset, "test")
    chosen = run.chosen or _chosen(
        run.known(dataset, "val"), run.item_texts, config, seed, reporter
    )
    texts = people.item_texts
    whole = judge(people.stage(ADAPTED), test.data, texts=texts)
    parts = run.parts(test)
    reporter.phase(MEASURING, len(parts) * (1 + chosen.passes))
    rows: list[dict[str, Any]] = []
    for name, kind in parts:
        check_stop(reporter)
        known = run.without(name, kind, dataset, test)
        left = _learned(known, run.item_texts, config, chosen, seed, _Part(reporter))
        found = judge(left, test.data, texts=texts)
        found = replace(found, recommender=f"{WITHOUT} {name}", stage=ADAPTED)
        adds = {row["segment"]: row["metrics"] for row in paired([(whole, found)], test.data)}
        rows += [
            {"without": name, "kind": kind, **row, "adds": adds[row["segment"]]}
            for row in table(found, test.data)
        ]
        reporter.advance(1)
    return _corrected(rows)


@dataclass(frozen=True, eq=False)
class _Run:
    """What a run kept of its records and items, as sources are built from it.

    Attributes:
        rows: the dataset's rows of the records that were kept `(R,)`.
        spaces: kept records `(R, w)` and items, by space.
        views: how each task sees records.
        chosen: how it learned; None for a run of before this was kept.
    """

    rows: Ids
    spaces: dict[str, Vectors]
    views: dict[str, TaskView]
    chosen: Chosen | None

    @classmethod
    def of(cls, people: People) -> _Run:
        stage = people.stage(people.stages[-2])  # before it was adapted
        spaces = {
            space: Vectors(people.parts(stage, space), items)
            for space, items in stage.items.items()
        }
        views = {
            name: TaskView(people.activities_of(name), source.projection, source.space)
            for name, source in stage.sources.items()
            if source.kind == TASK and source.projection is not None
        }
        kept = people.description.get("chosen")
        chosen = Chosen(Form(**kept["form"]), kept["passes"]) if kept else None
        return cls(people.records, spaces, views, chosen)

    @property
    def item_texts(self) -> Floats:
        """The items' text vectors in the encoder of the stage `(I, w)`."""
        return self.spaces[ENCODER].items

    def known(self, dataset: Dataset, split: Literal["val", "test"]) -> Known:
        """What is known before a split of a dataset."""
        data = RecommendationData.from_dataset(dataset, split)
        data = replace(data, records=np.searchsorted(self.rows, data.records))
        return Known(data, build_sources(data, self.spaces, self.views))

    def parts(self, test: Known) -> list[tuple[str, str]]:
        """The name and kind of each source, and of each activity where there are several."""
        sources = [(name, source.kind) for name, source in test.sources.items()]
        activities = sorted(set(test.data.activities))
        return sources + [(name, ACTIVITY) for name in activities if len(activities) > 1]

    def without(self, name: str, kind: str, dataset: Dataset, test: Known) -> Known:
        """What is left without one of these. What is no discovery stays none."""
        if kind != ACTIVITY:
            return replace(
                test, sources={other: each for other, each in test.sources.items() if other != name}
            )
        records = dataset.records[dataset.records[SOURCE] != name]
        known = self.known(replace(dataset, tables={**dataset.tables, "records": records}), "test")
        return replace(known, data=replace(known.data, seen=test.data.seen))


def _chosen(
    val: Known, texts: Floats, config: RecommendConfig, seed: int, reporter: Reporter
) -> Chosen:
    """How the run learned, chosen once more."""
    found = choose(val.data, val.sources, texts, config, seed, reporter)
    if found is None:
        raise ValueError("a run that was adapted has likes in training")
    return found[0]


def _learned(
    known: Known,
    texts: Floats,
    config: RecommendConfig,
    chosen: Chosen,
    seed: int,
    reporter: Reporter,
) -> Recommender:
    """What is recommended from it; what is popular where nothing is left to learn from."""
    if not known.sources:
        return Popular(likes_of(known.data.liked))
    learned = adapt(known.data, known.sources, texts, config, chosen, seed, reporter)
    return learned.recommender(known.sources, len(known.data.users))


class _Part(SilentReporter):
    """A part of another reporter's phase, and no phase of its own."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def advance(self, n: int) -> None:
        self._reporter.advance(n)

    def should_stop(self) -> bool:
        return self._reporter.should_stop()


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """p-values of each figure and segment corrected over all that is left out in turn."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        for name, figure in row["adds"].items():
            groups.setdefault((row["segment"], name), []).append(figure)
    for figures in groups.values():
        for figure, corrected in zip(
            figures, holm([each["p_value"] for each in figures]), strict=True
        ):
            figure["p_value"] = corrected
    return rows
