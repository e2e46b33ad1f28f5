"""Files as tables of strings. Nothing is converted, so `007` stays `007`.

One file a family of formats; adding a format is one file and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mtrec.data.readers.conll import read_conll
from mtrec.data.readers.content import Content, read_content, tables_in
from mtrec.data.readers.decimals import with_points
from mtrec.data.readers.delimited import read_csv, read_tsv
from mtrec.data.readers.excel import read_xlsx
from mtrec.data.readers.json_lines import read_jsonl
from mtrec.data.readers.parquet import read_parquet
from mtrec.data.readers.recbole import read_recbole
from mtrec.data.readers.table import Table
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

__all__ = ["FORMATS", "SUFFIXES", "Table", "file_format", "read_table", "table_names"]


@dataclass(frozen=True)
class Format:
    """How a file is read, and what the names of such files end with."""

    read: Callable[[Content, FileOptions], Table]
    endings: tuple[str, ...]


_FORMATS = {
    "csv": Format(read_csv, (".csv",)),
    "tsv": Format(read_tsv, (".tsv",)),
    "jsonl": Format(read_jsonl, (".jsonl",)),
    "parquet": Format(read_parquet, (".parquet",)),
    "xlsx": Format(read_xlsx, (".xlsx",)),
    "conll": Format(read_conll, (".conll",)),
    "recbole": Format(read_recbole, (".inter", ".user", ".item")),
}
_BY_ENDING = {ending: name for name, form in _FORMATS.items() for ending in form.endings}

FORMATS = tuple(_FORMATS)
SUFFIXES = (*_BY_ENDING, *(f"{ending}.gz" for ending in _BY_ENDING), ".zip")
"""What the name of a file that can be read may end with."""


def file_format(path: Path, options: FileOptions) -> str:
    """The format given, or the one the file's name ends with, `.gz` left out.

    Raises:
        InputError: it is none that can be read here.
    """
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    found = options.format or _BY_ENDING.get(ending)
    if found is None:
        raise InputError(
            f"{path.name} is in a format that cannot be read",
            expected=" or ".join(FORMATS),
            found=ending or "a name without an ending",
            where=str(path),
            fix="save it as csv in UTF-8, or add format: csv to the recipe if that is what it is",
        )
    return found


def table_names(path: Path) -> list[str]:
    """What of a file `read_table` can read: the file itself, or each table of an archive."""
    return tables_in(path, tuple(_BY_ENDING))


def read_table(path: Path, options: FileOptions | None = None) -> Table:
    """Reads a file whole.

    Args:
        path: a file, packed or not. `data.zip/reviews.csv` is a table in an archive, `data.zip` its
            only one.

    Raises:
        InputError: the file is missing, empty, or not what its format says, or more than half of
            its rows do not fit.
    """
    options = options or FileOptions()
    content = read_content(path, tuple(_BY_ENDING))
    table = _FORMATS[file_format(Path(content.name), options)].read(content, options)
    frame = with_points(table.frame, options.decimal, content.name)
    return Table(frame, table.broken, table.encoding)
