"""What every reader gives: the rows that fit as strings, and those that do not as written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from mtrec.errors import InputError
from mtrec.schema import REASON, ROW, TEXT

LONGEST_TEXT = 1000  # characters of a broken row that are kept
STACK = 50_000  # rows
DAMAGE = "\ufdd0"  # stands for a byte that is no text; no character of any language
DAMAGED = "a byte in it that is no text"
Row = dict[str, str | None]


@dataclass(frozen=True, eq=False)
class Table:
    """A file as strings. Every row of data is in one of the two tables, under its own number.

    Attributes:
        frame: one `str` column for each column of the file, empty cells missing; the index, named
            `row`, counts the file's rows of data from 1 and leaves the broken ones out.
        broken: the rows that do not fit, by the same numbers; columns `reason` (a few plain words)
            and `text` (the row as written, cut at 1,000 characters).
        encoding: how the file is written, such as utf-8; empty for formats without an encoding.
    """

    frame: pd.DataFrame
    broken: pd.DataFrame
    encoding: str


@dataclass(frozen=True)
class Broken:
    """A row that does not fit its file: its number, why, and how it is written."""

    row: int
    reason: str
    text: str


def stack(rows: Iterable[Row | Broken]) -> tuple[pa.Table, list[Broken]]:
    """The rows that fit as one table, a column for every name in any of them, and the others."""
    rest, pieces, broken = iter(rows), [], list[Broken]()
    while some := list(islice(rest, STACK)):
        broken += [row for row in some if isinstance(row, Broken)]
        fitting = [row for row in some if not isinstance(row, Broken)]
        names = dict.fromkeys(name for row in fitting for name in row)
        columns = [
            pa.array([row.get(name) for row in fitting], pa.large_string()) for name in names
        ]
        pieces.append(pa.table(columns, names=list(names)))
    return pa.concat_tables(pieces, promote_options="default") if pieces else pa.table({}), broken


def assemble(
    name: str, rows: pa.Table, broken: Sequence[Broken], encoding: str, fitting: str
) -> Table:
    """Checks what was read and numbers it. Rows that hold `DAMAGE` do not fit.

    Args:
        name: of the file, for messages.
        rows: those that fit, in the file's order, each column of strings.
        fitting: what a row has to be like, for messages.

    Raises:
        InputError: there is no row, more than half of them are broken, or columns share a name.
    """
    total = rows.num_rows + len(broken)
    if total == 0:
        raise without_rows(name, "has no rows", "a header only")
    rows, damaged = _without_damaged(rows, broken)
    broken = sorted([*broken, *damaged], key=lambda row: row.row)
    if 2 * len(broken) > total:
        first = broken[0]
        raise InputError(
            f"{name} has more rows that do not fit than rows that do",
            expected=fitting,
            found=f"{first.reason}: {short(first.text)}",
            where=f"{name}: row {first.row}, the first of {len(broken):,} in {total:,}",
            fix="mend these rows, or check format: and delimiter: in the recipe",
        )
    check_columns(name, rows.column_names)
    frame: pd.DataFrame = rows.to_pandas()
    numbers = pd.Index([row.row for row in broken], dtype="int64", name=ROW)
    every = pd.RangeIndex(1, total + 1, name=ROW)
    frame.index = every.delete(numbers - 1) if broken else every
    reasons = {
        REASON: pd.Series([row.reason for row in broken], index=numbers, dtype="str"),
        TEXT: pd.Series([_shown(row.text) for row in broken], index=numbers, dtype="str"),
    }
    return Table(frame, pd.DataFrame(reasons, index=numbers), encoding)


def _without_damaged(rows: pa.Table, broken: Sequence[Broken]) -> tuple[pa.Table, list[Broken]]:
    """The rows that hold text alone, and the others, by their numbers in the file."""
    damaged = pa.array([False] * rows.num_rows, pa.bool_())
    for column in rows.columns:
        if pa.types.is_large_string(column.type):
            holds = compute.match_substring(column.combine_chunks(), DAMAGE)
            damaged = compute.or_(damaged, compute.fill_null(holds, False))
    if not compute.any(damaged).as_py():
        return rows, []
    numbers = pd.RangeIndex(1, rows.num_rows + len(broken) + 1).delete(
        [row.row - 1 for row in broken]
    )
    others = rows.filter(damaged).to_pylist()
    found = [
        Broken(int(number), DAMAGED, " | ".join(cell or "" for cell in row.values()))
        for number, row in zip(numbers[damaged.to_numpy(zero_copy_only=False)], others, strict=True)
    ]
    return rows.filter(compute.invert(damaged)), found


def _shown(text: str) -> str:
    """A broken row as it is kept, what is no text as the usual sign for that."""
    return text[:LONGEST_TEXT].replace(DAMAGE, "\ufffd")


def check_columns(name: str, columns: Sequence[str]) -> None:
    """Raises InputError where columns have the same name, or one has none."""
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice or not all(column.strip() for column in columns):
        raise InputError(
            f"{name} has columns that cannot be told apart",
            expected="a different name for every column",
            found=f"{', '.join(twice)} more than once" if any(twice) else "a column without a name",
            where=f"{name}: first line",
            fix="rename the columns in the file's first line",
        )


def without_rows(name: str, message: str, found: str) -> InputError:
    """The error of a file that holds no data."""
    return InputError(
        f"{name} {message}",
        expected="the columns' names and at least one row of data",
        found=found,
        where=name,
        fix="name another file in the recipe, or write the data into this one",
    )


def unreadable(
    name: str,
    message: str,
    expected: str,
    found: str,
    *,
    where: str = "",
    fix: str = "save the table again, as csv in UTF-8 where nothing else is needed",
) -> InputError:
    """The error of a file that is not what its name or its format says."""
    return InputError(
        f"{name} {message}", expected=expected, found=short(found), where=where or name, fix=fix
    )


def short(text: str) -> str:
    """A text on one line of at most 160 characters."""
    line = " ".join(text[: 10 * LONGEST_TEXT].split())
    return line if len(line) <= 160 else f"{line[:157]}..."
