"""How far off is what is said of how long a training takes, before it starts and a tenth of it in?

    OMP_NUM_THREADS=1 python -m benchmarks.eta ["DATASET KEY=VALUE ..." ...]

Each argument is one training: a dataset of the workspace, and settings. For each, what it costs is
measured first; then it runs in this process, and what it says is held against what came. All times
are seconds of the processor on one thread, so that other programs on the machine change little;
where it is idle these are the seconds that pass. Trainings that end early by patience take less
than was said, which is the most they can take: give them patience.
"""

from __future__ import annotations

import argparse
import time
from types import SimpleNamespace
from typing import Any

from benchmarks.markdown import table
from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.runs import progress, worker
from mtrec.runs.estimate import known_costs, measure_costs
from mtrec.runs.progress import FileReporter
from mtrec.runs.store import FINISHED, RUNNING, RunStore
from mtrec.training import course, measure
from mtrec.training.paces import BEGINNING
from mtrec.workspace import Workspace

EARLY = 0.1  # the share of a training after which it is asked
TRAININGS = (
    "shop encoder.method=top train.epochs=2 train.patience=1000",
    "airline encoder.method=frozen train.patience=1000",
    "tweets encoder.method=full train.epochs=1",
)


def main() -> None:
    """Prints a row a training."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("trainings", nargs="*", default=TRAININGS)
    options = parser.parse_args()
    spent: Any = SimpleNamespace(
        monotonic=time.process_time, perf_counter=time.process_time, time=time.time
    )
    progress.time = measure.time = course.time = spent  # type: ignore[assignment]
    head = ["training", "took", "said before", "ratio", "to go after a tenth", "said", "ratio"]
    print(table(head, [row(training) for training in options.trainings]))


def row(training: str) -> list[str]:
    """Measures, trains and compares."""
    name, *settings = training.split()
    store = RunStore(Workspace.current())
    dataset = load_dataset(name, store.workspace)
    kinds = {task: each.type for task, each in dataset.tasks.items()}
    config = for_dataset(with_settings(RunConfig(), settings), kinds)
    measure_costs(dataset, config, store.workspace)
    costs = known_costs(dataset.key, config, store) or {}
    expected = costs[config.encoder.method].seconds - BEGINNING  # this process has begun
    said: list[tuple[float, float]] = []

    class Noting(FileReporter):
        def _write_progress(self) -> None:
            super()._write_progress()
            eta = self._clock.remaining()
            if eta is not None:
                said.append((time.process_time(), eta))

    worker.FileReporter = Noting  # type: ignore[misc]
    run = store.create(dataset.name, dataset.version, config, f"eta {training}")
    store.set_status(run, RUNNING)
    began = time.process_time()
    worker.Work(store, run).do()
    took = time.process_time() - began
    store.set_status(run, FINISHED)
    moment, eta = next((when - began, eta) for when, eta in said if when - began >= EARLY * took)
    left = took - moment
    return [
        training,
        f"{took:.0f} s",
        f"{expected:.0f} s",
        f"{expected / took:.2f}",
        f"{left:.0f} s after {moment / took:.0%}",
        f"{eta:.0f} s",
        f"{eta / left:.2f}",
    ]


if __name__ == "__main__":
    main()
