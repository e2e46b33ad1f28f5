"""The bytes of a file, unpacked in memory where they are packed; nothing is extracted to disk."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from mtrec.data.readers.table import unreadable
from mtrec.errors import InputError

LARGEST = 4 << 30  # bytes
RATIO = 200  # bytes for one packed byte, from this size on:
RATIO_FROM = 100 << 20  # bytes
PIECE = 1 << 20  # bytes
PACKED = (".zip", ".gz")
UNPACKING_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)


@dataclass(frozen=True, eq=False)
class Content:
    """What stands in a file, and the name people know it by, such as `data.zip/reviews.csv`."""

    name: str
    data: bytes


def read_content(path: Path, endings: Sequence[str]) -> Content:
    """Reads a file, the content of a `.gz`, or a member of a `.zip`.

    Args:
        path: `data.zip/reviews.csv` is a member; `data.zip` stands for its only table.
        endings: what the names of tables end with.

    Raises:
        InputError: it is not there, broken, too large, encrypted, or there is no such single table.
    """
    archive = next((each for each in (path, *path.parents) if _is_zip(each)), None)
    if archive is not None:
        return _read_member(archive, path.relative_to(archive).as_posix(), endings)
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            check_size(path.name, size, size)
            if path.suffix.lower() != ".gz":
                return Content(path.name, file.read())
            packed = file.read()
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read",
            expected="a file beside the recipe",
            found=error.strerror or str(error),
            where=str(path),
            fix="check the file's name in the recipe, capitals included",
        ) from error
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            return Content(path.name, _unpacked(stream, size, path.name))
    except UNPACKING_ERRORS as error:
        raise _unpackable(path.name, "a gzip file", error) from error


def tables_in(path: Path, endings: Sequence[str]) -> list[str]:
    """What can be read from a file: its name, or `data.zip/reviews.csv` for each table of several.

    Raises:
        InputError: it is a zip file that cannot be opened.
    """
    if not _is_zip(path):
        return [path.name]
    try:
        with zipfile.ZipFile(path) as opened:
            tables = _tables([info for info in opened.infolist() if not info.is_dir()], endings)
    except UNPACKING_ERRORS as error:
        raise _unpackable(path.name, "a zip file", error) from error
    return [f"{path.name}/{info.filename}" for info in tables] if len(tables) > 1 else [path.name]


def check_size(name: str, packed: int, unpacked: int) -> None:
    """Raises InputError for more bytes than are ever unpacked, or more than a table packs to."""
    if unpacked > LARGEST or (unpacked > RATIO_FROM and unpacked > RATIO * packed):
        raise InputError(
            f"{name} is too large to be read",
            expected=f"up to {LARGEST >> 30} GiB, and no more than {RATIO} bytes for a packed one",
            found=f"{unpacked >> 20:,} MiB or more, from {packed:,} bytes",
            where=name,
            fix="split it into several files, or leave out columns that are not needed",
        )


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and path.is_file()


def _read_member(archive: Path, member: str, endings: Sequence[str]) -> Content:
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
            info = _chosen(archive.name, infos, member, endings)
            name = f"{archive.name}/{info.filename}"
            with opened.open(info) as stream:
                return Content(name, _unpacked(stream, info.compress_size, name))
    except UNPACKING_ERRORS as error:
        raise _unpackable(archive.name, "a zip file", error) from error


def _chosen(
    archive: str, infos: list[zipfile.ZipInfo], member: str, endings: Sequence[str]
) -> zipfile.ZipInfo:
    """The member of that name; where none is named (`.`), the only one that looks like a table."""
    for info in infos:
        if _leads_out(info.filename):
            raise _refused(archive, "holds a path that leads out of it", info.filename)
    shown = _shown(infos)
    tables = _tables(infos, endings)
    wanted = [info for info in infos if info.filename == member]
    if member == ".":
        wanted = tables or shown
    if len(wanted) != 1:
        what = "table" if member == "." else f"file called {member}"
        raise unreadable(
            archive,
            f"holds {'more than one' if wanted else 'no'} {what}",
            f"one {what}",
            ", ".join(info.filename for info in shown) or "no file",
            fix=f"name a file in it, such as file: {archive}/reviews.csv",
        )
    (info,) = wanted
    if info.filename.lower().endswith(PACKED):
        raise _refused(archive, "holds a file that is packed again", info.filename)
    if info.flag_bits & 1:
        raise _refused(archive, "is encrypted", info.filename)
    return info


def _shown(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    return [info for info in infos if not info.filename.startswith((".", "__MACOSX/"))]


def _tables(infos: list[zipfile.ZipInfo], endings: Sequence[str]) -> list[zipfile.ZipInfo]:
    return [info for info in _shown(infos) if info.filename.lower().endswith(tuple(endings))]


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or bool(re.match("[A-Za-z]:", name))


def _refused(archive: str, message: str, found: str) -> InputError:
    return unreadable(
        archive,
        message,
        "tables, packed once, without a password",
        found,
        fix="pack the tables alone, or bring them without packing them",
    )


def _unpackable(name: str, expected: str, error: Exception) -> InputError:
    return unreadable(
        name,
        "cannot be unpacked",
        expected,
        str(error),
        fix="pack or download it again, or bring it without packing it",
    )


def _unpacked(stream: IO[bytes] | gzip.GzipFile, packed: int, name: str) -> bytes:
    whole = io.BytesIO()
    while piece := stream.read(PIECE):
        whole.write(piece)
        check_size(name, packed, whole.tell())
    return whole.getvalue()
