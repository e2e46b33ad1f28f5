"""What the report says of damaged texts, with a model whose answers can be told by heart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.models.multitask import HeadSpec
from mtrec.reports.robustness import MOST, Damage
from mtrec.schema import Estimate
from mtrec.tasks.base import Prediction
from pages.ui import loaded
from pages.ui.robustness import _change
from tests.pages.conftest import Done, said

ASK = "robustness-ask"
N = 200
GOOD = np.arange(N) % 2 == 0


def script(task: str = "verdict", kind: str = "binary") -> None:
    import streamlit as st

    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import robustness

    run = st.query_params.get("run", "r1")
    info = RunInfo(run, "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    robustness.draw(info, task, kind)


def infer(model: Any, texts: Sequence[str], cache: Any, reporter: Any) -> Any:
    """Says good of what is wonderful."""
    reporter.advance(len(texts))
    model.read.append(len(texts))
    labels = [model.says or ("good" if "wonderful" in text else "bad") for text in texts]
    prediction = Prediction(np.array(labels, dtype=object), np.ones(N), np.ones((N, 2)))
    return SimpleNamespace(predictions={"verdict": prediction})


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    records = pd.DataFrame(
        {
            "record": np.arange(N),
            "text": [f"this was {'wonderful' if each else 'terrible'}" for each in GOOD],
            "user": pd.Series([None] * N, dtype="str"),
            "split": "test",
            "task:verdict": pd.Series(np.where(GOOD, "good", "bad"), dtype="str"),
        }
    )
    specs = {"verdict": HeadSpec("verdict", "binary", ("bad", "good"))}
    model = SimpleNamespace(tasks=specs, read=[], says=None, lock=Lock())
    monkeypatch.setattr("mtrec.training.inference.infer", infer)
    monkeypatch.setattr(loaded, "whole_dataset", lambda key: SimpleNamespace(records=records))
    monkeypatch.setattr(loaded, "model", lambda run: (model, model.lock))
    return model


def opened(task: str = "verdict") -> AppTest:
    app = AppTest.from_function(script, default_timeout=60, kwargs={"task": task}).run()
    assert not app.exception and not app.error
    return app


def asked(app: AppTest) -> AppTest:
    app.button(key=ASK).click().run()
    assert not app.exception and not app.error
    return app


def test_nothing_is_read_before_somebody_asks(model: SimpleNamespace) -> None:
    app = opened()
    assert app.markdown[0].value == "**On damaged texts**" and "misspelt" in app.markdown[0].help
    assert app.button(key=ASK).label == "Test it on damaged texts" and app.button(key=ASK).help
    assert not model.read and not app.get("plotly_chart")


def test_what_damage_does_is_told_in_words(model: SimpleNamespace) -> None:
    app = asked(opened())
    assert model.read == [N] * 7 and not model.lock.locked()
    lines = [line for line in said(app).splitlines() if line.startswith("- ")]
    assert len(lines) == 2
    for line, kind in zip(lines, ("misspelt", "left out"), strict=True):
        assert line.startswith(f"- With 40\u00a0% of words {kind}, Macro F1 is **0.")
        assert "instead of 1.000: 0." in line and "less (0." in line
        assert "more than noise. Already 10\u00a0% of the words make a difference." in line
    assert not app.get("progress")


def test_what_is_lost_is_what_the_two_figures_leave() -> None:
    lost = Estimate(-0.0114, -0.02, -0.01)
    damage = Damage("misspelt", 0.1, 100, Estimate(0.9442), lost, 0.01, 0.01)
    assert _change(damage, Estimate(0.9556)) == "0.012 less (0.010 to 0.020)"


def test_the_chart_has_its_words_and_its_numbers(model: SimpleNamespace) -> None:
    app = asked(opened())
    assert len(app.get("plotly_chart")) == 1
    caption = app.caption[-1].value
    assert "On 200 test texts of this task" in caption and f"at most {MOST:,}" in caption
    table = app.dataframe[0].value
    assert table["texts"].tolist()[:2] == ["as written", "10\u00a0% of words misspelt"]
    assert len(table) == 7 and table["Macro F1"].iloc[0] == 1
    damaged = table.iloc[1:]
    assert damaged["beyond noise"].eq("yes").all() and damaged["difference"].lt(0).all()
    assert damaged["difference from"].le(damaged["difference"]).all()
    assert np.allclose(damaged["Macro F1"] - 1, damaged["difference"], atol=2e-3)
    assert damaged["texts changed"].between(1, N).all()


def test_a_model_that_is_not_moved_is_told_to_be_steady(model: SimpleNamespace) -> None:
    model.says = "good"
    app = asked(opened())
    for kind in ("misspelt", "left out"):
        assert (
            f"With up to 40\u00a0% of words {kind}, Macro F1 cannot be told from the 0.333"
            in said(app)
        )
    assert app.dataframe[0].value["beyond noise"].dropna().eq("no").all()


def test_what_was_found_stays_and_each_run_has_its_own(model: SimpleNamespace) -> None:
    app = asked(opened())
    first = said(app)
    assert said(app.run()) == first and model.read == [N] * 7
    app.query_params["run"] = "r2"
    assert "Macro F1" not in said(app.run())
    app.query_params["run"] = "r1"
    assert said(app.run()) == first


def test_a_task_without_a_labelled_test_text_is_a_sentence(model: SimpleNamespace) -> None:
    app = asked(opened(task="other"))
    assert "This cannot be told: no test text has both a label and an answer." in said(app)


@pytest.mark.slow
def test_a_finished_training_is_tested(done: Done, tmp_path: Path) -> None:
    st.cache_resource.clear()

    def script(run: str) -> None:
        from pages.ui import loaded, robustness

        info = loaded.store().get(run)
        robustness.draw(info, "sentiment", "binary")

    app = AppTest.from_function(script, default_timeout=120, kwargs={"run": done.run.run}).run()
    asked(app)
    assert len(app.dataframe[0].value) == 7
