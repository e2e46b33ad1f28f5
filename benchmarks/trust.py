"""What the weights of tasks trade on real data, and how far that holds for full trainings.

    python -m benchmarks.trust DATA

DATA is the folder of real data sets. For the tweets, the critics and the sample data settings of λ
are tried as the page Trade-offs tries them, and held against the trainings of which
`benchmarks.trained` keeps the figures. Prints what stands in `docs/results.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.markdown import table
from benchmarks.trained import COUNT, SEEDS, SETS, known, recipe
from mtrec.config import RunConfig, for_dataset
from mtrec.data.importer import read_dataset
from mtrec.schema import Estimate
from mtrec.stats import LEVEL
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs.affinity import measure
from mtrec.tradeoffs.front import chance
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.sweep import Sweep, sweep
from mtrec.tradeoffs.tastes import NAME
from mtrec.tradeoffs.trust import Trained, settings_of, trust
from mtrec.training.reporter import SilentReporter

EQUAL = 0  # where equal weights stand among the settings
PRETTY = {NAME: "recommendations"}


class Tried:
    """A set on which settings are tried."""

    def __init__(self, name: str, data: Path, cache: Path) -> None:
        self.name = name
        dataset = read_dataset(recipe(name, data), TASK_TYPES)
        config = for_dataset(RunConfig(), {task: each.type for task, each in dataset.tasks.items()})
        self.instrument = Instrument(dataset, config, cache, SilentReporter())

    @cached_property
    def swept(self) -> Sweep:
        return sweep(self.instrument)

    def front(self) -> Iterator[list[str]]:
        """By figure: at equal weights, at its best setting, and by how much that is more."""
        found = self.swept.outcomes
        for place, name in enumerate(found.names):
            best = int(found.values[:, place].argmax())
            more = self._more(place, best)
            yield [
                self.name,
                PRETTY.get(name, name),
                _figure(found.estimate(EQUAL, place)),
                _weights(self.swept.settings[best]),
                _figure(more, "+"),
                "no" if more.low is None or more.low <= 0 else "yes",
            ]

    def _more(self, place: int, best: int) -> Estimate:
        """Best − equal, with an interval that holds at once for every setting and figure."""
        found = self.swept.outcomes
        apart = found.draws - found.draws[:, [EQUAL]]
        count = len(apart)
        spreads, largest = chance(apart.reshape(count, -1))
        far = np.quantile(largest, LEVEL) * spreads.reshape(apart.shape[1:])[best, place]
        gap = found.values[best, place] - found.values[EQUAL, place]
        return Estimate(float(gap), float(gap - far), float(gap + far))

    def affinity(self) -> Iterator[list[str]]:
        """What each task does to each figure."""
        found = measure(self.instrument, SilentReporter())
        for (task, name), effect in found.effects.items():
            pair = (min(task, name), max(task, name))
            yield [
                self.name,
                task,
                PRETTY.get(name, name),
                _figure(effect, "+"),
                _figure(found.cosines[pair], "+") if pair in found.cosines else "",
            ]
        groups = " · ".join(" + ".join(group) for group in found.groups)
        yield [self.name, "groups", groups, "", ""]

    def trust(self) -> Iterator[list[str]]:
        """How alike settings stand in order when tried here and when trained."""
        runs = [
            Trained(each["lambda"], seed, each["figures"])
            for seed in SEEDS
            for each in known(self.name, seed)
        ]
        if not runs:
            return
        for each in trust(runs, self.instrument.outcomes(settings_of(runs))):
            yield [
                self.name,
                PRETTY.get(each.name, each.name),
                str(each.settings),
                "none" if each.alike is None else _figure(each.alike),
                "none" if each.ceiling is None else _figure(each.ceiling),
            ]


def trained(name: str) -> Iterator[list[str]]:
    """What full trainings came to, by setting: one figure a seed; nothing while one is missing."""
    seeds = [known(name, seed) for seed in SEEDS]
    if any(len(runs) < COUNT for runs in seeds):
        return
    for runs in zip(*seeds, strict=True):
        for figure in runs[0]["figures"]:
            values = [run["figures"][figure] for run in runs]
            yield [
                name,
                _weights(runs[0]["lambda"]),
                PRETTY.get(figure, figure),
                *(f"{value:.3f}" for value in values),
            ]


def _weights(lambdas: dict[str, float]) -> str:
    return ", ".join(f"{task} {value:.2f}" for task, value in lambdas.items())


def _figure(estimate: Estimate, sign: str = "") -> str:
    low, high = estimate.low, estimate.high
    return f"{estimate.value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def main() -> None:
    """Prints four tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    args = parser.parse_args()
    with TemporaryDirectory() as cache:
        sets = [Tried(name, args.data.resolve(), Path(cache)) for name in SETS]
        head = ["data", "figure", "equal weights", "its best λ", "best − equal", "beyond noise"]
        print(table(head, (row for each in sets for row in each.front())), flush=True)
        for each in sets:
            worth = int(each.swept.on_front.sum())
            words = f"{worth} of {len(each.swept.settings)} settings worth having"
            print(f"\n{each.name}: {words if each.swept.conflict else 'nothing to trade'}.")
        head = ["data", "task", "does to", "so much", "cosine of gradients"]
        print(f"\n{table(head, (row for each in sets for row in each.affinity()))}", flush=True)
        head = ["data", "figure", "settings", "tried and trained", "trained twice"]
        print(f"\n{table(head, (row for each in sets for row in each.trust()))}", flush=True)
    head = ["data", "λ", "figure", *(f"seed {seed}" for seed in SEEDS)]
    print(f"\n{table(head, (row for name in SETS for row in trained(name)))}")


if __name__ == "__main__":
    main()
