"""A run from its start to its end, in this process: what it leaves behind, and how it can fail."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import psutil
import pytest
from sklearn.metrics import classification_report

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.errors import MtrecError
from mtrec.files import write_json
from mtrec.reports.classification import PREDICTIONS, load_reports
from mtrec.reports.shares import load_shares, load_thresholds
from mtrec.runs import worker
from mtrec.runs.processes import seconds_after_boot
from mtrec.runs.progress import LiveFiles, read_epochs, read_progress, read_steps
from mtrec.runs.store import FAILED, FINISHED, MODEL, QUEUED, RUNNING, STOPPED, RunStore
from mtrec.schema import TEST, VAL
from mtrec.tasks.report import TaskReport
from mtrec.training.reporter import Stopped


def queue(store: RunStore, encoder: Path, *settings: str) -> str:
    """A run that this very process is registered to work on."""
    tiny = [f"encoder.name={encoder}", "encoder.max_length=16", "trunk.width=16", "train.epochs=2"]
    config = with_settings(RunConfig(), [*tiny, *settings])
    dataset = load_dataset("tiny", store.workspace)
    tasks = {task: config.tasks.get(task, {}) for task in dataset.tasks}
    config = RunConfig.model_validate({**config.model_dump(), "tasks": tasks})
    run = store.create(dataset.name, dataset.version, config, "a")
    store.set_status(run, RUNNING)
    register(store, run)
    return run


def register(store: RunStore, run: str) -> None:
    live = LiveFiles(store.folder(run))
    live.root.mkdir(parents=True, exist_ok=True)
    started = seconds_after_boot(psutil.Process())
    host = os.uname().nodename
    write_json(live.process, {"pid": os.getpid(), "started": started, "host": host})


@pytest.fixture(autouse=True)
def here(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTREC_WORKSPACE", str(store.workspace.root))


@pytest.fixture
def without_recommendations(
    store: RunStore, tiny_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    run = queue(store, tiny_encoder_folder, "recommend.enabled=false", "encoder.method=frozen")
    worker.main(run)
    return run


def test_a_run_leaves_its_reports_and_figures(
    store: RunStore, without_recommendations: str
) -> None:
    run = without_recommendations
    info, folder = store.get(run), store.folder(run)

    assert (info.status, info.reason) == (FINISHED, "")
    assert {
        f"{split}/{task}/macro_f1" for split in (VAL, TEST) for task in ("sentiment", "topic")
    } == set(info.metrics)
    assert info.metrics["test/topic/macro_f1"] == pytest.approx(
        load_reports(folder, TEST)["topic"]["metrics"]["macro_f1"]["value"]
    )
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["epochs"] == 2
    assert summary["best_epoch"] in (1, 2)
    assert summary["samples_per_second"] > 0
    assert "recommend.enabled is false" in summary["no_recommendations"]
    assert summary["no_recommendations"] in summary["notes"]
    assert [epoch["epoch"] for epoch in read_epochs(folder)] == [1, 2]
    assert len(read_steps(folder)) > 0
    assert read_progress(folder).epoch == 2


def test_reports_are_what_scikit_learn_says_about_the_predictions(
    store: RunStore, without_recommendations: str
) -> None:
    folder = store.folder(without_recommendations)
    said = pd.read_parquet(folder / PREDICTIONS)
    judged = said[(said["task"] == "topic") & (said["split"] == TEST)].dropna(subset=["truth"])

    theirs = classification_report(
        judged["truth"], judged["predicted"], output_dict=True, zero_division=0
    )

    ours = load_reports(folder, TEST)["topic"]
    assert ours["support"] == len(judged) > 0
    for label, scores in ours["labels"].items():
        for name, theirs_name in (("precision",) * 2, ("recall",) * 2, ("f1", "f1-score")):
            assert scores[name] == pytest.approx(theirs[label][theirs_name])
        assert scores["support"] == theirs[label]["support"]
    assert ours["metrics"]["macro_f1"]["value"] == pytest.approx(theirs["macro avg"]["f1-score"])
    assert ours["metrics"]["accuracy"]["value"] == pytest.approx(theirs["accuracy"])
    assert len(said) == 2 * len(load_dataset("tiny", store.workspace).records)
    shares = load_shares(folder, TEST, "topic")
    assert shares.index.tolist() == judged["record"].tolist()
    assert shares.idxmax(axis=1).tolist() == judged["predicted"].tolist()
    assert load_thresholds(folder / MODEL, "topic") == ()


def test_another_process_leaves_the_run_alone(store: RunStore, tiny_encoder_folder: Path) -> None:
    run = queue(store, tiny_encoder_folder)
    live = LiveFiles(store.folder(run))
    write_json(live.process, {"pid": 1, "started": 0.0, "host": os.uname().nodename})
    store.set_status(run, QUEUED)

    worker.main(run)

    assert store.get(run).status == QUEUED


def test_a_stop_ends_it_without_results(store: RunStore, tiny_encoder_folder: Path) -> None:
    run = queue(store, tiny_encoder_folder)
    LiveFiles(store.folder(run)).stop.touch()

    worker.main(run)

    info = store.get(run)
    assert (info.status, info.reason) == (STOPPED, "stopped as asked")
    assert not (store.folder(run) / "summary.json").exists()


def test_a_run_that_is_to_finish_reports_on_what_it_learned(
    store: RunStore, tiny_encoder_folder: Path
) -> None:
    run = queue(store, tiny_encoder_folder)
    LiveFiles(store.folder(run)).finish.touch()

    worker.main(run)

    info = store.get(run)
    assert info.status == FINISHED and info.metrics
    summary = store.summary(run)
    assert summary["epochs"] == 1 and "ended early" in " ".join(summary["notes"])


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (MtrecError("It broke", fix="mend it"), FAILED, "It broke. Fix: mend it."),
        (Stopped(), STOPPED, "stopped as asked"),
        (MemoryError(), FAILED, "Memory ran out. Fix: close other programs, lower train.batch_to"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
            FAILED,
            "Memory ran out",
        ),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), FAILED, "Memory ran out"),
        (OSError(28, "No space left on device"), FAILED, "The disk is full. Fix: free some space"),
        (RuntimeError("database or disk is full"), FAILED, "The disk is full"),
        (ZeroDivisionError("division by zero"), FAILED, "unforeseen error (ZeroDivisionError)"),
    ],
)
def test_every_end_has_a_sentence(
    store: RunStore,
    tiny_encoder_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: str,
    said: str,
) -> None:
    run = queue(store, tiny_encoder_folder)

    def broken(self: worker.Work) -> None:
        raise error

    monkeypatch.setattr(worker.Work, "do", broken)

    worker.main(run)

    assert store.get(run).status == status
    assert said in store.get(run).reason


def test_a_traceback_goes_to_the_log_alone(
    store: RunStore,
    tiny_encoder_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = queue(store, tiny_encoder_folder)
    monkeypatch.setattr(worker.Work, "do", lambda self: 1 / 0)

    worker.main(run)

    assert "Traceback" not in store.get(run).reason
    assert store.get(run).reason.endswith("(ZeroDivisionError). Its log may say more.")
    assert any(record.exc_info for record in caplog.records)


def test_a_task_that_is_not_enabled_is_not_reported(
    store: RunStore, tiny_encoder_folder: Path
) -> None:
    run = queue(
        store,
        tiny_encoder_folder,
        "tasks.topic.enabled=false",
        "recommend.enabled=false",
        "encoder.method=frozen",
    )

    worker.main(run)

    assert list(load_reports(store.folder(run), TEST)) == ["sentiment"]


def test_a_training_that_learned_nothing_says_so(
    store: RunStore, tiny_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged by what was written of each step and by validation, of the tasks with a say."""

    def judged(reports: dict[str, TaskReport], steps: pd.DataFrame, tasks: list[str]) -> list[str]:
        return [f"{len(steps) > 0} {sorted(reports)} {tasks}"]

    monkeypatch.setattr(worker, "verdict", judged)
    settings = ["recommend.enabled=false", "encoder.method=frozen", "tasks.topic.lambda=0"]
    run = queue(store, tiny_encoder_folder, *settings)

    worker.main(run)

    assert "True ['sentiment', 'topic'] ['sentiment']" in store.summary(run)["notes"]
    assert store.summary(run)["warnings"] == ["True ['sentiment', 'topic'] ['sentiment']"]
