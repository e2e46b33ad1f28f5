"""People of whom there is next to nothing."""

from __future__ import annotations

import pandas as pd

from mtrec.schema import USER, DataWarning

MANY = 0.25  # share of people who left so little from which figures over people feel it


def check_people(records: pd.DataFrame, interactions: pd.DataFrame) -> list[DataWarning]:
    """People with one text and one act at most, where they are a good part of all."""
    left = pd.DataFrame(
        {"texts": records[USER].value_counts(), "acts": interactions[USER].value_counts()}
    ).fillna(0)
    number = int((left.max(axis=1) <= 1).sum())
    if not number or number < MANY * len(left):
        return []
    message = (
        f"{number:,} of {len(left):,} people ({number / len(left):.0%}) left one text or one act "
        "only: their profiles rest on that alone, and what they are recommended is close to what "
        "everybody is; read figures for people with more apart from theirs"
    )
    return [DataWarning("near_empty_users", "users", number, message)]
