"""Ids that a spreadsheet has taken for numbers and written anew."""

from __future__ import annotations

import pandas as pd

from mtrec.schema import DataWarning
from mtrec.wording import listed

MOSTLY = 0.9  # share of ids that read as numbers, from which the others are not chance
NUMBER = r"[0-9]+(?:\.0+)?"
REWRITTEN = r"[0-9]+\.0+|[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+"


def check_ids(ids: pd.Series, source: str) -> list[DataWarning]:
    """Ids such as 7.0 or 1e5, and ids that differ in nothing but leading zeros, such as 007 and 7.

    Args:
        ids: all ids of the people, or of the items, from every file.
        source: `users` or `items`.
    """
    ids = ids.dropna().drop_duplicates()
    rewritten = ids.str.fullmatch(REWRITTEN)
    if ids.empty or (rewritten | ids.str.fullmatch(NUMBER)).mean() < MOSTLY:
        return []
    warnings = []
    if number := int(rewritten.sum()):
        message = (
            f"Ids written as a spreadsheet writes numbers: {number:,} "
            f"({listed(ids[rewritten].tolist())}). Other files may write them otherwise, and long "
            "ones may have lost digits, so that two become one; export them again as text"
        )
        warnings.append(DataWarning("rewritten_ids", source, number, message))
    return warnings + _zeros(ids[ids.str.fullmatch(NUMBER)], source)


def _zeros(ids: pd.Series, source: str) -> list[DataWarning]:
    """Ids that are the same number, or, where there are none, shorter than those with zeros."""
    value = ids.str.replace(r"\.0+$", "", regex=True).str.lstrip("0")
    same = value.duplicated(keep=False)
    if number := int(same.sum()):
        first = value[same].iloc[0]
        message = (
            f"{number:,} ids are the same number written in two ways, such as "
            f"{listed(ids[value == first].tolist())}: they count as different {source}; "
            "write them alike in every file"
        )
        return [DataWarning("mixed_ids", source, number, message)]
    zeros = ids[ids.str.fullmatch(r"0[0-9]+")]
    widths = zeros.str.len().unique()
    shorter = ids[ids.str.fullmatch(r"[1-9][0-9]*") & (ids.str.len() < max(widths, default=0))]
    if len(widths) != 1 or shorter.empty:
        return []
    message = (
        f"Ids shorter than those with leading zeros: {len(shorter):,}, such as {shorter.iloc[0]} "
        f"beside {zeros.iloc[0]}. Theirs may be lost, and other files then do not match; export "
        "them again as text"
    )
    return [DataWarning("mixed_ids", source, len(shorter), message)]
