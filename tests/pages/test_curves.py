"""What the report says of a label's curve, and what thresholds change, over a made-up run."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from sklearn.metrics import average_precision_score
from streamlit.testing.v1 import AppTest

from mtrec.reports.shares import save_shares
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Ragged
from pages.ui import loaded, shell
from tests.pages.conftest import said

SLIDER, LABEL, RESET = "threshold-r1-mood-{}", "curve-label", "reset-r1-mood"
MULTILABEL = TASK_TYPES["multilabel"]
MOODS = ["calm", "<b>glad", "rare"]
OWN = (0.5, 0.25, 0.5)


@dataclass(frozen=True)
class Store:
    """A run store that knows one folder."""

    folder: Path

    def fetch(self, run: str) -> Path:
        return self.folder


def script(split: str, kind: str, labels: list[str]) -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import curves

    run = RunInfo("r1", "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    curves.draw(run, "mood", split, kind, labels)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """What can be downloaded, by file name."""
    tables: dict[str, pd.DataFrame] = {}
    monkeypatch.setattr(shell, "download", lambda table, name, key: tables.update({name: table}))
    return tables


def moods(size: int = 200, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Shares of three moods, each somewhat told apart, and the truth: the last one 5 times."""
    rng = np.random.default_rng(seed)
    carried = rng.random((size, 3)) < (0.4, 0.3, 0)
    carried[:5, 2] = True
    carried[~carried.any(axis=1), 0] = True
    noise = rng.standard_normal((size, 3))
    shares = 1 / (1 + np.exp(1 - (3, 1.5, 2) * carried - noise))
    truth = ["|".join(np.array(MOODS)[row]) for row in carried]
    return shares.astype(np.float32), truth


def opened(
    folder: Path,
    patch: pytest.MonkeyPatch,
    shares: np.ndarray,
    truth: list[str],
    kind: str = "multilabel",
    labels: list[str] = MOODS,
    thresholds: tuple[float, ...] = OWN,
    split: str = "test",
    users: list[str | None] | None = None,
) -> AppTest:
    """The part of the report for records that all stand in one split."""
    records = pd.DataFrame(
        {
            "record": range(len(truth)),
            "split": split,
            "user": pd.Series(users or [None] * len(truth), dtype="str"),
            "task:mood": pd.Series(truth, dtype="str"),
        }
    )
    task = SimpleNamespace(labels=labels)
    dataset: Any = SimpleNamespace(records=records, tasks={"mood": task})
    unanswered = np.isnan(shares).any(axis=1)
    known = Ragged(shares[~unanswered], np.where(unanswered, 0, 1))
    predicted = TASK_TYPES[kind].predict(known, labels, thresholds).labels
    save_shares(
        folder,
        dataset,
        SimpleNamespace(predictions={"mood": SimpleNamespace(shares=shares)}),  # type: ignore[arg-type]
    )
    records.assign(
        task="mood", truth=records["task:mood"], predicted=pd.Series(predicted, dtype="str")
    )[["record", "task", "split", "truth", "predicted"]].to_parquet(folder / "predictions.parquet")
    (folder / "model").mkdir(exist_ok=True)
    description = {"tasks": [{"name": "mood", "thresholds": thresholds}]}
    (folder / "model" / "model.json").write_text(json.dumps(description))
    patch.setattr(loaded, "store", lambda: Store(folder))
    patch.setattr(loaded, "whole_dataset", lambda key: dataset)
    st.cache_data.clear()
    st.cache_resource.clear()
    arguments = {"split": split, "kind": kind, "labels": labels}
    app = AppTest.from_function(script, default_timeout=60, kwargs=arguments).run()
    assert not app.exception
    return app


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]) -> AppTest:
    return opened(tmp_path, monkeypatch, *moods())


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The traces of the chart."""
    chart = app.get("plotly_chart")[0]
    return list(json.loads(chart.proto.spec)["data"])


def table(app: AppTest) -> pd.DataFrame:
    """Every label at the thresholds as they are."""
    return app.dataframe[-1].value.set_index("label")


def test_the_label_with_the_lowest_f1_comes_first_and_rare_ones_last(app: AppTest) -> None:
    choice = app.selectbox(key=LABEL)
    assert choice.options == ["<b>glad", "calm", "rare"]
    assert choice.value == "<b>glad"
    assert choice.help


def test_how_well_it_is_told_apart_is_said_in_words_beside_chance(app: AppTest) -> None:
    shares, truth = moods()
    carried = np.array(["glad" in each for each in truth])
    value = average_precision_score(carried, shares[:, 1])
    line = next(line for line in said(app).splitlines() if "whatever the threshold" in line)
    assert f"whatever the threshold: **{value:.2f}** of 1 (95\u00a0% interval " in line
    assert f"would get {carried.mean():.2f}, since {carried.sum()} of 200 texts carry it." in line
    assert "*\\<b\\>glad*" in line  # letter for letter, no markup


def test_the_curve_shows_where_the_model_stands(app: AppTest) -> None:
    shares, truth = moods()
    carried = np.array(["glad" in each for each in truth])
    line, chance, star = figures(app)
    given = shares[:, 1] >= 0.25
    hits = (given & carried).sum()
    assert star["marker"]["symbol"] == "star" and star["name"] == "as the model stands"
    assert star["x"] == pytest.approx([hits / carried.sum()])
    assert star["y"] == pytest.approx([hits / given.sum()])
    assert chance["y"] == pytest.approx([carried.mean()] * 2)
    assert line["line"]["shape"] == "vh"
    points = app.dataframe[0].value
    assert list(points.columns) == [
        "given from (%)",
        "right when given (%)",
        "found (%)",
        "texts given it",
    ]
    assert points["found (%)"].iloc[-1] == 100
    assert points["texts given it"].iloc[-1] == 200


def test_a_label_with_few_cases_has_no_figures(app: AppTest) -> None:
    app.selectbox(key=LABEL).set_value("rare").run()
    assert not app.exception
    assert (
        "Only 5 texts of this part carry *rare*: too few to tell how well it is told apart, which "
        "takes 10."
    ) in said(app)
    assert not app.get("plotly_chart") and not app.slider
    assert "whatever the threshold" not in said(app)
    assert table(app).loc["rare", ["precision", "recall", "f1"]].isna().all()


def test_a_label_that_nobody_carries_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    shares, truth = moods()
    app = opened(tmp_path, monkeypatch, shares, ["calm"] * len(truth))
    app.selectbox(key=LABEL).set_value("rare").run()
    assert "No text of this part carries *rare*" in said(app)
    app.selectbox(key=LABEL).set_value("calm").run()  # which every text carries
    assert not app.exception and "**1.00** of 1" in said(app)


# Thresholds


def test_the_slider_starts_where_the_model_stands_and_nothing_has_changed(app: AppTest) -> None:
    slider = app.slider(key=SLIDER.format("<b>glad"))
    assert slider.value == 25
    assert slider.label == "From how likely on is *\\<b\\>glad* given?"
    assert "The model's own is 25.0 %" in slider.help
    assert "→" not in said(app)
    assert app.button(key=RESET).disabled
    shown = table(app)
    assert shown["threshold"].tolist() == shown["own"].tolist() == [25, 50, 50]
    assert set(shown["moved"]) == {""}
    assert len(figures(app)) == 3


def test_a_moved_threshold_is_told_as_before_and_after(
    app: AppTest, saved: dict[str, pd.DataFrame]
) -> None:
    shares, truth = moods()
    before = table(app)
    app.slider(key=SLIDER.format("<b>glad")).set_value(60.0).run()
    assert not app.exception
    own, yours = (
        MULTILABEL.scores(
            truth, MULTILABEL.predict(Ragged.single(shares), MOODS, each).labels.tolist(), MOODS
        )
        for each in (OWN, (0.5, 0.6, 0.5))
    )
    words = said(app)
    for name, shown in (("precision", "Right when given"), ("recall", "Found"), ("f1", "F1")):
        old, new = (getattr(each.labels["<b>glad"], name) for each in (own, yours))
        assert f"**{shown} (\\<b\\>glad)**: {old:.3f} → **{new:.3f}**, {new - old:+.3f} (" in words
    for name, shown in (("macro_f1", "Macro F1"), ("micro_f1", "Micro F1")):
        old, new = (each.metrics[name].value for each in (own, yours))
        assert f"**{shown}**: {old:.3f} → **{new:.3f}**, {new - old:+.3f} (95\u00a0%" in words
    assert f"Macro F1 {yours.metrics['macro_f1'].value:.3f}, Micro F1 " in words
    after = table(app)
    assert after.loc["<b>glad", ["threshold", "own", "moved"]].tolist() == [60, 25, "moved"]
    assert after.loc["calm", "f1"] == before.loc["calm", "f1"]
    diamond = figures(app)[-1]
    assert diamond["marker"]["symbol"] == "diamond" and diamond["name"] == "at your threshold"
    assert saved["thresholds-mood"].set_index("label").loc["rare", "support"] == 5
    assert not app.button(key=RESET).disabled


def test_changes_are_told_from_noise(app: AppTest) -> None:
    app.slider(key=SLIDER.format("<b>glad")).set_value(90.0).run()
    line = next(line for line in said(app).splitlines() if "**Found (" in line)
    assert line.endswith(", more than noise")
    app.slider(key=SLIDER.format("<b>glad")).set_value(26.0).run()
    line = next(line for line in said(app).splitlines() if "**Macro F1**" in line)
    assert "no more than noise" in line or "too few texts differ" in line


def test_thresholds_are_kept_while_another_label_is_looked_at(app: AppTest) -> None:
    app.slider(key=SLIDER.format("<b>glad")).set_value(60.0).run()
    app.selectbox(key=LABEL).set_value("calm").run()
    assert app.slider(key=SLIDER.format("calm")).value == 50
    assert "**F1 (calm)**: " in said(app) and ", no change" in said(app)
    app.slider(key=SLIDER.format("calm")).set_value(70.0).run()
    assert "hold all 2 thresholds that were moved" in said(app)
    app.selectbox(key=LABEL).set_value("<b>glad").run()
    assert app.slider(key=SLIDER.format("<b>glad")).value == 60
    assert table(app)["threshold"].to_dict() == {"<b>glad": 60, "calm": 70, "rare": 50}


def test_reset_brings_the_models_own_back(app: AppTest) -> None:
    before = table(app)
    app.slider(key=SLIDER.format("<b>glad")).set_value(60.0).run()
    app.button(key=RESET).click().run()
    assert not app.exception
    assert app.slider(key=SLIDER.format("<b>glad")).value == 25
    assert "→" not in said(app)
    pd.testing.assert_frame_equal(table(app), before)


def test_moving_back_to_the_models_own_is_no_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    """The slider shows halves of a percent; the model's own threshold is what it is."""
    app = opened(tmp_path, monkeypatch, *moods(), thresholds=(0.5, 0.2487, 0.5))
    before = table(app)
    assert app.slider(key=SLIDER.format("<b>glad")).value == 25
    assert before.loc["<b>glad", "threshold"] == pytest.approx(24.87)
    app.slider(key=SLIDER.format("<b>glad")).set_value(60.0).run()
    app.slider(key=SLIDER.format("<b>glad")).set_value(25.0).run()
    pd.testing.assert_frame_equal(table(app), before)
    assert app.button(key=RESET).disabled


def test_the_ends_of_the_slider_break_nothing(app: AppTest) -> None:
    for end in (0.0, 100.0):
        app.slider(key=SLIDER.format("<b>glad")).set_value(end).run()
        assert not app.exception
    assert "**Found (\\<b\\>glad)**: " in said(app) and "→ **0.000**" in said(app)


def test_where_thresholds_may_be_chosen_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    caution = "Thresholds that are set by looking at the test part make its figures look better"
    assert caution in said(opened(tmp_path, monkeypatch, *moods()))
    words = said(opened(tmp_path, monkeypatch, *moods(), split="val"))
    assert caution not in words
    assert "The validation part is where to choose thresholds" in words


# Other types, and what is missing


def test_one_label_per_text_has_a_curve_and_no_slider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    labels = ["1", "2", "3"]
    truth = rng.choice(labels, 90).tolist()
    shares = rng.dirichlet(np.ones(3), 90).astype(np.float32)
    app = opened(tmp_path, monkeypatch, shares, truth, "ordinal", labels, ())
    assert len(app.get("plotly_chart")) == 1 and not app.slider and not app.button
    assert "weighs the labels against each other" in said(app)
    assert len(app.dataframe) == 1


def test_marked_words_are_judged_by_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 texts every second names a who; it is found in half of these, at another word."""
    truth = ["O B-who", "O O"] * 20
    shares = np.tile(np.array([[0.9], [0.2], [0.3], [0.1]], dtype=np.float32), (10, 1))
    monkeypatch.setattr(
        type(TASK_TYPES["tags"]),
        "predict",
        lambda *_: SimpleNamespace(labels=["B-who O", "O O", "O O", "O O"] * 10),
    )
    app = opened(tmp_path, monkeypatch, shares, truth, "tags", ["who"], ())
    star = figures(app)[-1]
    assert (star["x"], star["y"]) == ([0.5], [1])
    assert "a text counts as found if it is said to name such a thing at all" in said(app)


def test_texts_without_an_answer_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = np.tile(np.array([[0.7, 0.3], [0.2, 0.8]], dtype=np.float32), (20, 1))
    shares[3] = np.nan
    app = opened(tmp_path, monkeypatch, shares, ["a", "b"] * 20, "multiclass", ["a", "b"], ())
    assert "1 text with a label got no answer at all, and is left out here." in said(app)
    assert "of 39 texts carry it" in said(app)


def test_a_training_made_before_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path, monkeypatch, *moods())
    shutil.rmtree(tmp_path / "shares")
    st.cache_data.clear()
    arguments = {"split": "test", "kind": "multilabel", "labels": MOODS}
    app = AppTest.from_function(script, default_timeout=60, kwargs=arguments).run()
    assert not app.exception and not app.error
    assert "This training did not keep how likely it took each label to be" in said(app)
    assert "train again" in said(app)
