"""A training whose worker is killed again and again goes on each time, to equal weights."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import delete_dataset
from mtrec.errors import InputError
from mtrec.runs import processes
from mtrec.runs.launcher import poll, resume, stop, submit, wait
from mtrec.runs.progress import LiveFiles, Progress, read_epochs, read_progress, read_steps
from mtrec.runs.store import FAILED, FINISHED, KEPT, MODEL, QUEUED, RUNNING, STOPPED, RunStore
from mtrec.training.course import TRAINING
from tests.forking import forking

EPOCHS = 48
BY_COMMAND = 5  # after which kill the launcher's own command goes on with it, as at first


def settings(encoder: Path) -> RunConfig:
    """A training of some seconds, with dropout, so that its random numbers count."""
    chosen = (
        f"encoder.name={encoder}",
        "encoder.method=top",
        "encoder.top_layers=1",
        "encoder.max_length=16",
        "trunk.width=16",
        f"train.epochs={EPOCHS}",
        f"train.patience={EPOCHS}",
        "train.batch_tokens=64",
        "recommend.dimension=8",
        "recommend.epochs=3",
    )
    return with_settings(RunConfig(), chosen)


def kill_once(store: RunStore, run: str, reached: Callable[[Progress], bool]) -> None:
    """Kills the worker, as `kill -9` does, as soon as its progress is so far."""
    process = processes.started(LiveFiles(store.folder(run)))
    assert process is not None
    deadline = time.monotonic() + 180
    while not reached(read_progress(store.folder(run))):
        assert time.monotonic() < deadline and process.find() is not None
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    while process.find() is not None:
        time.sleep(0.01)


def after(epoch: int) -> Callable[[Progress], bool]:
    return lambda progress: progress.phase == TRAINING and progress.epoch >= epoch


def learned(store: RunStore, run: str) -> dict[str, bytes]:
    """The files of a run's model, but for what says how it was made."""
    folder = store.folder(run) / MODEL
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))}


def finished(store: RunStore, run: str) -> None:
    info = wait(store, run, lambda info, progress: None)
    assert info.status == FINISHED, info.reason


@pytest.mark.slow
def test_killed_at_ten_points_it_comes_to_equal_weights(
    store: RunStore, tiny_encoder_folder: Path, importer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of its workers are started by the launcher's own command, the others are forked."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with forking(importer):
        whole = submit(store, "tiny", settings(tiny_encoder_folder), "in one go")
        finished(store, whole)

    points = [
        lambda progress: True,  # while it starts
        *(after(EPOCHS * part // 8) for part in range(8)),
        lambda progress: progress.phase not in ("", TRAINING) and progress.epoch >= EPOCHS,
    ]
    run = submit(store, "tiny", settings(tiny_encoder_folder), "killed")
    for place, point in enumerate(points):
        kill_once(store, run, point)
        assert next(each for each in poll(store) if each.run == run).status == FAILED
        with nullcontext() if place == BY_COMMAND else forking(importer):
            assert resume(store, run).status == RUNNING
    finished(store, run)

    assert learned(store, run) == learned(store, whole)
    info = store.get(run)
    assert info.metrics == store.get(whole).metrics and info.reason == ""
    folders = [store.folder(each) for each in (run, whole)]
    epochs, whole_epochs = map(read_epochs, folders)
    assert [each["metrics"] for each in epochs] == [each["metrics"] for each in whole_epochs]
    steps, whole_steps = (read_steps(folder).drop(columns="seconds") for folder in folders)
    assert steps.sort_index(axis=1).equals(whole_steps.sort_index(axis=1))
    assert not (folders[0] / KEPT).exists()


@pytest.mark.usefixtures("sleepers")
class TestTheQueue:
    def test_a_stopped_run_waits_for_its_turn(self, store: RunStore) -> None:
        first, second = (submit(store, "tiny", RunConfig()) for _ in range(2))
        stop(store, second)
        assert store.get(second).reason == "stopped before it began"
        info = resume(store, second)
        assert (info.status, info.reason) == (QUEUED, "")
        assert store.get(first).status == RUNNING

    def test_one_that_was_asked_to_stop_is_not_stopped_again(self, store: RunStore) -> None:
        run = submit(store, "tiny", RunConfig())
        stop(store, run)
        process = processes.started(LiveFiles(store.folder(run)))
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        while process.find() is not None:
            time.sleep(0.01)
        assert poll(store)[0].status == STOPPED
        assert resume(store, run).status == RUNNING
        assert poll(store)[0].status == RUNNING

    @pytest.mark.parametrize("status", [QUEUED, RUNNING, FINISHED])
    def test_one_that_goes_its_way_is_refused(self, status: str, store: RunStore) -> None:
        run = submit(store, "tiny", RunConfig())
        store.set_status(run, status)
        with pytest.raises(InputError, match="cannot be resumed"):
            resume(store, run)
        assert store.get(run).status == status

    def test_one_whose_data_is_gone_is_refused(self, store: RunStore) -> None:
        run = submit(store, "tiny", RunConfig())
        processes._children[-1].kill()
        processes._children[-1].wait()
        assert poll(store)[0].status == FAILED
        delete_dataset("tiny", store.workspace)
        with pytest.raises(InputError, match="There is no dataset"):
            resume(store, run)
        assert store.get(run).status == FAILED
