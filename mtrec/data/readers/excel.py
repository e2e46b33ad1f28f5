"""xlsx: one sheet of a workbook, the values that its cells show."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl

from mtrec.data.readers.cells import written
from mtrec.data.readers.content import UNPACKING_ERRORS, Content, check_size
from mtrec.data.readers.table import (
    Broken,
    Row,
    Table,
    assemble,
    check_columns,
    stack,
    unreadable,
    without_rows,
)
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

MIDNIGHT = "T00:00:00"
LAST_ROW = 1_048_576  # of a sheet
FITTING = "no more cells in a row than the first row has"
BROKEN_WORKBOOK = (*UNPACKING_ERRORS, ParseError, LookupError, TypeError, AttributeError)

# It warns of styles and rules that have no bearing on the values.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


def read_xlsx(content: Content, options: FileOptions) -> Table:
    """The sheet that the recipe names, else the first; formulas as they were last computed.

    The first row that is not empty holds the names of the columns. Empty rows are no rows.
    """
    try:
        _check_sizes(content)
        book = openpyxl.load_workbook(io.BytesIO(content.data), read_only=True, data_only=True)
        sheet = _sheet(content.name, book, options.sheet)
        sheet.reset_dimensions()
        rows, broken = stack(_rows(content.name, sheet))
    except BROKEN_WORKBOOK as error:
        raise unreadable(content.name, "is no xlsx file", "a whole workbook", str(error)) from error
    return assemble(content.name, rows, broken, "", FITTING)


def _check_sizes(content: Content) -> None:
    """Before the workbook is opened, because its texts are unpacked at once."""
    with zipfile.ZipFile(io.BytesIO(content.data)) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    check_size(content.name, len(content.data), unpacked)


def _sheet(name: str, book: Any, wanted: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    chosen = next(iter(sheets), None) if wanted is None else wanted
    if chosen not in sheets:
        raise InputError(
            f"{name} has no sheet {wanted or 'with cells'}",
            expected=f"one of {', '.join(sheets)}" if sheets else "a sheet with cells",
            found=wanted or "none",
            where=name,
            fix="name one of its sheets in the recipe, or leave sheet: out for the first",
        )
    return sheets[chosen]


def _rows(name: str, sheet: Any) -> Iterator[Row | Broken]:
    filled = (
        row for row in map(_cells, sheet.iter_rows(max_row=LAST_ROW, values_only=True)) if row
    )
    header = next(filled, None)
    if header is None:
        raise without_rows(name, "is empty", f"no cell in the sheet {sheet.title}")
    columns = [column or "" for column in header]
    check_columns(name, columns)
    for number, row in enumerate(filled, start=1):
        if len(row) > len(columns):
            reason = f"{len(row)} cells where the header has {len(columns)}"
            yield Broken(number, reason, " | ".join(cell or "" for cell in row))
        else:
            padded = row + [None] * (len(columns) - len(row))
            yield dict(zip(columns, padded, strict=True))


def _cells(values: tuple[Any, ...]) -> list[str | None]:
    """A row as strings, without the empty cells at its end; what is on midnight is a date."""
    row = [(written(value) or "").removesuffix(MIDNIGHT) or None for value in values]
    while row and row[-1] is None:
        row.pop()
    return row
