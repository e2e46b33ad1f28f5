"""Commands run end to end: each file has a workspace of its own, and all share one training."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from mtrec.cli import main
from mtrec.workspace import Workspace
from tests.cli.shapes import Trained
from tests.conftest import Shared
from tests.forking import forking


@dataclass
class Done:
    status: int
    out: str
    err: str

    def json(self, shape: Any) -> Any:
        """The one value on standard output, checked against its shape."""
        assert self.status == 0, self.err
        return TypeAdapter(shape).validate_python(json.loads(self.out))


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command in this process."""

    def run(*arguments: str) -> Done:
        status = main(arguments)
        captured = capsys.readouterr()
        return Done(status, captured.out, captured.err)

    return run


@contextmanager
def current(workspace: Workspace, importer: str) -> Iterator[None]:
    """Commands take the workspace for theirs, and their workers are forked."""
    with pytest.MonkeyPatch.context() as patch, forking(importer):
        patch.setenv("MTREC_WORKSPACE", str(workspace.root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, importer: str
) -> Iterator[Workspace]:
    """A workspace for all tests of a file, whose workers are forked."""
    own = Workspace(tmp_path_factory.mktemp("workspace"))
    shutil.copy(empty_database, own.database)
    with current(own, importer):
        yield own


@pytest.fixture(scope="session")
def settings(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "settings.yaml"
    path.write_text(
        f"encoder: {{name: {tiny_encoder_folder}, max_length: 16}}\n"
        "trunk: {width: 16}\n"
        "train: {epochs: 2}\n"
        "recommend: {dimension: 8, epochs: 3}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def imported(workspace: Workspace, tiny_recipe: Path) -> Workspace:
    """A workspace with the tiny shop in it."""
    assert main(["import", str(tiny_recipe)]) == 0
    return workspace


@pytest.fixture(scope="session")
def first(
    shared: Shared, empty_database: Path, tiny_recipe: Path, settings: Path, importer: str
) -> Path:
    """A workspace with a run on the tiny shop, and what `train --json` said; to be copied."""

    def fill(folder: Path) -> None:
        workspace = Workspace(folder / "workspace")
        workspace.root.mkdir()
        shutil.copy(empty_database, workspace.database)
        said, noise = io.StringIO(), io.StringIO()
        words = ["train", "tiny", "--config", str(settings), "--name", "first", "--json"]
        with current(workspace, importer):
            assert main(["import", str(tiny_recipe)]) == 0
            with redirect_stdout(said), redirect_stderr(noise):
                status = main(words)
        done = Done(status, said.getvalue(), noise.getvalue())
        (folder / "said.json").write_text(json.dumps(asdict(done)), encoding="utf-8")

    return shared("command_line", fill)


@pytest.fixture(scope="module")
def trained(workspace: Workspace, first: Path) -> Done:
    """What `train --json` says about a run on the tiny shop, made by a process of its own.

    The file's workspace becomes a copy of the one with that run, in place of all runs in it:
    no file asks for `imported` too.
    """
    shutil.copytree(first / "workspace", workspace.root, dirs_exist_ok=True)
    return Done(**json.loads((first / "said.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def run(trained: Done) -> str:
    """A finished run."""
    return str(trained.json(Trained).run)
