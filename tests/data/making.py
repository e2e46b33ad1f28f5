"""Files of the binary formats, whole and broken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import pyarrow as pa
from pyarrow import parquet

SHEET = "xl/worksheets/sheet1.xml"  # the first sheet of a workbook


def parquet_file(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    return stream.getvalue()


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """An xlsx file with these rows in its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def with_parts(archive: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """A zip file with some of its members exchanged, or left out."""
    source = zipfile.ZipFile(io.BytesIO(archive))
    members = {name: source.read(name) for name in source.namelist()} | dict(parts)
    return zipped({name: data for name, data in members.items() if data is not None})


def encrypted(archive: bytes) -> bytes:
    """A zip file whose first member says that it needs a password."""
    data = bytearray(archive)
    data[6] |= 1
    data[data.find(b"PK\1\2") + 8] |= 1
    return bytes(data)
