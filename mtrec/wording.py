"""How numbers and lists are said, in messages and on pages."""

from __future__ import annotations

from collections.abc import Sequence

from mtrec.schema import TEST, TRAIN, VAL

SHOWN = 5
SPLIT_WORDS = {TRAIN: "training", VAL: "validation", TEST: "test"}
WORD_JOINER = "\u2060"  # invisible; pages put it where Streamlit would draw something else


def number(value: float) -> str:
    """A whole number in groups of thousands: `54,432`."""
    return f"{value:,.0f}"


def many(count: int, word: str, several: str | None = None) -> str:
    """How many of something: `1 text`, `54,432 texts`; `several` is its plural, if not in -s."""
    return f"{number(count)} {word if count == 1 else several or word + 's'}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are: `a, b, c, d, e and 3 more`."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
