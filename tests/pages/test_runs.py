"""The list of trainings on the page Train, and what can be done with one of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig
from mtrec.data.dataset import list_datasets
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.files import write_json
from mtrec.runs import launcher
from mtrec.runs.clock import Kind, Stretch
from mtrec.runs.progress import FileReporter, LiveFiles, Progress
from mtrec.runs.store import FINISHED, RunStore
from mtrec.tasks import TASK_TYPES
from mtrec.training.config import TrainConfig
from mtrec.workspace import Workspace
from pages.ui import hiding, live, loaded
from pages.ui.state import run_label
from pages.ui.text import moment, plain
from tests.pages.conftest import Done, open_page, said, start_button


@pytest.fixture
def store(done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A copy of the trained workspace, in which no training begins."""
    shutil.copytree(done.workspace.root, tmp_path / "copy")
    monkeypatch.setenv("MTREC_WORKSPACE", str(tmp_path / "copy"))
    monkeypatch.setattr(launcher, "_next", lambda store, runs: None)
    return RunStore(Workspace.current())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The datasets of the trainings that were started."""
    began: list[str] = []
    submit = launcher.submit

    def counted(store: RunStore, dataset: str, config: RunConfig, name: str) -> str:
        began.append(dataset)
        return submit(store, dataset, config, name)

    monkeypatch.setattr(launcher, "submit", counted)
    return began


@pytest.fixture
def notes(store: RunStore, tmp_path: Path) -> str:
    """A second dataset in the workspace."""
    rows = [f"text {row} is fine,{'good' if row % 2 else 'bad'}" for row in range(60)]
    (tmp_path / "notes.csv").write_text("\n".join(["text,mood", *rows]))
    (tmp_path / "recipe.yaml").write_text(
        "name: notes\nrecords:\n  - {file: notes.csv, text: text, tasks: {mood: {label: mood}}}\n"
    )
    read = read_dataset(tmp_path / "recipe.yaml", TASK_TYPES)
    return store_dataset(read, store.workspace).name


def listed(app: AppTest) -> list[list[str]]:
    """The list of trainings: name, state, and when each was asked for."""
    table = next(each.value for each in app.dataframe if "state" in each.value)
    return table[["run", "state", "asked for"]].to_numpy().tolist()


def test_one_that_waits_is_said_to_wait_everywhere_and_has_not_started(
    done: Done, store: RunStore
) -> None:
    waiting = store.get(store.create("shop", done.run.version, RunConfig(), "Later"))
    for page in ("train", "start"):
        words = said(open_page(page, run=run_label(waiting)))
        assert "asked for" in words and "started" not in words
        assert "How wrong the model still is" not in words  # there is nothing to draw yet
    assert listed(open_page("train")) == [
        ["Later", "waiting", moment(waiting.created)],
        ["Quick look", "finished", moment(done.run.created)],
    ]


def test_one_that_waits_names_those_before_it(done: Done, store: RunStore) -> None:
    first, *_, last = (
        store.get(store.create("shop", done.run.version, RunConfig(), name))
        for name in ("First", "Second", "Third")
    )
    (words,) = open_page("train", run=run_label(last)).info
    assert words.value == "Waiting for First, Second; then this one starts by itself."
    (words,) = open_page("train", run=run_label(first)).info
    assert words.value == "Waiting for its turn; then this one starts by itself."


def test_what_was_started_is_said_beside_the_button(done: Done, store: RunStore) -> None:
    waiting = store.get(store.create("shop", done.run.version, RunConfig(), "Later"))
    told = "Later is waiting."
    assert told in said(open_page("train", run=run_label(waiting)))
    assert told not in said(open_page("train", run=run_label(done.run)))


def test_a_stopped_one_says_how_in_a_sentence_and_promises_no_figures(
    done: Done, store: RunStore
) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Early"))
    reporter = FileReporter(store.folder(run.run))
    reporter.step(1, {"sentiment": 0.7}, {"sentiment": 1.0}, {})
    reporter.close()
    store.set_status(run.run, "stopped", "stopped as asked")
    app = open_page("train", run=run_label(run))
    assert [each.value for each in app.info] == ["It was stopped as asked\\."] and not app.warning
    assert "It ended before its first epoch was over" in said(app)
    assert "The first figures come" not in said(app)
    assert "Early. It was stopped as asked" in said(open_page("report", run=run_label(run)))


def test_one_that_goes_on_was_started_when_its_turn_came(
    done: Done, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(done.run, status="running", created="2020-05-31T14:05:00+00:00", seconds=130.0)
    monkeypatch.setattr(loaded, "runs", lambda: [run])
    assert "running · started 2 minutes ago" in said(open_page("train"))


def test_one_that_goes_on_cannot_be_deleted(done: Done, store: RunStore) -> None:
    waiting = store.get(store.create("shop", done.run.version, RunConfig(), "Later"))
    app = open_page("train", run=run_label(waiting))
    assert not [each for each in app.button if each.label == "Delete for good"]


@pytest.mark.parametrize(
    "key, words", [("stop", "It was asked to stop"), ("finish", "It was asked to finish")]
)
def test_what_a_running_one_was_asked_for_shows_at_once(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    run = store.get(store.create("shop", store.list()[0].version, RunConfig(), "Going on"))
    store.set_status(run.run, "running")
    monkeypatch.setattr(launcher, "poll", lambda store: store.list())
    app = open_page("train", run=run_label(run))
    assert words not in said(app) and not app.button(key=key).disabled
    app = app.button(key=key).click().run()
    assert not app.exception and words in said(app) and app.button(key=key).disabled


@pytest.mark.parametrize("key", ["stop", "finish"])
def test_no_time_to_go_is_told_that_does_not_know_what_was_asked(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    run = store.get(store.create("shop", store.list()[0].version, RunConfig(), "Going on"))
    store.set_status(run.run, "running")
    monkeypatch.setattr(launcher, "poll", lambda store: store.list())
    seen = Progress("Training", done=3, total=9, seconds=60, eta_seconds=3600)
    monkeypatch.setattr(live, "read_progress", lambda _: seen)

    def told(app: AppTest) -> str:
        return str(app.get("progress")[0].proto.text)

    app = open_page("train", run=run_label(run))
    assert told(app) == "Training · about 1 h to go"
    assert told(app.button(key=key).click().run()) == "Training"
    seen = replace(seen, finishing=True, eta_seconds=120)
    app = open_page("train", run=run_label(run))
    assert told(app) == ("Training" if key == "stop" else "Training · about 2 min to go")


def test_one_that_has_learned_cannot_be_asked_to_learn_no_more(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.get(store.create("shop", store.list()[0].version, RunConfig(), "Reporting"))
    store.set_status(run.run, "running")
    monkeypatch.setattr(launcher, "poll", lambda store: store.list())
    reporter = FileReporter(store.folder(run.run))
    reporter.expect([Stretch("Training", Kind.LEARN, 40), Stretch("Reading", Kind.READ, 40)])
    reporter.phase("Training", 40)
    assert not open_page("train", run=run_label(run)).button(key="finish").disabled
    reporter.phase("Reading", 40)
    app = open_page("train", run=run_label(run))
    assert app.button(key="finish").disabled and not app.button(key="stop").disabled
    assert "It has learned all it will from texts" in said(app)


def test_a_deleted_one_is_gone_and_the_page_shows_another(done: Done, store: RunStore) -> None:
    copy = store.get(store.create("shop", done.run.version, RunConfig(), "Too many"))
    store.set_status(copy.run, "stopped", "enough")
    app = open_page("train", run=run_label(copy))
    app = app.button(key=f"delete-run-{copy.run}").click().run()
    assert not app.exception and not app.error
    assert [each.run for each in store.list()] == [done.run.run]
    assert not store.folder(copy.run).exists()
    app = open_page("train", run=run_label(copy))
    assert app.selectbox(key="run").value == run_label(done.run)
    assert [name for name, *_ in listed(app)] == ["Quick look"]


def test_a_failed_one_says_why_by_titles_and_shows_its_log(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Off"))
    log = LiveFiles(store.folder(run.run)).log
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("first line\nlast line\n")
    store.set_status(run.run, "failed", "It went off. Fix: lower train.learning_rate")
    app = open_page("train", run=run_label(store.get(run.run)))
    title = str(TrainConfig.model_fields["learning_rate"].title)
    assert f"lower “{title}”" in app.warning[0].value
    assert "train.learning" not in app.warning[0].value
    assert "last line" in app.code[0].value
    assert app.button(key="resume").label == "Go on"


def test_a_long_log_shows_its_end(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Long"))
    log = LiveFiles(store.folder(run.run)).log
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"line {number}\n" for number in range(1, 41)))
    store.set_status(run.run, "failed", "It went off.")
    app = open_page("train", run=run_label(store.get(run.run)))
    shown = app.code[0].value.splitlines()
    assert shown == [f"line {number}" for number in range(26, 41)]
    assert "The last 15 of 40 lines" in said(app)


def test_what_went_wrong_in_a_finished_training_is_a_warning(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Off"))
    summary = {"notes": ["There was a thing.", "It learned nothing."]}
    summary["warnings"] = summary["notes"][1:]
    write_json(store.folder(run.run) / "summary.json", summary)
    store.set_status(run.run, FINISHED)
    app = open_page("train", run=run_label(store.get(run.run)))
    assert [each.value for each in app.info] == ["There was a thing\\."]
    assert [each.value for each in app.warning] == ["It learned nothing\\."]


def test_a_link_made_before_a_run_was_renamed_still_finds_it(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Before"))
    store.set_status(run.run, "stopped", "stopped as asked")
    link = run_label(store.get(run.run))
    renamed = store.rename(run.run, "Quite another name")
    for extra in ({}, {"dataset": "shop"}):
        app = open_page("train", run=link, **extra)
        assert app.selectbox(key="run").value == run_label(renamed) != link
        assert app.query_params["run"] == run_label(renamed)  # so that it holds when reloaded
        assert "There is no training" not in said(app)


def test_a_link_may_name_a_run_as_the_command_line_does(done: Done, store: RunStore) -> None:
    older = store.get(store.create("shop", done.run.version, RunConfig(), "Before"))
    store.set_status(older.run, "stopped", "stopped as asked")
    for extra in ({}, {"dataset": "shop"}):
        app = open_page("train", run=older.run, **extra)
        assert app.selectbox(key="run").value == run_label(older)
        assert app.query_params["run"] == run_label(older)
        assert "There is no training" not in said(app)


def test_a_run_that_is_renamed_elsewhere_stays_the_chosen_one(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Before"))
    store.set_status(run.run, "stopped", "stopped as asked")
    renamed = store.rename(run.run, "Quite another name")
    app = open_page("start", {"dataset": "shop", "run": run_label(run)})
    assert app.selectbox(key="run").value == run_label(renamed)
    assert "There is no training" not in said(app)


def test_a_run_that_is_not_there_is_said_to_be_missing(done: Done, store: RunStore) -> None:
    run = store.get(store.create("shop", done.run.version, RunConfig(), "Before"))
    store.set_status(run.run, "stopped", "stopped as asked")
    shown = plain(run_label(done.run))
    app = open_page("train", run="nonsense")
    (told,) = (each.value for each in app.warning)
    assert told.startswith("There is no training nonsense on shop")
    assert told.endswith(f"Shown is {shown}.")
    assert not app.run().warning
    store.delete(run.run)
    app = open_page("start", {"dataset": "shop", "run": run_label(run)})
    (told,) = (each.value for each in app.warning)
    assert told.startswith(f"There is no training {plain(run_label(run))} on shop")


def test_a_dataset_that_is_not_there_is_said_to_be_missing(store: RunStore) -> None:
    visits = [open_page(page, dataset="u314") for page in ("people", "start")]
    for app in [*visits, open_page("start", {"dataset": "u314"})]:
        (told,) = (each.value for each in app.warning)
        assert told.startswith("There is no dataset u314") and told.endswith("Shown is shop.")
    hiding.switch(store.workspace, True)
    (told,) = (each.value for each in open_page("start", dataset="u314").warning)
    assert told.startswith("There is no dataset of that name") and "u314" not in told


def test_a_person_who_is_not_there_is_said_to_be_missing(store: RunStore) -> None:
    app = open_page("people", person="u9999")
    (told,) = (each.value for each in app.warning)
    shown = plain(app.selectbox(key="person").value)
    assert told == f"There is no person u9999 in this data. Shown is {shown}."
    hiding.switch(store.workspace, True)
    (told,) = (each.value for each in open_page("people", person="u9999").warning)
    assert told == "There is no person of that name in this data."


def test_another_dataset_is_chosen_without_a_word_of_missing_runs(done: Done, notes: str) -> None:
    app = open_page("start", {"dataset": notes, "run": run_label(done.run)})
    assert not app.warning and app.selectbox(key="run").value is None


def test_a_form_for_a_dataset_that_is_gone_starts_nothing(
    notes: str, store: RunStore, asked: list[str]
) -> None:
    app = open_page("train", dataset="shop")
    launcher.delete_dataset(store, "shop")
    app.session_state["dataset"] = notes  # as the sidebar does, which is not drawn again here
    app.session_state["run"] = None
    start_button(app).click().run()
    assert not app.exception and not app.error and asked == []
    assert "A new training on notes" in said(app)
    (told,) = (each.value for each in app.warning)
    assert told.startswith("No training was started: the form was for shop")
    start_button(app).click().run()
    assert [each.partition("@")[0] for each in asked] == [notes]


def test_a_second_click_on_one_form_starts_no_second_training(
    store: RunStore, asked: list[str]
) -> None:
    app = open_page("train", dataset="shop")
    app.radio(key="encoder.method").set_value("frozen").run()
    button = start_button(app)
    button.click().run()
    assert len(asked) == 1
    again = app._tree.get_widget_states()  # as a browser tells of a click made before the answer
    again.widgets.append(button._widget_state)
    app._run(again)
    assert not app.exception and not app.error and not app.warning
    assert len(asked) == 1
    start_button(app).click().run()
    assert len(asked) == 2


def test_one_that_runs_has_not_taken_any_time_yet(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ", took " in said(open_page("start"))
    monkeypatch.setattr(loaded, "runs", lambda: [replace(done.run, status="running")])
    words = said(open_page("start"))
    assert "started" in words and ", took " not in words


def test_what_becomes_of_runs_is_said_before_their_dataset_is_deleted(
    done: Done, notes: str, store: RunStore
) -> None:
    app = open_page("data", dataset="shop", view="Your datasets")
    assert "1 training run learned from it: Quick look" in said(app)
    assert "python -m mtrec delete RUN" in said(app)
    app.button(key="delete").click().run()
    assert not app.exception and not app.error and not app.warning
    assert [each.name for each in list_datasets(store.workspace)] == [notes]
    assert [each.run for each in store.list()] == [done.run.run]


def test_runs_are_deleted_with_their_dataset_where_asked(
    done: Done, notes: str, store: RunStore
) -> None:
    app = open_page("data", dataset="shop", view="Your datasets")
    app.checkbox(key=f"with-runs-{done.run.key}").check().run()
    assert "python -m mtrec delete RUN" not in said(app)
    app.button(key="delete").click().run()
    assert not app.exception and not app.error and not app.warning
    assert store.list() == []


def test_a_setting_in_a_sentence_goes_by_its_title() -> None:
    assert live.by_title("set train.precision=fp32; or no train.nonsense.") == (
        "set “Number format” to fp32\\; or no train\\.nonsense\\."
    )
    assert live.by_title("Nothing to lower.") == "Nothing to lower\\."
