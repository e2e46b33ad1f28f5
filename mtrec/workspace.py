"""Where everything that mtrec writes lies: one folder, `./workspace` or `MTREC_WORKSPACE`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace. Paths are made when first written to, not here."""

    root: Path

    @classmethod
    def current(cls) -> Workspace:
        """This process's workspace: `MTREC_WORKSPACE`, or `workspace` in the current folder."""
        return cls(Path(os.environ.get("MTREC_WORKSPACE") or "workspace").resolve())

    @property
    def datasets(self) -> Path:
        """`datasets/<name>/<version>/` holds one dataset each."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """Artifacts of runs, where the run store is local."""
        return self.root / "runs"

    @property
    def database(self) -> Path:
        """The run store's SQLite file."""
        return self.root / "runs.db"

    @property
    def cache(self) -> Path:
        """What can be computed again: encoded texts, keyed by content. Safe to delete."""
        return self.root / "cache"

    @property
    def locks(self) -> Path:
        """Lock files of the launcher and of imports."""
        return self.root / "locks"

    @property
    def searches(self) -> Path:
        """The SQLite file of searches for settings."""
        return self.root / "searches.db"

    @property
    def searching(self) -> Path:
        """The live files of searches."""
        return self.root / "searches"

    @property
    def presentation(self) -> Path:
        """Whether pages hide people and texts, and what their pseudonyms are drawn by."""
        return self.root / "presentation.json"
