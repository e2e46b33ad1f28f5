"""What charts say of names from data."""

from __future__ import annotations

from itertools import product

import pandas as pd

from pages.ui import charts


def test_a_long_name_of_a_row_stands_on_two_lines_and_is_cut_only_beyond_them() -> None:
    rule = "1. Leave out items whose category is fitness"
    many = f"2. Leave out items whose category is {' or '.join(['fitness'] * 9)}"
    frame = pd.DataFrame({"rule": [rule, many], "value": 0.0, "low": 0.0, "high": 0.0})
    whole, cut = charts.dots(frame, "rule", "").data[0].y
    assert whole.split("<br>") == ["1. Leave out items whose category is", "fitness"]
    assert len(cut.split("<br>")) == 2 and cut.endswith("…") and len(cut) <= 84


def test_markup_in_a_name_stays_text() -> None:
    assert charts.lines("<b>&") == "&lt;b&gt;&amp;" and charts.lines("") == ""


def test_panels_hold_every_dot_once_and_those_that_are_ours_in_colour() -> None:
    rows = [(panel, name, name == "b") for panel, name in product("xy", "abc")]
    frame = pd.DataFrame(rows, columns=["panel", "name", "ours"])
    frame = frame.assign(value=0.5, low=0.0, high=1.0)
    traces = charts.panels(frame, "name", "panel", "ours", "figure").data
    colours = {}
    for trace in traces:
        for name, value in zip(trace.y, trace.x, strict=True):
            if pd.notna(value):
                assert (trace.xaxis, name) not in colours
                colours[trace.xaxis, name] = trace.marker.color
    assert len(colours) == len(rows)
    assert {name for (_, name), colour in colours.items() if colour != charts.NEUTRAL} == {"b"}
