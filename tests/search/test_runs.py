"""Trials as runs of the queue, and what a search on a dataset needs."""

from __future__ import annotations

import pytest

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import find_dataset
from mtrec.errors import InputError
from mtrec.files import write_json
from mtrec.runs.progress import LiveFiles
from mtrec.runs.store import FINISHED, QUEUED, RUNNING, STOPPED, RunStore
from mtrec.search.runs import QueuedRuns, plan
from tests.runs.conftest import sleepers, store  # noqa: F401

pytestmark = pytest.mark.usefixtures("sleepers")


def test_a_trial_is_looked_at_after_each_epoch_and_ended_when_it_lags(store: RunStore) -> None:  # noqa: F811
    trainer = QueuedRuns(store, "tiny")
    run = trainer.begin(RunConfig(), "one")
    figures = {"sentiment": {"macro_f1": {"value": 0.5}, "accuracy": {"value": 0.9}}}
    write_json(LiveFiles(store.folder(run)).epochs, [{"epoch": 1, "metrics": figures}])
    seen = []

    def look(epochs):  # type: ignore[no-untyped-def]
        if seen:  # as the worker does, once it is asked
            assert LiveFiles(store.folder(run)).stop.exists()
            store.set_status(run, STOPPED, "stopped as asked")
        seen.append(list(epochs))
        return True

    ended = trainer.wait(run, look)
    assert seen[0] == [{"sentiment": 0.5}]
    assert ended.figures is None and "stopped" in ended.reason


def test_a_stopped_trial_is_taken_up_again(store: RunStore) -> None:  # noqa: F811
    trainer = QueuedRuns(store, "tiny")
    run = trainer.begin(RunConfig(), "one")
    store.set_status(run, STOPPED, "stopped as asked")
    statuses = []

    def look(epochs):  # type: ignore[no-untyped-def]
        statuses.append(store.get(run).status)
        store.log_metrics(run, {"val/sentiment/macro_f1": 0.7})
        store.set_status(run, FINISHED)
        return False

    assert trainer.wait(run, look).figures == {"val/sentiment/macro_f1": 0.7}
    assert statuses[0] in (QUEUED, RUNNING)


def test_a_trial_whose_run_was_deleted_says_so(store: RunStore) -> None:  # noqa: F811
    trainer = QueuedRuns(store, "tiny")
    assert "There is no run" in trainer.wait("absent", lambda epochs: False).reason
    trainer.forget("absent")


def test_a_plan_fits_its_dataset(store: RunStore) -> None:  # noqa: F811
    dataset = find_dataset("tiny", store.workspace)
    made = plan(dataset, RunConfig(), "recommendations", {"topic": 2.0})
    assert made.dataset == dataset.key and made.weights == {"sentiment": 1.0, "topic": 2.0}
    assert made.judge.names == ("recommendations",)
    with pytest.raises(InputError, match="no task to learn"):
        plan(dataset, with_settings(RunConfig(), [f"tasks.{task}.lambda=0" for task in made.types]))
    quiet = with_settings(RunConfig(), ["recommend.enabled=false"])
    with pytest.raises(InputError, match="no recommendations to judge"):
        plan(dataset, quiet, "recommendations")
    assert plan(dataset, quiet).json() == type(made).from_json(plan(dataset, quiet).json()).json()
