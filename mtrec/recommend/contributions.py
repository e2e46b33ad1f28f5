"""What each part of what is known adds to the lists: learned again without it, and compared.

A part is a source of the profile (a task, the plain texts, what was liked or mentioned) or an
activity, all of whose texts are left out. How to learn is chosen anew on validation each time, so
that what is left is at its best; the shared encoder and the trunk stay as they were trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.recommend.adapt import adapt, choose, units
from mtrec.recommend.base import Recommender
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge, paired, table
from mtrec.recommend.people import People
from mtrec.recommend.popular import Popular, likes_of
from mtrec.recommend.profiles import ENCODER, TASK, Source, TaskView, Vectors, build_sources
from mtrec.schema import ADAPTED, SOURCE
from mtrec.stats import holm
from mtrec.training.reporter import Reporter, SilentReporter

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]

ACTIVITY = "activity"
WITHOUT = "fused without"
MEASURING = "Learning to recommend without each"
SPLIT_NAMES: tuple[Literal["val"], Literal["test"]] = ("val", "test")


@dataclass(frozen=True, eq=False)
class Known:
    """What recommenders learn from and are judged by: both histories, and their sources."""

    val: RecommendationData
    test: RecommendationData
    sources_of_val: dict[str, Source]
    sources: dict[str, Source]

    def without(self, source: str) -> Known:
        """The same without a source."""
        both = (
            {name: each for name, each in sources.items() if name != source}
            for sources in (self.sources_of_val, self.sources)
        )
        return Known(self.val, self.test, *both)


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
    whole = run.known(dataset)
    texts = people.item_texts
    judged = judge(people.stage(ADAPTED), whole.test, texts=texts)
    parts = dict(run.parts(dataset, whole))
    reporter.phase(MEASURING, len(parts) * units(config))
    rows: list[dict[str, Any]] = []
    for (name, kind), known in parts.items():
        share = _Share(reporter, units(config))
        recommender = _learned(known, run.item_texts, config, seed, share)
        share.complete()
        found = judge(recommender, whole.test, texts=texts)
        found = replace(found, recommender=f"{WITHOUT} {name}", stage=ADAPTED)
        adds = {row["segment"]: row["metrics"] for row in paired([(judged, found)], whole.test)}
        rows += [
            {"without": name, "kind": kind, **row, "adds": adds[row["segment"]]}
            for row in table(found, whole.test)
        ]
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

    def known(self, dataset: Dataset, seen: Known | None = None) -> Known:
        """Both histories of a dataset; `seen`: whose items are no discovery, if not its own."""
        val, test = (self._history(dataset, split) for split in SPLIT_NAMES)
        if seen is not None:
            val, test = replace(val, seen=seen.val.seen), replace(test, seen=seen.test.seen)
        sources = [build_sources(each, self.spaces, self.views) for each in (val, test)]
        return Known(val, test, *sources)

    def parts(self, dataset: Dataset, whole: Known) -> Iterator[tuple[tuple[str, str], Known]]:
        """What is left without each source, and without each activity where there are several."""
        for name, source in whole.sources.items():
            yield (name, source.kind), whole.without(name)
        activities = sorted(set(whole.test.activities))
        if len(activities) > 1:
            for activity in activities:
                others = dataset.records[dataset.records[SOURCE] != activity]
                left = replace(dataset, tables={**dataset.tables, "records": others})
                yield (activity, ACTIVITY), self.known(left, whole)

    def _history(self, dataset: Dataset, split: Literal["val", "test"]) -> RecommendationData:
        data = RecommendationData.from_dataset(dataset, split)
        return replace(data, records=np.searchsorted(self.rows, data.records))


def _learned(
    known: Known, texts: Floats, config: RecommendConfig, seed: int, reporter: Reporter
) -> Recommender:
    """What is recommended from it; what is popular where nothing is left to learn from."""
    if not known.sources or not known.sources_of_val:
        return Popular(likes_of(known.test.liked))
    found = choose(known.val, known.sources_of_val, texts, config, seed, reporter)
    if found is None:
        raise ValueError("a run that was adapted has likes in training")
    learned = adapt(known.test, known.sources, texts, config, found[0], seed, reporter)
    return learned.recommender(known.sources, len(known.test.users))


class _Share(SilentReporter):
    """A share of the units of another reporter, and no phase of its own."""

    def __init__(self, reporter: Reporter, units: int) -> None:
        self._reporter, self._left = reporter, units

    def advance(self, n: int) -> None:
        done = min(n, self._left)
        self._left -= done
        self._reporter.advance(done)

    def complete(self) -> None:
        """What is left of the share is not needed."""
        self.advance(self._left)

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
