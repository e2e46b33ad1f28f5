"""What label types share when they look at a column and read it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from mtrec.errors import InputError

LOOKED_AT = 5000  # rows, enough to tell what a column holds


def read_each(written: pd.Series, read: Callable[[str], str | None]) -> pd.Series:
    """Every cell as `read` gives it, missing where that is None. Equal cells are read once."""
    known = {cell: read(cell) for cell in written.unique()}
    return written.map(known).astype("str")


def at_least_two(labels: list[str], fix: str = "") -> list[str]:
    """The labels as they are.

    Raises:
        InputError: there are fewer than two, so that nothing can be told apart.
    """
    if len(labels) < 2:
        raise InputError(
            "There is nothing to tell apart",
            expected="2 distinct labels or more",
            found=", ".join(labels) or "no label at all",
            fix=fix,
        )
    return labels
