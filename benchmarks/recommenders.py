"""Is the fused recommender better than baselines that were tuned as hard?

    python -m benchmarks.recommenders DATA --workspace FOLDER

DATA is the folder of real data sets, each with its recipe; the shop is the sample that comes with
mtrec. FOLDER keeps the texts that were read and the settings that were chosen, for the next time.

Recommendations are made and judged as in a run, by texts and likes alone: the language model is at
rest and learns no task. Each baseline's setting is the best on validation, as is how far the stage
`adapted` learns; test is read once. One row a list, the stage `adapted` for each seed: NDCG@10 on
validation, by which a setting was chosen, and on test, over everyone and by how much was known of
people before, with 95 % intervals; then the seconds that choosing takes, once for a data set, and
those that fitting takes, in each run. Below, `adapted` against the baseline that is best on
validation and against what is popular, p-values corrected over both and over groups of people for
each seed (Holm), and how many times the baseline's figure its own is. Of groups of fewer than
`FEWEST` people no difference is told.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
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
from mtrec.recommend.evaluate import ALL, FEWEST, K, judge, paired
from mtrec.recommend.pipeline import run_recommend
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import Vectors
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.stored import EVALUATION, FOLDER, load_stage
from mtrec.recommend.tuning import Tuned, strongest, tune
from mtrec.schema import ADAPTED, TEXT
from mtrec.stats import holm
from mtrec.tasks import TASK_TYPES
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

SHOP = "shop"
SETS = (SHOP, "critics", "movielens", "lastfm")
ENCODER = EncoderConfig.model_validate({"method": "frozen"})
NDCG = f"ndcg@{K}"
SILENT = SilentReporter()
Row = dict[str, Any]


def measured(
    name: str, dataset: Dataset, cache: Path, seeds: Sequence[int]
) -> tuple[list[list[str]], list[list[str]]]:
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
    fitted = {
        each: judge(RECOMMENDERS[each].fit(test, texts, **tuned[each].setting), test)
        for each in dict.fromkeys((strongest(tuned), Popular.name))
    }
    lists: list[list[str]] = []
    pairs: list[tuple[int, Row, float]] = []
    for seed in seeds:
        with TemporaryDirectory() as run:
            settings = RecommendConfig.model_validate({})
            folder = Path(run)
            made = run_recommend(
                dataset, None, None, ENCODER, settings, folder, cache, seed, SILENT
            )
            rows = json.loads((folder / EVALUATION).read_text())
            adapted = judge(load_stage(folder / FOLDER, ADAPTED), test)
        print(f"{name}, seed {seed}: {made.seconds} s with settings chosen before", flush=True)
        new = [row for row in rows if row["stage"] == ADAPTED or seed == seeds[0]]
        lists += _lists(f"{name}, seed {seed}", new, tuned, seconds)
        for each in fitted.values():
            ratio = adapted.values[NDCG].mean() / each.values[NDCG].mean()
            pairs += [(seed, row, ratio) for row in paired([(adapted, each)], test)]
    return lists, list(_pairs(name, pairs))


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


def _pairs(name: str, pairs: list[tuple[int, Row, float]]) -> Iterator[list[str]]:
    for seed in dict.fromkeys(seed for seed, _, _ in pairs):
        mine = [(row, ratio) for of, row, ratio in pairs if of == seed and row["users"] >= FEWEST]
        corrected = holm([row["metrics"][NDCG]["p_value"] for row, _ in mine])
        for (row, ratio), p in zip(mine, corrected, strict=True):
            pair = f"{ADAPTED} − {row['b']['recommender']}"
            times = f"{ratio:.2f}" if row["segment"] == ALL else ""
            people = f"{row['segment']} ({row['users']:,})"
            yield [name, str(seed), pair, people, figure(row["metrics"][NDCG]), f"{p:.3f}", times]


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--seeds", nargs="*", type=int, default=(0, 1, 2))
    args = parser.parse_args()
    cache = Workspace(args.workspace).cache
    lists: list[list[str]] = []
    pairs: list[list[str]] = []
    for name in args.sets:
        recipe = SAMPLE if name == SHOP else args.data / name / "recipe.yaml"
        found = measured(name, read_dataset(recipe, TASK_TYPES), cache, args.seeds)
        lists += found[0]
        pairs += found[1]
    tested = [f"test, {segment}" for segment in (ALL, *SEGMENTS)]
    head = ["data", "list", "setting", "validation", *tested, "choosing, s", "fitting, s"]
    print(table(head, lists), end="\n\n")
    print(table(["data", "seed", "difference", "people", NDCG, "p", "times"], pairs))


if __name__ == "__main__":
    main()
