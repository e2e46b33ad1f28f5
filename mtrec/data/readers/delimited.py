"""csv and tsv: a header, then rows of cells between delimiters, quoted where they need it."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
from pyarrow import csv as arrow_csv

from mtrec.data.readers.content import Content
from mtrec.data.readers.encodings import as_utf8
from mtrec.data.readers.table import (
    Broken,
    Table,
    assemble,
    short,
    unreadable,
    without_rows,
)
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError
from mtrec.wording import many

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 16 << 20  # bytes read at a time, which holds every row in most files
LONGEST_ROW = 512 << 20  # bytes
FITTING = "as many cells in every row as the header has"


def read_csv(content: Content, options: FileOptions) -> Table:
    """Cells between commas, semicolons, tabs or bars: the one that makes the most columns."""
    return _read(content, options, options.delimiter)


def read_tsv(content: Content, options: FileOptions) -> Table:
    """Cells between tabs."""
    return _read(content, options, options.delimiter or "\t")


def _read(content: Content, options: FileOptions, delimiter: str | None) -> Table:
    text, encoding = as_utf8(content, options.encoding)
    rows, broken = read_cells(content.name, text, delimiter)
    _check_last_quote(content.name, text, rows, broken)
    return assemble(content.name, rows, broken, encoding, FITTING)


def read_cells(
    name: str, text: bytes, delimiter: str | None, quoted: bool = True
) -> tuple[pa.Table, list[Broken]]:
    """The rows that have as many cells as the header, as strings, and those that have not.

    Args:
        name: of the file, for messages.
        text: UTF-8.
        delimiter: None for the one that makes the most columns.
        quoted: whether quotes hold cells together; otherwise a quote is a character like others.

    Raises:
        InputError: there is no header, or a row or a quote has no end.
    """
    delimiter, header = _header(name, text, delimiter, quoted)
    for block in (BLOCK, LONGEST_ROW):
        try:
            rows, broken = _parsed(text, delimiter, header, quoted, block, threads=True)
            if broken:  # only one thread alone numbers them
                rows, broken = _parsed(text, delimiter, header, quoted, block, threads=False)
            return rows, broken
        except pa.ArrowInvalid as error:
            failure = error
    raise InputError(
        f"{name} has a row without an end",
        expected=f'rows up to {LONGEST_ROW >> 20} MiB long, and a closing " for every opening one',
        found=short(str(failure)),
        where=name,
        fix='close the quote, or write a quote that belongs to a cell as ""',
    ) from failure


def _parsed(
    text: bytes, delimiter: str, header: list[str], quoted: bool, block: int, *, threads: bool
) -> tuple[pa.Table, list[Broken]]:
    broken: list[Broken] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        reason = f"{many(row.actual_columns, 'cell')} where the header has {row.expected_columns}"
        broken.append(Broken((row.number or 0) - 1, reason, row.text))
        return "skip"

    rows = arrow_csv.read_csv(
        pa.BufferReader(text),
        read_options=arrow_csv.ReadOptions(use_threads=threads, block_size=block),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            invalid_row_handler=set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    return rows, broken


def _header(name: str, text: bytes, delimiter: str | None, quoted: bool) -> tuple[str, list[str]]:
    """The first row that is not empty, and what splits it."""
    headers = {}
    for each in [delimiter] if delimiter else DELIMITERS:
        lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", newline="")
        try:
            rows = csv.reader(
                lines,
                delimiter=each,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            )
            headers[each] = next((row for row in rows if row), None)
        except csv.Error as error:
            raise unreadable(
                name, "has no header", "the columns' names in the first line", str(error)
            ) from error
    best, header = max(headers.items(), key=lambda found: len(found[1] or []))
    if header is None:
        raise without_rows(name, "is empty", "empty lines only")
    return best, header


def _check_last_quote(name: str, text: bytes, rows: pa.Table, broken: list[Broken]) -> None:
    """A quote that is never closed swallows the rest of the file into its cell."""
    last = rows.num_rows + len(broken)
    if broken and broken[-1].row == last:
        written = broken[-1].text
        unclosed = "\n" in written and written.count('"') % 2 == 1
    else:
        cells = rows.slice(max(rows.num_rows - 1, 0)).column(rows.num_columns - 1).to_pylist()
        written = next(filter(None, cells), "")
        unclosed = _is_unclosed(text, written)
    if unclosed:
        raise InputError(
            f"{name} has a quote that is never closed",
            expected='a closing " for every opening one',
            found=short(f'"{written}'),
            where=f"{name}: row {last}",
            fix='close it, or write a quote that belongs to a cell as ""',
        )


def _is_unclosed(text: bytes, cell: str) -> bool:
    if "\n" not in cell:
        return False
    opened = b'"' + cell.replace('"', '""').encode()
    return text.endswith(opened) and not text.rstrip(b"\r\n").endswith(opened + b'"')
