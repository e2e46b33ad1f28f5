"""Reading from content made in the test, and tables as lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mtrec.data.readers import Table, read_table
from mtrec.data.recipe import FileOptions


def rows(table: Table) -> list[list[str | None]]:
    """The rows that fit, missing cells as None."""
    frame = table.frame
    cells: list[list[str | None]] = frame.astype(object).where(frame.notna(), None).values.tolist()
    return cells


def broken(table: Table) -> dict[int, tuple[str, str]]:
    """Reason and text of the rows that do not fit, by their numbers."""
    return {
        int(row): (reason, text)
        for row, reason, text in table.broken.itertuples(index=True, name=None)
    }


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Table]:
    """Writes a file and reads it."""

    def read_content(name: str, content: str | bytes, **options: str) -> Table:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, FileOptions.model_validate(options))

    return read_content
