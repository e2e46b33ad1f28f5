"""Values that are no strings, written as the strings that people would type."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

BETWEEN = "|"  # the parts of a list
WHOLE_BELOW = 1e16  # from here on whole numbers are no longer told apart by a float


def written(value: Any) -> str | None:
    """A value as a cell; None where it is missing.

    Whole numbers have no point, times are ISO, a list of plain values is joined by `|`, and what is
    nested deeper is JSON.
    """
    if isinstance(value, str):
        return value or None
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value) if value.is_integer() and abs(value) < WHOLE_BELOW else value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, dict) or (isinstance(value, list) and any(map(_is_nested, value))):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list):
        return BETWEEN.join(part for part in map(written, value) if part is not None) or None
    return str(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple))
