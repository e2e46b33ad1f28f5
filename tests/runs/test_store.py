"""What the store keeps about runs, and that two processes may open it at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mtrec.config import RunConfig, with_settings
from mtrec.errors import InputError, MtrecError
from mtrec.runs.store import FAILED, FINISHED, QUEUED, RUNNING, RunStore
from mtrec.workspace import Workspace


@pytest.fixture
def empty(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace = Workspace(tmp_path)
    shutil.copy(empty_database, workspace.database)
    return RunStore(workspace)


def test_looking_creates_nothing(tmp_path: Path) -> None:
    assert RunStore(Workspace(tmp_path)).list() == []
    assert list(tmp_path.iterdir()) == []


def test_a_run_goes_its_way(empty: RunStore) -> None:
    config = with_settings(RunConfig(), ["tasks.mood.lambda=2"])
    run = empty.create("shop", "abc", config, "first try")
    queued = empty.get(run)
    assert (queued.status, queued.seconds, queued.ended) == (QUEUED, None, False)
    assert (queued.name, queued.key) == ("first try", "shop@abc")
    assert empty.config(run) == config

    empty.set_status(run, RUNNING)
    assert empty.get(run).status == RUNNING

    empty.log_metrics(run, {"test/mood/macro_f1": 0.5, "test/fused adapted/ndcg@10": 0.25})
    empty.set_status(run, FINISHED)
    finished = empty.get(run)
    assert finished.ended and finished.reason == ""
    assert finished.seconds is not None and finished.seconds >= 0
    assert finished.metrics == {"test/mood/macro_f1": 0.5, "test/fused adapted/ndcg@10": 0.25}


def test_the_newest_stands_first_and_a_failure_says_why(empty: RunStore) -> None:
    first = empty.create("shop", "abc", RunConfig(), "a")
    second = empty.create("shop", "abc", RunConfig(), "b")
    empty.set_status(first, FAILED, "it broke")

    assert [run.run for run in empty.list()] == [second, first]
    assert empty.get(first).reason == "it broke"


def test_a_run_is_found_by_its_beginning_or_its_only_name(empty: RunStore) -> None:
    run = empty.create("shop", "abc", RunConfig(), "mine")

    assert empty.get(run[:8]).run == run
    assert empty.get("mine").run == run
    with pytest.raises(InputError, match="There is no run yours"):
        empty.get("yours")
    empty.create("shop", "abc", RunConfig(), "mine")
    with pytest.raises(InputError, match="More than one run is called mine"):
        empty.get("mine")


def test_delete_frees_the_disk_but_never_a_run_under_way(empty: RunStore) -> None:
    run = empty.create("shop", "abc", RunConfig(), "a")
    with pytest.raises(MtrecError, match="stop it first"):
        empty.delete(run)
    empty.set_status(run, FAILED, "it broke")

    assert empty.delete(run) == run

    assert empty.list() == []
    assert list(empty.workspace.runs.iterdir()) == []


@pytest.mark.slow
def test_processes_that_open_a_new_store_at_once_share_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mtrec.config import RunConfig;"
        "from mtrec.runs.store import RunStore; from mtrec.workspace import Workspace;"
        "print(RunStore(Workspace(Path(sys.argv[1]))).create('shop', 'abc', RunConfig(), 'a'))"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [child.communicate(timeout=120) for child in children]

    assert [child.returncode for child in children] == [0, 0]
    assert [errors for _, errors in said] == ["", ""]
    assert {run.run for run in RunStore(Workspace(tmp_path)).list()} == {
        output.strip() for output, _ in said
    }


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nonsense:///x"])
def test_a_store_that_does_not_answer_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MtrecError, match="store of runs does not answer") as caught:
        RunStore(Workspace(tmp_path)).list()
    assert caught.value.where == address
    assert "unset MLFLOW_TRACKING_URI" in str(caught.value.fix)


def test_a_database_that_is_none_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace = Workspace(tmp_path)
    workspace.database.write_text("no database, and longer than the header of one would be")
    with pytest.raises(MtrecError, match="store of runs does not answer") as caught:
        RunStore(workspace).list()
    assert caught.value.where == str(workspace.database)


def test_a_run_can_be_called_otherwise(empty: RunStore) -> None:
    run = empty.create("shop", "abc", RunConfig(), "a")
    renamed = empty.rename(run, "  the  best ")
    assert (renamed.run, renamed.name) == (run, "the best")
    assert empty.get("the best").run == run
    for name in (" ", "x" * 121):
        with pytest.raises(InputError, match="cannot be called that"):
            empty.rename(run, name)
    assert empty.get(run).name == "the best"
