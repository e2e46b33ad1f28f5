"""Trainings and searches that are interrupted or killed from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest

from mtrec.runs import processes
from mtrec.runs.progress import LiveFiles, read_progress
from mtrec.runs.store import RunStore
from mtrec.workspace import Workspace
from tests.cli.shapes import Searched
from tests.forking import Forked

Mtrec = Callable[..., Forked]
LONG = [  # many epochs, each of many small steps
    word
    for each in ("train.epochs=1000", "train.patience=1000", "train.batch_tokens=64")
    for word in ("--set", each)
]


@pytest.fixture
def mtrec(importer: str, tmp_path: Path) -> Mtrec:
    """Starts a command in a process of its own, which is forked."""

    def start(*words: str) -> Forked:
        command = [sys.executable, "-m", "mtrec", *words]
        place = Path(mkdtemp(dir=tmp_path))
        with (place / "out").open("w") as out, (place / "err").open("w") as err:
            return Forked(importer, command, out, err, os.environ)

    return start


@pytest.mark.slow
def test_ctrl_c_stops_a_search_that_can_go_on(
    imported: Workspace, settings: Path, mtrec: Mtrec
) -> None:
    child = mtrec("search", "tiny", "--config", str(settings), *LONG, "--name", "long", "--json")
    store = RunStore(imported)
    run = _running(store, child)

    child.send_signal(signal.SIGINT)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 0 and "The same command goes on with it" in err
    (trial,) = Searched.model_validate_json(out).trials
    assert (trial.run, trial.state) == (run, "stopped")
    assert store.get(run).status == "stopped"


@pytest.mark.slow
def test_a_killed_training_reads_failed(imported: Workspace, settings: Path, mtrec: Mtrec) -> None:
    """The first of the two commands is one as people give it, and starts its worker so."""
    child = subprocess.Popen(
        [sys.executable, "-m", "mtrec", *_train(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    store = RunStore(imported)
    identity = _running(store, child)
    pid = processes.started(LiveFiles(store.folder(identity))).pid  # type: ignore[union-attr]

    os.kill(pid, signal.SIGKILL)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 1
    assert json.loads(out)["status"] == "failed"
    assert "was ended from outside" in err and "Traceback" not in err
    assert str(LiveFiles(store.folder(identity)).log) in err
    assert store.get(identity).status == "failed"

    reached = read_progress(store.folder(identity)).epoch
    again = mtrec("resume", identity, "--json")
    other = _running(store, again, after=reached)
    again.send_signal(signal.SIGINT)
    out, err = again.communicate(timeout=120)
    assert other == identity and again.returncode == 0, err
    assert json.loads(out)["status"] == "stopped"


@pytest.mark.slow
def test_ctrl_c_stops_a_training(imported: Workspace, settings: Path, mtrec: Mtrec) -> None:
    child = mtrec(*_train(settings))
    store = RunStore(imported)
    identity = _running(store, child)

    child.send_signal(signal.SIGINT)

    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    assert json.loads(out)["status"] == "stopped"
    assert store.get(identity).status == "stopped"


def _train(settings: Path) -> list[str]:
    """The words for a training that would go on for minutes."""
    return ["train", "tiny", "--config", str(settings), *LONG, "--json"]


def _running(store: RunStore, child: subprocess.Popen[str] | Forked, after: int = 0) -> str:
    """The run that the child started, once its training has finished one more epoch."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and child.poll() is None:
        for each in store.list():
            if not each.ended and read_progress(store.folder(each.run)).epoch > after:
                return each.run
        time.sleep(0.1)
    raise AssertionError(f"it never trained: {child.communicate()}")
