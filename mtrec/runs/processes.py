"""Processes that work by themselves: started so that they outlive who started them, found again.

They speak through files alone, and write into their log, never into a pipe that nobody empties.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

import mtrec
from mtrec.files import write_json
from mtrec.runs.progress import LiveFiles
from mtrec.workspace import Workspace

LAST_THREADS = 5.0  # seconds that the threads of a process have to end after it

_children: list[subprocess.Popen[bytes]] = []
_ends: dict[int, int] = {}  # how children of this process ended, by pid


@dataclass(frozen=True)
class Process:
    """A process that works by itself. A pid alone may be another process by now.

    Args:
        started: seconds after the machine's start, which setting its clock does not change.
    """

    pid: int
    started: float
    host: str

    @property
    def is_here(self) -> bool:
        return self.host == platform.node()

    def find(self) -> psutil.Process | None:
        """The process, if it lives and does so on this machine."""
        if not self.is_here:
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(seconds_after_boot(process) - self.started) < 2.0
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def start(command: Sequence[str], live: LiveFiles, workspace: Workspace, said: str) -> None:
    """Starts a process that writes to `live.log`, and keeps in `live.process` which it is.

    Args:
        said: a line of the log that it begins with.
    """
    package = str(Path(mtrec.__file__).parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    live.root.mkdir(parents=True, exist_ok=True)
    with live.log.open("ab") as log:
        log.write(f"{said}\n".encode())
        log.flush()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                **os.environ,
                "MTREC_WORKSPACE": str(workspace.root),
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONUNBUFFERED": "1",
                "PYTHONFAULTHANDLER": "1",  # a crash in native code leaves its trace in the log
                "HF_HUB_DISABLE_TELEMETRY": "1",
            },
        )
    _children.append(child)
    started = seconds_after_boot(psutil.Process(child.pid))
    write_json(live.process, asdict(Process(child.pid, started, platform.node())))


def started(live: LiveFiles) -> Process | None:
    """The process that was started last; None before any was."""
    try:
        return Process(**json.loads(live.process.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def reap() -> None:
    """Lets children that ended go, which would stay as zombies, and keeps how they ended."""
    for child in [child for child in _children if child.poll() is not None]:
        _children.remove(child)
        _ends[child.pid] = child.returncode


def how_ended(process: Process) -> int | None:
    """The exit status of a process that ended and was a child of this one; None of all others.

    One that is gone may have threads that are still ending, and no exit status before they did.
    """
    for child in _children:
        if child.pid == process.pid:
            with suppress(subprocess.TimeoutExpired):
                child.wait(LAST_THREADS)
    reap()
    return _ends.get(process.pid)


def seconds_after_boot(process: psutil.Process) -> float:
    """When a process was started."""
    return float(process.create_time() - psutil.boot_time())
