"""Files that a person dropped, kept in the workspace until they are imported.

Each drop gets a folder named after its content; what the files were called is only a hint for names
made here, never a path.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path, PurePath

from mtrec.data import readers
from mtrec.errors import InputError
from mtrec.workspace import Workspace

RECIPES = (".yaml", ".yml")
SUFFIXES = (*readers.SUFFIXES, *RECIPES)
KEEP_SECONDS = 7 * 86_400.0
_ID = re.compile(r"[0-9a-f]{12}")


def keep_upload(files: Mapping[str, bytes], workspace: Workspace) -> str:
    """Writes dropped files into a folder of their own and gives its id.

    The same files give the same id. Drops that nobody imported for a week are cleared away.

    Args:
        files: content by the name the sender gave.

    Raises:
        InputError: no file, or a file of a kind that cannot be read.
    """
    if not files:
        raise InputError("There is no file", expected="at least one file", fix="drop one")
    names = _names(files)
    digest = hashlib.sha256()
    for sent in sorted(files):
        digest.update(f"{names[sent]}\0{len(files[sent])}\0".encode())
        digest.update(files[sent])
    upload = digest.hexdigest()[:12]
    folder = _uploads(workspace) / upload
    _clear_old(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    for sent, content in files.items():
        (folder / names[sent]).write_bytes(content)
    return upload


def upload_folder(upload: str, workspace: Workspace) -> Path | None:
    """The folder of an id that `keep_upload` gave; None where there is none any more."""
    folder = _uploads(workspace) / upload
    return folder if _ID.fullmatch(upload) and folder.is_dir() else None


def forget_upload(upload: str, workspace: Workspace) -> None:
    """Removes the folder of an id, if it is there."""
    folder = upload_folder(upload, workspace)
    if folder is not None:
        shutil.rmtree(folder)


def _names(files: Mapping[str, bytes]) -> dict[str, str]:
    """A safe, distinct name for each name that was sent: letters, digits, - and _ with a suffix.

    A recipe is called `recipe.yaml` whatever it was called.
    """
    names: dict[str, str] = {}
    for sent in files:
        base = PurePath(sent.replace("\\", "/")).name
        suffix = next((each for each in SUFFIXES if base.lower().endswith(each)), None)
        if suffix is None:
            raise InputError(
                "A file of this kind cannot be read",
                expected=f"a name that ends in {', '.join(SUFFIXES)}",
                found=base,
                fix="save it as CSV with a header line and drop that",
            )
        stem = base[: -len(suffix)]
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")[:40] or "file"
        if suffix in RECIPES:
            stem, suffix = "recipe", ".yaml"
        name, number = stem, 2
        while f"{name}{suffix}" in names.values():
            name, number = f"{stem}_{number}", number + 1
        names[sent] = f"{name}{suffix}"
    return names


def _clear_old(workspace: Workspace) -> None:
    for folder in _uploads(workspace).glob("*"):
        if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _uploads(workspace: Workspace) -> Path:
    return workspace.root / "uploads"
