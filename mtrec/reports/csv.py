"""Tables as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv

import pandas as pd

_STARTERS = ("=", "+", "-", "@", "\t", "\r")


def safe_csv(frame: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV (with a mark that spreadsheets recognise), without its index.

    A text cell or column name that begins with `=`, `+`, `-`, `@`, a tab or a carriage return would
    be run as a formula; it gets an apostrophe in front (OWASP, *CSV Injection*). Texts are quoted,
    so that a carriage return inside one begins no new cell. Numbers stay as they are.
    """
    safe = frame.copy()
    safe.columns = pd.Index([_as_text(str(name)) for name in frame.columns])
    for position, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            column = frame.iloc[:, position]
            safe.isetitem(position, column.map(_as_text, na_action="ignore").to_numpy())
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode("utf-8-sig")


def _as_text(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_STARTERS):
        return f"'{cell}"
    return cell
