"""What a dataset looks like from afar: when things happened, who did how much, how long texts are.

Each function gives a small table, ready to be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.data.splits import WARM
from mtrec.schema import ITEM, SPLIT, SPLITS, TEST, TEXT, TIME, TRAIN, USER, VAL

EDGE = 0.005
PERIODS = 40  # at most, in a picture of time
STEPS = (
    ("hour", "h"),
    ("day", "D"),
    ("week", "W"),
    ("month", "M"),
    ("quarter", "Q"),
    ("year", "Y"),
)
AMOUNTS = (1, 2, 5, 10, 50)
LENGTHS = (1, 10, 20, 50, 100, 200, 500, 1000, 5000)


def over_time(dataset: Dataset) -> tuple[pd.DataFrame, str]:
    """How much happened when, and in which split it stands.

    Returns:
        `period` (its start), `train`, `val`, `test`, for interactions, or records where there are
        none; and the length of a period, such as `month`. Empty without times. The first and the
        last period hold what lies outside the middle 99 % too, so that a stray date does not
        squeeze the picture.
    """
    events = dataset.interactions if len(dataset.interactions) else dataset.records
    known = events[events[TIME].notna() & events[SPLIT].notna()]
    if known.empty:
        return pd.DataFrame(columns=["period", *SPLITS]), ""
    times = known[TIME].dt.tz_localize(None)
    times = times.clip(*times.quantile([EDGE, 1 - EDGE], interpolation="nearest"))
    name, step = next((each for each in STEPS if _span(times, each[1]) <= PERIODS), STEPS[-1])
    periods = times.dt.to_period(step)
    counts = pd.crosstab(periods, known[SPLIT]).reindex(columns=list(SPLITS), fill_value=0)
    counts.columns.name = None
    table = counts.rename_axis("period").reset_index()
    return table.assign(period=table["period"].dt.to_timestamp()), name


def segments(dataset: Dataset) -> pd.DataFrame:
    """The people with interactions in val or test, by how many they have in training.

    Returns:
        one row a segment: `segment` (`cold` none, `few` 1 to 4, `warm` 5 or more), `val`, `test`.
    """
    acts = dataset.interactions
    training = acts.loc[acts[SPLIT] == TRAIN, USER].value_counts()
    rows = {}
    for split in (VAL, TEST):
        people = acts.loc[acts[SPLIT] == split, USER].unique()
        known = training.reindex(people).fillna(0)
        rows[split] = {
            "cold": int((known == 0).sum()),
            "few": int(known.between(1, WARM - 1).sum()),
            "warm": int((known >= WARM).sum()),
        }
    return pd.DataFrame(rows).rename_axis("segment").reset_index()


def activity(dataset: Dataset) -> pd.DataFrame:
    """How many people wrote or acted how often, and how many items were written about or acted on.

    Returns:
        one row an amount: `how often`, `people: texts`, `people: acts`, `items: texts`,
        `items: acts`.
    """
    columns = {}
    for who, column in (("people", USER), ("items", ITEM)):
        for what, table in (("texts", dataset.records), ("acts", dataset.interactions)):
            columns[f"{who}: {what}"] = _ranges(table[column].value_counts(), AMOUNTS)
    return pd.DataFrame(columns).rename_axis("how often").reset_index()


def text_lengths(dataset: Dataset) -> pd.DataFrame:
    """How long texts are, in characters.

    Returns:
        one row a range: `characters`, `texts`.
    """
    return (
        _ranges(dataset.records[TEXT].str.len(), LENGTHS)
        .rename_axis("characters")
        .rename("texts")
        .reset_index()
    )


def _span(times: pd.Series, step: str) -> int:
    """How many periods lie between the first and the last moment, both counted."""
    ends = pd.Series([times.min(), times.max()]).dt.to_period(step)
    return int(ends.iloc[1].ordinal - ends.iloc[0].ordinal) + 1


def _ranges(values: pd.Series, edges: Sequence[int]) -> pd.Series:
    """How many values lie in each range, from one edge up to the next."""
    names = [
        f"{low:,} to {high - 1:,}" if high > low + 1 else str(low) for low, high in pairwise(edges)
    ]
    names.append(f"{edges[-1]:,} or more")
    counts = pd.cut(values, [*edges, float("inf")], right=False, labels=names).value_counts(
        sort=False
    )
    return counts.set_axis(names)
