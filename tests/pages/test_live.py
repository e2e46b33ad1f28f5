"""What a training shows while it goes on: curves from the files that its worker writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.runs.progress import FileReporter, Progress
from pages.ui import charts, live, loaded
from tests.pages.conftest import Done, open_page, said


def drawn(folder: str) -> None:
    from pathlib import Path

    from mtrec.runs.progress import read_steps
    from pages.ui import live

    live.strategy(read_steps(Path(folder)))


@pytest.mark.parametrize("moves", [False, True])
def test_weights_and_agreement_show_where_a_strategy_moves_them(
    tmp_path: Path, moves: bool
) -> None:
    reporter = FileReporter(tmp_path)
    for step in (1, 2, 3):
        weight = 1.0 + moves * step
        cosines = {("mood", "topic"): 0.1 * step} if moves else {}
        reporter.step(step, {"mood": 0.7, "topic": 1.0}, {"mood": weight, "topic": 1.0}, cosines)
    reporter.close()
    app = AppTest.from_function(drawn, args=(str(tmp_path),)).run()
    assert not app.exception
    words = said(app)
    assert ("How much each task counts" in words) is moves
    assert ("Whether tasks pull the same way" in words) is moves
    if moves:
        weights, agreement = (table.value for table in app.dataframe)
        assert weights["mood"].tolist() == [2.0, 3.0, 4.0]
        assert agreement["mood and topic"].tolist() == [0.1, 0.2, 0.3]


def test_a_guess_of_the_time_left_is_no_more_exact_than_it_can_be(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Progress("Training", done=3, total=9, epoch=1, epochs=3, seconds=60, eta_seconds=131.4)
    monkeypatch.setattr(live, "read_progress", lambda _: seen)
    monkeypatch.setattr(loaded, "runs", lambda: [replace(done.run, status="running")])
    app = open_page("train")
    assert not app.exception
    (bar,) = app.get("progress")
    assert bar.proto.text.endswith("about 2 min to go")


def test_lines_of_one_chart_are_drawn_alike_though_some_tasks_have_fewer_points() -> None:
    step = np.arange(60)
    values = pd.DataFrame({"step": step, "all": 1.0, "some": np.where(step % 2, 1.0, np.nan)})
    values["once"] = np.where(step == 3, 1.0, np.nan)
    few = values.head(40)
    drawn = [line.mode for line in charts.curves(values, "step", ["all", "some"], "loss").data]
    assert drawn == ["lines", "lines"]
    drawn = [line.mode for line in charts.curves(few, "step", ["all", "some"], "loss").data]
    assert drawn == ["lines+markers"] * 2
    # A line of one point is none.
    (_, lone) = charts.curves(values, "step", ["all", "once"], "loss").data
    assert lone.mode == "lines+markers"


def test_a_task_looks_the_same_in_all_charts_though_its_first_label_comes_late() -> None:
    weights = {"weight:mood": [1.0, 2.0], "weight:topic": [1.0, 2.0]}
    steps = pd.DataFrame({"step": [1, 2], "loss:topic": 0.5, **weights, "loss:mood": [np.nan, 0.7]})
    assert list(live._part(steps, live.LOSS)) == list(live._part(steps, live.WEIGHT))
    assert live._part(steps, live.LOSS)["mood"].tolist()[1:] == [0.7]
