"""The queue: one at a time, in order, kept going by whoever looks, and honest about deaths."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import list_datasets
from mtrec.errors import InputError, MtrecError
from mtrec.files import write_json
from mtrec.runs import launcher, processes
from mtrec.runs.launcher import (
    delete_dataset,
    launcher_lock,
    poll,
    rename_dataset,
    resume,
    runs_of,
    stop,
    submit,
    wait,
)
from mtrec.runs.processes import Process, seconds_after_boot
from mtrec.runs.progress import LiveFiles, Progress, read_progress
from mtrec.runs.store import FAILED, QUEUED, RUNNING, STOPPED, RunInfo, RunStore

pytestmark = pytest.mark.usefixtures("sleepers")


def process_of(store: RunStore, run: str) -> Process:
    process = processes.started(LiveFiles(store.folder(run)))
    assert process is not None
    return process


def kill(store: RunStore, run: str) -> None:
    """Ends a worker as `kill -9` does, and waits until it is dead or a zombie."""
    pid = process_of(store, run).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: process_of(store, run).find() is None)


def until(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def statuses(store: RunStore) -> list[str]:
    """Of all runs, the oldest first."""
    return [run.status for run in reversed(store.list())]


def test_one_runs_at_a_time_in_the_order_asked_for(store: RunStore) -> None:
    first, second, third = (submit(store, "tiny", RunConfig()) for _ in range(3))
    assert statuses(store) == [RUNNING, QUEUED, QUEUED]

    kill(store, first)
    poll(store)
    assert statuses(store) == [FAILED, RUNNING, QUEUED]
    assert process_of(store, second).find() is not None

    stop(store, third)
    kill(store, second)
    poll(store)
    assert statuses(store) == [FAILED, FAILED, STOPPED]


def test_a_killed_worker_reads_failed_with_a_reason(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    live = LiveFiles(store.folder(run))
    write_json(live.progress, {"phase": "Training", "epoch": 1, "epochs": 3, "free_memory": 10**8})

    kill(store, run)

    (info,) = poll(store)
    assert info.status == FAILED
    assert "was ended from outside" in info.reason
    assert "'Training', after 1 of at most 3 epochs" in info.reason
    assert "0.1 GB of memory were free then. That is little" in info.reason
    assert "It can go on from where it was last kept. Its log may say more." in info.reason
    assert str(store.workspace.root) not in info.reason


@pytest.mark.parametrize(("log", "memory"), [("std::bad_alloc", True), ("a crash", False)])
def test_a_worker_without_memory_says_so(store: RunStore, log: str, memory: bool) -> None:
    run = submit(store, "tiny", RunConfig())
    with LiveFiles(store.folder(run)).log.open("a", encoding="utf-8") as file:
        print(log, file=file)

    kill(store, run)

    (info,) = poll(store)
    assert ("Memory ran out. Fix:" in info.reason) == memory


def test_memory_that_was_short_before_it_was_resumed_is_no_reason(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    with LiveFiles(store.folder(run)).log.open("a", encoding="utf-8") as file:
        print("MemoryError", file=file)
    kill(store, run)
    poll(store)

    resume(store, run)
    kill(store, run)

    assert "Memory" not in poll(store)[0].reason


def test_one_that_goes_on_does_not_claim_to_be_where_its_last_process_was(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    write_json(LiveFiles(store.folder(run)).progress, {"phase": "Training", "epoch": 1})
    kill(store, run)
    poll(store)

    assert resume(store, run).status == RUNNING
    assert read_progress(store.folder(run)) == Progress()


def test_a_pid_that_another_process_got_since_is_no_sign_of_life(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    kill(store, run)
    here = seconds_after_boot(psutil.Process())
    host = process_of(store, run).host
    live = LiveFiles(store.folder(run))
    write_json(live.process, {"pid": os.getpid(), "started": here - 60, "host": host})

    assert poll(store)[0].status == FAILED


def test_setting_the_clock_kills_nobody(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = submit(store, "tiny", RunConfig())
    created, booted = psutil.Process.create_time, psutil.boot_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3600)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() + 3600)

    poll(store)

    assert store.get(run).status == RUNNING


def test_a_quiet_look_takes_no_lock(store: RunStore) -> None:
    submit(store, "tiny", RunConfig())
    submit(store, "tiny", RunConfig())

    with launcher_lock(store):
        assert [run.status for run in poll(RunStore(store.workspace))] == [QUEUED, RUNNING]


def test_a_worker_elsewhere_is_left_alone(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    kill(store, run)
    live = LiveFiles(store.folder(run))
    write_json(live.process, {"pid": 1, "started": 0.0, "host": "another-machine"})

    assert poll(store)[0].status == RUNNING

    stop(store, run)  # it was silent for a long time: it has not written any progress at all
    assert poll(store)[0].status == STOPPED


def test_pollers_at_the_same_moment_start_one_worker(store: RunStore) -> None:
    for _ in range(2):
        store.create("tiny", "v", RunConfig(), "a")
    stores = [RunStore(store.workspace) for _ in range(4)]
    gate = threading.Barrier(len(stores))

    def look(each: RunStore) -> None:
        gate.wait()
        poll(each)

    threads = [threading.Thread(target=look, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses(store) == [RUNNING, QUEUED]


def test_the_queue_of_a_launcher_that_is_gone_goes_on(store: RunStore) -> None:
    submit(store, "tiny", RunConfig())
    second = submit(store, "tiny", RunConfig())
    kill(store, store.list()[1].run)
    processes._children.clear()  # as in another process

    poll(RunStore(store.workspace))

    assert store.get(second).status == RUNNING


def test_a_launcher_that_died_before_its_worker_lived_is_noticed(store: RunStore) -> None:
    run = store.create("tiny", "v", RunConfig(), "a")
    store.set_status(run, RUNNING)

    (info,) = poll(store)

    assert (info.status, info.reason) == (FAILED, "The training process could not be started.")


def test_stop_before_the_start_and_after_the_end(store: RunStore) -> None:
    first, second = (submit(store, "tiny", RunConfig()) for _ in range(2))

    assert stop(store, second).status == STOPPED
    assert stop(store, second).reason == "stopped before it began"

    assert stop(store, first).status == RUNNING
    kill(store, first)
    info = next(run for run in poll(store) if run.run == first)
    assert (info.status, info.reason) == (STOPPED, "stopped as asked")


def test_one_that_goes_on_is_asked_for_nothing_any_more(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    stop(store, run, keep=True)
    stop(store, run)
    kill(store, run)
    poll(store)

    assert resume(store, run).status == RUNNING
    live = LiveFiles(store.folder(run))
    assert not live.stop.exists() and not live.finish.exists()


def test_a_worker_that_will_not_stop_is_ended(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "GRACE", -1.0)
    run = submit(store, "tiny", RunConfig())
    stop(store, run)

    assert poll(store)[0].status == STOPPED
    until(lambda: process_of(store, run).find() is None)


def test_wait_tells_where_it_stands_until_the_end(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "PATIENCE", 0.0)
    run = submit(store, "tiny", RunConfig())
    seen: list[tuple[str, str]] = []

    def watch(info: RunInfo, progress: Progress) -> None:
        seen.append((info.status, progress.phase))
        if len(seen) == 2:
            kill(store, run)

    assert wait(store, run, watch, every=0.01).status == FAILED
    assert seen[:2] == [(RUNNING, ""), (RUNNING, "")]
    assert seen[-1][0] == FAILED


def test_a_worker_lives_on_when_its_launcher_is_interrupted(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())

    pid = process_of(store, run).pid

    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_dataset_in_use_is_not_deleted(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    for name in ("tiny", store.get(run).key):
        with pytest.raises(MtrecError, match="is in use"):
            delete_dataset(store, name)

    kill(store, run)
    poll(store)

    assert delete_dataset(store, "tiny") == [store.get(run).key]
    assert list_datasets(store.workspace) == []


def test_a_renamed_dataset_keeps_its_runs(store: RunStore) -> None:
    run = submit(store, "tiny", RunConfig())
    with pytest.raises(MtrecError, match="is in use"):
        rename_dataset(store, "tiny", "small")
    kill(store, run)
    poll(store)

    rename_dataset(store, "tiny", "small")

    assert [each.name for each in list_datasets(store.workspace)] == ["small"]
    assert [each.run for each in runs_of(store, "small")] == [run]
    assert runs_of(store, "tiny") == []


def test_what_does_not_fit_the_dataset_never_queues(store: RunStore) -> None:
    with pytest.raises(InputError, match="a task that the dataset does not have"):
        submit(store, "tiny", with_settings(RunConfig(), ["tasks.mood.lambda=1"]))
    with pytest.raises(InputError, match="no task to learn"):
        nothing = ["tasks.topic.lambda=0", "tasks.sentiment.enabled=false"]
        submit(store, "tiny", with_settings(RunConfig(), nothing))
    with pytest.raises(InputError, match="no dataset absent"):
        submit(store, "absent", RunConfig())

    assert store.list() == []


def test_a_run_is_named_and_its_encoder_found_from_anywhere(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoders" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "encoders")

    run = submit(store, "tiny", with_settings(RunConfig(), ["encoder.name=mine"]))

    assert store.get(run).name == "tiny top"
    assert store.config(run).encoder.name == str(tmp_path / "encoders" / "mine")
    assert list(store.config(run).tasks) == ["sentiment", "topic"]
