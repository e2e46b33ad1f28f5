"""Trains what `benchmarks.settings` names, and keeps the figures of each run.

    python -m benchmarks.measured DATA --workers 1

DATA is the folder of real data sets, each with its recipe. Every run leaves a small JSON file in
`docs/figures`, and is not made again where that file is there. Runs and data lie in a workspace of
their own. What is not kept in the project takes some hours on 2 cores, minutes on a large GPU with
many workers.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml

from benchmarks.settings import ALONE, SETTINGS, Setting
from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import Dataset, load_dataset
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.files import write_json
from mtrec.reports.classification import (
    PREDICTED,
    TASK,
    TRUTH,
    load_predictions,
    load_reports,
)
from mtrec.reports.compare import PREDICTED_A, PREDICTED_B, headline_gap, paired
from mtrec.reports.robustness import robustness
from mtrec.runs.store import MODEL, RunStore
from mtrec.runs.worker import Work
from mtrec.schema import RECORD, TEST, TRAIN, VAL
from mtrec.stats import bootstrap_mean
from mtrec.tasks import TASK_TYPES
from mtrec.training.checkpoint import load_model
from mtrec.workspace import Workspace

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
PUBLISHED = ("tweets", "wnut17", "clinc150", "critics", "waimai")
FEW = 2000  # training records of `tweets-2000`
GAPS = "gaps"
OUT_OF_SCOPE = "oos"


def import_all(workspace: Workspace, data: Path) -> None:
    """Imports the sets of `SETTINGS`: as published, and a part of one."""
    recipes = [data / name / "recipe.yaml" for name in PUBLISHED]
    recipes.append(_with_few(workspace, data / "tweets"))
    for path in recipes:
        store_dataset(read_dataset(path, TASK_TYPES), workspace)


def _with_few(workspace: Workspace, folder: Path) -> Path:
    """The recipe of a set of which `FEW` training records are left, drawn with a fixed seed."""
    name = f"{folder.name}-{FEW}"
    there = workspace.root / "recipes" / name
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(folder, there)
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    files = [source["file"] for source in recipe["records"]]
    tables = {file: pd.read_csv(there / file, dtype=str) for file in files}
    learned = sum((table["split"] == TRAIN).sum() for table in tables.values())
    for file in (*files, "recipe.yaml"):
        (there / file).unlink()  # it may be a link, or read-only
    for file, table in tables.items():
        train = table["split"] == TRAIN
        kept = table[train].sample(round(FEW * train.sum() / learned), random_state=0)
        pd.concat([kept.sort_index(), table[~train]]).to_csv(there / file, index=False)
    path = there / "recipe.yaml"
    path.write_text(yaml.safe_dump({**recipe, "name": name}, sort_keys=False), encoding="utf-8")
    return path


def kept(setting: Setting, seed: int) -> Path:
    """Where the figures of a run are kept."""
    words = "".join(each if each.isalnum() else "-" for each in setting.label)
    return FIGURES / setting.dataset / f"{words}-{seed}.json"


def measure(setting: Setting, seed: int, workspace: Workspace) -> str:
    """Trains once, keeps the figures, and says in a line what was reached."""
    store = RunStore(workspace)
    dataset = load_dataset(setting.dataset, workspace)
    tree = with_settings(RunConfig(), [*setting.settings, f"train.seed={seed}"])
    config = for_dataset(tree, {name: each.type for name, each in dataset.tasks.items()})
    run = store.create(dataset.name, dataset.version, config, f"{setting.label}, seed {seed}")
    Work(store, run).do()
    artifacts = store.folder(run)
    summary = store.summary(run)
    reports = {split: load_reports(artifacts, split) for split in (VAL, TEST)}
    predicted = load_predictions(artifacts, TEST)
    figures = {
        "settings": setting.settings,
        "device": hardware(),
        "precision": summary["precision"],
        "seconds": summary["training_seconds"],
        "epochs": summary["epochs"],
        "best_epoch": summary["best_epoch"],
        "tasks": {task: _task(task, reports) for task in reports[TEST]},
        "scope": _scope(predicted),
        "damage": _damage(dataset, artifacts / MODEL) if setting.damaged else {},
    }
    target = kept(setting, seed)
    target.parent.mkdir(parents=True, exist_ok=True)
    predicted.to_parquet(answers(setting, seed, workspace))
    write_json(target, figures)
    shutil.rmtree(artifacts / MODEL)
    said = {task: f"{_validated(each):.3f}" for task, each in figures["tasks"].items()}
    return f"{setting.dataset}, {setting.label}, {seed}: {figures['seconds']:.0f} s, val {said}"


def hardware() -> str:
    """What computes here."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return f"{os.cpu_count()} cores"


def answers(setting: Setting, seed: int, workspace: Workspace) -> Path:
    """Where the answers of a run to the test texts lie."""
    folder = workspace.root / "answers"
    folder.mkdir(parents=True, exist_ok=True)
    path = kept(setting, seed)
    return folder / f"{path.parent.name}-{path.stem}.parquet"


def _task(task: str, reports: dict[str, Any]) -> dict[str, Any]:
    report, seen = reports[TEST][task], reports[VAL].get(task)
    headline = TASK_TYPES[report["type"]].headline
    return {
        "type": report["type"],
        "headline": headline,
        "support": report["support"],
        "metrics": report["metrics"],
        "val": None if seen is None else seen["metrics"][headline]["value"],
        "commonest": report["baseline"][headline]["value"],
    }


def _validated(figures: dict[str, Any]) -> float:
    """A task's headline figure on validation, 0 where it has no labels there."""
    return float(figures["val"] or 0)


def _scope(predicted: pd.DataFrame) -> dict[str, Any]:
    """Where texts out of scope are one of a task's labels: how well both kinds are told."""
    for _, rows in predicted.dropna(subset=[TRUTH]).groupby(TASK):
        strange, said = rows[TRUTH] == OUT_OF_SCOPE, rows[PREDICTED] == OUT_OF_SCOPE
        if not strange.any():
            continue
        right = (rows[TRUTH] == rows[PREDICTED]).to_numpy(np.float64)
        return {
            "accuracy in scope": bootstrap_mean(right[~strange]).json(),
            "recall out of scope": bootstrap_mean(right[strange]).json(),
            "precision out of scope": bootstrap_mean(right[said]).json(),
        }
    return {}


def _damage(dataset: Dataset, model: Path) -> dict[str, Any]:
    found = robustness(dataset, load_model(model))
    return {
        task: [
            {"kind": each.kind, "share": each.share, "figure": each.figure.json()}
            for each in under.damages
        ]
        for task, under in found.items()
    }


def read(setting: Setting) -> list[dict[str, Any]]:
    """The kept figures of a setting's seeds."""
    paths = [kept(setting, seed) for seed in setting.seeds]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]


def on_validation(setting: Setting) -> float:
    """The mean headline on validation over seeds and tasks; -1 while a seed is missing."""
    runs = read(setting)
    if len(runs) < len(setting.seeds):
        return -1.0
    return float(np.mean([_validated(each) for run in runs for each in run["tasks"].values()]))


def chosen(dataset: str, group: str) -> Setting:
    """The setting of a group that is best on validation."""
    rivals = [each for each in SETTINGS if (each.dataset, each.group) == (dataset, group)]
    return max(rivals, key=lambda each: on_validation(each))


def pairs() -> Iterator[tuple[str, Setting, Setting]]:
    """The settings that are compared, and what with."""
    both = chosen("tweets", "both tasks")
    for task in ALONE:
        yield f"both tasks − {task} alone", both, chosen("tweets", task)
    named = {(each.dataset, each.label): each for each in SETTINGS}
    for each in SETTINGS:
        if each.against:
            yield f"{each.label} − {each.against}", each, named[each.dataset, each.against]


def known_gaps() -> dict[str, Any]:
    """What was kept of how far settings differ, by what is compared; empty before that."""
    path = FIGURES / f"{GAPS}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def gap(a: Setting, b: Setting, workspace: Workspace) -> dict[str, Any]:
    """By how much two settings' headline figures on test differ, by task, over all their seeds.

    Answers of all seeds stand together, and texts are drawn with what every seed says of them.
    """
    dataset = load_dataset(a.dataset, workspace)
    drawn = [
        [pd.read_parquet(answers(each, seed, workspace)) for seed in each.seeds] for each in (a, b)
    ]
    found = {}
    for task, known in dataset.tasks.items():
        seeds = [paired(ours, theirs, task, TEST) for ours, theirs in zip(*drawn, strict=True)]
        rows = pd.concat(seeds)
        if rows.empty:
            continue
        truth, ours, theirs = (rows[each].tolist() for each in (TRUTH, PREDICTED_A, PREDICTED_B))
        told = headline_gap(
            TASK_TYPES[known.type],
            known.labels,
            (truth, ours),
            (truth, theirs),
            rows[RECORD].astype(str).tolist(),
        )
        found[task] = {**told.difference.json(), "p_value": told.p_value, "a": told.a, "b": told.b}
    return found


def own_workspace(root: Path, threads: int) -> Workspace:
    """That of a process of a pool, which has runs of its own and shares the data."""
    torch.set_num_threads(threads)
    workspace = Workspace(root / "workers" / str(os.getpid()))
    workspace.root.mkdir(parents=True, exist_ok=True)
    for name in ("datasets", "cache", "answers"):
        (root / name).mkdir(exist_ok=True)
        if not (workspace.root / name).exists():
            (workspace.root / name).symlink_to(root / name)
    return workspace


def _work(job: tuple[Setting, int], root: Path, threads: int) -> str:
    """One run."""
    return measure(*job, own_workspace(root, threads))


def main() -> None:
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--workspace", type=Path, default=Path("workspace-results"))
    parser.add_argument("--workers", type=int, default=1, help="how many runs at once")
    args = parser.parse_args()
    workspace = Workspace(args.workspace.resolve())
    workspace.root.mkdir(parents=True, exist_ok=True)
    import_all(workspace, args.data)
    jobs = [
        (setting, seed)
        for setting in SETTINGS
        for seed in setting.seeds
        if not kept(setting, seed).exists()
    ]
    threads = max(1, (os.cpu_count() or 1) // args.workers)
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        runs = [pool.submit(_work, job, workspace.root, threads) for job in jobs]
        for run in as_completed(runs):
            error = run.exception()
            print(f"failed: {error!r}" if error else run.result(), flush=True)
    gaps = known_gaps()
    for name, a, b in pairs():
        if all(answers(each, seed, workspace).exists() for each in (a, b) for seed in each.seeds):
            gaps[f"{a.dataset}: {name}"] = gap(a, b, workspace)
    write_json(FIGURES / f"{GAPS}.json", gaps)


if __name__ == "__main__":
    main()
