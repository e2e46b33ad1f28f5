"""The report to take along: what is offered, under which names, and what is made on a click."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as given_by
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig
from mtrec.reports.classification import load_reports
from mtrec.runs.store import FINISHED, NO_RECOMMENDATIONS, RunInfo
from pages.ui import downloads, loaded
from pages.ui.downloads import file_name
from tests.reports.test_document import Page, asks_for_nothing, kinds, written

Offer = dict[str, Any]


def script(name: str) -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import downloads

    run = RunInfo("r1", name, "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    downloads.draw(run, "test")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("run")
    return folder, written(folder, kinds())


@pytest.fixture
def opened(stored: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the one run that the pages know."""
    folder, dataset = stored
    store = SimpleNamespace(
        fetch=lambda run: folder,
        config=lambda run: RunConfig(),
        summary=lambda run: {NO_RECOMMENDATIONS: "Nobody liked anything."},
    )
    monkeypatch.setattr(loaded, "store", lambda: store)
    monkeypatch.setattr(loaded, "whole_dataset", lambda key: dataset)
    return folder


@pytest.fixture
def offers(opened: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Offer]:
    """What each button offers, by what it is called."""
    found: dict[str, Offer] = {}

    def offer(*args: Any, **kwargs: Any) -> bool:
        found[next(each for each in args if isinstance(each, str))] = kwargs
        return False

    monkeypatch.setattr(DeltaGenerator, "download_button", offer)
    monkeypatch.setattr(st, "download_button", offer)
    return found


def drawn(name: str = "Quick look", examples: bool = False) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60, kwargs={"name": name}).run()
    if examples:
        app.toggle(key="document-examples").set_value(True).run()
    assert not app.exception
    return app


def test_everything_is_explained(opened: Path) -> None:
    app = drawn()
    html, figures = (button.proto for button in app.get("download_button"))
    assert html.label == "Download the report (HTML)"
    assert "without a network" in html.help and "Nothing in it names a person" in html.help
    assert figures.label == "Download the figures (JSON)" and figures.help
    toggle = app.toggle(key="document-examples")
    assert toggle.label == "With example texts" and not toggle.value
    assert "the ids of the people" in toggle.help


def test_nothing_is_made_before_the_click(
    offers: dict[str, Offer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> str:
        raise AssertionError("made too early")

    for name in ("document", "load_reports"):
        monkeypatch.setattr(downloads, name, refuse)
    drawn()
    for offer in offers.values():
        with pytest.raises(AssertionError, match="made too early"):
            offer["data"]()


def test_the_report_is_the_page(offers: dict[str, Offer]) -> None:
    drawn()
    offer = offers["Download the report (HTML)"]
    source = offer["data"]()
    asks_for_nothing(source)
    text = Page(source).text
    assert "Quick look: what was learned from shop" in text and "Nobody liked anything." in text
    assert "Macro F1" in text and "The mean of F1 over all labels" in text
    assert "SECRET" not in source and "PERSON" not in source
    assert (offer["file_name"], offer["mime"]) == ("report-Quick-look-test.html", "text/html")


def test_texts_are_in_it_where_they_were_asked_for(offers: dict[str, Offer]) -> None:
    drawn(examples=True)
    offer = offers["Download the report (HTML)"]
    source = offer["data"]()
    asks_for_nothing(source)
    assert "SECRET" in source and "PERSON" in source
    assert offer["file_name"] == "report-Quick-look-test-with-texts.html"
    assert "names a person" not in offer["help"] and "ids of the people" in offer["help"]


def test_the_figures_are_the_report_contract(offers: dict[str, Offer], opened: Path) -> None:
    drawn()
    offer = offers["Download the figures (JSON)"]
    assert json.loads(offer["data"]()) == load_reports(opened, "test")
    assert offer["file_name"] == "report-Quick-look-test.json"
    assert offer["mime"] == "application/json" and not offer["disabled"]


def test_without_tasks_there_are_no_figures(
    offers: dict[str, Offer], stored: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded, "whole_dataset", lambda key: replace(stored[1], tasks={}))
    drawn()
    assert offers["Download the figures (JSON)"]["disabled"]
    assert "nothing to judge tasks by" in offers["Download the report (HTML)"]["data"]()


def run_called(name: str) -> RunInfo:
    return RunInfo("ab12cd34ef", name, "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("the demo, seed 2", "report-the-demo-seed-2-test"),
        ("../../etc/passwd", "report-etc-passwd-test"),
        ('a"b\r\nc<d>', "report-a-b-c-d-test"),
        ("税込み", "report-ab12cd34-test"),
        ("", "report-ab12cd34-test"),
        ("x" * 300, f"report-{'x' * 60}-test"),
    ],
)
def test_file_names_by_hand(name: str, file: str) -> None:
    assert file_name(run_called(name), "test") == file


@given(given_by.text())
def test_file_names_are_safe(name: str) -> None:
    file = file_name(run_called(name), "val")
    assert {*file} <= {*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"}
    assert file.startswith("report-") and file.endswith("-val") and "--" not in file


def test_words_are_those_of_the_pages() -> None:
    """Every kind of task, stage, segment and split has a word."""
    from mtrec.data.recipe import Scheme
    from mtrec.recommend.data import SEGMENTS
    from mtrec.schema import SPLITS, STAGES
    from mtrec.tasks import TASK_TYPES

    words = downloads.WORDS
    for known, named in (
        (TASK_TYPES, words.kinds),
        (SPLITS, words.parts),
        (STAGES, words.stages),
        (("all", *SEGMENTS), words.segments),
        ({"published", *get_args(Scheme)} - {"auto"}, words.schemes),
    ):
        assert {*known} <= {*named}
    assert all(words.metric(kind.headline)[1] for kind in TASK_TYPES.values())
