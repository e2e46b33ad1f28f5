"""The choice of the language model on the page Train, and how one that is made is shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from mtrec.runs.progress import FileReporter
from mtrec.runs.store import CONFIG, RunStore
from mtrec.workspace import Workspace
from tests.pages.conftest import Done, open_page, said

NAME = "encoder.name"


@pytest.fixture
def copy(done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Done:
    """The trained workspace, where things may be changed."""
    shutil.copytree(done.workspace.root, tmp_path / "copy")
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path / "copy"))
    return Done(Workspace.current(), done.run)


def test_it_is_offered_with_a_few_words_on_each(done: Done) -> None:
    app = open_page("train")
    assert app.selectbox(key=NAME).value == "minilm" and not app.warning
    assert "has read much English" in said(app)
    app.selectbox(key=NAME).set_value("scratch").run()
    assert not app.exception and not app.error
    assert "learns to read from your training texts alone" in said(app)


def test_another_one_may_be_typed_and_comes_back_with_a_run(copy: Done) -> None:
    config = RunStore(copy.workspace).folder(copy.run.run) / CONFIG
    tree = json.loads(config.read_text())
    tree["encoder"]["name"] = "somebody/some-model"
    config.write_text(json.dumps(tree))
    app = open_page("train")
    app.button(key="again").click().run()
    assert not app.exception and not app.error
    assert app.selectbox(key=NAME).value == "somebody/some-model"
    assert "its name on the Hugging Face hub" in said(app)


def test_texts_that_the_packaged_one_cannot_read_are_pointed_out(copy: Done) -> None:
    (summary,) = copy.workspace.root.glob("datasets/*/*/dataset.json")
    content = json.loads(summary.read_text())
    warning = {"code": "unknown_words", "source": "records", "rows": 6, "message": "unknown"}
    summary.write_text(json.dumps(content | {"warnings": [warning]}))
    app = open_page("train")
    assert "Choose scratch" in " ".join(each.value for each in app.warning)
    app.selectbox(key=NAME).set_value("scratch").run()
    assert "Choose scratch" not in " ".join(each.value for each in app.warning)


def test_what_goes_together_only_if_it_learned_is_a_sentence(done: Done) -> None:
    choices = {NAME: "scratch", "encoder.method": "frozen", "encoder.pretrain_epochs": "0"}
    (error,) = open_page("train", **choices).error
    assert "begins with random numbers" in error.value


def test_how_well_it_guesses_words_is_drawn_with_a_table(copy: Done) -> None:
    assert "guesses hidden words" not in said(open_page("train"))
    reporter = FileReporter(RunStore(copy.workspace).folder(copy.run.run))
    for step in range(1, 121):
        reporter.guessed(step, 4 - step / 100, None)
        if step % 40 == 0:
            reporter.guessed(step, None, 5 - step / 100)
    reporter.close()
    app = open_page("train")
    assert not app.exception and not app.error
    assert "**How well it guesses hidden words**" in said(app)
    assert "Each point of the others is the mean of 2 updates" in said(app)
    learned, apart = "texts it learns from", "texts kept apart"
    (table,) = (each.value for each in app.dataframe if learned in each.value)
    assert table[apart].dropna().tolist() == [4.6, 4.2, 3.8]
    assert len(table[learned].dropna()) == 60
    means = pd.Series([4 - (2 * n + 1.5) / 100 for n in range(60)]).round(4)
    assert table[learned].dropna().tolist() == means.tolist()
