"""What a training would cost, known before it starts, and how far off that was afterwards.

Measurements lie in the workspace's cache, by the machine and by all settings that change a pace.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from mtrec.config import RunConfig
from mtrec.data.dataset import Dataset
from mtrec.files import write_json
from mtrec.runs.progress import duration, read_progress
from mtrec.runs.store import FINISHED, RunInfo, RunStore
from mtrec.training.paces import Cost, Measurement, cost
from mtrec.training.reporter import Reporter
from mtrec.workspace import Workspace

FOLDER = "paces"  # in the workspace's cache
ESTIMATE = "estimate.json"  # in a run's folder
NEAR = 0.1  # how far off an estimate may be and still be called right


def measure_costs(
    dataset: Dataset, config: RunConfig, workspace: Workspace, reporter: Reporter | None = None
) -> Measurement:
    """Measures on a few texts how fast every method is, and keeps it for `known_costs`.

    Raises:
        InputError: there is nothing to learn from, or the encoder can't be used.
    """
    from mtrec.training.measure import Measuring

    found = Measuring(
        dataset, config.encoder, config.trunk, config.tasks, config.strategy, config.train
    ).measure(reporter)
    path = _path(dataset.key, config, workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, found.json())
    return found


def known_costs(dataset: str, config: RunConfig, store: RunStore) -> dict[str, Cost] | None:
    """What each method takes under these settings; None where that was not measured here.

    Args:
        dataset: `name@version`.
        store: its runs say which texts were read before.
    """
    try:
        written = _path(dataset, config, store.workspace).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    measured = Measurement.from_json(json.loads(written))
    was_read = _was_read(dataset, config, store)
    return {
        method: cost(
            measured,
            method,
            config.train.epochs_for(method),
            config.train.batch_tokens,
            config.encoder.epochs_of_guessing,
            config.recommend.enabled,
            was_read,
        )
        for method in measured.paces
    }


def _was_read(dataset: str, config: RunConfig, store: RunStore) -> bool:
    """Whether a training read all texts with the encoder as it came, as it would come here."""
    here = _as_it_came(config)
    finished = (run for run in store.list() if run.key == dataset and run.status == FINISHED)
    return here is not None and any(
        _as_it_came(other) == here and (other.encoder.method == "frozen" or other.recommend.enabled)
        for other in (store.config(run.run) for run in finished)
    )


def _as_it_came(config: RunConfig) -> dict[str, object] | None:
    """What tells how its encoder reads texts before it learns; None where a run makes it."""
    encoder = config.encoder
    if encoder.is_made:
        return None
    read_by = encoder.model_dump(include={"name", "max_length", "pooling"})
    return {**read_by, "precision": config.train.precision}


def keep_estimate(run: str, dataset: str, config: RunConfig, store: RunStore) -> None:
    """Writes into a run's folder what it is expected to take, where that is known."""
    costs = known_costs(dataset, config, store) or {}
    if config.encoder.method in costs:
        write_json(store.folder(run) / ESTIMATE, asdict(costs[config.encoder.method]))


def read_estimate(folder: Path) -> Cost | None:
    """What the run of this folder was expected to take; None where nothing was."""
    try:
        return Cost(**json.loads((folder / ESTIMATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def how_far_off(store: RunStore, run: RunInfo) -> str | None:
    """How long a finished run took beside what was expected, in a sentence or two.

    Returns:
        None where nothing was expected, or the run is not finished.
    """
    folder = store.folder(run.run)
    expected = read_estimate(folder)
    if expected is None or run.status != FINISHED or run.seconds is None:
        return None
    took = worked(store, run)
    # Of what is printed, so that the sentence agrees with itself.
    off = round(took) / _rounded(expected.seconds) - 1
    how = "as expected"
    if abs(off) > NEAR:
        how = f"{abs(off):.0%} {'more' if off > 0 else 'less'} than expected"
    said = f"Expected {roughly(expected.seconds)}, took {duration(took)}: {how}."
    epochs = store.summary(run.run).get("epochs", expected.epochs)
    if epochs < expected.epochs:
        said += f" It learned in {epochs} of at most {expected.epochs} epochs."
    return said


def worked(store: RunStore, run: RunInfo) -> float:
    """How long a run that was begun has worked, seconds; before a break, too, where it went on."""
    return max(run.seconds or 0.0, read_progress(store.folder(run.run)).seconds)


def roughly(seconds: float) -> str:
    """A length of time no more exact than a guess is: `40 s`, `3 min` or `1 h 20 min`."""
    return _short(duration(_rounded(seconds)))


def _rounded(seconds: float) -> float:
    for most, step in ((60, 10), (600, 30), (3600, 60)):
        if seconds < most:
            return max(step, round(seconds / step) * step)
    return round(seconds / 600) * 600


def _short(length: str) -> str:
    return length.removesuffix(" 0 s").removesuffix(" 0 min")


def _path(dataset: str, config: RunConfig, workspace: Workspace) -> Path:
    """Where the measurement lies that holds under these settings."""
    parts = {
        "machine": [platform.node(), platform.machine(), os.cpu_count(), version("torch")],
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "dataset": dataset,
        "encoder": config.encoder.model_dump(exclude={"method", "pretrain_epochs"}),
        "guesses": config.encoder.epochs_of_guessing > 0,
        "trunk": config.trunk.model_dump(),
        "tasks": [(name, each.enabled, each.lambda_ > 0) for name, each in config.tasks.items()],
        "strategy": config.strategy.model_dump(),
        "train": config.train.model_dump(include={"precision", "adversarial", "augment"}),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return workspace.cache / FOLDER / f"{digest[:24]}.json"
