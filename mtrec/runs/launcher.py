"""The queue: one worker process at a time in a workspace, started by whoever looks next.

There is no daemon. Pages and commands call `poll`; it finds out which workers are still alive,
says so in the store, and starts the next run in the queue, all under one file lock.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from mtrec.config import RunConfig, for_dataset
from mtrec.data.dataset import DatasetSummary, find_dataset
from mtrec.data.dataset import delete_dataset as delete_versions
from mtrec.data.dataset import rename_dataset as rename_versions
from mtrec.errors import InputError, MtrecError
from mtrec.models.config import MINILM, SCRATCH
from mtrec.runs import processes
from mtrec.runs.estimate import keep_estimate
from mtrec.runs.processes import Process
from mtrec.runs.progress import LiveFiles, Progress, read_log, read_progress
from mtrec.runs.store import FAILED, QUEUED, RUNNING, STOPPED, RunInfo, RunStore
from mtrec.shortages import tells_of_memory

WORKER = (sys.executable, "-m", "mtrec.runs.worker")  # and the run's id
GRACE = 20.0  # seconds that a worker has to stop by itself
SILENCE = 600.0  # seconds without a word after which a worker on another machine may be given up
GB = 1e9  # bytes
STARTS = "A worker is started"  # a line of the log
MORE_MEMORY = (
    "Fix: close other programs, lower train.batch_tokens or encoder.max_length, or use a machine "
    "with more memory."
)
SEE_LOG = "Its log may say more."
ENDING = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SCARCE = 300e6  # bytes of free memory that make a lack of memory the likely cause of a death

FORCED = (STOPPED, "stopped; it did not answer and was ended by force")
PATIENCE = 2.0  # seconds between two looks at the store while waiting for a run


def submit(store: RunStore, dataset: str, config: RunConfig, name: str = "") -> str:
    """Puts a training in the queue, starts it if nothing else runs, and returns its id.

    Args:
        dataset: `name` or `name@version`.
        config: settings; tasks they don't mention get the default ones.
        name: what people call the run; the dataset and the encoder's method where left out.

    Raises:
        InputError: there is no such dataset, the settings don't fit it, or leave nothing to learn.
    """
    found = find_dataset(dataset, store.workspace)
    config = for_dataset(config, {name: task.type for name, task in found.tasks.items()})
    check_learnable(config, found)
    asked = config
    encoder = Path(config.encoder.name)
    if config.encoder.name not in (MINILM, SCRATCH) and encoder.is_dir():
        absolute = config.encoder.model_copy(update={"name": str(encoder.resolve())})
        config = config.model_copy(update={"encoder": absolute})
    name = name or f"{found.name} {config.encoder.method}"
    with launcher_lock(store):
        run = store.create(found.name, found.version, config, name)
        keep_estimate(run, found.key, asked, store)
    poll(store)
    return run


def poll(store: RunStore) -> list[RunInfo]:
    """Brings the store up to date with what is alive, starts the next run, lists all runs."""
    processes.reap()
    runs = store.list()
    if not any(_verdict(store, run) for run in runs) and _next(store, runs) is None:
        return runs
    with launcher_lock(store):
        for run in store.list():
            _reconcile(store, run)
        waiting = _next(store, store.list())
        if waiting is not None:
            _start(store, waiting.run)
    return store.list()


def stop(store: RunStore, run: str, keep: bool = False) -> RunInfo:
    """Asks a run to stop; one that waits in the queue is stopped at once.

    Args:
        keep: learn no more, but go on to reports and recommendations with what was learned.

    Raises:
        InputError: there is no such run.
    """
    with launcher_lock(store):
        info = store.get(run)
        live = LiveFiles(store.folder(info.run))
        if info.status == QUEUED:
            store.set_status(info.run, STOPPED, "stopped before it began")
        elif info.status == RUNNING:
            live.root.mkdir(parents=True, exist_ok=True)
            (live.finish if keep else live.stop).touch()
            process = processes.started(live)
            silent = time.time() - read_progress(store.folder(info.run)).updated > SILENCE
            if process is not None and not process.is_here and silent:
                lost = f"given up; its machine {process.host} was silent for a long time"
                store.set_status(info.run, STOPPED, lost)
    return store.get(info.run)


def resume(store: RunStore, run: str) -> RunInfo:
    """Puts a run that stopped or failed back in the queue; it goes on from where it was kept.

    Raises:
        InputError: there is no such run, it has not ended or is finished, or its data is gone.
    """
    with launcher_lock(store):
        info = store.get(run)
        if info.status not in (STOPPED, FAILED):
            raise InputError(
                f"Run {info.run} is {info.status} and cannot be resumed",
                expected="a run that was stopped or failed",
                found=info.status,
                fix="train again for another one"
                if info.ended
                else f"wait for it: it is {info.status} by itself",
            )
        find_dataset(info.key, store.workspace)
        live = LiveFiles(store.folder(info.run))
        for of_the_last_time in (live.stop, live.finish, live.process):
            of_the_last_time.unlink(missing_ok=True)
        store.set_status(info.run, QUEUED)
    poll(store)
    return store.get(info.run)


def delete_dataset(store: RunStore, dataset: str) -> list[str]:
    """Deletes a version (`name@version`) or all (`name`) of a dataset, and says which they were.

    Raises:
        InputError: there is no such dataset.
        MtrecError: a run that has not ended needs it.
    """
    doomed = find_dataset(dataset, store.workspace)
    with launcher_lock(store):
        _refuse_if_in_use(store, doomed.key if "@" in dataset else doomed.name)
        return delete_versions(dataset, store.workspace)


def rename_dataset(store: RunStore, old: str, new: str) -> None:
    """Gives every version of a dataset another name; its runs go with it.

    Raises:
        InputError: there is no such dataset, or the new name cannot be had.
        MtrecError: a run that has not ended needs it.
    """
    with launcher_lock(store):
        _refuse_if_in_use(store, old)
        rename_versions(old, new, store.workspace)
        for run in runs_of(store, old):
            store.set_dataset(run.run, new)


def runs_of(store: RunStore, dataset: str) -> list[RunInfo]:
    """The runs of a version (`name@version`) or of all versions (`name`) of a dataset."""
    return [run for run in store.list() if dataset in (run.key, run.dataset)]


def _refuse_if_in_use(store: RunStore, dataset: str) -> None:
    for run in runs_of(store, dataset):
        if not run.ended:
            raise MtrecError(
                f"The dataset {dataset} is in use",
                found=f"run {run.run} is {run.status}",
                fix=f"wait for it or stop it: python -m mtrec stop {run.run}",
            )


def wait(
    store: RunStore, run: str, watch: Callable[[RunInfo, Progress], None], every: float = 0.5
) -> RunInfo:
    """Waits until a run ends, keeping the queue going.

    Args:
        watch: called about every `every` seconds with the run and where it stands.

    Raises:
        InputError: the run is gone.
    """
    looked = -PATIENCE
    while True:
        if time.monotonic() - looked >= PATIENCE:
            poll(store)
            info = store.get(run)
            looked = time.monotonic()
        watch(info, read_progress(store.folder(run)))
        if info.ended:
            return info
        time.sleep(every)


def launcher_lock(store: RunStore) -> FileLock:
    """Held while the queue changes."""
    store.workspace.locks.mkdir(parents=True, exist_ok=True)
    return FileLock(store.workspace.locks / "launcher.lock")


def is_registered(store: RunStore, run: str) -> bool:
    """Whether this very process is the one that the launcher started for the run."""
    with launcher_lock(store):
        process = processes.started(LiveFiles(store.folder(run)))
        return process is not None and process.is_here and process.pid == os.getpid()


def check_learnable(config: RunConfig, dataset: DatasetSummary) -> None:
    """Says what leaves nothing to learn, if anything does.

    Raises:
        InputError: no task is left, or nothing at all.
    """
    if any(task.enabled and task.lambda_ > 0 for task in config.tasks.values()):
        return
    if dataset.tasks:
        raise InputError(
            "There is no task to learn",
            expected="an enabled task with a lambda above 0",
            found=", ".join(
                f"{name}: {f'lambda {task.lambda_:g}' if task.enabled else 'not enabled'}"
                for name, task in config.tasks.items()
            ),
            where="tasks",
            fix=f"set tasks.{next(iter(dataset.tasks))}.lambda=1",
        )
    if not dataset.interactions or not config.recommend.enabled:
        raise InputError(
            "There is nothing to learn",
            expected="tasks with labels, or interactions and recommend.enabled",
            found=f"no task and {dataset.interactions:,} interactions",
            where=dataset.key,
            fix="name labels or interactions in the recipe, and import again",
        )


def _verdict(store: RunStore, run: RunInfo) -> tuple[str, str] | None:
    """The status and reason of a run that is still called running and no longer is."""
    if run.status != RUNNING or not _is_ours(store, run):
        return None
    live = LiveFiles(store.folder(run.run))
    process = processes.started(live)
    if process is not None and process.find() is not None:
        overdue = live.stop.exists() and time.time() - live.stop.stat().st_mtime > GRACE
        return FORCED if overdue else None
    if live.stop.exists():
        return STOPPED, "stopped as asked"
    return FAILED, _obituary(live, process, read_progress(live.root.parent))


def _reconcile(store: RunStore, run: RunInfo) -> None:
    verdict = _verdict(store, run)
    # A worker says how it ended just before it ends, so what it said since the list counts.
    if verdict is None or store.get(run.run).status != RUNNING:
        return
    if verdict == FORCED:
        process = processes.started(LiveFiles(store.folder(run.run)))
        alive = process.find() if process is not None else None
        if alive is not None:
            alive.kill()
    store.set_status(run.run, *verdict)


def _obituary(live: LiveFiles, process: Process | None, last: Progress) -> str:
    if process is None:
        return "The training process could not be started."
    code = processes.how_ended(process)
    how = "was killed, crashed, or the machine was restarted"
    if code is not None:
        how = "was ended from outside" if -code in ENDING else "crashed"
    when = f" while it was at '{last.phase}'" if last.phase else " before it began"
    if last.epoch:
        when += f", after {last.epoch} of at most {last.epochs} epochs"
    scarce = 0 < last.free_memory < SCARCE
    memory = (
        f" {last.free_memory / GB:.1f} GB of memory were free then." if last.free_memory else ""
    )
    memory += " That is little: lower train.batch_tokens." if scarce else ""
    if not scarce and tells_of_memory(_last_words(live)):
        memory += f" Memory ran out. {MORE_MEMORY}"
    return (
        f"The training process {how}{when}.{memory} It can go on from where it was last kept. "
        f"{SEE_LOG}"
    )


def _last_words(live: LiveFiles) -> str:
    """What a worker wrote into the log since it was started last."""
    return "\n".join(read_log(live.root.parent)).rpartition(STARTS)[2]


def _next(store: RunStore, runs: Sequence[RunInfo]) -> RunInfo | None:
    """The run whose turn it is, where none is at work on this machine. `runs`: newest first."""
    if any(run.status == RUNNING and _is_ours(store, run) for run in runs):
        return None
    waiting = [run for run in runs if run.status == QUEUED and store.may_take(run)]
    return waiting[-1] if waiting else None


def _is_ours(store: RunStore, run: RunInfo) -> bool:
    """Whether a run is worked on by this machine."""
    process = processes.started(LiveFiles(store.folder(run.run)))
    return process.is_here if process is not None else run.host == platform.node()


def _start(store: RunStore, run: str) -> None:
    live = LiveFiles(store.folder(run))
    live.root.mkdir(parents=True, exist_ok=True)
    live.progress.unlink(missing_ok=True)  # of a worker before, which may have come further
    store.set_status(run, RUNNING)
    processes.start([*WORKER, run], live, store.workspace, STARTS)
