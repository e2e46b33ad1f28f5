"""A text of one's own: every task answers, in words, or says why it does not."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.runs.store import MODEL
from mtrec.tasks import TASK_TYPES
from mtrec.training.checkpoint import save_model
from pages.ui import loaded, tryit
from pages.ui.text import plain
from tests.pages.conftest import Done, said

LABELS = {
    "binary": ("no", "yes"),
    "multiclass": ("angry", "calm", "glad", "sad", "tired", "wild", "**odd**"),
    "multilabel": ("film", "book", "song"),
    "ordinal": ("1", "2", "3"),
    "tags": ("artist", "song"),
    "relation": ("Cause(e1,e2)", "Cause(e2,e1)", "Other"),
}
TEXT = "the film was very good"
MARKED = "the <e1>film</e1> was a <e2>song</e2>"
SILENT = "No answer: this task tells how two things in a text relate"
ASK = "try-ask"


@dataclass(frozen=True)
class Store:
    """A run store whose runs lie in folders of their names."""

    folder: Path

    def fetch(self, run: str) -> Path:
        return self.folder / run


def script() -> None:
    import streamlit as st

    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import tryit

    run = st.query_params.get("run", "r1")
    tryit.draw(RunInfo(run, "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here"))


@pytest.fixture(scope="module")
def runs(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs with a model that learned nothing, a task of each type, called as the type is."""
    import torch

    folder = tmp_path_factory.mktemp("runs")
    torch.manual_seed(0)
    config = EncoderConfig(name=str(tiny_encoder_folder), method="frozen", max_length=16)
    tasks = [HeadSpec(kind, kind, labels) for kind, labels in LABELS.items()]
    model = MultiTaskModel(load_encoder(config, marks=True), TrunkConfig(width=8), tasks)
    save_model(model.eval(), folder / "r1" / MODEL)
    shutil.copytree(folder / "r1", folder / "r2")
    return folder


@pytest.fixture
def app(runs: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(loaded, "store", lambda: Store(runs))
    st.cache_resource.clear()
    return AppTest.from_function(script, default_timeout=120).run()


def ask(app: AppTest, text: str) -> AppTest:
    app.text_area[0].set_value(text)
    app.button(key=ASK).click().run()
    assert not app.exception
    return app


def shares(app: AppTest) -> dict[str, list[float]]:
    """The shares in each task's table."""
    tasks = [word.strip("*") for word in said(app).splitlines() if word.strip("*") in LABELS]
    tables = [frame.value["share"].tolist() for frame in app.dataframe]
    return dict(zip(tasks, tables, strict=True))


def test_every_type_has_a_task_here() -> None:
    assert set(LABELS) == set(TASK_TYPES)


def test_before_anything_is_asked_there_is_a_text_to_write(app: AppTest) -> None:
    assert not app.exception and not app.error and not app.warning
    assert app.markdown[0].value == "**Try it**" and app.markdown[0].help
    assert app.text_area[0].help and app.text_area[0].max_chars == 5000
    assert app.button(key=ASK).help and app.button(key=ASK).label == "Ask the model"
    assert not app.dataframe


def test_every_task_answers_in_words_and_says_how_sure_it_is(app: AppTest) -> None:
    ask(app, MARKED)
    assert not app.error and not app.warning
    words = said(app)
    assert f"What the model says of: “{plain(MARKED)}”" in words
    sure = [int(each) for each in re.findall(r"It is \*\*(\d+)\u00a0%\*\* sure", words)]
    assert len(sure) == len(LABELS) and all(1 <= each <= 99 for each in sure)
    assert words.count("sure of all of it.") == 2  # several labels, and words that are marked
    assert words.count("The model says: **") == len(LABELS) - 1
    assert words.count("How 1 and 2 relate: **") == 1


def test_the_likeliest_labels_come_first_and_their_meaning_is_said(app: AppTest) -> None:
    ask(app, MARKED)
    found = shares(app)
    assert {task: len(each) for task, each in found.items()} == {
        task: min(len(labels), 5) for task, labels in LABELS.items()
    }
    for each in found.values():
        assert each == sorted(each, reverse=True) and all(0 <= share <= 100 for share in each)
    for task in ("binary", "ordinal", "relation"):
        assert sum(found[task]) == pytest.approx(100, abs=1e-3)
    captions = [block.value for block in app.caption]
    assert captions[list(LABELS).index("multiclass")].startswith("The 5 likeliest of 7 labels.")
    assert "judged by itself" in captions[list(LABELS).index("multilabel")]
    assert "names such a thing at all" in captions[list(LABELS).index("tags")]
    assert sum("add up to 100" in each and "not" not in each for each in captions) == 4


def test_a_text_without_marks_gets_no_relation_and_is_told_how_to_get_one(app: AppTest) -> None:
    ask(app, TEXT)
    assert said(app).count(SILENT) == 1
    assert "`<e1>…</e1>`" in said(app)
    assert len(app.dataframe) == len(LABELS) - 1
    ask(app, MARKED)
    assert SILENT not in said(app)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_text_is_a_sentence(app: AppTest, text: str) -> None:
    ask(app, text)
    assert [block.value for block in app.warning] == ["There is no text yet: write one, then ask."]
    assert not app.dataframe


def test_the_answer_stays_with_the_text_that_it_is_about(app: AppTest) -> None:
    ask(app, TEXT)
    before = said(app)
    app.text_area[0].set_value("another text")
    app.run()
    assert said(app) == before
    ask(app, "another\n  text")
    assert "What the model says of: “another text”" in said(app)
    assert plain(TEXT) not in said(app)


def test_each_run_keeps_its_own_answer(app: AppTest) -> None:
    first = said(ask(app, TEXT))
    app.query_params["run"] = "r2"
    app.run()
    assert "What the model says of" not in said(app)
    ask(app, MARKED)
    app.query_params["run"] = "r1"
    assert said(app.run()) == first


def test_tags_are_drawn_in_the_text(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tryit.predict

    def naming(model: MultiTaskModel, texts: list[str]) -> list[dict[str, Any]]:
        (each,) = real(model, texts)
        each["tasks"]["tags"]["label"] = "O B-artist I-artist O O"
        return [each]

    monkeypatch.setattr(tryit, "predict", naming)
    ask(app, "the <b>film **was** very good")
    assert "The model says: **artist\\: \\<b\\>film \\*\\*was\\*\\***" in said(app)
    (body,) = (block.value for block in app.get("html"))
    assert "&lt;b&gt;film **was**<small" in body and ">artist</small></mark> very good" in body


def test_a_text_beyond_what_the_model_reads_is_said_to_be_cut(app: AppTest) -> None:
    ask(app, " ".join(["good"] * 14))  # and the marks of start and end
    assert not app.warning
    ask(app, " ".join(["good"] * 15))
    assert "longer than this model reads" in app.warning[0].value


def test_a_model_that_is_gone_is_a_sentence(app: AppTest) -> None:
    app.query_params["run"] = "gone"
    ask(app, TEXT)
    assert "**The model can\\'t be read.**" in app.error[0].value
    assert "What to do: train again" in app.error[0].value
    assert app.text_area[0].value == TEXT and not app.dataframe


def test_a_task_may_be_silent_for_a_reason_of_its_own() -> None:
    assert "finds nothing" in tryit._silence(TASK_TYPES["tags"])


@pytest.mark.slow
def test_a_finished_training_answers(done: Done) -> None:
    st.cache_resource.clear()
    app = AppTest.from_function(script, default_timeout=120)
    app.query_params["run"] = done.run.run
    ask(app.run(), TEXT)
    assert not app.error
    assert said(app).count("The model says: **") == len(app.dataframe) == 4
