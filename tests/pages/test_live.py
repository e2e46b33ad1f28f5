"""What a training shows while it goes on: curves from the files that its worker writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.runs.progress import FileReporter
from tests.pages.conftest import said


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
