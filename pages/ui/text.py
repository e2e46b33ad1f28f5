"""How texts, durations and moments are written on the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mtrec.wording import WORD_JOINER, many

INTERVAL_HELP = (
    "Noise made visible: with other people or texts of the same kind the figure would come out "
    "somewhat different, 95 times out of 100 within this interval. Where two intervals overlap a "
    "lot, the difference may be chance rather than skill."
)

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
# Where Streamlit would see an address or an arrow even in escaped text.
_SEAMS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\w)(?=@)|(?<=[-<>~])(?=[-=>])", re.IGNORECASE)
_UNITS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def plain(text: object, limit: int | None = None) -> str:
    """A text from data as Markdown that shows it letter for letter, on one line, without links.

    Args:
        text: anything; it is written with `str`.
        limit: longer texts end in … after this many characters.
    """
    line = " ".join(str(text).split())
    if limit is not None and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _MARKUP.sub(r"\\\1", _SEAMS.sub(WORD_JOINER, line))


def shortened(text: str, limit: int) -> str:
    """A text of at most so many characters, cut in its middle: names often differ at their ends."""
    if len(text) <= limit:
        return text
    start = limit // 3
    return f"{text[:start].rstrip()}…{text[start + 1 - limit :].lstrip()}"


def moment(written: str) -> str:
    """An ISO moment as this machine's clock shows it, to the minute: `2020-05-31 14:05`."""
    return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M}"


def ago(moment: str, now: datetime | None = None) -> str:
    """How long ago an ISO moment was: `5 minutes ago`."""
    then = datetime.fromisoformat(moment)
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    passed = ((now or datetime.now(UTC)) - then).total_seconds()
    for length, name in _UNITS:
        count = int(passed // length)
        if count >= 1:
            return f"{many(count, name)} ago"
    return "just now"
