from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.checks import check_interactions


@pytest.mark.parametrize(("items", "expected"), [(49, ["few_items"]), (50, [])])
def test_a_small_catalogue(items: int, expected: list[str]) -> None:
    interactions = pd.DataFrame(
        {"user": "a", "item": [str(n) for n in range(items)], "liked": True, "count": 1}
    )
    found = check_interactions(interactions, unsaid=False)
    assert [each.code for each in found] == expected
