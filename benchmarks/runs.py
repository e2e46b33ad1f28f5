"""Runs that benchmarks read figures of: made by the command line, in a workspace that is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtrec.runs.store import FINISHED
from mtrec.workspace import Workspace

ROOT = Path(__file__).parents[1]
SEEDS = (0, 1, 2)
FROZEN = ("encoder.method=frozen",)


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their seed alone."""

    dataset: str
    label: str
    settings: tuple[str, ...]
    seeds: tuple[int, ...] = SEEDS


class Runs:
    """The runs of a workspace, each made where it is missing."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def mtrec(self, *words: str) -> Any:
        """The JSON value of a command."""
        done = subprocess.run(
            [sys.executable, "-m", "mtrec", *words, "--json"],
            cwd=ROOT,
            env={**os.environ, "MTREC_WORKSPACE": str(self.workspace.root)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def run(self, setting: Setting, seed: int) -> str:
        """The finished run of a setting and seed, trained if it is not there yet."""
        name = f"{setting.label}, seed {seed}"
        for run in self.mtrec("runs"):
            found = (run["dataset"], run["name"], run["status"])
            if found == (setting.dataset, name, FINISHED):
                return str(run["run"])
        chosen = [*setting.settings, f"train.seed={seed}"]
        words = [word for each in chosen for word in ("--set", each)]
        return str(self.mtrec("train", setting.dataset, "--name", name, *words)["run"])
