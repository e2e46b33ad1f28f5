"""What the report says of a model's sureness, over predictions whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import loaded
from tests.pages.conftest import said

SLIDER = "to-person"


@dataclass(frozen=True)
class Store:
    """A run store that knows one folder."""

    folder: Path

    def fetch(self, run: str) -> Path:
        return self.folder


def script(split: str = "test") -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import sureness

    run = RunInfo("r1", "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    sureness.draw(run, "verdict", split, "multiclass")


def said_of(sure: np.ndarray, good: np.ndarray, before: np.ndarray | None = None) -> pd.DataFrame:
    """Predictions of one task on the test part."""
    frame = pd.DataFrame(
        {
            "record": np.arange(len(sure)),
            "task": "verdict",
            "split": "test",
            "truth": "good",
            "predicted": np.where(good, "good", "bad"),
            "confidence": sure.astype(np.float32),
        }
    )
    return frame if before is None else frame.assign(uncalibrated=before.astype(np.float32))


def shown(
    predictions: pd.DataFrame,
    folder: Path,
    patch: pytest.MonkeyPatch,
    split: str = "test",
    to_person: int | None = None,
) -> AppTest:
    predictions.to_parquet(folder / "predictions.parquet")
    patch.setattr(loaded, "store", lambda: Store(folder))
    st.cache_data.clear()
    app = AppTest.from_function(script, default_timeout=60, kwargs={"split": split})
    if to_person is not None:
        app.query_params[SLIDER] = str(to_person)
    app.run()
    assert not app.exception
    return app


# A hundred texts: of the surest 60 all are right but 3, of the other 40 half.
SURE = np.concatenate([np.full(60, 0.95), np.full(40, 0.5)])
RIGHT = np.concatenate([np.arange(60) >= 3, np.arange(40) % 2 == 0])
BOASTING = np.concatenate([np.full(60, 0.99), np.full(40, 0.8)])


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return shown(said_of(SURE, RIGHT, BOASTING), tmp_path, monkeypatch)


def test_sureness_is_told_before_and_after_correction(app: AppTest) -> None:
    before, after = (line for line in said(app).splitlines() if line.startswith("- "))
    # 0.6 · |0.95 - 0.99| + 0.4 · |0.5 - 0.8| = 0.144, and nothing is left after correction.
    assert "Before correction:** when it says 80\u00a0%, it is right in 50\u00a0% of" in before
    assert "off by **14.4 points** on average (95\u00a0% interval " in before
    assert "After correction:** when it says 95\u00a0%, it is right in 95\u00a0% of" in after
    assert "off by **0.0 points** on average (95\u00a0% interval 0.0 to " in after


def test_a_correction_that_does_not_help_is_called_so(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "The correction does not help" not in said(app)
    worse = shown(said_of(BOASTING, RIGHT, SURE), tmp_path, monkeypatch)
    assert "The correction does not help here." in said(worse)


def test_the_rest_is_more_often_right_the_more_goes_to_a_person(app: AppTest) -> None:
    # 80 of 100 answered: 57 of the surest 60, and 10 of 20 of the others.
    assert app.slider(key=SLIDER).value == 20
    assert (
        "The model answers 80 texts, those it is at least 50\u00a0% sure of, and is right in "
        "**84\u00a0%** of them (95\u00a0% interval 74\u00a0% to 90\u00a0%)."
    ) in said(app)
    app.slider(key=SLIDER).set_value(40).run()
    assert not app.exception
    assert "answers 60 texts, those it is at least 95\u00a0% sure of" in said(app)
    assert app.slider(key=SLIDER).help


def test_what_must_go_to_a_person_is_said(app: AppTest) -> None:
    assert (
        "To be right in 95\u00a0% of what it answers, **40\u00a0%** of texts must go to a person, "
        "those it is less than 95\u00a0% sure of (95\u00a0% interval 86\u00a0% to 98\u00a0%, "
        "60 texts left)."
    ) in said(app)


def test_every_chart_has_words_and_a_table(app: AppTest) -> None:
    assert len(app.get("plotly_chart")) == 2
    groups, curve = (frame.value for frame in app.dataframe)
    assert list(groups.columns) == [
        "sureness",
        "says (%)",
        "right (%)",
        "from (%)",
        "to (%)",
        "texts",
    ]
    assert groups["texts"].tolist() == [40, 60, 40, 60]
    assert groups["says (%)"].tolist() == [80.0, 99.0, 50.0, 95.0]
    assert curve["to a person (%)"].tolist() == list(range(0, 100, 5))
    assert curve["texts"].iloc[0] == 100 and curve["right (%)"].iloc[0] == 77


def test_the_share_comes_by_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(said_of(SURE, RIGHT, BOASTING), tmp_path, monkeypatch, to_person=40)
    assert app.slider(key=SLIDER).value == 40
    assert "The model answers 60 texts" in said(app)


@pytest.mark.parametrize("nonsense", [-5, 37, 1000])
def test_a_share_that_the_slider_cannot_hold_breaks_nothing(
    nonsense: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(said_of(SURE, RIGHT), tmp_path, monkeypatch, to_person=nonsense)
    assert 0 <= app.slider(key=SLIDER).value <= 95
    assert "The model answers " in said(app)


def test_a_training_from_before_correction_shows_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(said_of(SURE, RIGHT), tmp_path, monkeypatch)
    words = said(app)
    assert "This training was made before sureness was corrected" in words
    assert "**As it says:** when it says 95" in words
    assert "efore correction:" not in words and "fter correction:" not in words


def test_a_correction_that_changed_nothing_is_not_shown_as_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = said(shown(said_of(SURE, RIGHT, SURE), tmp_path, monkeypatch))
    assert "The correction changed nothing" in words
    assert "After correction:" not in words


def test_validation_texts_are_said_to_flatter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = said_of(SURE, RIGHT, BOASTING)
    test = said(shown(predictions, tmp_path, monkeypatch))
    val = said(shown(predictions.assign(split="val"), tmp_path, monkeypatch, split="val"))
    flatters = "The correction was found on these very texts"
    assert flatters in val and flatters not in test


def test_few_texts_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(said_of(SURE[:29], RIGHT[:29], SURE[:29]), tmp_path, monkeypatch)
    assert "Only 29 answers can be judged here, which is too few to tell: it takes 30." in said(app)
    assert not app.slider and not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("good", "sentence"),
    [
        (np.arange(100) >= 4, "It is right in 95\u00a0% or more as it is"),
        (np.arange(100) >= 20, "there are no 30 left of which 95\u00a0% are right."),
        (np.arange(100) < 10, "there are no 30 left of which 95\u00a0% are right."),
    ],
)
def test_a_goal_that_is_reached_or_out_of_reach_is_said_so(
    good: np.ndarray, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Right but for the 4 or 20 it is surest of; or right in the 10 it is surest of alone.
    app = shown(said_of(np.linspace(0.9, 0.4, 100), good), tmp_path, monkeypatch)
    assert sentence in said(app)


def test_texts_without_a_label_or_an_answer_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = said_of(SURE, RIGHT, BOASTING)
    predictions.loc[:1, "truth"] = None
    predictions.loc[2:4, ["predicted", "confidence", "uncalibrated"]] = [None, np.nan, np.nan]
    app = shown(predictions, tmp_path, monkeypatch)
    assert "3 texts with a label got no answer at all, and are left out" in said(app)
    assert app.dataframe[1].value["texts"].iloc[0] == 95
