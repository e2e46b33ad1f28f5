"""The list of labels that may be wrong: asked for, read, and taken along with row numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig
from mtrec.data.dataset import DatasetTask
from mtrec.schema import SPLITS
from pages.ui import label_errors, loaded, shell
from tests.pages.conftest import said

TASK = "verdict"
SIZES = dict.fromkeys(SPLITS, 0)
WRONG = (3, 60)  # records that are labelled wrongly
UNLABELLED = 10


def script(kind: str) -> None:
    from mtrec.runs.store import FINISHED, RunInfo
    from pages.ui import label_errors

    run = RunInfo("r1", "Quick", "shop", "v1", FINISHED, "", "2026-03-01", 1.0, {}, "here")
    label_errors.draw(run, "verdict", kind)


def labels_of(size: int, rare: int) -> list[str]:
    """Half of the records good, half bad; a few at the end mixed."""
    half = (size - rare) // 2
    return ["good"] * half + ["bad"] * half + ["mixed"] * rare


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """What can be downloaded, by file name."""
    tables: dict[str, pd.DataFrame] = {}
    monkeypatch.setattr(shell, "download", lambda table, name, key: tables.update({name: table}))
    return tables


def opened(
    patch: pytest.MonkeyPatch, kind: str = "multiclass", rare: int = 0, wrong: bool = True
) -> AppTest:
    """The part for a data set of 100 texts, of which the first ten have no label."""
    truth = labels_of(100, rare)
    codes = pd.factorize(pd.Series(truth))[0]
    rng = np.random.default_rng(0)
    vectors = (4 * np.eye(8)[codes] + rng.standard_normal((100, 8)) / 4).astype(np.float32)
    written: list[str | None] = list(truth)
    for place in WRONG if wrong else ():
        written[UNLABELLED + place] = "bad" if truth[UNLABELLED + place] == "good" else "good"
    written[:UNLABELLED] = [None] * UNLABELLED
    records = pd.DataFrame(
        {
            "record": range(100),
            "text": [f"=text {row}" for row in range(1, 101)],
            "source": "reviews",
            "row": range(1, 101),
            "user": [f"u{row}" if row % 2 else None for row in range(1, 101)],
            "task:verdict": pd.Series(written, dtype="str"),
        }
    )
    task = DatasetTask(TASK, kind, sorted({*truth, "good", "bad"}), SIZES, {})
    store = SimpleNamespace(
        get=lambda run: SimpleNamespace(key="shop@v1"),
        config=lambda run: RunConfig(),
        summary=lambda run: {"precision": "fp32"},
        workspace=SimpleNamespace(cache=None),
    )
    dataset = SimpleNamespace(records=records, tasks={TASK: task})
    patch.setattr(loaded, "store", lambda: store)
    patch.setattr(loaded, "whole_dataset", lambda key: dataset)
    patch.setattr(label_errors, "read_vectors", lambda texts, *rest: vectors[-len(texts) :])
    st.cache_data.clear()
    app = AppTest.from_function(script, default_timeout=120, kwargs={"kind": kind}).run()
    assert not app.exception
    return app


def looked(app: AppTest) -> AppTest:
    app.button(key=f"look-{TASK}").click().run()
    assert not app.exception
    return app


def test_nothing_is_looked_for_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch)
    button = app.button(key=f"look-{TASK}")
    assert button.label == "Look for them"
    assert "Goes through 90 labelled texts" in button.help
    assert "**Labels that may be wrong**" in said(app)
    assert "Some labels in the data may be wrong." in said(app)
    assert not app.dataframe


def test_wrong_labels_are_listed_with_where_they_stand(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    app = looked(opened(monkeypatch))
    assert "In **2** of 90 texts another label seems likelier than what is written." in said(app)
    assert "This is a list to review, not a verdict" in said(app)
    assert "from the language model as it came and not from this training" in said(app)
    shown = app.dataframe[0].value
    assert list(shown.columns) == ["text", "written", "suggested", "doubt", "source", "row", "user"]
    rows = {UNLABELLED + place + 1 for place in WRONG}
    assert set(shown["row"]) == rows
    assert (shown["text"] == "=text " + shown["row"].astype(str)).all()
    by_row = shown.set_index("row")
    assert by_row.loc[14, ["written", "suggested", "source"]].tolist() == ["bad", "good", "reviews"]
    assert by_row.loc[71, ["written", "suggested", "user"]].tolist() == ["good", "bad", "u71"]
    assert shown["doubt"].between(50, 100).all()
    whole = saved[f"label-errors-{TASK}"]
    assert len(whole) == 90 and set(whole["row"].head(2)) == rows
    assert whole["doubt"].is_monotonic_decreasing


def test_many_doubts_are_put_down_to_the_texts(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    words = "So many do not mean that so many labels are wrong"
    assert words not in said(looked(opened(monkeypatch)))
    monkeypatch.setattr(label_errors, "MANY", 0.02)  # 2 of 90 are more
    assert words in said(looked(opened(monkeypatch)))


def test_a_selected_row_shows_the_whole_text(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    table = pd.DataFrame(
        {"text": ["a whole *text*"], "written": ["a|b"], "suggested": [""], "doubt": [97.0]}
    ).assign(source="reviews", row=1, user=None)
    chosen = SimpleNamespace(selection=SimpleNamespace(rows=[0]))
    written: list[str] = []
    monkeypatch.setattr(st, "dataframe", lambda *args, **kwargs: chosen)
    monkeypatch.setattr(st, "text", written.append)
    monkeypatch.setattr(st, "markdown", written.append)
    label_errors._list(table, TASK, "multilabel")
    assert written == [
        "a whole *text*",
        "The data says: **a\\|b**",
        "Seems likelier: **nothing**",
    ]


def test_labels_that_are_never_doubted_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    app = looked(opened(monkeypatch, wrong=False))
    assert "None: every label of 90 texts is the likeliest one." in said(app)
    assert not app.dataframe
    assert len(saved[f"label-errors-{TASK}"]) == 90


def test_of_several_labels_each_is_a_question_of_its_own(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    assert (
        "In **2** of 90 texts a label that is written seems unlikely, or one that is missing "
        "likely."
    ) in said(looked(opened(monkeypatch, "multilabel")))
    assert (
        "None: in 90 texts no label that is written seems unlikely, and none that is missing "
        "likely."
    ) in said(looked(opened(monkeypatch, "multilabel", wrong=False)))


def test_each_column_of_labels_is_as_wide_as_its_own_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = pd.DataFrame(
        {"text": ["a", "b"], "written": ["neutral", "joy"], "suggested": ["joy", "pride|grief"]}
    ).assign(doubt=97.0, source="reviews", row=1, user=None)
    kept: dict[str, Any] = {}
    chosen = SimpleNamespace(selection=SimpleNamespace(rows=[]))
    monkeypatch.setattr(st, "dataframe", lambda *args, **kwargs: kept.update(kwargs) or chosen)
    monkeypatch.setattr(st, "caption", lambda *args: None)
    label_errors._list(table, TASK, "multilabel")
    widths = [kept["column_config"][column]["width"] for column in ("written", "suggested")]
    assert widths == [24 + 7 * len("neutral"), 24 + 7 * len("pride|grief")]


def test_rare_labels_are_named(
    monkeypatch: pytest.MonkeyPatch, saved: dict[str, pd.DataFrame]
) -> None:
    app = looked(opened(monkeypatch, rare=4))
    assert (
        "1 label on fewer than 5 different texts is too rare to be judged, and left out: *mixed* "
        "(4 texts)."
    ) in said(app)
    assert "of 86 texts" in said(app)


def test_types_that_mark_words_are_told_off_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch, kind="tags")
    assert "Wrong labels cannot be looked for here: this task marks words" in said(app)
    assert not app.button
