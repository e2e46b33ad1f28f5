"""Measures the claims about quality and prints `docs/results.md`.

    python benchmarks/results.py DATA > docs/results.md

DATA is the folder of real data sets, each with its recipe. Everything goes through the command
line, in a workspace of its own that is kept, so that a second call only measures what the first
has not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mtrec.data.dataset import load_dataset
from mtrec.data.importer import import_summary, read_dataset, store_dataset
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import load_encoder
from mtrec.recommend.evaluate import ALL
from mtrec.recommend.pipeline import PAIRED
from mtrec.runs.store import RunStore
from mtrec.schema import SPLIT, TEST, TEXT, TRAIN, VAL, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter
from mtrec.workspace import Workspace

SEEDS = (0, 1, 2)
METRIC = "ndcg@10"
FROZEN = "encoder.method=frozen"
DEMO = ("encoder.method=top", "train.epochs=1")
ROOT = Path(__file__).parents[1]


def mtrec(workspace: Workspace, *words: str) -> Any:
    """The JSON value of a command."""
    done = subprocess.run(
        [sys.executable, "-m", "mtrec", *words, "--json"],
        cwd=ROOT,
        env={**os.environ, "MTREC_WORKSPACE": str(workspace.root)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def trained(workspace: Workspace, dataset: str, name: str, *settings: str) -> str:
    """The finished run of that name, trained if it is not there yet."""
    for run in mtrec(workspace, "runs"):
        if run["name"] == name and run["status"] == "finished":
            return str(run["run"])
    words = [word for setting in settings for word in ("--set", setting)]
    return str(mtrec(workspace, "train", dataset, "--name", name, *words)["run"])


def verdict_recipe(data: Path, folder: Path) -> Path:
    """The critics' recipe with the verdict as its only task, beside links to its files."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = yaml.safe_load((data / "critics" / "recipe.yaml").read_text(encoding="utf-8"))
    tasks = recipe["records"][0]["tasks"]
    recipe["records"][0]["tasks"] = {"verdict": tasks["verdict"]}
    for file in ("reviews.csv", "movies.csv"):
        copy = folder / file
        if not copy.exists():
            copy.write_bytes((data / "critics" / file).read_bytes())
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    return path


def imported(workspace: Workspace, recipe: Path) -> dict[str, Any]:
    """What the import of a recipe says."""
    return import_summary(store_dataset(read_dataset(recipe, TASK_TYPES), workspace))


def linear_baseline(workspace: Workspace, dataset: str, task: str) -> float:
    """Macro-F1 on test of logistic regression on the packaged encoder's vectors.

    Trained on the whole training split, its C chosen on validation.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    records = load_dataset(dataset, workspace).records
    records = records[records[task_column(task)].notna()]
    encoder = load_encoder(EncoderConfig(method="frozen"))
    vectors = encode_texts(encoder, records[TEXT].tolist(), workspace.cache, SilentReporter())
    part = {split: (records[SPLIT] == split).to_numpy() for split in (TRAIN, VAL, TEST)}
    truth = records[task_column(task)].to_numpy(dtype=object)

    def fitted(c: float) -> LogisticRegression:
        model = LogisticRegression(C=c, max_iter=2000)
        return model.fit(vectors[part[TRAIN]], truth[part[TRAIN]])

    def score(model: LogisticRegression, split: str) -> float:
        guessed = model.predict(vectors[part[split]])
        return float(f1_score(truth[part[split]], guessed, average="macro"))

    models = [fitted(c) for c in (0.1, 1.0, 10.0, 100.0)]
    best = max(models, key=lambda model: score(model, VAL))
    return score(best, TEST)


def figure(metric: dict[str, float]) -> str:
    """A value with its 95 % interval."""
    if metric["low"] is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f})"


def task_table(workspace: Workspace, runs: dict[str, list[str]]) -> list[str]:
    """One row per setting and task: the headline on test for each seed."""
    lines = ["| setting | task | figure | " + " | ".join(f"seed {s}" for s in SEEDS) + " | mean |"]
    lines.append("|---|---|---|" + "---|" * (len(SEEDS) + 1))
    for setting, ids in runs.items():
        reports = [mtrec(workspace, "report", run) for run in ids]
        for task, first in reports[0].items():
            name = TASK_TYPES[first["type"]].headline
            metrics = [report[task]["metrics"][name] for report in reports]
            mean = np.mean([metric["value"] for metric in metrics])
            cells = " | ".join(figure(metric) for metric in metrics)
            lines.append(f"| {setting} | {task} | {name} | {cells} | {mean:.3f} |")
    return lines


def ranking_table(workspace: Workspace, runs: dict[str, str], metric: str) -> list[str]:
    """One row per setting, recommender, stage and segment."""
    lines = ["| setting | recommender | stage | segment | people | " + metric + " |"]
    lines.append("|---|---|---|---|---|---|")
    for setting, run in runs.items():
        for row in mtrec(workspace, "evaluate", run):
            stage = row["stage"] or "–"
            lines.append(
                f"| {setting} | {row['recommender']} | {stage} | {row['segment']} | {row['users']} "
                f"| {figure(row['metrics'][metric])} |"
            )
    return lines


def paired_table(workspace: Workspace, runs: dict[str, str], metric: str) -> list[str]:
    """One row per setting and pair of recommenders: the paired difference over all people."""
    lines = ["| setting | difference | people | " + metric + " | p |", "|---|---|---|---|---|"]
    for setting, run in runs.items():
        path = RunStore(workspace).fetch(run) / PAIRED
        for row in json.loads(path.read_text(encoding="utf-8")):
            if row["segment"] != ALL:
                continue
            a, b = (row[side]["stage"] or row[side]["recommender"] for side in ("a", "b"))
            value = row["metrics"][metric]
            lines.append(
                f"| {setting} | {a} − {b} | {row['users']} | {figure(value)} "
                f"| {value['p_value']:.3f} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument(
        "--workspace", type=Path, default=Path("workspace-results"), help="kept between calls"
    )
    args = parser.parse_args()
    workspace = Workspace(args.workspace.resolve())
    sources = args.workspace.resolve() / "sources"
    imported(workspace, verdict_recipe(args.data, sources / "critics"))
    imported(workspace, ROOT / "sample_data" / "recipe.yaml")

    frozen = [
        trained(workspace, "critics", f"frozen-{seed}", FROZEN, f"train.seed={seed}")
        for seed in SEEDS
    ]
    shop = [
        trained(workspace, "shop", f"demo-{seed}", *DEMO, f"train.seed={seed}") for seed in SEEDS
    ]
    first = {"critics, frozen": frozen[0], "shop, top for 1 epoch": shop[0]}
    baseline = linear_baseline(workspace, "critics", "verdict")
    sections = [
        "# Results",
        "",
        "Made by `python benchmarks/results.py DATA > docs/results.md`. Figures in brackets are "
        "95 % intervals: over people where people wrote several records, else over records. "
        "Everything is measured on the test split, read once for each fully trained setting; "
        "settings were chosen on validation.",
        "",
        "## Tasks",
        "",
        *task_table(workspace, {"critics, frozen": frozen, "shop, top for 1 epoch": shop}),
        "",
        "Beside critics, frozen: logistic regression on the same encoder's vectors, the whole "
        f"training split, C chosen on validation, comes to macro-F1 {baseline:.3f} on that test "
        "split.",
        "",
        "## Recommendations",
        "",
        "Seed 0. Every item of the catalogue is ranked, those of the history left out.",
        "",
        *ranking_table(workspace, first, METRIC),
        "",
        "Paired differences over the same people:",
        "",
        *paired_table(workspace, first, METRIC),
        "",
        "## Profiles and the truth",
        "",
        "The sample shop's people have interests that its generator knows. How near profiles "
        "come to them, by seed of the generator; `benchmarks/profile_truth.py` says how that is "
        "measured.",
        "",
        "```",
        subprocess.run(
            [sys.executable, "benchmarks/profile_truth.py", "--seeds", "10"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.rstrip(),
        "```",
    ]
    print("\n".join(sections))


if __name__ == "__main__":
    main()
