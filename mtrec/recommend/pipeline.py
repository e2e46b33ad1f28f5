"""From a trained model to profiles, recommendations and their evaluation, written into a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.files import write_json
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import MultiTaskModel
from mtrec.recommend.adapt import Chosen, adapt, choose
from mtrec.recommend.base import Baseline, Recommender
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import ALL, Judged, K, judge, mean_ndcg, paired, table
from mtrec.recommend.fused import FusedRecommender, unadapted
from mtrec.recommend.opened import AGES, HISTORY, ITEMS, PARTS, PEOPLE, RECORDS, TRAITS, USERS
from mtrec.recommend.profiles import (
    ENCODER,
    OF_ITEMS,
    Source,
    TaskView,
    Vectors,
    build_sources,
    traits,
)
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.stored import (
    BEFORE,
    EVALUATION,
    FOLDER,
    PAIRED,
    Arrays,
    matrix_arrays,
    save_baseline,
    save_stage,
    write_arrays,
)
from mtrec.recommend.tuning import Tuned, strongest, tune
from mtrec.schema import (
    ADAPTED,
    ITEM,
    MULTITASK,
    PRETRAINED,
    RECORD,
    SOURCE,
    TEXT,
    TITLE,
    USER,
    VAL,
    task_column,
)
from mtrec.tasks import TASK_TYPES
from mtrec.training.features import encode_texts
from mtrec.training.inference import Inference, infer
from mtrec.training.reporter import Reporter, check_stop

JUDGING = "Judging recommendations"
# The figure of a run by which settings may be chosen, since it takes nothing from test.
CHOSEN_BY = f"{VAL}/{MULTITASK}/ndcg@{K}"
COMPARED = ((ADAPTED, PRETRAINED), (ADAPTED, MULTITASK), (MULTITASK, PRETRAINED))

Spaces = Mapping[str, Vectors]


@dataclass(frozen=True)
class RecommendResult:
    """What the stage came to.

    Attributes:
        metrics: over all users, `test/<stage or baseline>/<metric>`, and `CHOSEN_BY`.
        stages: the stages there are.
        seconds: how long it took, reading texts included.
    """

    metrics: dict[str, float]
    stages: list[str]
    seconds: float


def run_recommend(
    dataset: Dataset,
    model: MultiTaskModel | None,
    inference: Inference | None,
    encoder: EncoderConfig,
    config: RecommendConfig,
    folder: Path,
    cache: Path,
    seed: int,
    reporter: Reporter,
    made: Path | None = None,
) -> RecommendResult:
    """Builds every stage there can be, judges them beside the baselines on test, and writes
    `recommend/`, `evaluation.json` and `paired.json` into a run's folder.

    Nothing is chosen on test: how to learn is told by train and val, and test is read once.

    Args:
        model: the trained model, and `inference` what it says of all records; None where the data
            has no task, which leaves out the stage `multitask`.
        encoder: how the run's encoder was loaded.
        cache: the folder that `encode_texts` keeps vectors in.
        made: the folder of the encoder as it came, where the run made it.

    Raises:
        Stopped: the reporter asked to stop.
    """
    begun = time.monotonic()
    folder.joinpath(FOLDER).mkdir(parents=True, exist_ok=True)
    val = RecommendationData.from_dataset(dataset, "val")
    test = RecommendationData.from_dataset(dataset, "test")
    raw = _raw(dataset, model, inference, encoder, cache, reporter, made)
    learned_spaces, views = raw, {}
    if model is not None and inference is not None:
        learned_spaces = _learned(dataset, model, inference, raw, cache, reporter)
        views = {task: task_view(model, task, activities(dataset, task)) for task in model.tasks}
    check_stop(reporter)
    users = len(test.users)
    plain = build_sources(test, raw, {}, taken=views)
    sources = build_sources(test, learned_spaces, views)
    stages = [unadapted(PRETRAINED, plain, raw, users)]
    if views:
        stages.append(unadapted(MULTITASK, sources, learned_spaces, users))
    sources_of_val = build_sources(val, learned_spaces, views)
    item_texts = learned_spaces[ENCODER].items
    found = choose(val, sources_of_val, item_texts, config, seed, reporter)
    if found is not None:
        chosen, before = found
        save_stage(before.recommender(sources_of_val, users), folder / FOLDER, BEFORE)
        learned = adapt(test, sources, item_texts, config, chosen, seed, reporter)
        stages.append(learned.recommender(sources, users))
    texts = raw[ENCODER]
    tuned = tune(RECOMMENDERS, val, texts, cache, reporter)
    baselines = {}
    for name, baseline in RECOMMENDERS.items():
        check_stop(reporter)
        baselines[name] = baseline.fit(test, texts, **tuned[name].setting)
        save_baseline(baselines[name], folder / FOLDER)
    metrics = _evaluate(stages, baselines, strongest(tuned), test, texts, folder, reporter)
    if views and len(val.judged):
        before_likes = unadapted(MULTITASK, sources_of_val, learned_spaces, users)
        metrics[CHOSEN_BY] = mean_ndcg(before_likes, val)
    _write_traits(folder / FOLDER, dataset, model, inference, test, views)
    kept = None if found is None else found[0]
    _write_people(
        folder / FOLDER, dataset, test, sources, stages, kept, tuned, raw, learned_spaces, views
    )
    names = [each.stage or "" for each in stages]
    return RecommendResult(metrics, names, round(time.monotonic() - begun, 1))


def _raw(
    dataset: Dataset,
    model: MultiTaskModel | None,
    inference: Inference | None,
    config: EncoderConfig,
    cache: Path,
    reporter: Reporter,
    made: Path | None,
) -> dict[str, Vectors]:
    """Records and items in the encoder as it came, or as the run made it before the tasks."""
    if model is not None and not model.encoder.learns and inference is not None:
        records, encoder = inference.vectors, model.encoder
    else:
        frozen = config.model_copy(update={"method": "frozen"})
        precision = model.encoder.precision if model is not None else "fp32"
        encoder = load_encoder(frozen, precision, folder=made)
        records = encode_texts(encoder, dataset.records[TEXT].tolist(), cache, reporter)
    items = encode_texts(encoder, dataset.items[TEXT].tolist(), cache, reporter)
    return {ENCODER: Vectors.of_length_one(records, items)}


def _learned(
    dataset: Dataset,
    model: MultiTaskModel,
    inference: Inference,
    raw: dict[str, Vectors],
    cache: Path,
    reporter: Reporter,
) -> dict[str, Vectors]:
    """Records and items in the trained encoder, and as the tasks read them."""
    items = infer(model, dataset.items[TEXT].tolist(), cache, reporter)
    encoder = (
        Vectors.of_length_one(inference.vectors, items.vectors)
        if model.encoder.learns
        else raw[ENCODER]
    )
    states = {
        space: Vectors.of_length_one(records, items.states[space])
        for space, records in inference.states.items()
    }
    return {ENCODER: encoder, **states}


def activities(dataset: Dataset, task: str) -> frozenset[str]:
    """The record sources in which a task has labels."""
    labelled = dataset.records[task_column(task)].notna()
    return frozenset(dataset.records.loc[labelled, SOURCE].unique())


def task_view(model: MultiTaskModel, task: str, activities: frozenset[str]) -> TaskView:
    """How one task of a model sees records: those from activities in which it has labels."""
    return TaskView(activities, model.head_view(task).cpu().numpy(), model.space(task))


def _evaluate(
    stages: Sequence[FusedRecommender],
    baselines: Mapping[str, Baseline],
    strongest: str,
    test: RecommendationData,
    texts: Vectors,
    folder: Path,
    reporter: Reporter,
) -> dict[str, float]:
    """Stages are compared with each other, and the furthest with every baseline.

    Args:
        strongest: the baseline that is best on validation, which stands first.
    """
    recommenders: list[Recommender] = [*baselines.values(), *stages]
    reporter.phase(JUDGING, len(recommenders))
    judged: dict[str, Judged] = {}
    for each in recommenders:
        check_stop(reporter)
        judged[each.stage or each.name] = judge(each, test, texts=texts.items)
        reporter.advance(1)
    rows = [row for each in judged.values() for row in table(each, test)]
    furthest = stages[-1].stage or ""
    others = dict.fromkeys([strongest, *baselines])
    compared = [*COMPARED, *((furthest, each) for each in others)]
    pairs = [(judged[a], judged[b]) for a, b in compared if a in judged and b in judged]
    write_json(folder / EVALUATION, rows)
    write_json(folder / PAIRED, paired(pairs, test))
    return {
        f"test/{row['stage'] or row['recommender']}/{name}": value["value"]
        for row in rows
        if row["segment"] == ALL
        for name, value in row["metrics"].items()
    }


def _write_people(
    folder: Path,
    dataset: Dataset,
    test: RecommendationData,
    sources: Mapping[str, Source],
    stages: Sequence[FusedRecommender],
    chosen: Chosen | None,
    tuned: Mapping[str, Tuned],
    raw: Spaces,
    learned: Spaces,
    views: Mapping[str, TaskView],
) -> None:
    """What `People` reads, but for the traits; `people.json` last, as it says all is there."""
    for stage in stages:
        save_stage(stage, folder)
    users = pd.DataFrame(
        {
            USER: test.users,
            "records": np.bincount(test.record_users, minlength=len(test.users)),
            "interactions": np.diff(test.seen.indptr) - np.diff(test.mentioned.indptr),
            "segment": test.segments,
        }
    )
    users.to_parquet(folder / USERS, index=False, compression="zstd")
    items = pd.DataFrame({ITEM: test.items, TITLE: test.titles})
    items.to_parquet(folder / ITEMS, index=False, compression="zstd")
    texts = dataset.records[TEXT].iloc[test.records].to_numpy(dtype=object)
    records = pd.DataFrame({RECORD: test.records, TEXT: texts})
    records.to_parquet(folder / RECORDS, index=False, compression="zstd")
    history: Arrays = matrix_arrays("liked", test.liked) | matrix_arrays("seen", test.seen)
    history[AGES] = test.ages.data
    for index, source in enumerate(sources.values()):
        history |= matrix_arrays(f"owners.{index}", source.owners)
    write_arrays(folder / HISTORY, history, {})
    parts: Arrays = {
        space: vectors.records[test.records].astype(np.float16)
        for space, vectors in learned.items()
    }
    is_same = learned[ENCODER] is raw[ENCODER]
    if not is_same:
        parts[PRETRAINED] = raw[ENCODER].records[test.records].astype(np.float16)
    write_arrays(folder / PARTS, parts, {})
    own = {space: space for space in learned}
    tables = {stage.stage: own for stage in stages}
    tables[PRETRAINED] = {ENCODER: ENCODER if is_same else PRETRAINED}
    description = {
        "stages": [stage.stage for stage in stages],
        "sources": list(sources),
        "parts": tables,
        "activities": {
            activity: [
                name
                for name, source in sources.items()
                if source.kind not in OF_ITEMS
                and (name not in views or activity in views[name].activities)
            ]
            for activity in sorted(dataset.records[SOURCE].unique())
        },
        "chosen": None if chosen is None else asdict(chosen),
        "baselines": {name: asdict(each) for name, each in tuned.items()},
    }
    write_json(folder / PEOPLE, description)


def _write_traits(
    folder: Path,
    dataset: Dataset,
    model: MultiTaskModel | None,
    inference: Inference | None,
    test: RecommendationData,
    views: Mapping[str, TaskView],
) -> None:
    labels = {task: _carried(dataset, task) for task in views}
    names = {} if model is None else {task: model.tasks[task].labels for task in views}
    said = {} if inference is None else inference.predictions
    shares = {task: said[task].shares for task in views}
    found = traits(test, labels, shares, names, views)
    found.to_parquet(folder / TRAITS, index=False, compression="zstd")


def _carried(dataset: Dataset, task: str) -> pd.Series:
    """The labels that each labelled record carries, a missing one where it carries none."""
    values = dataset.records[task_column(task)].dropna()
    found = TASK_TYPES[dataset.tasks[task].type].occurrences(values)
    none = values.index.difference(found.index)
    carried: pd.Series = pd.concat([found, pd.Series(pd.NA, index=none, dtype="str")])
    return carried
