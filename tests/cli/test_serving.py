"""MLflow serves what is exported for it, far from this project."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from pydantic import TypeAdapter

from mtrec.cli import main
from tests.cli.shapes import Answered, Recommended


@pytest.fixture(scope="module")
def exported(run: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that MLflow serves."""
    folder = tmp_path_factory.mktemp("exported") / "served"
    assert main(["export", run, str(folder), "--serve"]) == 0
    return folder


@pytest.mark.slow
def test_what_is_exported_to_be_served_is_whole_and_pickles_nothing(
    run: str,
    exported: Path,
    ask,  # type: ignore[no-untyped-def]
) -> None:
    asked = ("--text", "the film was good", "--json")
    assert ask("predict", str(exported), *asked).out == ask("predict", run, *asked).out
    files = [path.relative_to(exported) for path in exported.rglob("*") if path.is_file()]
    learned = {path.suffix for path in files if path.parts[0] == "artifacts"}
    assert learned == {".json", ".parquet", ".safetensors"}
    others = {path.suffix for path in files if path.parts[0] not in ("artifacts", "code")}
    assert others == {"", ".md", ".json", ".yaml", ".txt", ".py"}
    assert not any("__pycache__" in path.parts for path in files)
    described = (exported / "MLmodel").read_text()
    assert str(exported.parent) not in described and str(Path.cwd()) not in described
    pinned = (exported / "requirements.txt").read_text().split()
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", each) for each in pinned)
    again = ask("export", run, str(exported), "--serve")
    assert again.status == 2 and "something in that place" in again.err
    assert "mlflow models serve" in (exported / "README.md").read_text()


@pytest.fixture(scope="module")
def served(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that answers from the folder alone, far from this project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = Path(sys.executable).parent
    place = tmp_path_factory.mktemp("elsewhere")
    words = ["models", "serve", "-m", str(exported), "--env-manager", "local"]
    settings = {"PATH": f"{here}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (place / "log").open("w") as log:
        server = subprocess.Popen(
            [here / "mlflow", *words, "--host", "127.0.0.1", "--port", str(port)],
            cwd=place,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 240
        while not _is_up(address):
            assert server.poll() is None, (place / "log").read_text()
            assert time.monotonic() < deadline, (place / "log").read_text()
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _is_up(address: str) -> bool:
    try:
        with urlopen(f"{address}/ping", timeout=10) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def _asked(address: str, request: object) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    body = json.dumps(request).encode()
    asked = Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_mlflow_serves_an_exported_run(run: str, served: str, ask) -> None:  # type: ignore[no-untyped-def]
    def answers(*rows: object) -> list[Answered]:
        status, said = _asked(served, {"dataframe_records": rows})
        assert status == 200, said
        return TypeAdapter(list[Answered]).validate_python(said["predictions"])

    known, new, unknown = answers(
        {"user": "u01", "k": 5},
        {"text": ["the film was good", "a very fine song"]},
        {"user": "nobody", "k": 3},
    )
    listed = ask("recommend", run, "u01", "-k", "5", "--json").json(list[Recommended])
    assert (known.known, known.note) == (True, None)
    assert [each.item for each in known.items] == [each.item for each in listed]
    assert [each.score for each in known.items] == pytest.approx([each.score for each in listed])

    assert (new.known, new.note, len(new.items)) == (False, None, 10)
    texts = [why.text for why in new.items[0].reasons if why.kind != "popular"]
    assert "the film was good" in texts

    assert (unknown.known, len(unknown.items)) == (False, 3)
    assert unknown.note is not None and "Nobody in this data is called nobody" in unknown.note
    assert {why.kind for each in unknown.items for why in each.reasons} == {"popular", "average"}

    for row, said in (({"usr": "u01"}, "usr: Extra"), ({"user": "u01", "k": 0}, "k: Input")):
        status, refused = _asked(served, {"dataframe_records": [row]})
        assert status == 400 and set(refused) == {"error_code", "message"}
        assert said in refused["message"] and "Where: row 1." in refused["message"]
    status, refused = _asked(served, ["no request"])
    assert status == 400 and "Traceback" not in json.dumps(refused)
