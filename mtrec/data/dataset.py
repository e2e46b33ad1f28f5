"""A dataset as it lies in the workspace: immutable, versioned by content, its tables read late."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from mtrec.data.recipe import Recipe, load_recipe, nearest
from mtrec.errors import InputError, MtrecError
from mtrec.schema import SPLITS, DataWarning
from mtrec.workspace import Workspace

TABLES = ("records", "items", "interactions", "users")
SUMMARY = "dataset.json"
RECIPE = "recipe.yaml"


@dataclass(frozen=True)
class DatasetTask:
    """A task as the data holds it: its labels in order and how often each stands in each split."""

    name: str
    type: str
    labels: list[str]
    counts: dict[str, dict[str, int]]

    def labelled(self, split: str) -> int:
        """How many records of the split carry a label of this task."""
        return sum(self.counts[split].values())

    def json(self) -> dict[str, Any]:
        """The `import` contract's value for a task, with the counts of each label beside it."""
        sizes = {split: self.labelled(split) for split in SPLITS}
        return {"type": self.type, "labels": self.labels, **sizes, "counts": self.counts}

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> DatasetTask:
        return cls(name, data["type"], data["labels"], data["counts"])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Records, items, interactions and users of one imported version, with their splits.

    Attributes:
        version: 12 hex digits of the SHA-256 over the recipe and the files it names.
        created: when it was imported, ISO 8601 in UTC.
        scheme: how the splits were made: published, global-time, user-time or random.
        reason: why that scheme, in a sentence.
        tables: `records`, `items`, `interactions` and `users`, with the columns of `mtrec.schema`.
    """

    name: str
    version: str
    created: str
    recipe: Recipe
    tasks: dict[str, DatasetTask]
    warnings: list[DataWarning]
    scheme: str
    reason: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def key(self) -> str:
        """`name@version`, which `load_dataset` takes."""
        return f"{self.name}@{self.version}"

    @property
    def records(self) -> pd.DataFrame:
        return self.tables["records"]

    @property
    def items(self) -> pd.DataFrame:
        return self.tables["items"]

    @property
    def interactions(self) -> pd.DataFrame:
        return self.tables["interactions"]

    @property
    def users(self) -> pd.DataFrame:
        return self.tables["users"]


@dataclass(frozen=True)
class DatasetSummary:
    """What a list of datasets shows, read without opening a table."""

    name: str
    version: str
    created: str
    records: int
    users: int
    items: int
    interactions: int
    tasks: dict[str, DatasetTask]
    warnings: list[DataWarning]
    scheme: str
    reason: str

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"


class StoredTables(Mapping[str, pd.DataFrame]):
    """The Parquet tables of a dataset's folder, each read once, when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self._read:
            if table not in TABLES:
                raise KeyError(table)
            self._read[table] = self._load(table)
        return self._read[table]

    def _load(self, table: str) -> pd.DataFrame:
        try:
            return pd.read_parquet(self._folder / f"{table}.parquet")
        except FileNotFoundError as error:
            raise MtrecError(
                "The dataset is not there any more",
                expected=f"its {table}",
                found="nothing",
                where=str(self._folder),
                fix="import it again; the same files give the same version",
            ) from error

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def load_dataset(ref: str, workspace: Workspace) -> Dataset:
    """Opens a stored dataset.

    Args:
        ref: `name` for its newest version, or `name@version`.

    Raises:
        InputError: there is no such dataset; the message lists what there is.
    """
    summary = find_dataset(ref, workspace)
    folder = dataset_folder(workspace, summary.name, summary.version)
    return Dataset(
        name=summary.name,
        version=summary.version,
        created=summary.created,
        recipe=load_recipe(folder / RECIPE),
        tasks=summary.tasks,
        warnings=summary.warnings,
        scheme=summary.scheme,
        reason=summary.reason,
        tables=StoredTables(folder),
    )


def list_datasets(workspace: Workspace) -> list[DatasetSummary]:
    """Every stored version, the newest first."""
    found = []
    for path in workspace.datasets.glob(f"*/*/{SUMMARY}"):
        if not path.parent.name.startswith("."):
            with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                found.append(_read_summary(path))
    return sorted(found, key=lambda each: (each.created, each.key), reverse=True)


def find_dataset(ref: str, workspace: Workspace) -> DatasetSummary:
    """The summary of `name` (newest version) or `name@version`; InputError where there is none."""
    return _matching(ref, workspace)[0]


def delete_dataset(ref: str, workspace: Workspace) -> list[str]:
    """Deletes one version (`name@version`) or all versions (`name`) and says which they were.

    Raises:
        InputError: there is no such dataset.
    """
    with import_lock(workspace):
        doomed = _matching(ref, workspace)
        for each in doomed:
            folder = dataset_folder(workspace, each.name, each.version)
            hidden = folder.with_name(f".deleted-{uuid.uuid4().hex}")
            folder.rename(hidden)
            shutil.rmtree(hidden)
        return [each.key for each in doomed]


def dataset_folder(workspace: Workspace, name: str, version: str) -> Path:
    """Where a version lies: `datasets/<name>/<version>`."""
    return workspace.datasets / name / version


def import_lock(workspace: Workspace) -> FileLock:
    """Held while the folder of datasets changes."""
    workspace.locks.mkdir(parents=True, exist_ok=True)
    return FileLock(workspace.locks / "datasets.lock")


def _matching(ref: str, workspace: Workspace) -> list[DatasetSummary]:
    name, _, version = ref.partition("@")
    known = list_datasets(workspace)
    found = [each for each in known if each.name == name and version in ("", each.version)]
    if found:
        return found
    names = list(dict.fromkeys(each.name for each in known))
    versions = [each.version for each in known if each.name == name]
    close = name if versions else nearest(name, names)
    if versions:
        expected = f"a version of {name}: {', '.join(versions)}"
    else:
        expected = f"one of {', '.join(names)}" if names else "a dataset that was imported"
    raise InputError(
        f"There is no dataset {ref}",
        expected=expected,
        found=ref,
        where=str(workspace.datasets),
        fix=f"use {close}" if close else "import it: python -m mtrec import RECIPE",
    )


def _read_summary(path: Path) -> DatasetSummary:
    data = json.loads(path.read_text(encoding="utf-8"))
    return DatasetSummary(
        name=data["dataset"],
        version=data["version"],
        created=data["created"],
        records=data["records"],
        users=data["users"],
        items=data["items"],
        interactions=data["interactions"],
        tasks={name: DatasetTask.from_json(name, task) for name, task in data["tasks"].items()},
        warnings=[DataWarning(**warning) for warning in data["warnings"]],
        scheme=data["scheme"],
        reason=data["reason"],
    )
