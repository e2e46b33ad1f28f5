"""What the report says of a training against another, over predictions whose answer is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import DatasetTask
from mtrec.reports.compare import TaskComparison
from mtrec.runs.store import FINISHED, STOPPED, RunInfo
from mtrec.schema import Estimate
from pages.ui import loaded, state
from pages.ui.compare import HERE, THERE, _in_words, beside
from tests.pages.conftest import said

SIZE = 200
LABELS = ["bad", "good"]
TRUTH = np.where(np.arange(SIZE) % 2, "good", "bad")
WRONG = np.where(TRUTH == "good", "bad", "good")


def answers(*wrong: int) -> np.ndarray:
    """Right answers but for these records."""
    return np.where(np.isin(np.arange(SIZE), wrong), WRONG, TRUTH)


def info(run: str, status: str = FINISHED, version: str = "v1") -> RunInfo:
    name = f"Run *{run}*"
    return RunInfo(run, name, "shop", version, status, "", "2026-03-01", 1.0, {}, "here")


# The newest first, as a store lists them.
RUNS = [info("r3"), info("r2"), info("rx", STOPPED), info("ry", version="v2"), info("r1")]
NEWEST, MIDDLE, OLDEST = (state.run_label(RUNS[place]) for place in (0, 1, 4))

# The oldest gets 40 texts of mood wrong, the one in the middle 10 others, the newest 11; of tone
# all get 20 wrong, the newest one other of them.
SAID: dict[str, dict[str, np.ndarray]] = {
    "r1": {"mood": answers(*range(40)), "tone": answers(*range(20))},
    "r2": {"mood": answers(*range(100, 110)), "tone": answers(*range(20))},
    "r3": {"mood": answers(*range(100, 111)), "tone": answers(*range(19), 30)},
}
SETTINGS = {
    "r1": ["train.seed=1", "tasks.mood.lambda=2"],
    "r2": ["train.seed=1"],
    "r3": ["train.seed=1"],
}


def predictions(tasks: Mapping[str, np.ndarray]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "record": np.arange(SIZE),
                    "task": task,
                    "split": "test",
                    "truth": TRUTH,
                    "predicted": each,
                    "confidence": np.linspace(0.5, 0.9, SIZE).astype(np.float32),
                }
            )
            for task, each in tasks.items()
        ]
    )


def script(run: str, task: str) -> None:
    from pages.ui import compare, loaded

    chosen = next(each for each in loaded.runs() if each.run == run)
    compare.draw(chosen, task, "test")


def shown(
    run: str,
    folder: Path,
    patch: pytest.MonkeyPatch,
    task: str = "mood",
    runs: list[RunInfo] = RUNS,
    **choices: str,
) -> AppTest:
    for each, tasks in SAID.items():
        (folder / each).mkdir(exist_ok=True)
        predictions(tasks).to_parquet(folder / each / "predictions.parquet")
    base = with_settings(RunConfig(), ["tasks.mood.lambda=1", "tasks.tone.lambda=1"])
    store = SimpleNamespace(
        fetch=lambda run: folder / run, config=lambda run: with_settings(base, SETTINGS[run])
    )
    people = [None, *(f"p{record}" for record in range(1, SIZE))]
    dataset = SimpleNamespace(
        records=pd.DataFrame(
            {
                "record": range(SIZE),
                "text": [f"text *{record}*" for record in range(SIZE)],
                "user": pd.Series(people, dtype="str"),
            }
        ),
        tasks={task: DatasetTask(task, "binary", LABELS, {}, {}) for task in ("mood", "tone")},
    )
    patch.setattr(loaded, "store", lambda: store)
    patch.setattr(loaded, "runs", lambda: runs)
    patch.setattr(loaded, "whole_dataset", lambda key: dataset)
    st.cache_data.clear()
    app = AppTest.from_function(script, default_timeout=60, kwargs={"run": run, "task": task})
    app.query_params.update(choices)
    app.run()
    assert not app.exception
    return app


def test_what_changed_is_told_task_by_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = said(shown("r2", tmp_path, monkeypatch))
    assert "**This training is better in 1 of 2 tasks, by more than noise.**" in words
    assert "**mood**: better by 0.150 (0." in words
    assert "Macro F1 0.950 against 0.800." in words
    assert "No change in **tone**: both gave the same answers, Macro F1 0.900 against" in words


def test_worse_is_told_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown("r1", tmp_path, monkeypatch)
    assert app.selectbox(key="against").value == MIDDLE  # none is older, so the next one
    assert "**This training is worse in 1 of 2 tasks, by more than noise.**" in said(app)
    assert "**mood**: worse by 0.150 (0." in said(app)


def test_a_difference_is_that_of_the_figures_as_they_are_written() -> None:
    difference = Estimate(-0.0114, -0.019, -0.003)
    told = TaskComparison(
        "mood", "binary", 200, 30, 0.9442, 0.9556, difference, 0.01, 0.01, 10, 27, 0.01
    )
    assert _in_words(told, 1) == (
        "**mood**: worse by 0.012 (0.003 to 0.019), Macro F1 0.944 against 0.956."
    )
    assert beside(told, "the one before") == (
        "worse than the one before (0.956) by 0.012 (0.003 to 0.019)"
    )
    noise = replace(told, difference=Estimate(-0.0114, -0.03, 0.01), corrected=0.4)
    assert "the difference -0.012 lies within the noise (-0.030 to 0.010)" in _in_words(noise, 1)


def test_no_distinguishable_change_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = said(shown("r3", tmp_path, monkeypatch))
    assert "**No distinguishable change in any of 2 tasks.** That is a result, too" in words
    assert "No distinguishable change in **mood**: too few answers differ to tell" in words
    assert (
        "No distinguishable change in **tone**: the difference 0.000 lies within the noise (-0."
    ) in words


def test_the_one_before_comes_first_and_others_of_the_same_data_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("r3", tmp_path, monkeypatch)
    picker = app.selectbox(key="against")
    assert picker.value == MIDDLE and picker.options == [MIDDLE, OLDEST] and picker.help
    picker.set_value(OLDEST).run()
    assert not app.exception
    assert "**mood**: better by 0.145" in said(app)


def test_the_other_training_comes_by_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("r3", tmp_path, monkeypatch, against=OLDEST).selectbox[0].value == OLDEST
    assert shown("r3", tmp_path, monkeypatch, against="nonsense").selectbox[0].value == MIDDLE


def test_without_another_training_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("r2", tmp_path, monkeypatch, runs=[info("r2"), info("rx", STOPPED)])
    assert "There is no other finished training on the very same data" in said(app)
    assert not app.selectbox and not app.get("plotly_chart") and not app.dataframe


def test_a_training_that_kept_no_answers_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r4").mkdir()
    app = shown("r2", tmp_path, monkeypatch, runs=[info("r2"), info("r4")])
    assert "there is nothing to compare" in said(app)
    assert not app.get("plotly_chart")


def test_of_a_single_task_it_is_only_said_whether_it_is_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in ("r1", "r2"):
        monkeypatch.delitem(SAID[run], "tone")
    assert "**This training is better, by more than noise.**" in said(
        shown("r2", tmp_path, monkeypatch)
    )
    assert "**This training is worse, by more than noise.**" in said(
        shown("r1", tmp_path, monkeypatch, against=MIDDLE)
    )


def test_the_chart_has_words_and_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shown("r2", tmp_path, monkeypatch)
    assert len(app.get("plotly_chart")) == 1
    assert "A filled mark is more than noise" in said(app)
    table = app.dataframe[0].value.set_index("task")
    assert table["only this right"].tolist() == [40, 0]
    assert table["only other right"].tolist() == [10, 0]
    assert table["beyond noise"].tolist() == ["yes", "no"]
    assert table.loc["mood", "p of these two (McNemar)"] == pytest.approx(2.386e-05, rel=1e-3)


def test_only_settings_that_differ_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("r2", tmp_path, monkeypatch)
    assert "**Nothing but Weight λ \\(mood\\) differs** between their settings." in said(app)
    assert app.dataframe[1].value.values.tolist() == [
        ["Weight λ (mood)", "1.0", "2.0", "tasks.mood.lambda"]
    ]
    assert "**No setting differs.**" in said(shown("r3", tmp_path, monkeypatch))
    monkeypatch.setitem(SETTINGS, "r1", [*SETTINGS["r1"], "train.epochs=4"])
    app = shown("r2", tmp_path, monkeypatch)
    assert "**2 settings differ**, so no change can be put down to one of them alone." in said(app)
    assert ["Epochs at most", "left empty", "4", "train.epochs"] in app.dataframe[
        1
    ].value.values.tolist()


def test_texts_that_changed_sides_are_listed_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shown("r2", tmp_path, monkeypatch)
    assert "40 texts only this training got right, 10 texts only the other." in said(app)
    control = app.segmented_control(key="side")
    assert control.value == HERE and control.help
    table = app.dataframe[2].value
    assert table["record"].tolist() == list(reversed(range(40)))  # the surest first
    assert table.loc[39, "text"] == "text *0*" and table.isna().loc[39, "user"]
    assert (table["predicted_a"] == table["truth"]).all()
    order = ["text", "truth", "predicted_b", "confidence_a", "confidence_b", "user"]
    assert list(app.dataframe[2].proto.column_order) == order  # what is the same stands once
    control.set_value(THERE).run()
    assert not app.exception
    table = app.dataframe[2].value
    assert sorted(table["record"]) == list(range(100, 110))
    assert (table["predicted_b"] == table["truth"]).all()
    order[2] = "predicted_a"
    assert list(app.dataframe[2].proto.column_order) == order
    assert len(app.get("download_button")) == 1


def test_a_selected_text_is_read_with_both_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.ui import compare

    patched = compare.st.dataframe

    def select(*args: object, **options: object) -> object:
        shown = patched(*args, **options)  # type: ignore[arg-type]
        picked = SimpleNamespace(selection=SimpleNamespace(rows=[0]))
        return picked if options.get("selection_mode") == "single-row" else shown

    monkeypatch.setattr(compare.st, "dataframe", select)
    monkeypatch.setattr(compare.st, "page_link", lambda page, **options: st.text(str(options)))
    words = said(shown("r2", tmp_path, monkeypatch))
    assert "text *39*" in words
    assert "The data says: **good**" in words
    assert "This training says: **good**, 58\u00a0% sure" in words
    assert "The other says: **bad**, 58\u00a0% sure" in words
    assert "{'person': 'p39'}" in words


def test_a_task_without_a_change_or_that_one_did_not_learn_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = said(shown("r2", tmp_path, monkeypatch, task="tone"))
    assert "None: each text is right in both or wrong in both." in words
    monkeypatch.setitem(SAID, "r1", {"tone": SAID["r1"]["tone"]})
    words = said(shown("r2", tmp_path, monkeypatch))
    assert "Only one of the two trainings learned mood." in words
    assert "**mood**" not in words
