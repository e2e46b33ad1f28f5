"""Times as people write them, read into UTC: epochs, ISO, written months, clear numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from mtrec.errors import InputError

UTC: Final = "datetime64[us, UTC]"
NUMBER = r"-?\d+(?:\.\d+)?"
OFFSET = r"(?:Z|[+-]\d\d:?\d\d)$"
NUMERIC_DATE = r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}:\d\d(?::\d\d)?))?"
PLACEHOLDER_ROWS = 1000  # rows at one moment that look like a default date
PLACEHOLDER_FACTOR = 5  # and how often it stands there, against the next most frequent moment
WRITTEN = (
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%B %d, %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
)


def parse_times(
    column: pd.Series,
    time_format: str | None = None,
    timezone: str | None = None,
    file: str | None = None,
) -> pd.Series:
    """Reads a column of strings as times.

    Args:
        column: strings, some of them missing.
        time_format: the format as `strptime` writes it, such as `%d/%m/%Y`, where it is not clear.
        timezone: the zone of times that name none, such as `Europe/Berlin`; UTC where left out.

        file: the file the column comes from, for the message.

    Returns:
        `datetime64[us, UTC]` on the same index; missing where the cell is missing or unreadable.

    Raises:
        InputError: fewer than half of the cells can be read, or they can be read in two ways.
    """
    place = f"{file}: column {column.name}" if file else f"column {column.name}"
    zone = _zone(timezone)
    if time_format is None and (plain := _plain_iso(column)) is not None:
        return _localised(plain, zone)
    codes, values = pd.factorize(column)
    written = pd.Series(values, dtype="str").str.strip()
    if written.empty:
        return pd.Series(pd.NaT, index=column.index, dtype=UTC)
    if time_format is not None:
        times = _formatted(written, time_format, zone)
    else:
        times = _best_reading(written, zone, place)
    if times.count() * 2 < len(written):
        raise InputError(
            f"The column {column.name} does not hold times that can be read",
            expected=time_format
            or "seconds since 1970, 2024-01-31 12:00:00, or January 31, 2024, in most rows",
            found=_examples(written[times.isna()]),
            where=place,
            fix='say how they are written, such as time_format: "%d/%m/%Y %H:%M"',
        )
    cells = pd.Series(codes, index=column.index, name=column.name)
    return cells.map(times).astype(UTC)


def placeholder(times: pd.Series) -> tuple[pd.Timestamp, str] | None:
    """A moment that stands in so many rows that it looks like a default, and a sentence about it.

    Args:
        times: `datetime64[us, UTC]`.
    """
    counts = times.value_counts()
    if counts.empty or counts.iloc[0] < PLACEHOLDER_ROWS:
        return None
    if len(counts) > 1 and counts.iloc[0] < PLACEHOLDER_FACTOR * counts.iloc[1]:
        return None
    moment = counts.index[0]
    return moment, (
        f"Rows with the time {moment:%Y-%m-%d %H:%M}, which looks like a placeholder: {{n}}. They "
        "are used as they stand, and splits by time take it at its word"
    )


def _plain_iso(column: pd.Series) -> pd.Series | None:
    """The times if every cell is ISO without a zone, which Arrow reads a hundred times faster."""
    try:
        times = compute.cast(pa.array(column), pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return pd.Series(times.to_pandas().array, index=column.index, name=column.name)


def _best_reading(written: pd.Series, zone: ZoneInfo, place: str) -> pd.Series:
    """The first way of reading that takes every cell, else the one that takes the most."""
    best = pd.Series(pd.NaT, index=written.index, dtype=UTC)
    for read in _READERS:
        times = read(written, zone, place)
        if times.count() > best.count():
            best = times
        if best.notna().all():
            break
    return best


def _zone(timezone: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"Nobody knows the time zone {timezone}",
            expected="a name such as Europe/Berlin or UTC",
            found=str(timezone),
            where="timezone in the recipe",
            fix="correct the name, or leave it out for UTC",
        ) from error


def _localised(times: pd.Series, zone: ZoneInfo) -> pd.Series:
    if times.dt.tz is None:
        times = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    utc: pd.Series = times.dt.tz_convert("UTC").dt.as_unit("us")
    return utc


def _formatted(written: pd.Series, time_format: str, zone: ZoneInfo) -> pd.Series:
    aware = "%z" in time_format
    try:
        times = pd.to_datetime(written, format=time_format, errors="coerce", utc=aware)
    except ValueError as error:
        raise InputError(
            "The time format cannot be used",
            expected="a format such as %d/%m/%Y %H:%M",
            found=f"{time_format} ({error})",
            where="time_format in the recipe",
            fix="write it with the codes of Python's strptime",
        ) from error
    return _localised(times, zone)


def _read_epochs(written: pd.Series, zone: ZoneInfo, place: str) -> pd.Series:
    """Seconds or milliseconds since 1970, told apart by size (10^11 seconds is the year 5138)."""
    numbers = pd.to_numeric(written.where(written.str.fullmatch(NUMBER)), errors="coerce")
    known = numbers.dropna()
    if known.empty:
        return pd.Series(pd.NaT, index=written.index, dtype=UTC)
    years = known.between(1900, 2100) & (known % 1 == 0)
    days = known.between(19000101, 21001231) & known.mod(100).between(1, 31)
    days &= known.floordiv(100).mod(100).between(1, 12)
    if years.all() or days.all():
        raise _ambiguous(
            written, "years or days as well as seconds", "%Y" if years.all() else "%Y%m%d", place
        )
    unit: Literal["ms", "s"] = "ms" if known.abs().median() >= 1e11 else "s"
    return pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True).dt.as_unit("us")


def _read_iso(written: pd.Series, zone: ZoneInfo, place: str) -> pd.Series:
    written = written.mask(written.str.fullmatch(NUMBER))
    aware = written.str.contains(OFFSET, regex=True, na=False) & written.str.contains(":", na=False)
    naive = pd.to_datetime(written.mask(aware), format="ISO8601", errors="coerce")
    fixed = pd.to_datetime(written.where(aware), format="ISO8601", errors="coerce", utc=True)
    return _localised(naive, zone).fillna(fixed.dt.as_unit("us"))


def _read_written(written: pd.Series, zone: ZoneInfo, place: str) -> pd.Series:
    times = pd.Series(pd.NaT, index=written.index, dtype=UTC)
    for time_format in WRITTEN:
        left = times.isna()
        if left.any():
            times[left] = _formatted(written[left], time_format, zone)
    return times


def _read_numeric(written: pd.Series, zone: ZoneInfo, place: str) -> pd.Series:
    """31/12/2020 or 12/31/2020: told by a part above 12, refused where there is none."""
    parts = written.str.extract(f"^{NUMERIC_DATE}$")
    first, second = pd.to_numeric(parts[0]), pd.to_numeric(parts[1])
    if first.isna().all():
        return pd.Series(pd.NaT, index=written.index, dtype=UTC)
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    if day_first == month_first:
        raise _ambiguous(
            written[first.notna()], "day first as well as month first", "%d/%m/%Y", place
        )
    day, month = (0, 1) if day_first else (1, 0)
    iso = parts[2] + "-" + parts[month].str.zfill(2) + "-" + parts[day].str.zfill(2)
    return _read_iso(iso + ("T" + parts[3].str.pad(5, fillchar="0")).fillna(""), zone, place)


def _ambiguous(written: pd.Series, ways: str, time_format: str, place: str) -> InputError:
    return InputError(
        "The times can be read in two ways",
        expected="one unambiguous way of writing times",
        found=f"{_examples(written)}, which could be {ways}",
        where=place,
        fix=f'say how they are written, such as time_format: "{time_format}"',
    )


def _examples(values: pd.Series) -> str:
    return ", ".join(str(value)[:40] for value in values.dropna().unique()[:3])


_READERS: tuple[Callable[[pd.Series, ZoneInfo, str], pd.Series], ...] = (
    _read_epochs,
    _read_iso,
    _read_written,
    _read_numeric,
)
