"""Mix-ups by hand: which come first, and what is said of them."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.reports.mixups import Mixup, how_often, mixups
from mtrec.tasks.base import NOTHING


def counted(rows: dict[str, list[int]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


COUNTS = counted(
    {
        "billing": [47, 3, 0, 0],
        "refund": [12, 40, 0, 8],
        "rare": [1, 0, 1, 0],
        NOTHING: [14, 0, 6, 0],
    },
    ["billing", "refund", "rare", NOTHING],
)


def test_the_worst_come_first_and_what_has_few_cases_is_left_out() -> None:
    found = [(each.truth, each.predicted, each.count, each.support) for each in mixups(COUNTS)]
    assert found == [
        ("refund", "billing", 12, 60),  # from 0.118 on
        (NOTHING, "billing", 14, 74),  # of the 74 times it was found: from 0.116 on
        ("refund", NOTHING, 8, 60),  # from 0.069 on
        ("billing", "refund", 3, 50),  # from 0.021 on
    ]
    assert mixups(COUNTS)[0].share == 0.2


def test_few_cases_do_not_lead_even_where_they_are_told() -> None:
    counts = counted({"a": [1, 1], "b": [30, 30]}, ["a", "b"])  # from 0.09 and from 0.38 on
    assert [each.truth for each in mixups(counts, fewest=1)] == ["b", "a"]


def test_no_more_are_told_than_asked_and_none_where_all_is_right() -> None:
    assert mixups(COUNTS, most=1) == mixups(COUNTS)[:1]
    assert mixups(counted({"a": [20, 0], "b": [0, 20]}, ["a", "b"])) == []
    assert mixups(counted({"a": [0, 0], "b": [0, 0]}, ["a", "b"])) == []


@pytest.mark.parametrize(
    ("truth", "predicted", "count", "support", "words"),
    [
        (
            "refund",
            "billing",
            12,
            60,
            "takes *refund* for *billing* in 1 of 5 cases (12\u00a0of\u00a060)",
        ),
        ("x", NOTHING, 30, 60, "misses *x* in half of the cases (30\u00a0of\u00a060)"),
        (
            NOTHING,
            "x",
            14,
            70,
            "finds *x* where none is in 1 of 5 cases that it finds (14\u00a0of\u00a070)",
        ),
        ("oos", "x", 100, 1000, "takes *oos* for *x* in 1 of 10 cases (100\u00a0of\u00a01,000)"),
        (
            NOTHING,
            "x",
            20,
            20,
            "finds *x* where none is in all cases that it finds (20\u00a0of\u00a020)",
        ),
    ],
)
def test_sentences(truth: str, predicted: str, count: int, support: int, words: str) -> None:
    assert Mixup(truth, predicted, count, support, count / support).sentence() == words


def test_a_label_is_written_as_asked() -> None:
    assert (
        Mixup("a", "b", 1, 10, 0.1).sentence(str.upper)
        == "takes A for B in 1 of 10 cases (1\u00a0of\u00a010)"
    )


@pytest.mark.parametrize(
    ("count", "support", "words"),
    [
        (12, 60, "in 1 of 5 cases"),
        (13, 60, "in about 1 of 5 cases"),  # 0.217: 0.017 from 1/5, 0.033 from 1/4
        (24, 60, "in about 1 of 3 cases"),  # 0.4: 0.067 from 1/3, 0.1 from 1/2
        (29, 60, "in about half of the cases"),
        (30, 60, "in half of the cases"),
        (40, 60, "in 2 of 3 cases"),
        (44, 60, "in about 3 of 4 cases"),  # 0.733
        (54, 60, "in 9 of 10 cases"),
        (55, 60, "in nearly all cases"),
        (60, 60, "in all cases"),
        (1, 60, "in about 1 of 50 cases"),  # 0.0167: 0.0033 from 1/50, 0.0067 from 1/100
        (1, 101, "in fewer than 1 of 100 cases"),
    ],
)
def test_shares_are_told_as_the_nearest_simple_fraction(
    count: int, support: int, words: str
) -> None:
    assert how_often(count, support) == words
