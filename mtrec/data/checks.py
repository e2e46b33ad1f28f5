"""What a person should know about their data before they trust a figure made from it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mtrec.data.dataset import DatasetTask
from mtrec.data.splits import PUBLISHED, Splits
from mtrec.data.tables import COUNT
from mtrec.schema import (
    ITEM,
    LIKED,
    SOURCE,
    SPLIT,
    SPLITS,
    TEST,
    TEXT,
    TIME,
    TRAIN,
    USER,
    VAL,
    DataWarning,
)

RARE = 10  # training examples below which a label is hardly learned
FEW_ITEMS = "few_items"  # the warning of a catalogue too small to recommend from
ENOUGH_ITEMS = 50  # items below which a recommendation says little
PLACEHOLDER_ROWS = 1000  # rows at one moment that look like a default date
PLACEHOLDER_FACTOR = 5  # and how often it stands there, against the next most frequent moment


def check_times(rows: pd.DataFrame, source: str) -> list[DataWarning]:
    """A moment that stands in so many rows that it looks like a default."""
    counts = rows[TIME].value_counts()
    if counts.empty or counts.iloc[0] < PLACEHOLDER_ROWS:
        return []
    if len(counts) > 1 and counts.iloc[0] < PLACEHOLDER_FACTOR * counts.iloc[1]:
        return []
    number, moment = int(counts.iloc[0]), counts.index[0]
    message = (
        f"{number:,} rows carry the time {moment:%Y-%m-%d %H:%M}, which looks like a placeholder: "
        "splits by time take it at its word"
    )
    return [DataWarning("placeholder_time", source, number, message)]


def check_interactions(interactions: pd.DataFrame, from_records: bool) -> list[DataWarning]:
    """Repeats, likes that are not there, and catalogues too small to recommend from."""
    if interactions.empty:
        return []
    warnings = []
    if from_records:
        number = len(interactions)
        message = (
            f"The recipe names no interactions: {number:,} are taken from the records with a user "
            "and an item, every one as liked"
        )
        warnings.append(DataWarning("interactions_from_records", "records", number, message))
    repeats = int(interactions[COUNT].sum()) - len(interactions)
    if repeats:
        message = (
            f"{repeats:,} rows repeat an act of the same user on the same item: one is kept, "
            "so that no repeat stands in another split"
        )
        warnings.append(DataWarning("repeated_interactions", "interactions", repeats, message))
    if not interactions[LIKED].any():
        message = "No interaction counts as liked: there is nothing to recommend from"
        warnings.append(DataWarning("no_likes", "interactions", len(interactions), message))
    items = interactions[ITEM].nunique()
    if items < ENOUGH_ITEMS:
        message = f"People acted on {items} items only: recommendations among so few mean little"
        warnings.append(DataWarning(FEW_ITEMS, "interactions", items, message))
    return warnings


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
        message = f"{number:,} records are left out: their text also stands in another split"
        warnings.append(DataWarning("left_out", "records", number, message))
    unplaced = int((records[SPLIT].isna()).sum()) - splits.repeated_texts
    if unplaced:
        message = f"{unplaced:,} records are left out: their file gives them no split"
        warnings.append(DataWarning("left_out", "records", unplaced, message))
    unplaced = int(interactions[SPLIT].isna().sum())
    if unplaced:
        message = f"{unplaced:,} interactions are left out: they have no time to split by"
        warnings.append(DataWarning("left_out", "interactions", unplaced, message))
    return warnings + _check_published(records, interactions) + _check_sizes(records)


def check_tasks(tasks: Mapping[str, DatasetTask]) -> list[DataWarning]:
    """Labels with too few training examples."""
    warnings = []
    for task in tasks.values():
        rare = {
            label: task.counts[TRAIN].get(label, 0)
            for label in task.labels
            if task.counts[TRAIN].get(label, 0) < RARE
        }
        if rare:
            shown = ", ".join(f"{label} ({count})" for label, count in list(rare.items())[:5])
            more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
            message = (
                f"{task.name}: {len(rare)} labels have fewer than {RARE} training records, too few "
                f"to learn: {shown}{more}"
            )
            warnings.append(DataWarning("rare_label", task.name, sum(rare.values()), message))
    return warnings


def _check_published(records: pd.DataFrame, interactions: pd.DataFrame) -> list[DataWarning]:
    published = records[records[PUBLISHED] & records[SPLIT].notna()]
    spread = published.groupby(TEXT)[SPLIT].nunique()
    repeated = int(published[TEXT].isin(spread.index[spread > 1]).sum())
    warnings = []
    if repeated:
        message = (
            f"{repeated:,} records have a text that stands in two published splits: they stay as "
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
            f"{early:,} records are published in an earlier split than the interaction they are "
            "about: they stay as published, and make recommendations look better than they are"
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
    message = f"No records in {' and '.join(empty)}: nothing can be learned or reported there"
    source = ", ".join(records[SOURCE].unique())
    return [DataWarning("empty_split", source, 0, message)]
