"""What the report says of weak parts of the data, over predictions whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.data.dataset import DatasetTask
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING
from pages.ui import charts, loaded, shell, slices
from tests.pages.conftest import said

SIZE = 800  # records, the first half in validation
NONE = np.zeros(SIZE, dtype=bool)
NUMBERS = np.arange(SIZE)
COUNTRY = np.array(["*Spain*", "Canada", "Ireland", "Norway"])[NUMBERS % 4]
VAL = NUMBERS < SIZE // 2
SPAIN = COUNTRY == "*Spain*"
HALF = NUMBERS % 8 < 4  # of each country


def script() -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import slices

    run = RunInfo("r1", "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    slices.draw(run, "verdict", "multiclass")


def shown(
    wrong: np.ndarray,
    folder: Path,
    patch: pytest.MonkeyPatch,
    unlabelled: np.ndarray = NONE,
    **choices: str,
) -> AppTest:
    """The part for a shop whose people come from four countries; `wrong` says which texts are."""
    people = pd.Series([f"u{each}" for each in NUMBERS], dtype="str")
    records = pd.DataFrame(
        {
            "record": NUMBERS,
            "source": "reviews",
            "text": [f"=text *{each}*" for each in NUMBERS],
            "user": people,
            "item": pd.Series([None] * SIZE, dtype="str"),
            "time": pd.to_datetime(pd.Series([None] * SIZE), utc=True),
            "split": np.where(VAL, "val", "test"),
            "task:verdict": "good",
        }
    )
    dataset = SimpleNamespace(
        records=records,
        tasks={"verdict": DatasetTask("verdict", "multiclass", ["bad", "good"], {}, {})},
        users=pd.DataFrame({"user": people, "attr:country": COUNTRY}),
        items=pd.DataFrame({"item": pd.Series([], dtype="str")}),
    )
    pd.DataFrame(
        {
            "record": NUMBERS,
            "task": "verdict",
            "split": records["split"],
            "truth": np.where(unlabelled, None, "good"),
            "predicted": np.where(wrong, "bad", "good"),
            "confidence": np.linspace(0.5, 0.9, SIZE).astype(np.float32),
        }
    ).to_parquet(folder / "predictions.parquet")
    patch.setattr(loaded, "store", lambda: SimpleNamespace(fetch=lambda run: folder))
    patch.setattr(loaded, "whole_dataset", lambda key: dataset)
    st.cache_data.clear()
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(choices)
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """What can be downloaded, by file name."""
    tables: dict[str, pd.DataFrame] = {}
    monkeypatch.setattr(shell, "download", lambda table, name, key: tables.update({name: table}))
    return tables


def test_a_part_that_holds_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    # Spain is every fourth, and of every eighth the first four: the first of eight is wrong.
    words = said(app)
    assert "**Where it is weaker**" in words
    assert (
        "- 50\u00a0% of texts written by people whose *country* is *\\*Spain\\** are right, "
        "against 100\u00a0% of the others: 50 points fewer (95\u00a0% interval "
    ) in words
    assert ", more than noise." in words
    assert "4 parts were looked at on 400 validation texts; 1 looked weaker there." in words
    assert "not distinguishable" not in words and "too few" not in words
    assert len(app.get("plotly_chart")) == 1


def test_how_it_is_found_and_measured_stands_in_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    (headline,) = (each for each in app.markdown if "Where it is weaker" in each.value)
    assert "found on the validation part" in headline.help
    assert "measured on the test part" in headline.help
    assert app.selectbox(key="slice").help


def test_the_chart_has_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["part"] == "1. country: *Spain*"
    assert row["beyond noise"] == "yes"
    assert (row["right (%)"], row["rest right (%)"], row["difference"]) == (50, 100, -50)
    assert (row["texts"], row["rest"]) == (100, 300)
    assert row["from"] < -50 < row["to"] < 0


def test_the_legend_takes_no_room_from_the_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    bare = charts.dots(
        pd.DataFrame([{"part": "a", "value": 0.5, "low": 0.4, "high": 0.6}]), "part", ""
    ).layout
    room = bare.height - bare.margin.t
    assert layout["showlegend"] and layout["height"] - layout["margin"]["t"] >= room


def test_wrong_texts_are_listed_the_surest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    table = app.dataframe[1].value
    assert len(table) == 50
    assert table["text"].iloc[0] == "=text *792*" and table["user"].iloc[0] == "u792"
    assert table["confidence"].is_monotonic_decreasing and table["confidence"].iloc[0] > 80
    assert table["true"].eq("good").all() and table["said"].eq("bad").all()
    assert list(saved) == ["verdict-weaker"] and len(saved["verdict-weaker"]) == 50


def test_a_selected_text_leads_to_its_author(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(shell, "person", lambda user, label: opened.append(f"{user}: {label}"))
    found = SimpleNamespace(selection=SimpleNamespace(rows=[1]))
    real = st.dataframe

    def first(data: pd.DataFrame, **settings: object) -> object:
        return found if "on_select" in settings else real(data, **settings)

    monkeypatch.setattr(slices.st, "dataframe", first)
    app = shown(SPAIN & HALF, tmp_path, monkeypatch)
    assert opened == ["u784: Open u784"]
    assert "The data says: **good**" in said(app) and "The model says: **bad**" in said(app)


@pytest.mark.parametrize(
    ("kind", "truth", "predicted", "mistake"),
    [
        ("multiclass", "good", "bad", ("good", "bad")),
        ("multilabel", "joy|love", "joy", ("love", NOTHING)),
        ("tags", "B-artist O B-album", "B-artist O B-track", ("album", "track")),
    ],
)
def test_of_a_wrong_text_its_mistake_is_explained(
    kind: str, truth: str, predicted: str, mistake: tuple[str, str]
) -> None:
    assert slices._mistake(TASK_TYPES[kind], truth, predicted) == mistake


def test_what_does_not_hold_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(SPAIN & HALF & VAL, tmp_path, monkeypatch)
    words = said(app)
    assert "No part of the data was found where it does distinctly worse." in words
    assert (
        "Looked weaker on validation, which the test texts do not confirm: texts written by people "
        "whose *country* is *\\*Spain\\**."
    ) in words
    assert "None: every test text of this part is right." in words
    assert app.dataframe[0].value["beyond noise"].tolist() == ["no"]


def test_what_cannot_be_measured_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlabelled = SPAIN & ~VAL & (NUMBERS > 420)
    app = shown(SPAIN & HALF, tmp_path, monkeypatch, unlabelled=unlabelled)
    words = said(app)
    assert "with too few test texts to measure it (it takes 10, of 5 people or more" in words
    assert not app.get("plotly_chart")
    assert len(app.dataframe[0].value) == 3


def test_no_weak_part_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown(NUMBERS % 5 == 0, tmp_path, monkeypatch)
    assert (
        "No part of the data was found where it does distinctly worse: 4 parts were looked at."
    ) in said(app)
    assert not app.get("plotly_chart") and not app.selectbox


def test_where_no_part_is_large_enough_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = VAL & (np.cumsum(VAL) > 30)
    words = said(shown(SPAIN & HALF, tmp_path, monkeypatch, unlabelled=few))
    assert "There was nothing to look at: of 30 labelled validation texts no part" in words
    assert "0 parts" not in words


@pytest.mark.parametrize(("part", "name"), [(VAL, "validation"), (~VAL, "test")])
def test_nothing_judged_is_a_sentence(
    part: np.ndarray, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown(SPAIN & HALF, tmp_path, monkeypatch, unlabelled=part)
    assert f"This cannot be told: no {name} text has both a label and an answer." in said(app)


def test_a_part_is_chosen_by_link_or_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canada = "written by people whose country is Canada"
    wrong = HALF & (SPAIN | (COUNTRY == "Canada"))
    app = shown(wrong, tmp_path, monkeypatch, slice=canada)
    picker = app.selectbox(key="slice")
    assert picker.value == canada and len(picker.options) == 2
    assert app.dataframe[1].value["text"].iloc[0] == "=text *793*"
    picker.set_value(next(each for each in picker.options if each != canada)).run()
    assert not app.exception
    assert app.dataframe[1].value["text"].iloc[0] == "=text *792*"
    gone = shown(wrong, tmp_path, monkeypatch, slice="a part that is gone")
    assert gone.selectbox(key="slice").value in gone.selectbox(key="slice").options
