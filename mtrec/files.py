"""Files that are replaced in one piece, so that a reader never meets half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, this process's own; it takes the place of `path` after."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    yield part
    part.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replaces a file by `value` as JSON."""
    with replacing(path) as part:
        part.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
