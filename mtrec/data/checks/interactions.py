"""What people's acts can and cannot carry."""

from __future__ import annotations

import pandas as pd

from mtrec.schema import COUNT, ITEM, LIKED, DataWarning
from mtrec.wording import many

FEW_ITEMS = "few_items"  # the warning of a catalogue too small to recommend from
ENOUGH_ITEMS = 50  # items below which a recommendation says little


def check_interactions(interactions: pd.DataFrame, unsaid: bool) -> list[DataWarning]:
    """Repeats, likes that are not there, and catalogues too small to recommend from.

    Args:
        unsaid: whether they are records, and nothing says which of them are liked.
    """
    if interactions.empty:
        return []
    warnings = []
    if unsaid:
        number = len(interactions)
        message = (
            f"Nothing says what counts as liked: {many(number, 'act')} taken from the records "
            "with a user and an item, every one as liked, bad words included; say what is liked by "
            "a condition, such as label == 'good' (positive: under interactions: in a recipe)"
        )
        warnings.append(DataWarning("interactions_from_records", "records", number, message))
    repeats = int(interactions[COUNT].sum()) - len(interactions)
    if repeats:
        message = (
            f"Rows that repeat an act of the same user on the same item: {repeats:,}. One of each "
            "is kept, so that no repeat stands in another split"
        )
        warnings.append(DataWarning("repeated_interactions", "interactions", repeats, message))
    if not interactions[LIKED].any():
        message = "No interaction counts as liked: there is nothing to recommend from"
        warnings.append(DataWarning("no_likes", "interactions", len(interactions), message))
    items = interactions[ITEM].nunique()
    if items < ENOUGH_ITEMS:
        message = f"Items that people acted on: {items}. Recommendations among so few mean little"
        warnings.append(DataWarning(FEW_ITEMS, "interactions", items, message))
    return warnings
