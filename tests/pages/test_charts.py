"""What charts say of names from data."""

from __future__ import annotations

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
