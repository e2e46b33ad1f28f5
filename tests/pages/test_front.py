"""Pictures of all trade-offs: every setting stands in them once, and can be clicked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.tradeoffs.outcomes import Outcomes
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.sweep import Sweep
from pages.ui import forms, front, front_curve, front_lines, front_triangle
from pages.ui.points import COLOURS, NOW, OTHER, SYMBOLS

COUNT = 12  # settings


def swept(tasks: int) -> tuple[Any, Sweep]:
    """A dataset of so many tasks, and settings of it with made up figures."""
    names = tuple("abcd"[:tasks])
    values = spread(tasks, COUNT)
    draws = values + 0.01 * np.random.default_rng(0).standard_normal((100, *values.shape))
    outcomes = Outcomes(names, values, draws, np.full(tasks, 100), np.tile([0.0, 1.0], (tasks, 1)))
    settings = [dict(zip(names, (tasks * row).tolist(), strict=True)) for row in values]
    on_front = np.arange(COUNT) % 3 == 0
    found = Sweep(
        settings,
        outcomes,
        on_front,
        conflict=True,
        best={"a": 1, "b": 2},
        balanced=0,
        records=10,
        of=10,
        seconds=1.0,
    )
    return SimpleNamespace(tasks={name: SimpleNamespace(type="binary") for name in names}), found


def pictured(tasks: int, now: bool) -> Any:
    dataset, found = swept(tasks)
    kinds = front.kinds_of(found, np.arange(COUNT) != 4)
    figures = found.outcomes.values[1] if now else None
    if tasks == 2:
        return front_curve.chart(dataset, found, kinds, figures)
    if tasks == 3:
        chosen = dict.fromkeys(dataset.tasks, float(now))
        return front_triangle.chart(dataset, found, kinds, chosen)
    return front_lines.chart(dataset, found, kinds, figures)


@pytest.mark.parametrize("tasks", [2, 3, 4])
def test_every_setting_can_be_clicked_once(tasks: int) -> None:
    traces = [each for each in pictured(tasks, now=True).data if each.customdata is not None]
    places = [place for each in traces for place in {*map(int, each.customdata)}]
    assert sorted(places) == [*range(COUNT)]


@pytest.mark.parametrize("tasks", [2, 3, 4])
def test_the_sliders_stand_in_it_where_they_say_anything(tasks: int) -> None:
    shown = [sum(each.name == NOW for each in pictured(tasks, now).data) for now in (True, False)]
    assert shown == [1, 0]


def test_a_legend_has_every_kind_once_and_in_a_colour() -> None:
    """Not in that of a scale, which it would show as black."""
    legend = [each for each in pictured(3, now=True).data if each.showlegend is not False]
    assert sorted(each.name for each in legend) == sorted(SYMBOLS)
    assert {each.marker.color for each in legend} <= {*COLOURS.values()}
    assert all(each.marker.coloraxis is None for each in legend)


def test_a_figure_that_differs_by_noise_alone_stays_within_the_noise_that_is_drawn() -> None:
    dataset, found = swept(4)
    outcomes = found.outcomes
    values, draws = outcomes.values.copy(), outcomes.draws.copy()
    values[:, 0] = 0.5 + 0.001 * np.arange(COUNT)
    draws[:, :, 0] = values[:, 0] + 0.1 * np.random.default_rng(1).standard_normal((100, 1))
    found = replace(found, outcomes=replace(outcomes, values=values, draws=draws))
    chart = front_lines.chart(dataset, found, np.full(COUNT, OTHER, dtype=object), None)
    heights = [each.y[0] for each in chart.data if each.name == OTHER]
    assert max(heights) - min(heights) < 0.1
    (noise,) = [each for each in chart.data if each.name == front_lines.NOISE]
    assert noise.base[0] <= min(heights) and max(heights) <= noise.base[0] + noise.y[0]
    assert "0.500 to 0.511" in noise.x[0]


def beginnings() -> None:
    from pages.ui import front
    from tests.pages.test_front import swept

    front.beginnings(*swept(3))


def test_settings_to_begin_with_are_a_click_away() -> None:
    _, found = swept(3)
    app = AppTest.from_function(beginnings).run()
    assert [each.label for each in app.button] == ["Best at a", "Best at b", "Gives up least"]
    assert all(each.help for each in app.button)
    for button, place in zip(app.button, (1, 2, 0), strict=True):
        button.click().run()
        there = {task: app.session_state[forms.lambda_key(task)] for task in "abc"}
        assert there == found.settings[place]
