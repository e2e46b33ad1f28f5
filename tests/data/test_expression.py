"""The `positive` expression against truth tables worked by hand."""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.expression import parse
from mtrec.errors import InputError

FRAME = pd.DataFrame(
    {
        "rating": ["5", "3.0", "04", None, "B"],
        "event": ["buy", "view", "cart", "buy", None],
        "my column": ["x", "y", "x", "y", "x"],
    },
    dtype="str",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rating >= 4", [1, 0, 1, 0, 0]),
        ("4 <= rating", [1, 0, 1, 0, 0]),
        ("rating == 3", [0, 1, 0, 0, 0]),
        ("rating != 3", [1, 0, 1, 0, 1]),
        ("rating == 'B'", [0, 0, 0, 0, 1]),
        ("rating > 'A'", [0, 0, 0, 0, 1]),
        ("not rating >= 4", [0, 1, 0, 0, 1]),
        ("event in ('buy', \"cart\")", [1, 0, 1, 1, 0]),
        ("event not in ['buy']", [0, 1, 1, 0, 0]),
        ("rating in (3, 5)", [1, 1, 0, 0, 0]),
        ("event == 'buy' or rating >= 4", [1, 0, 1, 1, 0]),
        ("event == 'buy' and rating >= 4", [1, 0, 0, 0, 0]),
        ("event == 'view' or event == 'cart' and rating > 4", [0, 1, 0, 0, 0]),
        ("(event == 'view' or event == 'cart') and rating > 3", [0, 0, 1, 0, 0]),
        ("not (event == 'buy' or rating < 4)", [0, 0, 1, 0, 0]),
        ("`my column` == 'x'", [1, 0, 1, 0, 1]),
        ("rating == rating", [1, 1, 1, 0, 1]),
        ("rating > -1", [1, 1, 1, 0, 0]),
    ],
)
def test_truth(text: str, expected: list[int]) -> None:
    held = parse(text).evaluate(FRAME)
    assert held.dtype == bool
    assert held.astype(int).tolist() == expected


def test_columns_are_those_named_outside_quotes() -> None:
    expression = parse("a >= 4 and not (`b c` in ('d', 'e')) or f == a")
    assert expression.columns == {"a", "b c", "f"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rating",
        "rating >=",
        "rating >= 4 and",
        "rating = 4",
        "(rating >= 4",
        "rating >= 4)",
        "1 < rating < 5",
        "rating in 4",
        "rating in (4",
        "rating in (event)",
        "rating not 4",
        "__import__('os').system('true')",
        "rating >= 4; drop",
        "rating >= '4",
        "'my column' > 3",
        "4 == 4",
        "'buy' in ('buy', 'cart')",
        "(" * 200 + "rating > 1" + ")" * 200,
        "not " * 5000 + "rating > 1",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.expected
    assert caught.value.where.startswith("positive:")


def test_columns_held_against_a_number_are_known() -> None:
    expression = parse("a >= 4 and not (3 < b or c == 1) or d in (1, 2) or e > 'x' or f < g")
    assert expression.measured == {"a", "b"}


def test_a_long_list_is_no_deep_tree() -> None:
    text = f"rating in ({', '.join(str(number) for number in range(5000))})"
    assert parse(text).evaluate(FRAME).tolist() == [True, True, True, False, False]


COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@given(
    st.lists(st.integers(-1000, 1000), min_size=1),
    st.sampled_from(sorted(COMPARE)),
    st.integers(-1000, 1000),
)
def test_numbers_compare_as_numbers(cells: list[int], sign: str, limit: int) -> None:
    frame = pd.DataFrame({"x": [str(cell) for cell in cells]}, dtype="str")
    found = parse(f"x {sign} {limit}").evaluate(frame)
    assert found.tolist() == list(COMPARE[sign](np.array(cells), limit))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        expression = parse(text)
    except InputError:
        return
    assert expression.columns is not None
