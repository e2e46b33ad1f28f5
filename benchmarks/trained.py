"""Trains a few settings of λ with all of the encoder, for `benchmarks.trust`, and keeps figures.

    python -m benchmarks.trained DATA --workers 1

DATA is the folder of real data sets. Every training leaves a small JSON file in
`docs/figures/trust`, and is not made again where that file is there. On 2 cores it takes a day, on
a large GPU with many workers some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.measured import FIGURES, ROOT, hardware, own_workspace
from mtrec.config import PRESETS, RunConfig, for_dataset, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.files import write_json
from mtrec.reports.classification import load_reports
from mtrec.runs.store import MODEL, RunStore
from mtrec.runs.worker import Work
from mtrec.schema import VAL
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.tastes import NAME, TasteJudge, recommendable
from mtrec.training.checkpoint import load_model
from mtrec.training.device import pick_device
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

COUNT = 9  # settings of λ
SEEDS = (0, 1)
BEST, _ = PRESETS["Best"]
# The critics are many, so their texts are read twice, in larger steps.
SHORT = ("encoder.method=full", "train.epochs=2", "train.batch_tokens=4096")
SETS = {"tweets": BEST, "shop": BEST, "critics": SHORT}


@dataclass(frozen=True)
class Job:
    """One training: which of the settings of λ, and which seed."""

    dataset: str
    place: int
    seed: int

    @property
    def kept(self) -> Path:
        return FIGURES / "trust" / f"{self.dataset}-{self.place}-{self.seed}.json"


def recipe(name: str, data: Path) -> Path:
    """Where the recipe of a set lies."""
    return (ROOT / "sample_data" if name == "shop" else data / name) / "recipe.yaml"


def jobs() -> list[Job]:
    """What is to be trained."""
    return [Job(name, place, seed) for name in SETS for place in range(COUNT) for seed in SEEDS]


def train(job: Job, workspace: Workspace) -> str:
    """Trains once, keeps the figures on validation, and says in a line what was reached."""
    store = RunStore(workspace)
    dataset = load_dataset(job.dataset, workspace)
    tasks = list(dataset.tasks)
    shares = spread(len(tasks), COUNT)[job.place]
    lambdas = {task: float(share) * len(tasks) for task, share in zip(tasks, shares, strict=True)}
    settings = [
        *SETS[job.dataset],
        *(f"tasks.{task}.lambda={value}" for task, value in lambdas.items()),
        f"train.seed={job.seed}",
        "recommend.enabled=false",
    ]
    config = for_dataset(
        with_settings(RunConfig(), settings),
        {name: each.type for name, each in dataset.tasks.items()},
    )
    run = store.create(dataset.name, dataset.version, config, f"{job.place}, seed {job.seed}")
    Work(store, run).do()
    artifacts = store.folder(run)
    figures = {
        task: report["metrics"][TASK_TYPES[report["type"]].headline]["value"]
        for task, report in load_reports(artifacts, VAL).items()
    }
    tastes = recommendable(dataset)
    if tastes is not None:
        model = load_model(artifacts / MODEL).to(pick_device())
        judge = TasteJudge(dataset, tastes, model.encoder, workspace.cache, SilentReporter())
        figures[NAME] = judge.worth(model)
    summary = store.summary(run)
    job.kept.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        job.kept,
        {
            "lambda": lambdas,
            "seed": job.seed,
            "device": hardware(),
            "precision": summary["precision"],
            "seconds": summary["training_seconds"],
            "figures": figures,
        },
    )
    shutil.rmtree(artifacts / MODEL)
    said = {name: round(value, 3) for name, value in figures.items()}
    return f"{job.kept.stem}: {summary['training_seconds']:.0f} s, {said}"


def known(dataset: str, seed: int) -> list[dict[str, Any]]:
    """What is kept of a set's trainings with a seed, in the order of the settings."""
    paths = [Job(dataset, place, seed).kept for place in range(COUNT)]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]


def _work(job: Job, root: Path, threads: int) -> str:
    """One training."""
    return train(job, own_workspace(root, threads))


def main() -> None:
    """Trains what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--workspace", type=Path, default=Path("workspace-results"))
    parser.add_argument("--workers", type=int, default=1, help="how many trainings at once")
    args = parser.parse_args()
    workspace = Workspace(args.workspace.resolve())
    workspace.root.mkdir(parents=True, exist_ok=True)
    for name in SETS:
        store_dataset(read_dataset(recipe(name, args.data), TASK_TYPES), workspace)
    missing = [job for job in jobs() if not job.kept.exists()]
    threads = max(1, (os.cpu_count() or 1) // args.workers)
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        runs = [pool.submit(_work, job, workspace.root, threads) for job in missing]
        for run in as_completed(runs):
            error = run.exception()
            print(f"failed: {error!r}" if error else run.result(), flush=True)


if __name__ == "__main__":
    main()
