"""Every page over a finished run: figures with their intervals, people, choices kept in the URL."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.config import PRESETS, RunConfig, with_settings
from mtrec.data.dataset import load_dataset
from mtrec.reports.classification import PREDICTIONS, load_reports
from mtrec.runs.store import FINISHED, RunInfo, RunStore
from mtrec.schema import STAGES, TEST, USER
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace
from pages.ui.state import run_label
from pages.ui.text import plain
from tests.pages.conftest import TABS, Done, offered, open_page, said, start_button

pytestmark = pytest.mark.slow

GIVEN, BEFORE = "always the commonest answer", "the training before"
PAGES = ("start", "data", "train", "report", "people", "recommendations")


def copied(done: Done, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of the trained workspace that may be changed; the app takes it for its own."""
    shutil.copytree(done.workspace.root, folder / "copy")
    monkeypatch.setenv("MTREC_WORKSPACE", str(folder / "copy"))
    return Workspace.current()


def replaced(
    workspace: Workspace, run: RunInfo, truth: Sequence[str], predicted: Sequence[str]
) -> None:
    """Puts other answers of the task `topic` in a run's folder, and the report on them."""
    folder = RunStore(workspace).folder(run.run)
    kept = pd.read_parquet(folder / PREDICTIONS)
    rows = kept[kept["task"] == "topic"].head(len(truth))
    rows = rows.assign(split=TEST, truth=truth, predicted=predicted)
    pd.concat([kept[kept["task"] != "topic"], rows]).to_parquet(folder / PREDICTIONS)
    labels = sorted(set(truth))
    report = TASK_TYPES["multiclass"].scores(truth, predicted, labels)
    path = folder / "reports" / f"{TEST}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"topic": report.json()}))


def matrix_of(app: AppTest) -> pd.DataFrame:
    """The confusion matrix on the page."""
    frames = (frame.value for frame in app.dataframe)
    return next(frame for frame in frames if frame.index.name == "true label")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_fails_and_every_control_says_what_it_is_for(page: str, done: Done) -> None:
    app = open_page(page)
    assert not app.exception and not app.error
    kinds = (
        "selectbox",
        "number_input",
        "select_slider",
        "slider",
        "text_area",
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


@pytest.mark.parametrize("tab", TABS)
def test_every_side_of_the_report_is_drawn(tab: str, done: Done) -> None:
    app = open_page("report", task="topic", tab=tab)
    assert not app.exception and not app.error
    assert len(app.tabs[list(TABS).index(tab)].children)


def test_start_shows_the_figures_of_every_task(done: Done) -> None:
    app = open_page("start")
    reports = load_reports(RunStore(done.workspace).folder(done.run.run), TEST)
    shown = [metric.value for metric in app.metric]
    assert shown == [f"{each['metrics']['macro_f1']['value']:.3f}" for each in reports.values()]
    assert sum("95\u00a0% interval" in caption.value for caption in app.caption) >= len(reports)


def test_start_offers_people_only_where_the_data_names_any(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = ["Bring your own data", "Train", "Read the report"]
    assert offered(open_page("start")) == [*steps, "Meet people", "Compare lists"]
    (summary,) = copied(done, tmp_path, monkeypatch).root.glob("datasets/*/*/dataset.json")
    summary.write_text(json.dumps(json.loads(summary.read_text()) | {"users": 0}))
    assert offered(open_page("start")) == steps


def test_what_is_of_no_single_task_stands_under_no_tasks_heading(done: Done) -> None:
    for tab in TABS:
        under = [block.value for block in open_page("report", task="topic", tab=tab).subheader]
        assert ("topic" in under) is (tab not in ("Overview", "Try it", "Lists"))


def test_report_shows_the_task_of_the_link_and_then_the_one_picked(done: Done) -> None:
    app = open_page("report", task="topic", tab="Mix-ups")
    assert app.selectbox(key="task").value == "topic"
    assert "**Which labels are taken for which**" in said(app)
    app.selectbox(key="task").set_value("urgency").run()
    assert "urgency" in [block.value for block in app.subheader]


def test_every_task_stands_beside_the_commonest_answer_the_lowest_first(done: Done) -> None:
    app = open_page("report")
    reports = load_reports(RunStore(done.workspace).folder(done.run.run), TEST)
    glance = next(frame.value for frame in app.dataframe if GIVEN in frame.value)
    assert set(glance["task"]) == set(reports) and glance["value"].is_monotonic_increasing
    assert BEFORE not in glance
    told = next(block.value for block in app.markdown if block.value.startswith("- **")).split("\n")
    for line, task, value, usual in zip(
        told, glance["task"], glance["value"], glance[GIVEN], strict=True
    ):
        assert usual == reports[task]["baseline"]["macro_f1"]["value"]
        assert line.startswith(f"- **{plain(task)}**: Macro F1 {value:.3f}; ")
        ours, theirs = (reports[task][part]["macro_f1"] for part in ("metrics", "baseline"))
        if ours["low"] > theirs["high"]:
            assert f"better than always giving the commonest answer ({usual:.3f})" in line
        else:
            assert "no distinguishable difference from always giving the commonest answer" in line


def test_at_a_glance_a_task_is_opened_label_by_label(done: Done) -> None:
    app = open_page("report", task="topic")
    app.button(key="closer-urgency").click().run()
    assert not app.exception and not app.error
    assert app.selectbox(key="task").value == "urgency"
    assert [block.value for block in app.subheader] == ["urgency"]
    assert {"label", "support"} <= {name for frame in app.dataframe for name in frame.value}
    assert (app.query_params["task"], app.query_params["tab"]) == ("urgency", "Labels")


def test_the_training_before_stands_beside_the_next_on_the_same_data(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(copied(done, tmp_path, monkeypatch))
    version, config = done.run.version, store.config(done.run.run)
    again = store.create("shop", version, config, "Again")
    shutil.copytree(store.folder(done.run.run), store.folder(again), dirs_exist_ok=True)
    store.set_status(again, FINISHED)
    elsewhere = store.create("shop", "other-version", config, "Elsewhere")
    store.set_status(elsewhere, FINISHED)

    app = open_page("report", dataset="shop", run=run_label(store.get(again)))
    assert not app.exception and not app.error
    glance = next(frame.value for frame in app.dataframe if GIVEN in frame.value)
    assert (glance[BEFORE] == glance["value"]).all()
    assert said(app).count(f"no distinguishable difference from {BEFORE}, Quick look (") == len(
        glance
    )


def test_a_difference_from_the_training_before_is_judged_text_by_text(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100 texts 14 more right and none less is no chance, though both intervals overlap."""
    workspace = copied(done, tmp_path, monkeypatch)
    store = RunStore(workspace)
    again = store.create("shop", done.run.version, store.config(done.run.run), "Again")
    shutil.copytree(store.folder(done.run.run), store.folder(again), dirs_exist_ok=True)
    store.set_status(again, FINISHED)
    a, b = list(load_reports(store.folder(again), TEST)["topic"]["labels"])[:2]
    truth = [a, b] * 50
    replaced(workspace, done.run, truth, [b, a] * 15 + truth[30:])
    replaced(workspace, store.get(again), truth, [b, a] * 8 + truth[16:])

    app = open_page("report", dataset="shop", run=run_label(store.get(again)))
    assert not app.exception and not app.error
    topic = next(line for line in said(app).split("\n") if line.startswith("- **topic**"))
    assert "Macro F1 0.840" in topic
    assert f"better than {BEFORE}, Quick look (0.700) by 0.140 (" in topic
    assert said(app).count(f"no distinguishable difference from {BEFORE}, Quick look (") == 3


def test_a_report_from_before_there_was_a_baseline_is_shown_without(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunStore(copied(done, tmp_path, monkeypatch)).folder(done.run.run)
    path = folder / "reports" / "test.json"
    reports = json.loads(path.read_text())
    for report in reports.values():
        del report["baseline"]
    path.write_text(json.dumps(reports))
    app = open_page("report")
    assert not app.exception and not app.error
    assert "**Every task at a glance**" in said(app)
    assert "always giving" not in said(app)


def test_what_is_mixed_up_stands_in_sentences_and_rare_labels_last(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(done, tmp_path, monkeypatch)
    truth = ["a"] * 20 + ["b"] * 20 + ["c"] * 2
    replaced(workspace, done.run, truth, ["b"] * 4 + ["a"] * 16 + ["b"] * 20 + ["a"] * 2)
    app = open_page("report", task="topic", tab="Mix-ups")
    assert not app.exception and not app.error
    assert "- The model takes *a* for *b* in 1 of 5 cases (4\u00a0of\u00a020)." in said(app)
    assert "It takes *a* for *b* in 1 of 5 cases (4\u00a0of\u00a020)." in said(open_page("report"))
    app = open_page("report", task="topic", tab="Labels")
    labels = next(frame.value for frame in app.dataframe if "support" in frame.value)
    assert labels["label"].tolist() == ["a", "b", "c"]
    assert labels["f1"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("many", [13, 30])
def test_of_many_labels_only_those_mixed_up_are_shown_until_all_are_asked_for(
    many: int, done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(done, tmp_path, monkeypatch)
    truth = [f"l{number:02d}" for number in range(many)] + ["l07"] * 11
    predicted = [*truth[:many], *["l03"] * 6, *["l07"] * 5]
    replaced(workspace, done.run, truth, predicted)
    app = open_page("report", task="topic", tab="Mix-ups")
    assert not app.exception and not app.error
    assert list(matrix_of(app).index) == list(matrix_of(app).columns) == ["l03", "l07"]
    assert matrix_of(app).to_numpy().tolist() == [[1, 0], [6, 6]]
    toggle = app.toggle(key="all-labels")
    assert toggle.help and toggle.label == f"All {many} labels"
    toggle.set_value(True).run()
    assert len(matrix_of(app)) == many


def test_a_clicked_cell_opens_its_texts_and_a_text_all_its_labels(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Selections cannot be made in `AppTest`, so they are put in place of what tables return."""
    draw = st.dataframe

    def fullest(matrix: pd.DataFrame) -> tuple[int, str]:
        row = int(matrix.max(axis=1).argmax())
        return row, matrix.iloc[row].idxmax()

    def clicked(*args: Any, **options: Any) -> Any:
        drawn = draw(*args, **options)
        if options.get("key", "").startswith("matrix-"):
            return SimpleNamespace(selection=SimpleNamespace(cells=[fullest(args[0].data)]))
        if options.get("key", "").startswith("behind-"):
            return SimpleNamespace(selection=SimpleNamespace(rows=[0]))
        return drawn

    monkeypatch.setattr(st, "dataframe", clicked)
    app = open_page("report", task="sentiment", tab="Mix-ups")
    assert not app.exception and not app.error
    row, answer = fullest(matrix_of(app))
    assert f"The data says: **{plain(matrix_of(app).index[row])}**" in said(app)
    assert f"The model says: **{plain(answer)}**" in said(app)


def test_a_clicked_cell_without_texts_says_that_there_are_none(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(done, tmp_path, monkeypatch)
    replaced(workspace, done.run, ["a"] * 10 + ["b"] * 10, ["a"] * 10 + ["a"] * 5 + ["b"] * 5)
    draw = st.dataframe

    def clicked(*args: Any, **options: Any) -> Any:
        drawn = draw(*args, **options)
        if options.get("key", "").startswith("matrix-"):
            return SimpleNamespace(selection=SimpleNamespace(cells=[(0, "b")]))
        return drawn

    monkeypatch.setattr(st, "dataframe", clicked)
    app = open_page("report", task="topic", tab="Mix-ups")
    assert not app.exception and not app.error
    assert "No text stands in this cell." in said(app)
    assert "surest answers first" not in said(app)


def test_the_cells_of_the_confusion_matrix_count_every_judged_text(done: Done) -> None:
    app = open_page("report", task="sentiment", tab="Mix-ups")
    report = load_reports(RunStore(done.workspace).folder(done.run.run), TEST)["sentiment"]
    matrix = matrix_of(app)
    assert list(matrix.columns) == list(report["labels"])
    assert int(matrix.to_numpy().sum()) == report["support"]


def test_lists_of_mtrec_stand_out_and_only_their_page_says_by_how_much(done: Done) -> None:
    def told(app: AppTest) -> str:
        return "".join(block.value for block in app.markdown if "compare_arrows" in block.value)

    app = open_page("start")
    (chart,) = (json.loads(each.proto.spec) for each in app.get("plotly_chart"))
    own, others = chart["data"]
    assert own["name"] == "mtrec" and len(own["y"]) == len(others["y"]) + len(STAGES)
    assert own["marker"].get("color") != others["marker"]["color"]
    assert "After learning what they like" in told(app) and "interval" not in told(app)
    assert "95 % interval" in told(open_page("recommendations"))


def test_a_person_comes_by_link_with_profile_and_two_lists(done: Done) -> None:
    dataset = load_dataset("shop", done.workspace)
    person = dataset.records[USER].value_counts().index[3]
    app = open_page("people", person=person)
    assert app.selectbox(key="person").value == person
    words = said(app)
    assert "**Before training**" in words and "**After learning what they like**" in words
    assert words.count("1. **") == 2
    app = open_page("people", person=person, look="Texts and acts")
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
    assert start_button(app).disabled
    assert "Every task has λ 0" in app.warning[0].value


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_the_form(done: Done, name: str) -> None:
    choices = {"encoder.name": "scratch", "encoder.method": "lora", "train.seed": "7"}
    app = open_page("train", **choices)
    app.button(key=f"preset-{name}").click().run()
    assert not app.exception
    wanted = with_settings(RunConfig(), PRESETS[name][0])
    assert app.radio(key="encoder.method").value == wanted.encoder.method
    assert app.number_input(key="train.epochs").value == wanted.train.epochs
    assert app.number_input(key="train.seed").value == 0
    assert app.selectbox(key="encoder.name").value == "scratch"


def test_settings_that_do_not_go_together_are_a_sentence_above_the_list(done: Done) -> None:
    choices = {"encoder.method": "frozen", "train.adversarial.rdrop": "true", "trunk.dropout": "0"}
    app = open_page("train", **choices)
    assert not app.exception
    (sentence,) = (block.value for block in app.error)
    assert "Two readings of a text would never differ" in sentence
    assert "What to do: set trunk\\.dropout\\=0\\.2" in sentence
    assert not [button for button in app.button if button.label == "Start training"]
    assert len(app.dataframe)
    app.toggle(key="train.adversarial.rdrop").set_value(False).run()
    assert not app.error and start_button(app)


def test_too_few_items_are_pointed_out_where_recommendations_are_shown(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copied(done, tmp_path, monkeypatch).root
    (summary,) = copy.glob("datasets/*/*/dataset.json")
    content = json.loads(summary.read_text())
    warning = {"code": "few_items", "source": "items", "rows": 6, "message": "so few mean little"}
    summary.write_text(json.dumps(content | {"warnings": [warning]}))
    for page, choices in (("start", {}), ("report", {"tab": "Lists"}), ("people", {})):
        app = open_page(page, **choices)
        assert not app.exception and not app.error
        assert r"so few mean little\." in [block.value for block in app.warning]


def test_a_deleted_dataset_is_a_sentence_and_not_a_traceback(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copied(done, tmp_path, monkeypatch).root / "datasets")
    for page in PAGES:
        assert not open_page(page).exception
