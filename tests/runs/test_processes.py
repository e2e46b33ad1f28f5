"""Processes that work by themselves: how they ended is known to who started them."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from mtrec.runs import processes
from mtrec.runs.progress import LiveFiles
from mtrec.workspace import Workspace

LEAVES_A_THREAD = """
import ctypes, os, threading, time
threading.Thread(target=lambda: (time.sleep(1.5), os._exit(7))).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.fixture
def live(tmp_path: Path) -> LiveFiles:
    return LiveFiles(tmp_path / "run")


def _start(source: str, live: LiveFiles, tmp_path: Path) -> processes.Process:
    processes.start([sys.executable, "-c", source], live, Workspace(tmp_path), "started")
    process = processes.started(live)
    assert process is not None
    return process


def _await_its_end(process: processes.Process) -> None:
    deadline = time.monotonic() + 60
    while process.find() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.find() is None


@pytest.mark.skipif(sys.platform != "linux", reason="how threads end is told by Linux alone")
def test_a_process_whose_threads_are_still_ending_is_waited_for(
    live: LiveFiles, tmp_path: Path
) -> None:
    process = _start(LEAVES_A_THREAD, live, tmp_path)
    _await_its_end(process)

    assert processes.how_ended(process) == 7


def test_a_killed_process_tells_its_signal(live: LiveFiles, tmp_path: Path) -> None:
    process = _start("import time; time.sleep(60)", live, tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    _await_its_end(process)

    assert processes.how_ended(process) == -signal.SIGKILL


def test_of_a_process_that_somebody_else_started_nothing_is_known() -> None:
    assert processes.how_ended(processes.Process(os.getppid(), 0.0, "elsewhere")) is None
