"""RecBole's atomic files: tabs, no quotes, and a header that gives every column a type."""

from __future__ import annotations

from mtrec.data.readers.content import Content
from mtrec.data.readers.delimited import FITTING, read_cells
from mtrec.data.readers.encodings import as_utf8
from mtrec.data.readers.table import Table, assemble, unreadable
from mtrec.data.recipe import FileOptions

TYPES = ("token", "token_seq", "float", "float_seq")


def read_recbole(content: Content, options: FileOptions) -> Table:
    """The columns without their types: `user_id:token` is called `user_id`.

    Sequences stay as written, their parts between spaces.
    """
    text, encoding = as_utf8(content, options.encoding)
    rows, broken = read_cells(content.name, text, options.delimiter or "\t", quoted=False)
    parts = [column.rpartition(":") for column in rows.column_names]
    untyped = [f"{name}{colon}{kind}" for name, colon, kind in parts if kind not in TYPES]
    if untyped:
        raise unreadable(
            content.name,
            "has no RecBole header",
            "a name and a type for every column, such as user_id:token and rating:float",
            untyped[0],
            where=f"{content.name}: first line",
        )
    rows = rows.rename_columns([name for name, _, _ in parts])
    return assemble(content.name, rows, broken, encoding, FITTING)
