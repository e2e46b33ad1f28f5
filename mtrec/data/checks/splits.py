"""What the splits cost, and what they cannot promise."""

from __future__ import annotations

import pandas as pd

from mtrec.data.splits import PUBLISHED, Splits
from mtrec.schema import (
    ITEM,
    SOURCE,
    SPLIT,
    SPLITS,
    TEST,
    TEXT,
    TRAIN,
    USER,
    VAL,
    DataWarning,
)
from mtrec.wording import SPLIT_WORDS


def check_splits(
    splits: Splits, records: pd.DataFrame, interactions: pd.DataFrame
) -> list[DataWarning]:
    """What the splits cost, and what they cannot promise.

    Args:
        records, interactions: with their final split, and `published`.
    """
    warnings = []
    if splits.scheme == "user-time":
        message = (
            "Each person's own last acts are the test: training looks into other users' future, "
            "so the figures are somewhat hopeful"
        )
        warnings.append(DataWarning("user_time", "splits", len(interactions), message))
    if splits.repeated_texts:
        number = splits.repeated_texts
        message = f"Records left out, since their text also stands in another split: {number:,}"
        warnings.append(DataWarning("left_out", "records", number, message))
    unplaced = int((records[SPLIT].isna()).sum()) - splits.repeated_texts
    if unplaced:
        message = f"Records left out, since their file gives them no split: {unplaced:,}"
        warnings.append(DataWarning("left_out", "records", unplaced, message))
    unplaced = int(interactions[SPLIT].isna().sum())
    if unplaced:
        message = f"Interactions left out, since they have no time to split by: {unplaced:,}"
        warnings.append(DataWarning("left_out", "interactions", unplaced, message))
    return warnings + _check_published(records, interactions) + _check_sizes(records)


def _check_published(records: pd.DataFrame, interactions: pd.DataFrame) -> list[DataWarning]:
    if not records[PUBLISHED].any():
        return []
    published = records[records[PUBLISHED] & records[SPLIT].notna()]
    spread = published.groupby(TEXT)[SPLIT].nunique()
    repeated = int(published[TEXT].isin(spread.index[spread > 1]).sum())
    warnings = []
    if repeated:
        message = (
            f"Records whose text stands in two published splits: {repeated:,}. They stay as "
            "published, and make test figures hopeful"
        )
        warnings.append(DataWarning("text_in_two_splits", "records", repeated, message))
    held = interactions.loc[interactions[SPLIT].isin([VAL, TEST]), [USER, ITEM, SPLIT]]
    pairs = published.merge(held, on=[USER, ITEM], suffixes=("", "_held"))
    early = int(
        ((pairs[SPLIT] == TRAIN) | (pairs[f"{SPLIT}_held"] == TEST) & (pairs[SPLIT] == VAL)).sum()
    )
    if early:
        message = (
            f"Records published in an earlier split than the act they are about: {early:,}. "
            "They stay as published, and make recommendations look better than they are"
        )
        warnings.append(DataWarning("record_before_interaction", "records", early, message))
    return warnings


def _check_sizes(records: pd.DataFrame) -> list[DataWarning]:
    if records.empty:
        return []
    sizes = records[SPLIT].value_counts()
    empty = [split for split in SPLITS if not sizes.get(split, 0)]
    if not empty:
        return []
    parts = ", ".join(SPLIT_WORDS[split] for split in empty)
    message = f"Parts without any text: {parts}. Nothing can be learned or reported there"
    source = ", ".join(records[SOURCE].unique())
    return [DataWarning("empty_split", source, 0, message)]
