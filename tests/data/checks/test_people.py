from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.checks import check_people

EMPTY = pd.DataFrame({"user": []}, dtype="str")


def people(counts: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame({"user": [user for user, n in counts.items() for _ in range(n)]})


@pytest.mark.parametrize(("rich", "expected"), [(3, 1), (4, 0)])
def test_a_quarter_of_people_with_one_text_and_one_act(rich: int, expected: int) -> None:
    records = people({"poor": 1} | {f"rich {n}": 2 for n in range(rich)})
    found = check_people(records, people({"poor": 1}))
    assert len(found) == expected
    if found:
        assert (found[0].code, found[0].source, found[0].rows) == ("near_empty_users", "users", 1)
        assert "1 of 4 people (25%)" in found[0].message


def test_a_text_and_several_acts_are_enough() -> None:
    assert check_people(people({"a": 1, "b": 1}), people({"a": 2, "b": 2})) == []


def test_no_people_say_nothing() -> None:
    assert check_people(EMPTY, EMPTY) == []
