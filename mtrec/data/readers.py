"""Files as tables of strings: csv, tsv and jsonl. Nothing is converted, so `007` stays `007`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError
from mtrec.schema import ROW

FORMATS = ("csv", "tsv", "jsonl")
DELIMITERS = (",", ";", "\t", "|")
LONGEST_HEADER = 100_000  # characters


def file_format(path: Path, options: FileOptions) -> str:
    """The format given, or the one the file's name ends with.

    Raises:
        InputError: it is none that can be read here.
    """
    found = options.format or path.suffix.removeprefix(".").lower()
    if found not in FORMATS:
        raise InputError(
            f"{path.name} is in a format that cannot be read",
            expected=" or ".join(FORMATS),
            found=found or "a name without an ending",
            where=path.name,
            fix="save it as csv in UTF-8, or add format: csv to the recipe if that is what it is",
        )
    return found


def read_table(path: Path, options: FileOptions | None = None) -> pd.DataFrame:
    """Reads a file whole.

    Returns:
        one column of strings for each column of the file, empty cells missing; the index, named
        `row`, counts the rows of data from 1.

    Raises:
        InputError: the file is missing, empty, binary, in another encoding, ragged or broken.
    """
    options = options or FileOptions()
    form = file_format(path, options)
    text = _decode(path, options.encoding)
    if not text.strip():
        raise _without_rows(path, "is empty", "nothing in it")
    if form == "jsonl":
        frame = _read_jsonl(path, text)
    else:
        frame = _read_delimited(path, text, options.delimiter or ("\t" if form == "tsv" else None))
    if frame.empty:
        raise _without_rows(path, "has no rows", "a header only")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name=ROW)
    return frame


def _decode(path: Path, encoding: str | None) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read",
            expected="a file beside the recipe",
            found=error.strerror or str(error),
            where=str(path),
            fix="check the file's name in the recipe, capitals included",
        ) from error
    if encoding is None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = data.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path.name} is not written in {encoding or 'UTF-8'}",
            expected=f"text in {encoding or 'UTF-8'}",
            found=f"the byte {data[error.start]:#04x}",
            where=f"{path.name}: line {line}",
            fix="save it as UTF-8, or name its encoding in the recipe, such as encoding: cp1252",
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(
            f"Nobody knows the encoding {encoding}",
            expected="a name such as utf-8, cp1252 or gb18030",
            found=str(encoding),
            where=path.name,
            fix="correct encoding: in the recipe, or leave it out for UTF-8",
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _unreadable(path, "is not text", "readable characters", f"a NUL byte in line {line}")
    return text


def _read_delimited(path: Path, text: str, delimiter: str | None) -> pd.DataFrame:
    try:
        delimiter, header = _header(text, delimiter)
    except csv.Error as error:
        raise _unreadable(path, "has no header", "the columns' names first", str(error)) from error
    _check_header(path, header)
    data = text.encode()
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=min(max(len(data), 1 << 20), 1 << 30)
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path.name} has a row that does not fit its header",
            expected=f"{len(header)} columns in every row: {', '.join(header)}",
            found=_short(str(error)),
            where=path.name,
            fix='put cells that hold a delimiter or a line break in quotes, a quote itself as ""',
        ) from error
    frame: pd.DataFrame = table.to_pandas()
    _check_last_quote(path, frame, text)
    return frame


def _check_last_quote(path: Path, frame: pd.DataFrame, text: str) -> None:
    """A quote that is never closed swallows the rest of the file into its cell."""
    cells = [cell for cell in frame.iloc[-1:].to_numpy().ravel() if isinstance(cell, str)]
    if cells and "\n" in cells[-1] and text.endswith(cells[-1]):
        raise InputError(
            f"{path.name} has a quote that is never closed",
            expected='a closing " for every opening one',
            found=_short(f'"{cells[-1]}'),
            where=f"{path.name}: row {len(frame)}",
            fix='close it, or write a quote that belongs to a cell as ""',
        )


def _header(text: str, delimiter: str | None) -> tuple[str, list[str]]:
    """The first row, split by the delimiter given or by the one that gives the most columns."""
    lines = text[:LONGEST_HEADER].lstrip("\r\n").splitlines(keepends=True)
    candidates = [delimiter] if delimiter else DELIMITERS
    rows = {each: next(csv.reader(lines, delimiter=each)) for each in candidates}
    best = max(candidates, key=lambda each: len(rows[each]))
    return best, rows[best]


def _check_header(path: Path, header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or not all(name.strip() for name in header):
        raise InputError(
            f"{path.name} has columns that cannot be told apart",
            expected="a different name for every column",
            found=f"{', '.join(twice)} more than once" if any(twice) else "a column without a name",
            where=f"{path.name}: first line",
            fix="rename the columns in the file's first line",
        )


def _read_jsonl(path: Path, text: str) -> pd.DataFrame:
    rows: list[dict[str, str | None]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            rows.append(_json_row(path, number, line))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _json_row(path: Path, number: int, line: str) -> dict[str, str | None]:
    try:
        row = json.loads(line, parse_int=str, parse_float=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{path.name} has a line that is not JSON",
            expected='one object a line, such as {"text": "good", "label": "positive"}',
            found=_short(line),
            where=f"{path.name}: line {number}",
            fix="mend or remove that line",
        ) from error
    if not isinstance(row, dict):
        raise InputError(
            f"{path.name} has a line that is not an object",
            expected='one object a line, such as {"text": "good", "label": "positive"}',
            found=_short(line),
            where=f"{path.name}: line {number}",
            fix="write each row as {column: value}",
        )
    return {name: _json_cell(value) for name, value in row.items()}


def _json_cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode(errors="replace").decode()  # half a surrogate pair is no character


def _unreadable(path: Path, message: str, expected: str, found: str) -> InputError:
    return InputError(
        f"{path.name} {message}",
        expected=expected,
        found=found,
        where=path.name,
        fix="save the table again as csv in UTF-8",
    )


def _without_rows(path: Path, message: str, found: str) -> InputError:
    return InputError(
        f"{path.name} {message}",
        expected="the columns' names and at least one row of data",
        found=found,
        where=path.name,
        fix="name another file in the recipe, or write the data into this one",
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:157]}..."
