"""What does training change in the lists, and what does each thing that is known add to them?

    python -m benchmarks.changes DATA --workspace workspace-changes

DATA is the folder of real data sets, each with its recipe. The sample shop is trained as the demo
is, the critics and lastfm with the language model at rest, each with three seeds. Prints two tables
of NDCG@10 on test, a row for each segment with enough people and for each thing left out: its
figure in each training with a 95 % interval over people, and the mean over trainings, whose luck
the intervals know nothing of. The workspace is kept, so that a second call makes only what the
first has not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import figure, table
from benchmarks.runs import FROZEN, ROOT, SEEDS, Runs, Setting
from mtrec.cli.commands import DEMO
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.recommend.evaluate import ALL, K
from mtrec.recommend.stored import PAIRED
from mtrec.reports.verdicts import FEWEST
from mtrec.runs.store import RunStore
from mtrec.schema import PRETRAINED
from mtrec.stats import SIGNIFICANT
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace

NDCG = f"ndcg@{K}"
SETTINGS = (
    Setting("shop", "the demo", DEMO),
    Setting("critics", "frozen", FROZEN),
    Setting("lastfm", "frozen", FROZEN),
)


def changed(runs: Runs) -> Iterator[list[str]]:
    """By stage and segment, how much better lists are than before training."""
    store = RunStore(runs.workspace)
    for setting in SETTINGS:
        seeds = [
            json.loads((store.fetch(runs.run(setting, seed)) / PAIRED).read_text(encoding="utf-8"))
            for seed in setting.seeds
        ]
        for rows in zip(*seeds, strict=True):
            stages = [rows[0][side]["stage"] for side in ("a", "b")]
            if stages[1] == PRETRAINED and rows[0]["users"] >= FEWEST:
                start = [setting.dataset, " − ".join(stages), rows[0]["segment"]]
                people = f"{rows[0]['users']:,}"
                yield [*start, people, *_cells([row["metrics"][NDCG] for row in rows])]


def added(runs: Runs) -> Iterator[list[str]]:
    """By what is left out, how much better lists are with it."""
    for setting in SETTINGS:
        seeds = [
            [
                row
                for row in runs.mtrec("evaluate", runs.run(setting, seed), "--without")
                if "without" in row and row["segment"] == ALL
            ]
            for seed in setting.seeds
        ]
        for rows in zip(*seeds, strict=True):
            adds = [row["adds"][NDCG] for row in rows]
            told = sum(each["p_value"] < SIGNIFICANT for each in adds)
            start = [setting.dataset, rows[0]["without"], rows[0]["kind"]]
            yield [*start, *_cells(adds), f"{told} of {len(adds)}"]


def _cells(metrics: Sequence[Any]) -> list[str]:
    """The figure of each seed, and their mean."""
    return [*map(figure, metrics), f"{np.mean([each['value'] for each in metrics]):.3f}"]


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument(
        "--workspace", type=Path, default=Path("workspace-changes"), help="kept between calls"
    )
    args = parser.parse_args()
    workspace = Workspace(args.workspace.resolve())
    workspace.root.mkdir(parents=True, exist_ok=True)
    for folder in (ROOT / "sample_data", args.data / "critics", args.data / "lastfm"):
        store_dataset(read_dataset(folder / "recipe.yaml", TASK_TYPES), workspace)
    runs = Runs(workspace)
    seeds = [f"seed {seed}" for seed in SEEDS]
    print(table(["data", "difference", "segment", "people", *seeds, "mean"], changed(runs)))
    head = ["data", "left out", "kind", *seeds, "mean", "more than noise"]
    print(f"\n{table(head, added(runs))}")


if __name__ == "__main__":
    main()
