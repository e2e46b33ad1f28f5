"""Numbers written with a decimal comma, rewritten with a point."""

from __future__ import annotations

import pandas as pd

from mtrec.errors import InputError

WITH_COMMA = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+"
GROUPED = r"[+-]?\d{1,3}(?:\.\d{3})+"


def with_points(frame: pd.DataFrame, decimal: str | None, name: str) -> pd.DataFrame:
    """The frame with `1.234,5` as `1234.5`; every cell that is no such number stays as it is.

    `1.234` is rewritten as `1234` only beside numbers with a comma in the same column, because it
    could be a number with a point.

    Args:
        decimal: what the recipe says stands before the decimals.

    Raises:
        InputError: it is neither a point nor a comma.
    """
    if decimal not in (None, ".", ","):
        raise InputError(
            f"Numbers in {name} cannot be written like that",
            expected='decimal: "," or decimal: "."',
            found=str(decimal),
            where=f"{name}: decimal in the recipe",
            fix="correct it, or leave it out where numbers have a point",
        )
    return frame.apply(_column) if decimal == "," else frame


def _column(column: pd.Series) -> pd.Series:
    numbers = column.str.fullmatch(WITH_COMMA).fillna(False)
    if not numbers.any():
        return column
    numbers |= column.str.fullmatch(GROUPED).fillna(False)
    pointed = column.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return column.mask(numbers, pointed)
