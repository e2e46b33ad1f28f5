"""A run is trained, told of, asked about texts and exported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtrec.cli import show
from tests.cli.conftest import Done
from tests.cli.shapes import Predicted, Report, Run, Trained


@pytest.mark.slow
def test_train_answers_in_json(trained: Done) -> None:
    value = trained.json(Trained)

    assert (value.status, value.device) == ("finished", "cpu")
    assert value.epochs == 2 and value.best_epoch in (1, 2)
    assert value.seconds > 0 and value.samples_per_second > 0
    assert f"Run {value.run}" in trained.err and "Traceback" not in trained.err


@pytest.mark.slow
def test_train_prints_the_id_last_and_runs_lists_it(run: str, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    few = ["--set", "recommend.enabled=false", "--set", "encoder.method=frozen"]
    done = ask("train", "tiny", "--config", str(settings), *few)
    assert done.status == 0
    identity = done.out.splitlines()[-1]
    assert re.fullmatch("[0-9a-f]{32}", identity)
    assert "recommend.enabled is false" in done.err

    listed = ask("runs", "--json").json(list[Run])
    assert [each.run for each in listed] == [identity, run]
    assert {each.status for each in listed} == {"finished"}
    assert {"test/topic/macro_f1", "test/adapted/ndcg@10"} <= set(listed[1].metrics)
    assert identity in ask("runs").out
    refused = ask("recommend", identity, "u01")
    assert refused.status == 2 and "recommend.enabled is false" in refused.err
    assert ask("rename", identity[:8], "second", "--json").json(Run).name == "second"
    assert ask("delete", "second", "--json").json(dict[str, str]) == {"deleted": identity}


@pytest.mark.slow
def test_train_on_an_encoder_made_of_the_texts(run: str, settings: Path, ask) -> None:  # type: ignore[no-untyped-def]
    made = ["--set", "encoder.name=scratch", "--set", "encoder.method=full"]
    quick = ["--set", "train.epochs=1", "--set", "recommend.enabled=false"]
    done = ask("train", "tiny", "--config", str(settings), *made, *quick, "--json")
    value = done.json(Trained)
    assert value.status == "finished" and "Traceback" not in done.err
    assert ask("predict", value.run, "--text", "the film", "--json").json(list[Predicted])
    assert ask("delete", value.run).status == 0
    never = ["--set", "encoder.method=frozen", "--set", "encoder.pretrain_epochs=0"]
    refused = ask("train", "tiny", "--config", str(settings), *made, *never)
    assert refused.status == 2 and "Fix: set encoder.method=full" in refused.err


@pytest.mark.slow
def test_report(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    report = ask("report", run, "--json").json(dict[str, Report])

    assert set(report) == {"sentiment", "topic"}
    for task in report.values():
        assert {"macro_f1", "accuracy"} <= set(task.metrics)
        assert task.support == sum(label.support for label in task.labels.values())
    assert ask("report", run, "--split", "val", "--json").json(dict[str, Report]) != report
    assert ask("report", run, "--stage", "adapted", "--json").json(dict[str, Report]) == report
    assert "macro_f1" in ask("report", run).out
    for wrong in (("--stage", "pretrained"), ("--split", "train")):
        refused = ask("report", run, *wrong)
        assert refused.status == 2 and refused.out == "" and "Expected:" in refused.err


def test_where_nothing_can_be_said_a_dash_stands() -> None:
    silent = {"label": None, "confidence": None, "scores": {}}
    lines = show.predictions([{"text": "no entities", "tasks": {"relation": silent}}]).splitlines()
    assert lines[-1].split() == ["no", "entities", "relation", "-", "-"]


@pytest.mark.slow
def test_export(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """It answers as the run does, transformers opens it, and nothing is written over."""
    from transformers import AutoModel, AutoTokenizer

    folder = tmp_path / "made" / "model"
    said = ask("export", run, str(folder), "--json").json(dict[str, str])
    assert said == {"run": run, "folder": str(folder)}
    asked = ("--text", "the film was good", "--json")
    assert ask("predict", str(folder), *asked).out == ask("predict", run, *asked).out
    encoder = folder / "model" / "encoder"
    assert AutoModel.from_pretrained(encoder) and AutoTokenizer.from_pretrained(encoder)
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".safetensors", ".md", ".txt"}
    again = ask("export", run, str(folder))
    assert again.status == 2 and "something in that place" in again.err
    assert [each.name for each in folder.parent.iterdir()] == ["model"]


@pytest.mark.slow
def test_predict(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    texts = ("the film was good", "a song")

    said = ask("predict", run, "--text", texts[0], "--text", texts[1], "--json").json(
        list[Predicted]
    )

    assert [each.text for each in said] == list(texts)
    for each in said:
        assert set(each.tasks) == {"sentiment", "topic"}
        for task in each.tasks.values():
            assert sum(task.scores.values()) == pytest.approx(1, abs=1e-5)
            assert task.label == max(task.scores, key=task.scores.__getitem__)
            assert task.confidence == max(task.scores.values())
    path = tmp_path / "texts.csv"
    path.write_text("text\nthe film was good\na song\n", encoding="utf-8")
    assert ask("predict", run, "--file", str(path), "--json").json(list[Predicted]) == said
    assert "topic" in ask("predict", run, "--text", "a song").out
