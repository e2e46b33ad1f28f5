"""Commands `python -m …` as processes that need not import anything: forked from one that has.

Most of what a tiny training takes is importing torch, transformers and MLflow. A process that has
imported them is asked, over a socket, for a copy of itself that then is what the command would be:
a process of its own with its own session, environment and log, that can be interrupted and killed.
What such a process starts is forked from the same one.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from types import SimpleNamespace
from typing import IO, Any
from unittest.mock import patch

import psutil

ROOT = Path(__file__).parents[1]
IMPORTED = (
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.tracking",
    "mtrec.cli.commands",
    "mtrec.recommend.pipeline",
    "mtrec.reports.classification",
    "mtrec.reports.shares",
    "mtrec.runs.worker",
    "mtrec.search.worker",
    "mtrec.training.loop",
    "mtrec.training.making",
    "plotly.graph_objects",
    "pyarrow.dataset",
    "streamlit.web.bootstrap",
    "streamlit.web.cli",
    "torchjd",
    "transformers.models.auto.modeling_auto",
    "transformers.models.bert.modeling_bert",
)

_servers: list[subprocess.Popen[str]] = []


class Forked:
    """Stands in for a `subprocess.Popen` of `python -m MODULE …` that writes into files."""

    def __init__(
        self,
        address: str,
        command: Sequence[str],
        stdout: IO[Any],
        stderr: IO[Any],
        env: Mapping[str, str],
    ) -> None:
        asked = {"words": command, "files": [stdout.name, stderr.name], "environment": dict(env)}
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(address)
        self._line.sendall(json.dumps(asked).encode() + b"\n")
        self._said = self._line.makefile("r")
        self._files = [Path(each) for each in asked["files"]]
        self.pid = int(self._said.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
            self.returncode = int(self._said.readline())
            self._said.close()
            self._line.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Waits until it has ended, and gives what it wrote."""
        self.wait(timeout)
        out, err = (each.read_text(encoding="utf-8") for each in self._files)
        return out, err

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Server(ForkingMixIn, UnixStreamServer):
    """Gives copies of this process. Each is watched by another, which says how it ended.

    Attributes:
        until: the process with which this one ends.
    """

    until: int

    def service_actions(self) -> None:
        super().service_actions()
        if not psutil.pid_exists(self.until):
            sys.exit()


class Handler(StreamRequestHandler):
    """Answers who asks for a process: at once with its number, then with how it ended."""

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        child = os.fork()
        if not child:
            _become(str(self.server.server_address), **asked)
        self.wfile.write(b"%d\n" % child)
        _, status = os.waitpid(child, 0)
        with suppress(BrokenPipeError):  # who asked is gone
            self.wfile.write(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(
    address: str, words: Sequence[str], files: Sequence[str], environment: Mapping[str, str]
) -> None:
    """Is a command in this process, and ends with it."""
    code = 1
    try:
        os.setsid()
        for number, name in enumerate(files, 1):
            os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), number)
        os.environ.clear()
        os.environ.update(environment)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        module = words[2]
        sys.argv = [module, *words[3:]]
        with forking(address):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # as the interpreter does
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextmanager
def forking(address: str) -> Iterator[None]:
    """Work that goes on by itself (`mtrec.runs.processes`) is forked from the server there."""
    from mtrec.runs import processes

    def started(command: Sequence[str], **options: Any) -> Any:
        if list(command[:2]) != [sys.executable, "-m"]:
            return subprocess.Popen(command, **options)
        log = options["stdout"]
        return Forked(address, command, log, log, options["env"])

    instead = SimpleNamespace(**vars(subprocess) | {"Popen": started})
    with patch.object(processes, "subprocess", instead):
        yield


def start(address: Path, until: int) -> None:
    """Starts a server that lives as long as another process.

    Args:
        address: a path that does not exist yet.
        until: the number of that process.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forking", str(address), str(until)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    _servers.append(server)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    with Server(sys.argv[1], Handler) as server:
        server.until = int(sys.argv[2])
        print("ready", flush=True)
        server.serve_forever()
