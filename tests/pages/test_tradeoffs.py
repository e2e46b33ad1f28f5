"""The page Trade-offs: weights are moved, and every task's gain and loss is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace
from pages.ui import trying
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


def test_weights_by_number_of_labels_give_the_most_to_the_largest(done: Done) -> None:
    app = ready().button(key="by-size").click().run()
    values = {str(each.key): each.value for each in app.select_slider}
    assert max(values.values()) == 1.0 and min(values.values()) < 1.0


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
