"""A run that makes its encoder itself: what it leaves, takes again, and how it goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.numpy import load_file

from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.errors import InputError
from mtrec.files import write_json
from mtrec.models.encoder import load_encoder
from mtrec.reports.label_errors import read_vectors
from mtrec.runs import worker
from mtrec.runs.export import export
from mtrec.runs.launcher import submit
from mtrec.runs.processes import seconds_after_boot
from mtrec.runs.progress import LiveFiles, read_epochs, read_guesses, read_progress
from mtrec.runs.store import FINISHED, MADE, MODEL, RUNNING, STOPPED, RunStore
from mtrec.tasks import TASK_TYPES
from mtrec.training.checkpoint import ENCODER, load_model
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter

TINY = (
    "encoder.name=scratch",
    "encoder.pretrain_epochs=3",
    "encoder.max_length=16",
    "trunk.width=16",
    "train.epochs=1",
    "train.batch_tokens=256",
    "recommend.dimension=8",
    "recommend.epochs=2",
)

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_scratch")

Worked = Callable[..., str]


@pytest.fixture
def worked(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Worked:
    """Works on a run in this process, and gives its id."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(store.workspace.root))

    def work(*settings: str, again: str = "") -> str:
        dataset = load_dataset("tiny", store.workspace)
        tasks = {name: task.type for name, task in dataset.tasks.items()}
        config = for_dataset(with_settings(RunConfig(), [*TINY, *settings]), tasks)
        run = again or store.create(dataset.name, dataset.version, config, "a")
        store.set_status(run, RUNNING)
        live = LiveFiles(store.folder(run))
        live.root.mkdir(parents=True, exist_ok=True)
        started = seconds_after_boot(psutil.Process())
        here = {"pid": os.getpid(), "started": started, "host": os.uname().nodename}
        write_json(live.process, here)
        worker.main(run)
        return run

    return work


def test_it_is_made_learned_on_and_read_as_it_was(store: RunStore, worked: Worked) -> None:
    run = worked()
    folder, info = store.folder(run), store.get(run)
    assert info.status == FINISHED, info.reason
    guesses = read_guesses(folder)
    steps = guesses["step"].max()
    assert guesses["loss"].notna().sum() == steps and guesses["apart"].notna().sum() == 3
    assert len(read_epochs(folder)) == 1 and read_progress(folder).epoch == 1
    before = load_file(folder / MADE / "model.safetensors")
    after = load_file(folder / MODEL / ENCODER / "model.safetensors")
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert changed and all(name.startswith("encoder.layer") for name in changed)  # method top
    texts, reporter = ["the film was good"], SilentReporter()
    config = store.config(run).encoder
    given = (TASK_TYPES["binary"], config, "fp32", None, reporter, folder / MADE)
    made = load_encoder(config.model_copy(update={"method": "frozen"}), folder=folder / MADE)
    as_made = encode_texts(made, texts, None, reporter)
    assert (read_vectors(texts, *given) == as_made).all()
    assert {"test/pretrained/ndcg@10", "test/multitask/ndcg@10"} <= set(info.metrics)


def test_a_frozen_one_needs_neither_cache_nor_run_afterwards(
    store: RunStore, worked: Worked, tmp_path: Path
) -> None:
    run = worked("encoder.method=frozen", "recommend.enabled=false")
    export(store, store.get(run), tmp_path / "exported")
    texts = load_model(store.folder(run) / MODEL).encoder.tokenize(["the film"]).ids[0].tolist()
    shutil.rmtree(store.workspace.cache)
    shutil.rmtree(store.folder(run))
    model = load_model(tmp_path / "exported" / MODEL)
    assert model.encoder.config.name == "scratch" and not model.encoder.learns
    assert model.encoder.tokenize(["the film"]).ids[0].tolist() == texts


def test_another_run_with_other_lambdas_takes_the_same(store: RunStore, worked: Worked) -> None:
    first = worked("recommend.enabled=false")
    second = worked("recommend.enabled=false", "tasks.topic.lambda=3", "encoder.method=full")
    notes = " ".join(store.summary(second)["notes"])
    assert "had been made for a training before" in notes
    assert "had been made" not in " ".join(store.summary(first)["notes"])
    ours, theirs = (read_guesses(store.folder(run)) for run in (first, second))
    assert ours["loss"].dropna().tolist() == theirs["loss"].dropna().tolist()
    files = [store.folder(run) / MADE / "model.safetensors" for run in (first, second)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_stopped_while_it_is_made_it_goes_on(
    store: RunStore, worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = worked("recommend.enabled=false")
    shutil.rmtree(store.workspace.cache)
    guessed = worker.FileReporter.guessed

    def stop(self: Any, step: int, loss: float | None, apart: float | None) -> None:
        guessed(self, step, loss, apart)
        if step == 5:
            self._files.stop.touch()

    with monkeypatch.context() as patch:
        patch.setattr(worker.FileReporter, "guessed", stop)
        run = worked("recommend.enabled=false")
    assert store.get(run).status == STOPPED
    assert not (store.folder(run) / MADE).exists()
    LiveFiles(store.folder(run)).stop.unlink()
    worked(again=run)
    assert store.get(run).status == FINISHED
    ours, theirs = (store.folder(each) for each in (run, whole))
    for part in (Path(MADE), Path(MODEL) / ENCODER):
        files = [folder / part / "model.safetensors" for folder in (ours, theirs)]
        assert files[0].read_bytes() == files[1].read_bytes()
    assert read_guesses(ours).equals(read_guesses(theirs))
    assert not [*ours.glob("*.safetensors")]


def test_without_tasks_people_are_recommended_to_with_what_was_made(
    store: RunStore, worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset("tiny", store.workspace)
    untold = type(dataset)(**{**vars(dataset), "tasks": {}})
    monkeypatch.setattr(worker, "load_dataset", lambda *_: untold)
    run = worked()
    assert store.get(run).status == FINISHED, store.get(run).reason
    assert "test/pretrained/ndcg@10" in store.get(run).metrics


def test_what_is_senseless_is_refused_before_it_begins(
    store: RunStore, sleepers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()  # a folder of that name does not stand for it
    monkeypatch.chdir(tmp_path)
    config = with_settings(RunConfig(), ["encoder.name=scratch"])
    run = submit(store, "tiny", config)
    kept = json.loads((store.folder(run) / "config.json").read_text())
    assert kept["encoder"]["name"] == "scratch"
    never = with_settings(config, ["encoder.method=frozen", "encoder.pretrain_epochs=0"])
    with pytest.raises(InputError, match="begins with random numbers"):
        submit(store, "tiny", never)
