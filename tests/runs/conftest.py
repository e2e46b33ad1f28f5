"""A workspace with a tiny dataset, and workers that only sleep."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.runs import launcher, processes
from mtrec.runs.store import RunStore
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace


@pytest.fixture
def store(
    tmp_path: Path, tiny_recipe: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> RunStore:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace = Workspace(tmp_path)
    shutil.copy(empty_database, workspace.database)
    store_dataset(read_dataset(tiny_recipe, TASK_TYPES), workspace)
    return RunStore(workspace)


@pytest.fixture
def sleepers(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that do nothing; those still alive at the end are ended."""
    sleep = (sys.executable, "-c", "import time; time.sleep(120)")
    monkeypatch.setattr(launcher, "WORKER", sleep)
    yield
    for child in processes._children:
        child.kill()
        child.wait()
    processes._children.clear()
