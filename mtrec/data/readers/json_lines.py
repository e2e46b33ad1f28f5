"""jsonl: one object a line, its keys the columns."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from mtrec.data.readers.cells import written
from mtrec.data.readers.content import Content
from mtrec.data.readers.encodings import as_utf8
from mtrec.data.readers.table import Broken, Row, Table, assemble, stack
from mtrec.data.recipe import FileOptions

FITTING = 'one object a line, such as {"text": "good", "label": "positive"}'


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


AS_WRITTEN = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_constant)


def read_jsonl(content: Content, options: FileOptions) -> Table:
    """Numbers stay as written; a list of plain values is joined by `|`, what is nested is JSON."""
    text, encoding = as_utf8(content, options.encoding)
    return assemble(content.name, *stack(_rows(text)), encoding, FITTING)


def _rows(text: bytes) -> Iterator[Row | Broken]:
    lines = (line.decode() for line in io.BytesIO(text) if not line.isspace())
    for number, line in enumerate(lines, start=1):
        row = _row(line)
        yield Broken(number, row, line.strip()) if isinstance(row, str) else row


def _row(line: str) -> Row | str:
    """The cells of a line by their columns, or why there are none."""
    try:
        values = AS_WRITTEN.decode(line)
        if not isinstance(values, dict):
            return "not an object"
        if any(isinstance(value, (dict, list)) for value in values.values()):
            values = _with_numbers(line, values)
        row = {name: written(value) for name, value in values.items()}
        "".join([*row, *filter(None, row.values())]).encode()
    except UnicodeEncodeError:
        return "half a character"
    except (ValueError, RecursionError):
        return "not JSON"
    return row or "an object without values"


def _with_numbers(line: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values, those inside of nested ones with their numbers as numbers."""
    nested = json.loads(line)
    return {
        name: nested[name] if isinstance(value, dict) or _holds_nested(value) else value
        for name, value in values.items()
    }


def _holds_nested(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value)
