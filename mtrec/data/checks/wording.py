"""How warnings name things."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5


def counted(number: int, noun: str) -> str:
    """Such as `1 record` or `2,000 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are: `a, b, c, d, e and 3 more`."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
