"""What each part of what is known adds to the lists: learned again without it, and compared.

A part is a source of the profile (a task, the plain texts, what was liked or mentioned) or an
activity, all of whose texts are left out. How to learn is as it was chosen on validation for the
whole, so that what differs is what is known and not what was chosen; the shared encoder and the
trunk stay as they were trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.recommend.adapt import Chosen, adapt, choose
from mtrec.recommend.base import Recommender
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge, paired, table
from mtrec.recommend.people import People
from mtrec.recommend.popular import Popular, likes_of
from mtrec.recommend.profiles import ENCODER, TASK, Source, TaskView, Vectors, build_sources
from mtrec.schema import ADAPTED, SOURCE
from mtrec.stats import holm
from mtrec.training.reporter import Reporter, SilentReporter, check_stop

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]

ACTIVITY = "activity"
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
    val, test = run.known(dataset, "val"), run.known(dataset, "test")
    found_out = choose(val.data, val.sources, run.item_texts, config, seed, reporter)
    if found_out is None:
        raise ValueError("a run that was adapted has likes in training")
    chosen, _ = found_out
    texts = people.item_texts
    whole = judge(people.stage(ADAPTED), test.data, texts=texts)
    parts = dict(run.parts(dataset, test))
    reporter.phase(MEASURING, len(parts) * (1 + chosen.passes))
    rows: list[dict[str, Any]] = []
    for (name, kind), known in parts.items():
        check_stop(reporter)
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
    """

    rows: Ids
    spaces: dict[str, Vectors]
    views: dict[str, TaskView]

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
        return cls(people.records, spaces, views)

    @property
    def item_texts(self) -> Floats:
        """The items' text vectors in the encoder of the stage `(I, w)`."""
        return self.spaces[ENCODER].items

    def known(self, dataset: Dataset, split: Literal["val", "test"]) -> Known:
        """What is known before a split of a dataset."""
        data = RecommendationData.from_dataset(dataset, split)
        data = replace(data, records=np.searchsorted(self.rows, data.records))
        return Known(data, build_sources(data, self.spaces, self.views))

    def parts(self, dataset: Dataset, test: Known) -> Iterator[tuple[tuple[str, str], Known]]:
        """What is left without each source, and without each activity where there are several.

        What is no discovery stays none.
        """
        for name, source in test.sources.items():
            others = {other: each for other, each in test.sources.items() if other != name}
            yield (name, source.kind), Known(test.data, others)
        activities = sorted(set(test.data.activities))
        if len(activities) > 1:
            for activity in activities:
                records = dataset.records[dataset.records[SOURCE] != activity]
                left = replace(dataset, tables={**dataset.tables, "records": records})
                known = self.known(left, "test")
                yield (
                    (activity, ACTIVITY),
                    replace(known, data=replace(known.data, seen=test.data.seen)),
                )


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
