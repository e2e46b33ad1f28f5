"""Is what an activity adds to the lists told as the truth has it?

    python -m benchmarks.added --shops 5

Makes shops from seeds, each with other people, whose interests are known: every activity shows a
part of a person's interests, so that leaving its texts out has to make lists worse. One more
activity is made up, `chatter`: notes as people write them, each under the name of somebody drawn by
chance, so that nothing of a person is in them and leaving them out must make no difference.

A row per activity and per source of the profile: how much NDCG@10 on test falls where it is left
out and lists are learned again (texts and likes alone, the language model at rest), in each shop;
then the mean over shops with its 95 % interval (Student's t over shops, which are independent) and
a p-value corrected over the rows (Holm).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml
from scipy import stats

from benchmarks.markdown import table
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.sample import generate
from mtrec.models.config import EncoderConfig
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.contributions import contributions
from mtrec.recommend.evaluate import ALL, K
from mtrec.recommend.people import People
from mtrec.recommend.pipeline import run_recommend
from mtrec.recommend.stored import FOLDER
from mtrec.stats import holm
from mtrec.tasks import TASK_TYPES
from mtrec.training.reporter import SilentReporter

CHATTER = "chatter"
ELSEWHERE = 1_000  # added to a shop's seed for the shop whose notes its chatter is
NDCG = f"ndcg@{K}"
ENCODER = EncoderConfig(method="frozen")
SILENT = SilentReporter()
Part = tuple[str, str]


def shop(seed: int, folder: Path) -> Dataset:
    """A shop with chatter, imported as any data is."""
    sample = generate(seed)
    sample.write(folder)
    rng = np.random.default_rng(seed)
    notes = generate(seed + ELSEWHERE).tables["notes"]
    written = pd.DataFrame(
        {
            "user_id": rng.choice(np.array(sample.truth.users), size=len(notes)),
            "text": notes["note"],
            "time": notes["noted_at"],
        }
    )
    written.to_csv(folder / f"{CHATTER}.csv", index=False)
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    source = {"file": f"{CHATTER}.csv", "text": "text", "user": "user_id", "time": "time"}
    recipe["records"].append(source)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return read_dataset(folder / "recipe.yaml", TASK_TYPES)


def measured(seed: int) -> dict[Part, float]:
    """What each part adds to the lists of one shop."""
    settings = RecommendConfig()
    with TemporaryDirectory() as kept:
        folder = Path(kept)
        dataset = shop(seed, folder)
        run_recommend(
            dataset, None, None, ENCODER, settings, folder, folder / "cache", seed, SILENT
        )
        rows = contributions(People(folder / FOLDER), dataset, settings, seed, SILENT)
    return {
        (row["without"], row["kind"]): row["adds"][NDCG]["value"]
        for row in rows
        if row["segment"] == ALL
    }


def summary(shops: Sequence[Mapping[Part, float]]) -> Iterator[list[str]]:
    """A row per part, as the module says."""
    parts = list(shops[0])
    figures = {part: np.array([each[part] for each in shops]) for part in parts}
    corrected = holm([float(stats.ttest_1samp(each, 0).pvalue) for each in figures.values()])
    for (part, values), p in zip(figures.items(), corrected, strict=True):
        mean = values.mean()
        margin = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
        interval = f"{mean:+.4f} ({mean - margin:+.4f} to {mean + margin:+.4f})"
        yield [*part, *(f"{value:+.4f}" for value in values), interval, f"{p:.3f}"]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shops", type=int, default=5, help="how many, 2 or more")
    shops = []
    for seed in range(parser.parse_args().shops):
        shops.append(measured(seed))
        print(f"shop {seed}: done", file=sys.stderr, flush=True)
    head = ["left out", "kind", *(f"shop {seed}" for seed in range(len(shops))), "mean", "p"]
    print(table(head, summary(shops)))


if __name__ == "__main__":
    main()
