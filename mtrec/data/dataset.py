"""A dataset as it lies in the workspace: immutable, versioned by content, its tables read late."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from mtrec.data.checked import nearest
from mtrec.data.recipe import NAME, Recipe, dump_recipe, load_recipe
from mtrec.errors import InputError, MtrecError
from mtrec.files import write_json
from mtrec.schema import SPLITS, DataWarning, task_column
from mtrec.workspace import Workspace

COUNTED = ("records", "items", "interactions", "users")
TABLES = (*COUNTED, "aside")
SUMMARY = "dataset.json"
RECIPE = "recipe.yaml"


@dataclass(frozen=True)
class DatasetTask:
    """A task as the data holds it.

    Attributes:
        labels: in their lasting order.
        sizes: by split, how many records carry a label.
        counts: by split and label, how often it stands there; a record may carry several.
    """

    name: str
    type: str
    labels: list[str]
    sizes: dict[str, int]
    counts: dict[str, dict[str, int]]

    def labelled(self, split: str) -> int:
        """How many records of the split carry a label of this task."""
        return self.sizes[split]

    def json(self) -> dict[str, Any]:
        """The `import` contract's value for a task, with the counts of each label beside it."""
        return {"type": self.type, "labels": self.labels, **self.sizes, "counts": self.counts}

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> DatasetTask:
        sizes = {split: data[split] for split in SPLITS}
        return cls(name, data["type"], data["labels"], sizes, data["counts"])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Records, items, interactions and users of one imported version, with their splits.

    Attributes:
        version: 12 hex digits of the SHA-256 over the recipe and the files it names.
        created: when it was imported, ISO 8601 in UTC.
        scheme: how the splits were made: published, global-time, user-time or random.
        reason: why that scheme, in a sentence.
        tables: `records`, `items`, `interactions`, `users`, and `aside`, what could not be used;
            with the columns of `mtrec.schema`.
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

    @property
    def aside(self) -> pd.DataFrame:
        return self.tables["aside"]


def labelled(records: pd.DataFrame, tasks: Iterable[str]) -> pd.Series:
    """Which records carry a label of at least one of the tasks, bools on the same index."""
    return records[[task_column(task) for task in tasks]].notna().any(axis=1)


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


def rename_dataset(old: str, new: str, workspace: Workspace) -> None:
    """Gives every version of a dataset another name; the versions keep their fingerprints.

    Raises:
        InputError: there is no such dataset, the new name is taken, or is none.
    """
    with import_lock(workspace):
        versions = [each for each in list_datasets(workspace) if each.name == old]
        if not versions:
            _matching(old, workspace)
        target = workspace.datasets / new
        taken = target.exists() and any(target.iterdir())
        if taken or not re.fullmatch(NAME, new):
            raise InputError(
                f"The dataset {old} cannot be called {new}",
                expected="a name that is free: up to 40 of a-z, 0-9, - and _",
                found=f"a dataset {new}" if taken else new,
                fix="choose another name",
            )
        for each in versions:
            folder = dataset_folder(workspace, old, each.version)
            recipe = load_recipe(folder / RECIPE).model_copy(update={"name": new})
            (folder / RECIPE).write_text(dump_recipe(recipe), encoding="utf-8")
            summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
            write_json(folder / SUMMARY, summary | {"dataset": new})
        (workspace.datasets / old).rename(target)


def changes(old: DatasetSummary, new: DatasetSummary, workspace: Workspace) -> pd.DataFrame:
    """What differs between two versions of a dataset.

    Returns:
        one row a difference: `what`, `old`, `new`; sizes, tasks, splits, and lines of the recipes.
    """
    rows = []
    for what in (*COUNTED, "scheme"):
        rows.append((what, getattr(old, what), getattr(new, what)))
    for task in dict.fromkeys([*old.tasks, *new.tasks]):
        before, after = old.tasks.get(task), new.tasks.get(task)
        rows.append((f"task {task}", _described(before), _described(after)))
    left, right = (
        (dataset_folder(workspace, each.name, each.version) / RECIPE).read_text(encoding="utf-8")
        for each in (old, new)
    )
    for line in difflib.ndiff(left.splitlines(), right.splitlines()):
        if line.startswith("- "):
            rows.append(("recipe", line[2:], ""))
        elif line.startswith("+ "):
            rows.append(("recipe", "", line[2:]))
    table = pd.DataFrame(rows, columns=["what", "old", "new"]).astype("str")
    return table[table["old"] != table["new"]].reset_index(drop=True)


def _described(task: DatasetTask | None) -> str:
    if task is None:
        return ""
    sizes = " / ".join(f"{task.labelled(split):,}" for split in SPLITS)
    return f"{task.type}, {len(task.labels):,} labels, {sizes} records in {' / '.join(SPLITS)}"


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
