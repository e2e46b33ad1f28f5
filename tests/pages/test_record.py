"""The card of one record: its labels task by task, the words that counted, and texts like it."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.data.dataset import DatasetTask
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.reports.nearest import learned_from
from mtrec.runs.store import MODEL
from mtrec.schema import SPLITS
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING
from mtrec.training.checkpoint import save_model
from pages.ui import loaded, record, shell
from tests.pages.conftest import Done, said

LABELS = {
    "binary": ("no", "yes"),
    "multiclass": ("bad", "fine", "**good**"),
    "multilabel": ("film", "book", "song"),
    "ordinal": ("1", "2", "3"),
    "tags": ("artist", "song"),
    "relation": ("Cause(e1,e2)", "Cause(e2,e1)", "Other"),
}
VALUES = {
    "binary": "yes",
    "multiclass": "**good**",
    "multilabel": "film|song",
    "ordinal": "2",
    "tags": None,
    "relation": "Other",
}
HTML = "the <script>alert(1)</script> film <b>was</b> **good**"
MARKED = "the <e1>film</e1> was a <e2>song</e2>"
TEXTS = [HTML, MARKED, "very good film", *[f"the book was fine {row}" for row in range(5)]]
WHY, LIKE = "card-why", "card-like"


def script(
    run: str,
    number: str,
    task: str,
    truth: str | None = None,
    predicted: str | None = None,
    cell: tuple[str, str] | None = None,
) -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import record

    info = RunInfo(run, "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    record.draw(info, number, task, truth, predicted, key="card", cell=cell)


def records() -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "record": range(len(TEXTS)),
            "text": TEXTS,
            "user": ["ann", None] * 4,
            "split": ["test", "test", *["train"] * 6],
        }
    )
    for task, value in VALUES.items():
        cells = pd.Series([value] * len(TEXTS), dtype="str")
        if task == "tags":
            cells = pd.Series([" ".join(["O"] * len(text.split(" "))) for text in TEXTS])
        table[f"task:{task}"] = cells
    return table


@pytest.fixture(scope="module")
def runs(tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a model that learned nothing, a task of each type; and one without a model."""
    import torch

    folder = tmp_path_factory.mktemp("runs")
    torch.manual_seed(0)
    config = EncoderConfig(name=str(tiny_encoder_folder), method="frozen", max_length=32)
    tasks = [HeadSpec(kind, kind, labels) for kind, labels in LABELS.items()]
    model = MultiTaskModel(load_encoder(config, marks=True), TrunkConfig(width=8), tasks)
    save_model(model.eval(), folder / "r1" / MODEL)
    rows = [
        {
            "record": number,
            "task": task,
            "split": "test",
            "truth": None if number == 1 else value,
            "predicted": None if task == "relation" and number != 1 else value,
            "confidence": np.nan if task == "relation" and number != 1 else 0.5 + number / 10,
        }
        for task, value in VALUES.items()
        for number in range(3)
    ]
    pd.DataFrame(rows).to_parquet(folder / "r1" / "predictions.parquet")
    (folder / "gone").mkdir()
    shutil.copy(folder / "r1" / "predictions.parquet", folder / "gone")
    return folder


@pytest.fixture
def people(runs: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> list[str]:
    """The app over these runs; collects the people it links to, since there are no pages here."""
    sizes = dict.fromkeys(SPLITS, 0)
    dataset = SimpleNamespace(
        key="shop@v1",
        records=records(),
        tasks={kind: DatasetTask(kind, kind, list(LABELS[kind]), sizes, {}) for kind in LABELS},
    )
    store = SimpleNamespace(fetch=lambda run: runs / run, workspace=SimpleNamespace(cache=None))
    linked: list[str] = []
    monkeypatch.setattr(loaded, "store", lambda: store)
    monkeypatch.setattr(loaded, "whole_dataset", lambda key: dataset)
    monkeypatch.setattr(shell, "person", lambda user, label: linked.append(user))
    st.cache_data.clear()
    st.cache_resource.clear()
    return linked


def card(number: int | str = 0, task: str = "multiclass", run: str = "r1", **said: Any) -> AppTest:
    given = {"run": run, "number": str(number), "task": task, **said}
    app = AppTest.from_function(script, default_timeout=120, kwargs=given).run()
    assert not app.exception
    return app


def clicked(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


class Read(HTMLParser):
    """What a browser makes of HTML: its elements and what is marked in which way."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.styles: list[str] = []
        self.text = ""
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        assert [name for name, _ in attrs] in ([], ["style"])
        self.styles += [str(value) for _, value in attrs if tag == "mark"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_type_has_a_task_here() -> None:
    assert set(LABELS) == set(TASK_TYPES)


def test_the_card_says_what_data_and_model_say_task_by_task(people: list[str]) -> None:
    app = card(truth="**good**", predicted="bad")
    assert not app.error
    assert app.text[0].value == HTML  # letter for letter, and no element of its own
    assert r"The data says: **\*\*good\*\***" in said(app) and "The model says: **bad**" in said(
        app
    )
    table = app.dataframe[0].value
    assert table["task"].tolist() == list(LABELS)
    assert table["confidence"].dropna().tolist() == [50.0] * 5
    assert table.set_index("task")["predicted"].isna().tolist() == [
        task in ("tags", "relation") for task in LABELS
    ]
    assert people == ["ann"]


def test_a_record_of_nobody_has_no_link_and_one_without_labels_is_shown(
    people: list[str],
) -> None:
    app = card(1, "relation", predicted="Other")
    assert not app.error and not people
    assert "The data says: it has no label here" in said(app)
    assert "The model says: **Other**" in said(app)
    assert app.dataframe[0].value["truth"].isna().all()
    app = card(2, "multiclass")
    assert "The model says: it gives no answer here" in said(app)


def test_every_button_says_what_it_is_for(people: list[str]) -> None:
    app = card()
    assert [button.label for button in app.button] == [
        "Why this answer?",
        "Similar texts it learned from",
    ]
    assert all(button.help for button in app.button)


@pytest.mark.parametrize("task", LABELS)
def test_words_are_marked_by_sign_line_and_colour(task: str, people: list[str]) -> None:
    app = clicked(card(1, task), WHY)
    assert not app.error
    read = Read(bodies(app)[-1])  # the card's own drawing, if any, stands above
    assert set(read.elements) == {"div", "mark", "small"}
    for style in read.styles:
        assert ("solid" in style) == ("86, 160, 211" in style)
        assert ("dashed" in style) == ("230, 145, 56" in style)
    signs = read.text.count("+") + read.text.count("−")
    assert signs == len(read.styles) > 0
    words = said(app)
    assert "**Why the model says “" in words
    assert "a hint about the model, not a cause in the world" in words
    assert "to within 0." in words  # what is left unexplained
    assert ("up the scale" in words) == (task == "ordinal")
    table = app.dataframe[1].value
    assert table["share"].sum() == pytest.approx(100) and table["share"].is_monotonic_decreasing
    marks = table["word"].str.contains("<e1>", regex=False).any()
    assert marks == (task != "relation")


@pytest.mark.parametrize(
    ("task", "truth", "predicted", "cell", "words"),
    [
        (
            "tags",
            "B-artist O B-artist",
            "B-artist O B-song",
            ("artist", "song"),
            "**Why the model says “song” at “film”**",
        ),
        (
            "tags",
            "B-song B-artist I-artist",
            "B-song O O",
            ("artist", NOTHING),
            "**What speaks for and against “artist” at “good film”**",
        ),
        (
            "tags",
            "O O O",
            "O B-song O",
            (NOTHING, "song"),
            "**Why the model says “song” at “good”**",
        ),
        ("multilabel", "film|song", "film|book", ("song", "book"), "**Why the model says “book”**"),
        (
            "multilabel",
            "film|song",
            "film",
            ("song", NOTHING),
            "**What speaks for and against “song”**",
        ),
    ],
)
def test_what_is_explained_is_what_stands_in_the_cell(
    task: str, truth: str, predicted: str, cell: tuple[str, str], words: str, people: list[str]
) -> None:
    app = clicked(card(2, task, truth=truth, predicted=predicted, cell=cell), WHY)
    assert not app.error
    assert words in said(app)


def bodies(app: AppTest) -> list[str]:
    return [block.value for block in app.get("html")]


def test_what_looks_like_html_stays_text(people: list[str]) -> None:
    (body,) = bodies(clicked(card(0), WHY))
    read = Read(body)
    assert set(read.elements) == {"div", "mark", "small"}
    assert "<script>alert(1)</script>" in read.text and "**good**" in read.text
    assert "<script" not in body and "<b>" not in body


def test_strong_words_are_marked_and_faint_ones_are_not() -> None:
    read = Read(record.html(["a", "<b>", "c", ""], np.array([2.0, -1.0, 0.1, 0.0])))
    assert read.text == "+a −<b> c"
    assert ["solid" in style for style in read.styles] == [True, False]
    assert "0.60)" in read.styles[0] and "0.30)" in read.styles[1]
    assert Read(record.html(["a"], np.zeros(1))).text == "a"


def test_of_no_answer_there_is_nothing_to_explain(people: list[str]) -> None:
    app = clicked(card(2, "relation"), WHY)
    assert "no answer here, so there is nothing to explain" in said(app) and not app.error


def test_words_beyond_the_length_are_said_to_count_for_nothing(
    people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.open_dataset("").records.loc[2, "text"] = " ".join(["good"] * 33)
    assert "3 words counted for nothing" in said(clicked(card(2), WHY))


def test_similar_texts_come_from_training_with_their_labels(people: list[str]) -> None:
    app = clicked(card(2, "multilabel"), LIKE)
    assert not app.error
    found = app.dataframe[1].value
    assert len(found) == 5 and found["similarity"].is_monotonic_decreasing
    assert set(found["record"]) == {3, 4, 5, 6, 7}  # neither itself nor what is not training
    assert found["label"].tolist() == ["film|song"] * 5
    assert "The most alike of all 6 training texts with a label of this task." in said(app)
    assert "Two of them taken by chance are alike by" in said(app)


def test_a_sample_is_said_to_be_one(people: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from mtrec.reports import nearest

    monkeypatch.setattr(nearest, "learned_from", lambda *args: learned_from(*args, most=3))
    app = clicked(card(0), LIKE)
    assert "The most alike of 3, drawn by chance out of 6, training texts" in said(app)
    assert len(app.dataframe[1].value) == 3


def test_what_was_asked_stays(people: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = clicked(clicked(card(1), WHY), LIKE)
    before = said(app)
    monkeypatch.setattr(loaded, "model", lambda run: pytest.fail("opened again"))
    app.run()
    assert not app.exception and not app.error
    assert said(app) == before and not app.button


@pytest.mark.parametrize("key", [WHY, LIKE])
def test_a_model_that_is_gone_is_a_sentence(key: str, people: list[str]) -> None:
    app = clicked(card(run="gone"), key)
    (error,) = app.error
    assert "**The model can\\'t be read.**" in error.value and "train again" in error.value
    assert app.text[0].value == HTML
    assert [button.key for button in app.button] == [WHY, LIKE]  # to be asked again


def test_a_record_that_is_gone_is_a_sentence(people: list[str]) -> None:
    app = card(99)
    assert "There is no such text in the data" in app.error[0].value
    assert not app.button


@pytest.mark.slow
def test_a_finished_training_explains_itself(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "person", lambda user, label: None)
    version = done.run.version
    monkeypatch.setattr(
        loaded, "whole_dataset", lambda key, opened=loaded.whole_dataset: opened(f"shop@{version}")
    )
    st.cache_data.clear()
    st.cache_resource.clear()
    app = clicked(clicked(card(0, "sentiment", done.run.run), WHY), LIKE)
    assert not app.error
    assert "The marks add up to what the words did together, to within" in said(app)
    assert len(app.dataframe) == 3
