"""Every page over a finished run: figures with their intervals, people, choices kept in the URL."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtrec.data.dataset import load_dataset
from mtrec.reports.classification import load_reports
from mtrec.runs.store import RunStore
from mtrec.schema import TEST, USER
from pages.ui.state import run_label
from pages.ui.text import plain
from tests.pages.conftest import Done, open_page, said

pytestmark = pytest.mark.slow

PAGES = ("start", "data", "train", "report", "people")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_fails_and_every_control_says_what_it_is_for(page: str, done: Done) -> None:
    app = open_page(page)
    assert not app.exception and not app.error
    kinds = (
        "selectbox",
        "number_input",
        "select_slider",
        "radio",
        "toggle",
        "button",
        "text_input",
    )
    for control in (each for kind in kinds for each in app.get(kind)):
        assert control.help, control.label


@pytest.mark.parametrize("page", PAGES)
def test_the_dataset_and_the_run_are_chosen_and_stand_in_the_url(page: str, done: Done) -> None:
    app = open_page(page)
    assert app.selectbox(key="dataset").value == "shop"
    assert app.selectbox(key="run").value == run_label(done.run)
    assert app.query_params["dataset"] == "shop"
    assert app.query_params["run"] == run_label(done.run)


def test_start_shows_the_figures_of_every_task(done: Done) -> None:
    app = open_page("start")
    reports = load_reports(RunStore(done.workspace).folder(done.run.run), TEST)
    shown = [metric.value for metric in app.metric]
    assert shown == [f"{each['metrics']['macro_f1']['value']:.3f}" for each in reports.values()]
    assert sum("95\u00a0% interval" in caption.value for caption in app.caption) >= len(reports)


def test_report_shows_the_task_of_the_link_and_then_the_one_picked(done: Done) -> None:
    app = open_page("report", task="topic")
    assert app.selectbox(key="task").value == "topic"
    assert "**Which labels are taken for which**" in said(app)
    app.selectbox(key="task").set_value("urgency").run()
    assert "urgency" in [block.value for block in app.subheader]


def test_the_cells_of_the_confusion_matrix_count_every_judged_text(done: Done) -> None:
    app = open_page("report", task="sentiment")
    report = load_reports(RunStore(done.workspace).folder(done.run.run), TEST)["sentiment"]
    matrix = next(frame.value for frame in app.dataframe if frame.value.index.name == "true label")
    assert list(matrix.columns) == list(report["labels"])
    assert int(matrix.to_numpy().sum()) == report["support"]


def test_a_person_comes_by_link_with_profile_and_two_lists(done: Done) -> None:
    dataset = load_dataset("shop", done.workspace)
    person = dataset.records[USER].value_counts().index[3]
    app = open_page("people", person=person)
    assert app.selectbox(key="person").value == person
    words = said(app)
    assert "**Before training**" in words and "**After learning what they like**" in words
    assert words.count("1. **") == 2
    texts = (dataset.records[USER] == person).sum()
    assert f"Their {texts} texts" in [tab.label for tab in app.tabs]


def test_texts_from_data_are_escaped(done: Done) -> None:
    dataset = load_dataset("shop", done.workspace)
    person = dataset.records[USER].value_counts().index[0]
    titles = [plain(title, 80) for title in dataset.items["title"]]
    shown = [block.value for block in open_page("people", person=person).markdown]
    listed = [block.split("**")[1] for block in shown if block[:2] in ("1.", "2.", "3.")]
    assert listed and all(each in titles for each in listed)


def test_train_again_puts_the_settings_back(done: Done) -> None:
    app = open_page("train")
    assert app.radio(key="encoder.method").value == "top"
    app.button(key="again").click().run()
    assert not app.exception
    assert app.radio(key="encoder.method").value == "frozen"
    assert app.number_input(key="train.epochs").value == 2
    assert app.number_input(key="encoder.max_length").value == 32


def test_start_is_refused_with_a_sentence_while_every_lambda_is_zero(done: Done) -> None:
    app = open_page("train")
    for slider in app.select_slider:
        slider.set_value(0.0)
    app.run()
    assert app.button(key="start").disabled
    assert "Every task has λ 0" in app.warning[0].value


def test_too_few_items_are_pointed_out_where_recommendations_are_shown(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(done.workspace.root, copy)
    (summary,) = copy.glob("datasets/*/*/dataset.json")
    content = json.loads(summary.read_text())
    warning = {"code": "few_items", "source": "items", "rows": 6, "message": "so few mean little"}
    summary.write_text(json.dumps(content | {"warnings": [warning]}))
    monkeypatch.setenv("MTREC_WORKSPACE", str(copy))
    for page in ("start", "report", "people"):
        app = open_page(page)
        assert not app.exception and not app.error
        assert "so few mean little" in [block.value for block in app.warning]


def test_a_deleted_dataset_is_a_sentence_and_not_a_traceback(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(done.workspace.root, copy)
    shutil.rmtree(copy / "datasets")
    monkeypatch.setenv("MTREC_WORKSPACE", str(copy))
    for page in PAGES:
        assert not open_page(page).exception
