"""Presentation mode: nothing that a page sends names a person or holds a word they wrote.

Figures are the same with and without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.data.dataset import load_dataset
from mtrec.schema import USER
from pages.ui import hiding
from tests.marking import marks, sent
from tests.pages.conftest import TABS, Done, copied, open_page

pytestmark = pytest.mark.slow

SIDES = ("Compare", "One person", "What is shown", "What it rests on", "Rules")
LOOKS = ("Profile", "Texts and acts", "What if?", "Find people", "Groups and map")
VISITS = [
    ("start", {}),
    ("data", {}),
    ("tradeoffs", {}),
    ("train", {}),
    ("search", {}),
    *(("report", {"tab": tab, "task": "mood"}) for tab in TABS),
    *(("report", {"tab": "Mix-ups", "task": task}) for task in ("names", "link")),
    *(("people", {"look": look}) for look in LOOKS),
    *(("recommendations", {"side": side}) for side in SIDES),
]
SHOWS = {
    ("data", ""),
    ("recommendations", "One person"),
    *(("people", look) for look in LOOKS),
    *(("report", tab) for tab in ("Mix-ups", "Doubts", "Compare")),
}  # where there are ids or texts to hide


@pytest.fixture(scope="module")
def trained_marked(marked_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Two trainings on data whose ids and texts are told from all else."""
    return copied(marked_workspace, tmp_path_factory.mktemp("marked"))


@pytest.fixture
def marked(trained_marked: Done, monkeypatch: pytest.MonkeyPatch) -> Iterator[Done]:
    """The app takes the workspace for its own; everything is opened, and every table clicked."""
    monkeypatch.setenv("MTREC_WORKSPACE", str(trained_marked.workspace.root))
    draw, unfold = st.dataframe, st.expander

    def clicked(*args: Any, **options: Any) -> Any:
        drawn = draw(*args, **options)
        mode = options.get("selection_mode")
        if options.get("key") == "run-list":
            return drawn
        if mode == "single-row":
            return SimpleNamespace(selection=SimpleNamespace(rows=[0]))
        if mode == "single-cell":
            table = args[0].data
            cell = (0, table.columns[int(table.iloc[0].argmax())])
            return SimpleNamespace(selection=SimpleNamespace(cells=[cell]))
        return drawn

    def opened(*args: Any, **options: Any) -> Any:
        return unfold(*args, **options | {"expanded": True})

    monkeypatch.setattr(st, "dataframe", clicked)
    monkeypatch.setattr(st, "expander", opened)
    yield trained_marked
    hiding.switch(trained_marked.workspace, False)


def visited(page: str, choices: dict[str, str]) -> AppTest:
    """A page on which everything was asked for that shows texts."""
    app = open_page(page, **choices)
    for key in ("look-mood", "-why", "-like", "open-adapted-1"):
        for button in [each for each in app.button if each.key and each.key.endswith(key)]:
            button.click().run()
    assert not app.exception and not app.error
    return app


def figures(app: AppTest) -> list[str]:
    """Every figure and every chart."""
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    return [*(metric.value for metric in app.metric), *charts]


@pytest.mark.parametrize(("page", "choices"), VISITS)
def test_no_id_and_no_text_is_sent(page: str, choices: dict[str, str], marked: Done) -> None:
    shows = (page, choices.get("tab", choices.get("side", choices.get("look", "")))) in SHOWS
    before = visited(page, choices)
    assert bool(marks(*sent(before))) is shows
    hiding.switch(marked.workspace, True)
    during = visited(page, choices)
    assert marks(*sent(during)) == set()
    if page != "people":  # who comes first there depends on their names
        assert figures(during) == figures(before)
    hiding.switch(marked.workspace, False)
    if shows:
        assert marks(*sent(visited(page, choices)))


def test_a_link_that_names_an_id_holds_the_pseudonym_of_that_person(marked: Done) -> None:
    hiding.switch(marked.workspace, True)
    whole = load_dataset(marked.run.dataset, marked.workspace)
    somebody = sorted(whole.users[USER])[-1]
    secret = hiding.secret_of(marked.workspace)
    assert secret is not None
    name = hiding.Hiding(whole, secret).names[somebody]
    app = open_page("people", person=somebody)
    assert not app.exception and not app.error
    assert app.session_state["person"] == name and app.query_params["person"] == name
