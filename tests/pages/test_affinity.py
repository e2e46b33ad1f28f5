"""The picture of how far tasks pull alike."""

from __future__ import annotations

from typing import Any

import pytest

from mtrec.schema import Estimate
from mtrec.tradeoffs.affinity import Affinity
from pages.ui import affinity, charts


@pytest.mark.parametrize(("most", "reach"), [(0.007, 0.1), (0.4, 0.44)])
def test_next_to_nothing_looks_like_nothing(
    most: float, reach: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(charts, "show", lambda chart, *rest, key: drawn.append(chart))
    course = {("a", "b"): [most, -most / 2]}
    cosines = {pair: Estimate(most / 4) for pair in course}
    affinity.pulls(Affinity(("a", "b"), ("a", "b"), {}, [("a", "b")], {}, cosines, course))
    assert drawn[0].layout.yaxis.range == pytest.approx((-reach, reach))
