"""Many settings are tried: a sweep over weights of tasks, and a search."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtrec.runs.store import RunStore
from mtrec.workspace import Workspace
from tests.cli.shapes import Searched, Swept


def test_sweep(imported: Workspace, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    words = ("sweep", "tiny", "--config", str(settings), "--settings", "4")
    told = ask(*words, "--json").json(Swept)
    assert [each.lambda_ for each in told.settings[:3]] == [
        {"sentiment": 1.0, "topic": 1.0},
        {"sentiment": 2.0, "topic": 0.0},
        {"sentiment": 0.0, "topic": 2.0},
    ]
    assert all(set(each.metrics) == {"sentiment", "topic"} for each in told.settings)
    assert "λ sentiment" in ask(*words).out
    refused = ask(*words, "--set", "strategy.name=dwa")
    assert refused.status == 2 and "strategy.name=sum" in refused.err


@pytest.mark.slow
def test_search(imported: Workspace, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    words = ("search", "tiny", "--config", str(settings), "--set", "encoder.method=frozen")
    told = ask(*words, "--trials", "2", "--json").json(Searched)
    assert [each.trial for each in told.trials] == [1, 2]
    assert [each.as_set for each in told.trials] == [True, False]
    assert told.trials[0].settings["tasks.topic.lambda"] == 1.0
    assert told.split == "val" and told.objective == "tasks"
    best = max(told.trials, key=lambda each: each.values["mean"])
    assert told.best == [best.trial]

    more = ask(*words, "--trials", "3", "--json").json(Searched)  # goes on with the same
    assert [each.run for each in more.trials[:2]] == [each.run for each in told.trials]
    kept = {each.run for each in RunStore(imported).list()}
    assert {each.run for each in more.trials if each.trial in {1, *more.best}} <= kept
    assert not {each.run for each in more.trials if each.trial not in {1, *more.best}} & kept
    assert "best" in ask(*words, "--trials", "3").out
    refused = ask(*words, "--over", "train.epochs=1..2")
    assert refused.status == 2 and "it is another one" in refused.err
