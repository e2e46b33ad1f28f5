"""How far off is what is said of how long a training takes, before it starts and a tenth of it in?

    python -m benchmarks.eta ["DATASET KEY=VALUE ..." ...]

Each argument is one training: a dataset of the workspace, and settings. For each, what it costs is
measured first; then it runs, and what it says is held against what came. Other programs on the same
cores make both worse. Trainings that end early by patience take less than was said, which is the
most they can take: give them patience.
"""

from __future__ import annotations

import argparse
import time

from benchmarks.markdown import table
from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.runs import launcher
from mtrec.runs.estimate import measure_costs, read_estimate
from mtrec.runs.progress import Progress
from mtrec.runs.store import QUEUED, RunInfo, RunStore
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
    rows = [row(training) for training in parser.parse_args().trainings]
    head = ["training", "took", "said before", "ratio", "to go after a tenth", "said", "ratio"]
    print(table(head, rows))


def row(training: str) -> list[str]:
    """Measures, trains and compares."""
    name, *settings = training.split()
    store = RunStore(Workspace.current())
    dataset = load_dataset(name, store.workspace)
    kinds = {task: each.type for task, each in dataset.tasks.items()}
    config = for_dataset(with_settings(RunConfig(), settings), kinds)
    measure_costs(dataset, config, store.workspace)
    said: list[tuple[float, float | None]] = []

    def look(run: RunInfo, progress: Progress) -> None:
        if run.status != QUEUED:
            said.append((time.monotonic(), progress.eta_seconds))

    run = launcher.submit(store, dataset.key, config, f"eta {training}")
    launcher.wait(store, run, look, every=0.2)
    began, took = said[0][0], said[-1][0] - said[0][0]
    expected = read_estimate(store.folder(run))
    assert expected is not None
    moment, eta = next(
        (when - began, each) for when, each in said if when - began >= EARLY * took and each
    )
    left = took - moment
    return [
        training,
        f"{took:.0f} s",
        f"{expected.seconds:.0f} s",
        f"{expected.seconds / took:.2f}",
        f"{left:.0f} s after {moment / took:.0%}",
        f"{eta:.0f} s",
        f"{(eta or 0) / left:.2f}",
    ]


if __name__ == "__main__":
    main()
