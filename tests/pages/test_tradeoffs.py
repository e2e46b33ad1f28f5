"""The page Trade-offs: weights are moved, and every task's gain and loss is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig
from mtrec.data.dataset import DatasetSummary
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.errors import InputError
from mtrec.runs import launcher
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs.trust import Trained
from mtrec.workspace import Workspace
from pages.ui import trust, trying
from tests.pages.conftest import Done, offered, open_page, said

SENTIMENT, INTENT = "tasks.sentiment.lambda", "tasks.intent.lambda"


@pytest.fixture(autouse=True)
def _nothing_ready() -> Iterator[None]:
    """What another test made ready is forgotten."""
    trying._kept.clear()
    yield
    trying._kept.clear()


def ready() -> AppTest:
    app = open_page("tradeoffs")
    app = app.button(key="get-ready").click().run()
    assert not app.exception and not app.error
    return app


def test_a_weight_is_moved_and_pinned(done: Done) -> None:
    app = ready()
    assert "This is the pinned setting" in said(app)
    names = [each.label for each in app.metric]
    assert names == ["sentiment", "intent", "topic", "urgency", "recommendations"]
    before = [each.value for each in app.metric]

    app = app.select_slider(key=SENTIMENT).set_value(0.0).run()
    assert not app.exception and "against the pinned setting" in said(app)
    assert [each.value for each in app.metric] != before
    assert all(each.delta for each in app.metric)

    app = app.button(key="pin").click().run()
    assert "This is the pinned setting" in said(app) and "sentiment 0, intent 1" in said(app)
    app = app.button(key="alike").click().run()
    assert [each.value for each in app.metric] == before  # what was tried once comes out the same
    assert app.select_slider(key=SENTIMENT).value == 1.0


def test_what_is_pinned_outlasts_a_reload(done: Done) -> None:
    app = ready().select_slider(key=SENTIMENT).set_value(0.2).run()
    app = app.button(key="pin").click().run()
    address = {"pinned": app.query_params["pinned"], SENTIMENT: "0.2"}

    app = open_page("tradeoffs", **address)
    assert "This is the pinned setting" in said(app) and "sentiment 0.2, intent 1" in said(app)

    app = app.switch_page("pages/report.py").run().switch_page("pages/tradeoffs.py").run()
    assert not app.exception and "sentiment 0.2, intent 1" in said(app)


@pytest.mark.parametrize(
    "pinned", ["mood:0.2", "sentiment", "sentiment:0,intent:0,topic:0,urgency:0"]
)
def test_a_pinned_setting_that_does_not_fit_is_all_alike(done: Done, pinned: str) -> None:
    ready()
    app = open_page("tradeoffs", pinned=pinned)
    assert not app.exception and "pinned setting: sentiment 1, intent 1" in said(app)


def test_weights_by_number_of_labels_give_the_most_to_the_largest(done: Done) -> None:
    app = ready().button(key="by-size").click().run()
    values = {str(each.key): each.value for each in app.select_slider}
    assert max(values.values()) == 1.0 and min(values.values()) < 1.0


def test_one_task_is_learned_as_if_there_were_no_other(done: Done) -> None:
    app = ready().button(key="only-intent").click().run()
    assert not app.exception and app.select_slider(key=INTENT).value == 1.0
    assert {each.value for each in app.select_slider if each.key != INTENT} == {0.0}


def test_weights_can_be_learned_beside_the_tasks(done: Done) -> None:
    app = ready().button(key="by-uncertainty").click().run()
    assert not app.exception and not app.error
    values = [each.value for each in app.select_slider]
    assert sum(values) == pytest.approx(len(values), abs=0.01) and len({*values}) > 1
    assert all(each.delta for each in app.metric)


def test_without_any_weight_nothing_is_tried(done: Done) -> None:
    app = ready()
    for slider in app.select_slider:
        slider.set_value(0.0)
    app = app.run()
    assert "Give one task a λ above 0" in app.warning[0].value and not app.metric
    (link,) = [each.proto for each in app.get("page_link") if each.proto.label == "Train with it"]
    assert link.disabled


def test_the_weights_go_to_a_training(done: Done) -> None:
    app = ready().select_slider(key=INTENT).set_value(5.0).run()
    (link,) = [each.proto for each in app.get("page_link") if each.proto.label == "Train with it"]
    carried = dict(parse_qsl(link.query_string))
    assert carried[INTENT] == "5" and carried[SENTIMENT] == "1"
    app = open_page("train", **carried)
    assert app.select_slider(key=INTENT).value == 5.0


def test_one_task_cannot_be_weighed(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text(
        "text,mood\n"
        + "".join(f"text {i} is fine,{'good' if i % 2 else 'bad'}\n" for i in range(60))
    )
    (tmp_path / "recipe.yaml").write_text(
        "name: notes\nrecords:\n  - {file: notes.csv, text: text, tasks: {mood: {label: mood}}}\n"
    )
    store_dataset(read_dataset(tmp_path / "recipe.yaml", TASK_TYPES), workspace)
    app = open_page("tradeoffs")
    assert "it takes two tasks" in said(app) and "Bring other data" in offered(app)


def test_without_data_the_page_says_where_to_go(workspace: Workspace) -> None:
    app = open_page("tradeoffs")
    assert "no data to try weights on" in said(app) and offered(app) == ["Bring data"]


def test_all_settings_are_tried_and_left_out_by_what_is_asked_of_them(done: Done) -> None:
    app = ready().button(key="try-all").click().run()
    assert not app.exception and "Of 32 settings" in said(app)
    rows = settings_shown(app)
    assert len(rows) == 32 and rows.iloc[0][["λ sentiment", "λ intent"]].tolist() == [1, 1]
    least = next(each for each in app.slider if each.label == "topic at least")
    app = least.set_value(least.max).run()
    left = settings_shown(app)
    assert 0 < len(left) < 32 and (left["topic"] >= least.max).all()


def settings_shown(app: AppTest) -> pd.DataFrame:
    """The table of settings."""
    (found,) = [each.value for each in app.dataframe if "worth having" in each.value]
    return found


def test_who_helps_whom_is_measured_for_every_two(done: Done) -> None:
    app = open_page("tradeoffs", tradeoffs="Who helps whom")
    app = app.button(key="get-ready").click().run()
    app = app.button(key="measure-affinity").click().run()
    assert not app.exception
    assert "Learn them together" in said(app) or "Better in groups" in said(app)
    (matrix,) = [each.value for each in app.dataframe if each.value.index.name == "task"]
    tasks = ["sentiment", "intent", "topic", "urgency"]
    assert matrix.index.tolist() == tasks
    assert matrix.columns.tolist() == [*tasks, "recommendations"]
    assert matrix.isna().sum().sum() == len(tasks)  # what a task does to itself


def test_how_far_to_trust_it_takes_trainings_which_can_be_queued(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[RunConfig] = []
    monkeypatch.setattr(launcher, "submit", lambda store, key, config, name: queued.append(config))
    app = open_page("tradeoffs", tradeoffs="How far to trust it")
    app = app.button(key="get-ready").click().run()
    assert "Not measured yet" in said(app) and "was not measured" in said(app)
    app = app.button(key="check-trust").click().run()
    assert not app.exception
    tried = {
        (*(each.lambda_ for each in config.tasks.values()), config.train.seed) for config in queued
    }
    assert len(tried) == len(queued) == 2 * trust.SETTINGS
    assert {config.encoder.method for config in queued} == {"top"}


def test_the_order_of_trainings_is_held_against_what_is_tried(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = ("sentiment", "intent", "topic", "urgency")
    came = [
        Trained(
            {task: value if task == "sentiment" else 1.0 for task in tasks},
            seed,
            {"sentiment": value},
        )
        for seed in (0, 1)
        for value in (0.0, 0.5, 1.0, 2.0)
    ]
    monkeypatch.setattr(trust, "trainings", lambda dataset, runs: {"alike": came})
    app = open_page("tradeoffs", tradeoffs="How far to trust it")
    app = app.button(key="get-ready").click().run()
    assert not app.exception and "Measured over 4 settings" in said(app)
    assert "sentiment" in said(app) and "of at most 1.00" in said(app)


def test_what_came_of_trainings_stands_beside_what_is_tried(done: Done) -> None:
    app = open_page("tradeoffs", tradeoffs="How far to trust it")
    app = app.button(key="get-ready").click().run()
    (table,) = [each.value for each in app.dataframe if "training" in each.value]
    assert len(table) == 1 and {"intent, tried here", "intent, trained"} <= {*table.columns}


def test_all_runs_are_asked_for_once_a_drawing(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("tradeoffs", tradeoffs="How far to trust it")
    app = app.button(key="get-ready").click().run()
    asked: list[object] = []
    poll = launcher.poll
    monkeypatch.setattr(launcher, "poll", lambda store: asked.append(store) or poll(store))
    app = app.run()
    assert not app.exception and "What was predicted of trainings" in said(app)
    assert len(asked) == 1


def test_what_went_wrong_is_told_and_can_be_tried_again(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(dataset: DatasetSummary) -> None:
        raise InputError("No label to judge by", fix="bring labels")

    monkeypatch.setattr(trying, "make_ready", broken)
    app = open_page("tradeoffs").button(key="get-ready").click().run()
    assert "No label to judge by" in app.error[0].value
    assert not app.button(key="get-ready").disabled
