"""The files that a recipe names: read once, told apart by name, and hashed for the version."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mtrec.data.notes import Notes
from mtrec.data.readers import read_table
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError


class SourceFiles:
    """The files a recipe names, each read once; their broken rows are set aside.

    A table is kept as long as the recipe names its file again.
    """

    def __init__(self, folder: Path, notes: Notes, named: Iterable[str]) -> None:
        self._folder = folder
        self._notes = notes
        self._awaited = Counter(named)
        self._kept: dict[tuple[str, str], pd.DataFrame] = {}
        self._files: set[str] = set()

    def path(self, file: str) -> Path:
        """Where a file lies; raises InputError if a link leads it out of the recipe's folder."""
        path = self._folder / file
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise InputError(
                f"{file} lies outside the recipe's folder",
                expected="a file beside the recipe",
                found="a link that leads elsewhere",
                where=str(path),
                fix="copy the file into the recipe's folder",
            )
        return path

    def read(self, file: str, options: FileOptions) -> pd.DataFrame:
        """The file as a table of strings."""
        reading = FileOptions(**options.model_dump(include=set(FileOptions.model_fields)))
        key = (file, reading.model_dump_json())
        self._awaited[file] -= 1
        self._files.add(file)
        frame = self._kept.pop(key, None)
        if frame is None:
            table = read_table(self.path(file), reading)
            frame = table.frame
            self._notes.set_aside(
                "broken_row",
                source_name(file),
                table.broken["text"],
                table.broken["reason"],
                "Rows that cannot be read or do not fit the file's columns: {n}. They are left out",
            )
            if table.encoding not in ("", "utf-8") and options.encoding is None:
                self._notes.warn(
                    "guessed_encoding",
                    source_name(file),
                    len(table.frame),
                    f"The file is read as {table.encoding}, by what its bytes look like: if "
                    "letters look wrong, name the encoding in the recipe",
                )
        if self._awaited[file] > 0:
            self._kept[key] = frame
        return frame

    def digests(self) -> list[tuple[str, str]]:
        """The SHA-256 of every file read, by name, in order of their names."""
        return [(file, self._digest(file)) for file in sorted(self._files)]

    def _digest(self, file: str) -> str:
        path = self.path(file)
        archive_too = (path, *path.parents)  # a table within an archive is no file itself
        with next((each for each in archive_too if each.is_file()), path).open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()


def source_name(file: str) -> str:
    """What a file is called where people read of it: its name without folder and endings."""
    name = Path(file).name
    for packed in (".gz", ".zip"):
        name = name.removesuffix(packed)
    return Path(name).stem
