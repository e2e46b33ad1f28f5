"""What a training would cost stands beside the choice, and afterwards how far off that was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.files import write_json
from mtrec.models import encoder
from mtrec.models.pretrained import load_pretrained
from mtrec.runs.estimate import ESTIMATE
from mtrec.runs.store import RunStore
from tests.pages.conftest import Done, open_page, said

WAY = "way to learn"


@pytest.fixture
def estimate(done: Done) -> Iterator[Path]:
    """Where the finished run keeps what was expected of it."""
    path = RunStore(done.workspace).folder(done.run.run) / ESTIMATE
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def tiny(tiny_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever encoder is asked for, it is a tiny one."""
    monkeypatch.setattr(
        encoder, "load_pretrained", lambda _: load_pretrained(str(tiny_encoder_folder))
    )


def costs(app: AppTest) -> pd.DataFrame:
    """The table of costs, a row a method."""
    (table,) = app.table
    return table.value


def test_costs_are_measured_when_asked_and_kept(done: Done, tiny: None) -> None:
    short = {"encoder.max_length": "32"}  # it has too few places for prompts beside longer texts
    app = open_page("train", **short)
    assert not app.exception and "has not been measured here yet" in said(app)

    app = app.button(key="measure").click().run()
    assert not app.exception and "has not been measured here yet" not in said(app)
    assert app.button(key="measure").label == "Measure again"
    assert not [each for each in app.button if each.label == "Stop"]  # no training's either
    table = costs(app)
    assert table[WAY].tolist() == ["frozen", "**top** (chosen)", "lora", "prompt", "full"]
    assert table["memory"].str.fullmatch("\\d\\.\\d\u00a0GB").all()
    assert table["numbers that learn"].str.fullmatch("\\d\\.\\d\u00a0million").all()
    assert table["time"].str.match("\\d+\u00a0(s|min)").all()

    app = app.radio(key="encoder.method").set_value("full").run()
    assert costs(app)[WAY].tolist()[-1] == "**full** (chosen)"
    assert costs(open_page("train", **short)).equals(table)


def test_settings_that_rule_a_method_out_say_so(done: Done, tiny: None) -> None:
    app = open_page("train")
    app = app.toggle(key="train.adversarial.fgm").set_value(True).run()
    app = app.button(key="measure").click().run()
    assert "there can be no training by frozen" in said(app)
    assert "frozen" not in costs(app)[WAY].tolist()


def test_a_finished_run_says_how_far_off_the_estimate_was(done: Done, estimate: Path) -> None:
    assert "than expected" not in said(open_page("train"))
    expected = {"learns": 1, "memory": 1e9, "seconds": 3600.0, "epochs": 2, "device": "cpu"}
    write_json(estimate, expected)
    words = said(open_page("train"))
    assert "Expected 1 h, took " in words and "less than expected" in words


def test_a_run_can_be_renamed(done: Done) -> None:
    run = done.run
    app = open_page("train")
    app = app.text_input(key=f"name-{run.run}").set_value("Another").run()
    app = app.button(key="rename").click().run()
    try:
        assert not app.exception
        app = open_page("train")
        assert "Another" in [each.value for each in app.subheader]
        assert app.selectbox(key="run").value == f"Another · {run.run[:8]}"
    finally:
        RunStore(done.workspace).rename(run.run, run.name)
