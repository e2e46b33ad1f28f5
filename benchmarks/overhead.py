"""What does a run of the store cost, beside the bare training that it does?

    python -m benchmarks.overhead DATA --records 2000 --epochs 2 --repeats 5

DATA is the folder of real data sets, each with its recipe. On a seeded sample of clinc150 (intent)
all of MiniLM learns, once by `mtrec.training.loop.train` with nobody watching and nothing kept, and
once as a run: queued in a store, worked on as a worker does, with progress, snapshots, and the
trained model saved. What a run does beyond that and a training does not is left out: predictions,
reports, recommendations. Both load the encoder and cut the texts themselves. They take turns in one
process, after one turn that is not counted. Seconds are medians, shares are of the bare training of
the same turn, with the least and the most.

Keeping a training is held to a share of its time (`mtrec.training.snapshot.COST`), but once at its
beginning and once at its end it is kept however short it was. The longer it is, the less these two
and the saved model weigh.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.markdown import table
from benchmarks.spent import Spent
from benchmarks.training import dataset, only
from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.data.storing import store_dataset
from mtrec.runs.progress import FileReporter
from mtrec.runs.store import FINISHED, RUNNING, RunStore
from mtrec.runs.worker import Work
from mtrec.training import checkpoint
from mtrec.training.device import pick_device
from mtrec.training.loop import train
from mtrec.training.reporter import SilentReporter
from mtrec.training.snapshot import Keeper
from mtrec.workspace import Workspace

WANTED = 0.03  # of the bare training
TOLD = ("expect", "phase", "goes_on", "reads", "advance", "step", "epoch", "close")
ASKED = ("should_stop", "should_finish")
STORED = ("create", "config", "get", "set_status", "log_metrics")
ALL = "all"
PARTS = {
    "progress": "progress told",
    "asking": "asked whether to stop",
    "snapshots": "the training kept, to go on with",
    "model": "the trained model saved",
    "store": "the run store",
}


def seconds_of_training(ref: str, config: RunConfig, workspace: Workspace) -> float:
    """The bare training: nobody watches, nothing is kept."""
    started = time.perf_counter()
    train(
        load_dataset(ref, workspace),
        config.encoder,
        config.trunk,
        config.tasks,
        config.strategy,
        config.train,
        workspace.cache,
        SilentReporter(),
    )
    return time.perf_counter() - started


def seconds_of_run(ref: str, config: RunConfig, workspace: Workspace) -> dict[str, float]:
    """The same as a run: its parts, and `ALL` without what a training does not do."""
    name, _, version = ref.partition("@")
    spent, beyond = Spent(pick_device()), Spent(pick_device())
    parts = spent.watching(
        progress=(FileReporter, *TOLD),
        asking=(FileReporter, *ASKED),
        snapshots=(Keeper, "keep"),
        model=(checkpoint, "save_model"),
        store=(RunStore, *STORED),
    )
    with parts, beyond.watching(answers=(Work, "_infer"), recommendations=(Work, "_recommend")):
        started = time.perf_counter()
        store = RunStore(workspace)
        run = store.create(name, version, config, "overhead")
        store.set_status(run, RUNNING)
        Work(store, run).do()
        store.set_status(run, FINISHED)
        taken = time.perf_counter() - started
    return {ALL: taken - sum(beyond.seconds.values()), **spent.seconds}


def rows(bare: Sequence[float], runs: Sequence[Mapping[str, float]]) -> Iterator[list[str]]:
    """The bare training, what a run takes beyond it, and what of that its parts took."""
    yield ["the bare training", f"{statistics.median(bare):.2f} s", "", ""]
    beyond = [run[ALL] - alone for run, alone in zip(runs, bare, strict=True)]
    yield ["a run beyond it", *_cells(beyond, bare), f"{WANTED:.0%} at most"]
    for part, what in PARTS.items():
        yield [f"· {what}", *_cells([run[part] for run in runs], bare), ""]


def _cells(seconds: Sequence[float], bare: Sequence[float]) -> list[str]:
    shares = [each / alone for each, alone in zip(seconds, bare, strict=True)]
    spread = f"({min(shares):.1%} to {max(shares):.1%})"
    return [f"{statistics.median(seconds):.2f} s", f"{statistics.median(shares):.1%} {spread}"]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        workspace = Workspace(Path(scratch))
        sample = only(dataset(args.data.resolve(), "clinc150", args.records), ["intent"])
        ref = store_dataset(sample, workspace).key
        epochs = [f"train.epochs={args.epochs}", f"train.patience={args.epochs}"]
        settings = with_settings(RunConfig(), ["encoder.method=full", *epochs])
        config = for_dataset(settings, {name: each.type for name, each in sample.tasks.items()})
        bare, runs = [], []
        for _ in range(1 + args.repeats):
            bare.append(seconds_of_training(ref, config, workspace))
            runs.append(seconds_of_run(ref, config, workspace))
        head = ["what", "seconds", "of the bare training", "wanted"]
        print(table(head, rows(bare[1:], runs[1:])))


if __name__ == "__main__":
    main()
