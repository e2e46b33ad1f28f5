"""Labels with an order: what is kept, in which order, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.tasks.ordinal import Ordinal

KIND = Ordinal()


def cells(*values: str) -> pd.Series:
    return pd.Series(values, dtype="str")


def read(*values: str, **spec: Any) -> list[str | None]:
    kept = KIND.read(cells(*values), cells(*values), TaskSpec(**spec))
    return [None if pd.isna(cell) else cell for cell in kept]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["1", "2.50", "3.0"], ["1", "2.5", "3"]),  # numbers alone stay numbers
        (["3/5", "2.5/5", "5/5"], ["3", "2.5", "5"]),  # and so do those on one scale
        (["3/5", "4 stars", "★★½"], ["3", "4", "2.5"]),
        (["3/5", "4/5", "4", "8"], ["3", "4", "4", None]),  # a number alone may be on it, too
        (["3/5", "1", "2", "3"], ["3", "1", "2", "3"]),
        (["3/5", "7", "8", "9"], [None, "7", "8", "9"]),  # most of them are on another
        (["b+", "A−", "F", "7"], ["B+", "A-", "F", None]),
        (["1", "2", "3", "A"], ["1", "2", "3", None]),
        (["3/5", "3/4", "B", "85%", "8", "good"], ["3", "4", "4", "4", None, None]),
        (["5/4", "1-5", "R", "T", "3/4", "4/5"], [None, None, None, None, "4", "4"]),
        (["low", "high"], [None, None]),
    ],
)
def test_what_is_kept(written: list[str], kept: list[str | None]) -> None:
    assert read(*written) == kept


def test_too_many_numbers_of_one_scale_become_halves() -> None:
    tenths = [f"{n / 10:g}/5" for n in range(51)]
    kept = read(*tenths)
    assert set(kept) == {f"{n / 2:g}" for n in range(11)}
    assert kept[47] == "4.5"  # 4.7
    assert kept[48] == "5"  # 4.8


def test_too_many_for_halves_become_half_stars() -> None:
    kept = read(*(f"{n}%" for n in range(101)))
    assert len(set(kept)) == 11
    assert kept[68] == "3.5"


def test_words_have_the_order_that_the_recipe_gives() -> None:
    order = ["low", "mid", "high"]
    assert read("mid", "Low", "high", "low", order=order) == ["mid", None, "high", "low"]
    values = cells("high", "low", "high", "mid")
    assert KIND.labels(values, TaskSpec(order=order)) == order


def test_numbers_alone_are_on_the_scale_that_the_recipe_gives() -> None:
    assert read("8", "11", "0", scale=(0, 10)) == ["8", None, "0"]
    assert read("8", "3/4", "B", scale=(0, 10)) == ["4", "4", "4"]
    assert read("1", "5", "5/5", "1/5", "50%", scale=(1, 5)) == ["0", "5", "5", "0", "2.5"]
    kept = read(*map(str, range(101)), scale=(0, 100))
    assert len(set(kept)) == 11


@pytest.mark.parametrize(
    "spec",
    [
        {"order": ["low"]},
        {"order": ["low", "low"]},
        {"order": ["low", "high"], "scale": (0, 5)},
        {"scale": (5, 0)},
        {"scale": (0, float("inf"))},
        {"scale": (0, float("nan"))},
    ],
)
def test_an_order_or_a_scale_that_says_nothing_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        read("1", "2", **spec)


def test_labels_are_in_their_order() -> None:
    assert KIND.labels(cells("10", "2.5", "-1", "2")) == ["-1", "2", "2.5", "10"]
    assert KIND.labels(cells("A", "B-", "A+", "F", "B")) == ["F", "B-", "B", "A", "A+"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"nothing to tell apart.*order: \[low, mid, high\]"),
        (["3"], "nothing to tell apart"),
        (["low", "high"], r"no order.*high, low.*order: \[low, mid, high\]"),
        (["3", "B"], "no order"),  # two sources in two notations
        ([str(n) for n in range(60)], r"too many numbers.*60.*scale: \[0, 100\]"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_the_way_out(
    values: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        KIND.labels(cells(*values))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (["1", "2", "3", "4", "5"], "numbers from 1 to 5, a step apart"),
        (["0.5", "1.0", "1.5", "2.0"], "numbers from 0.5 to 2, half a step apart"),
        (["-2", "-1", "0", "1", "2"], "numbers from -2 to 2, a step apart"),
        (["A", "B+", "C", "F"], "grades from F to A"),
        (["3/5", "3/5", "4/5", "B"], "100% of the cells looked at are ratings such as 3/5,"),
        (["★★★☆☆", "★★★★☆", "★☆☆☆☆"], "100% of the cells looked at are ratings such as"),
    ],
)
def test_what_looks_ordered(written: list[str], reason: str) -> None:
    found = KIND.recognise(cells(*written * 20), cells(*written * 20))
    assert found is not None
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "written",
    [
        ["0", "1"],
        ["2017", "2018", "2019"],
        ["10", "20", "30"],
        ["1.25", "2.5", "3.75"],
        ["1", "2", "9"],
        ["0", "0", "0", "0", "0", "1", "1", "2"],  # falls off like a count
        [str(n) for n in range(1, 25)],
        ["A", "B", "C", "D"],  # answers to choose from
        ["A+", "B-", "O+", "AB-"],  # blood
        ["A", "B", "C", "10%"],
        ["3/12", "24/5", "30/6"],
        ["1/2", "1/3", "2/3", "1/4"],  # cups of flour
        ["10%", "20%", "30%"],
        ["10:30", "11:00", "12:15"],
        ["$3", "$4", "$5"],
        ["PG", "R", "G", "NC17"],
        ["low", "mid", "high"],
    ],
)
def test_what_only_looks_ordered(written: list[str]) -> None:
    assert KIND.recognise(cells(*written * 20), cells(*written * 20)) is None


def test_checks_tell_of_an_order_of_two_steps() -> None:
    assert KIND.checks("stars", cells(*["5"] * 20 + ["4"] * 20 + ["1"] * 20)) == []
    (warning,) = KIND.checks("stars", cells(*["5"] * 20 + ["4"] * 20))
    assert (warning.code, warning.rows) == ("two_steps", 40)
