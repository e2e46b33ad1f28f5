"""Is the fused recommender better than baselines that were tuned as hard?

    python -m benchmarks.recommenders DATA --workspace FOLDER

DATA is the folder of real data sets, each with its recipe; the shop is the sample that comes with
mtrec. FOLDER keeps the texts that were read and the settings that were chosen, for the next time.

Recommendations are made and judged as in a run, by texts and likes alone: the language model is at
rest and learns no task. Each baseline's setting is the best on validation, as is how far the stage
`adapted` learns; test is read once. One row a list: NDCG@10 on validation, by which a setting was
chosen, and on test, over everyone and by how much was known of people before, with 95 % intervals;
then the seconds that choosing takes, once for a data set, and those that fitting takes, in each
run. Below, the furthest stage against the baseline that is best on validation.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.markdown import figure, table
from mtrec.cli.commands import SAMPLE
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import SEGMENTS, RecommendationData
from mtrec.recommend.evaluate import ALL, K
from mtrec.recommend.pipeline import run_recommend
from mtrec.recommend.profiles import Vectors
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.stored import EVALUATION, PAIRED
from mtrec.recommend.tuning import Tuned, strongest, tune
from mtrec.schema import TEXT
from mtrec.tasks import TASK_TYPES
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

SHOP = "shop"
SETS = (SHOP, "critics", "movielens", "lastfm")
ENCODER = EncoderConfig.model_validate({"method": "frozen"})
NDCG = f"ndcg@{K}"
SILENT = SilentReporter()


def measured(name: str, dataset: Dataset, cache: Path) -> tuple[list[list[str]], list[list[str]]]:
    """A row for each list, and a row for each of two that are compared."""
    encoder = load_encoder(ENCODER)
    texts = Vectors.of_length_one(
        encode_texts(encoder, dataset.records[TEXT].tolist(), cache, SILENT),
        encode_texts(encoder, dataset.items[TEXT].tolist(), cache, SILENT),
    )
    val = RecommendationData.from_dataset(dataset, "val")
    test = RecommendationData.from_dataset(dataset, "test")
    tuned: dict[str, Tuned] = {}
    seconds = {}
    for each, baseline in RECOMMENDERS.items():
        began = time.perf_counter()
        tuned |= tune({each: baseline}, val, texts, cache, SILENT)
        chosen = time.perf_counter()
        baseline.fit(test, texts, **tuned[each].setting)
        seconds[each] = [chosen - began, time.perf_counter() - chosen]
    with TemporaryDirectory() as run:
        settings = RecommendConfig.model_validate({})
        made = run_recommend(dataset, None, None, ENCODER, settings, Path(run), cache, 0, SILENT)
        kept = [json.loads((Path(run) / each).read_text()) for each in (EVALUATION, PAIRED)]
    print(f"{name}: {made.seconds} s with settings chosen before", flush=True)
    return list(_lists(name, kept[0], tuned, seconds)), list(_pairs(name, kept[1], tuned))


def _lists(
    name: str,
    rows: list[dict[str, Any]],
    tuned: dict[str, Tuned],
    seconds: dict[str, list[float]],
) -> Iterator[list[str]]:
    lists: dict[str, dict[str, str]] = {}
    for row in rows:
        of = row["stage"] or row["recommender"]
        lists.setdefault(of, {})[row["segment"]] = figure(row["metrics"][NDCG])
    for of, cells in lists.items():
        choice = tuned.get(of)
        setting = "" if choice is None else ", ".join(f"{k} {v}" for k, v in choice.setting.items())
        val = "" if choice is None else f"{choice.ndcg:.3f}"
        taken = [f"{each:.1f}" for each in seconds.get(of, [])] or ["", ""]
        figures = [cells.get(segment, "") for segment in (ALL, *SEGMENTS)]
        yield [name, of, setting, val, *figures, *taken]


def _pairs(name: str, rows: list[dict[str, Any]], tuned: dict[str, Tuned]) -> Iterator[list[str]]:
    for row in rows:
        if row["b"]["recommender"] == strongest(tuned):
            gap = row["metrics"][NDCG]
            pair = f"{row['a']['stage']} − {row['b']['recommender']}"
            yield [name, pair, row["segment"], figure(gap), f"{gap['p_value']:.3f}"]


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=SETS)
    args = parser.parse_args()
    cache = Workspace(args.workspace).cache
    lists: list[list[str]] = []
    pairs: list[list[str]] = []
    for name in args.sets:
        recipe = SAMPLE if name == SHOP else args.data / name / "recipe.yaml"
        found = measured(name, read_dataset(recipe, TASK_TYPES), cache)
        lists += found[0]
        pairs += found[1]
    tested = [f"test, {segment}" for segment in (ALL, *SEGMENTS)]
    head = ["data", "list", "setting", "validation", *tested, "choosing, s", "fitting, s"]
    print(table(head, lists), end="\n\n")
    print(table(["data", "difference", "people", NDCG, "p"], pairs))


if __name__ == "__main__":
    main()
