"""From a recipe to a dataset in memory, and from there into the workspace, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mtrec.data.checks import check_interactions, check_splits, check_tasks, check_times
from mtrec.data.dataset import (
    RECIPE,
    SUMMARY,
    TABLES,
    Dataset,
    DatasetTask,
    dataset_folder,
    import_lock,
    load_dataset,
)
from mtrec.data.expression import Expression, parse
from mtrec.data.labels import LabelType
from mtrec.data.recipe import InteractionsSpec, Recipe, RecordSource, dump_recipe, load_recipe
from mtrec.data.splits import PUBLISHED, STRATUM, make_splits
from mtrec.data.supported import check_supported
from mtrec.data.tables import (
    COUNT,
    SourceFiles,
    acts_of,
    interaction_rows,
    item_table,
    one_per_pair,
    record_rows,
    user_table,
)
from mtrec.data.times import UTC as UTC_TIME
from mtrec.errors import InputError, MtrecError
from mtrec.schema import (
    COLD,
    EVENT,
    ITEM,
    LIKED,
    RECORD,
    ROW,
    SOURCE,
    SPLIT,
    SPLITS,
    TEXT,
    TIME,
    USER,
    VALUE,
    DataWarning,
    task_column,
)
from mtrec.workspace import Workspace

ROW_TYPES = {
    SOURCE: "str",
    ROW: "int64",
    TEXT: "str",
    USER: "str",
    ITEM: "str",
    TIME: UTC_TIME,
    SPLIT: "str",
    PUBLISHED: "bool",
}
ACT_TYPES = {VALUE: "float64", EVENT: "str", LIKED: "bool"}
INTERACTION_COLUMNS = [USER, ITEM, TIME, VALUE, EVENT, LIKED, SPLIT, ROW, COUNT]


def read_dataset(recipe_path: Path, types: Mapping[str, LabelType]) -> Dataset:
    """Reads, checks and splits everything a recipe names; stores nothing.

    Args:
        types: the registered task types, the first that fits wins where a task names none.

    Raises:
        InputError: with what was expected, what was found, where, and the fix.
    """
    recipe = load_recipe(recipe_path)
    check_supported(recipe, types, recipe_path.name)
    return _Import(recipe, recipe_path, types).dataset()


def store_dataset(dataset: Dataset, workspace: Workspace) -> Dataset:
    """Stores a dataset and opens it from there. A version that is there already stays as it is.

    Raises:
        MtrecError: the workspace cannot be written to.
    """
    folder = dataset_folder(workspace, dataset.name, dataset.version)
    partial = folder.with_name(f".partial-{uuid.uuid4().hex}")
    try:
        with import_lock(workspace):
            for leftover in folder.parent.glob(".*"):
                shutil.rmtree(leftover)
            if not folder.exists():
                partial.mkdir(parents=True)
                _write(dataset, partial)
                partial.replace(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise MtrecError(
            f"The dataset {dataset.key} could not be stored",
            found=str(error),
            where=str(workspace.datasets),
            fix="make room or give yourself the right to write there, then import again",
        ) from error
    return load_dataset(dataset.key, workspace)


def import_summary(dataset: Dataset) -> dict[str, Any]:
    """The JSON value of the `import` command, which is also what `dataset.json` holds."""
    return {
        "dataset": dataset.name,
        "version": dataset.version,
        "created": dataset.created,
        **{table: len(dataset.tables[table]) for table in TABLES},
        "tasks": {name: task.json() for name, task in dataset.tasks.items()},
        "warnings": [warning.json() for warning in dataset.warnings],
        "scheme": dataset.scheme,
        "reason": dataset.reason,
    }


def _write(dataset: Dataset, folder: Path) -> None:
    for table in TABLES:
        dataset.tables[table].to_parquet(
            folder / f"{table}.parquet", index=False, compression="zstd"
        )
    (folder / RECIPE).write_text(dump_recipe(dataset.recipe), encoding="utf-8")
    summary = json.dumps(import_summary(dataset), ensure_ascii=False, indent=1)
    (folder / SUMMARY).write_text(summary, encoding="utf-8")


class _Import:
    """One reading of a recipe's files. Warnings gather as the tables are built."""

    def __init__(self, recipe: Recipe, path: Path, types: Mapping[str, LabelType]) -> None:
        self.recipe = recipe
        self.where = path.name
        self.types = types
        self.files = SourceFiles(path.parent)
        self.warnings: list[DataWarning] = []

    def dataset(self) -> Dataset:
        sources = self._sources()
        rows = pd.concat([rows for _, _, rows in sources]) if sources else _no_rows(ROW_TYPES)
        interactions = self._interactions(sources)
        records = rows[rows[TEXT].notna()]
        types = {task: self._type_of(task, records) for task in self._tasks()}
        splits = make_splits(
            records.assign(**{STRATUM: _strata(records)}), interactions, self.recipe.splits
        )
        records = records.assign(**{SPLIT: splits.records})
        interactions = interactions.assign(**{SPLIT: splits.interactions})
        tasks = {task: _task(task, chosen, records) for task, chosen in types.items()}
        self.warnings += check_splits(splits, records, interactions)
        self.warnings += check_tasks(tasks)
        for task, chosen in types.items():
            self.warnings += chosen.checks(task, records[task_column(task)].dropna())
        items, users = self._items(records, interactions), self._users(records, interactions)
        users.insert(1, COLD, users[USER].map(splits.cold).astype("str"))
        records = records.drop(columns=PUBLISHED).reset_index(drop=True)
        records.insert(0, RECORD, records.index.to_numpy())
        return Dataset(
            name=self.recipe.name,
            version=self._version(),
            created=datetime.now(UTC).isoformat(),
            recipe=self.recipe,
            tasks=tasks,
            warnings=self.warnings,
            scheme=splits.scheme,
            reason=splits.reason,
            tables={
                "records": records,
                "items": items,
                "interactions": interactions[INTERACTION_COLUMNS].reset_index(drop=True),
                "users": users,
            },
        )

    def _sources(self) -> list[tuple[RecordSource, pd.DataFrame, pd.DataFrame]]:
        """Each source, its raw table and its rows, whose index goes on from source to source."""
        found: list[tuple[RecordSource, pd.DataFrame, pd.DataFrame]] = []
        names: list[str] = []
        start = 0
        for spec in self.recipe.records:
            frame = self.files.read(spec.file, spec)
            stem = Path(spec.file).stem
            names.append(stem if stem not in names else f"{stem}-{len(names) + 1}")
            rows, warnings = record_rows(frame, spec, names[-1])
            self.warnings += warnings + check_times(rows, names[-1])
            index = pd.RangeIndex(start, start + len(rows))
            found.append((spec, frame.set_axis(index), rows.set_axis(index)))
            start += len(rows)
        return found

    def _interactions(
        self, sources: list[tuple[RecordSource, pd.DataFrame, pd.DataFrame]]
    ) -> pd.DataFrame:
        spec = self.recipe.interactions
        positive = parse(spec.positive) if spec is not None and spec.positive else None
        if spec is not None and spec.file is not None:
            frame = self.files.read(spec.file, spec)
            rows, warnings = interaction_rows(frame, spec, positive)
            self.warnings += warnings + check_times(rows, Path(spec.file).stem)
        else:
            rows = self._rows_as_acts(sources, spec, positive)
        interactions = one_per_pair(rows)
        self.warnings += check_interactions(interactions, from_records=spec is None)
        return interactions

    def _rows_as_acts(
        self,
        sources: list[tuple[RecordSource, pd.DataFrame, pd.DataFrame]],
        spec: InteractionsSpec | None,
        positive: Expression | None,
    ) -> pd.DataFrame:
        """The records with a user and an item, as interactions."""
        found = []
        for source, frame, rows in sources:
            if source.user is not None and source.item is not None:
                acts, warnings = acts_of(frame, spec, positive, source.file)
                self.warnings += warnings
                found.append(rows.join(acts))
        if found:
            return pd.concat(found)
        if spec is not None:
            raise InputError(
                "No records can be taken as interactions",
                expected="a source of records with user: and item:",
                found="none",
                where=f"{self.where}: interactions",
                fix="name the columns of the user and the item, or remove interactions:",
            )
        return _no_rows(ROW_TYPES | ACT_TYPES)

    def _tasks(self) -> list[str]:
        return list(dict.fromkeys(task for source in self.recipe.records for task in source.tasks))

    def _type_of(self, task: str, records: pd.DataFrame) -> LabelType:
        """The type a recipe gives a task, or the first registered type that its labels fit."""
        values = records[task_column(task)].dropna()
        specs = [source.tasks[task] for source in self.recipe.records if task in source.tasks]
        given = sorted({spec.type for spec in specs if spec.type is not None})
        where = f"{self.where}: tasks.{task}"
        if len(given) > 1:
            raise InputError(
                f"The task {task} has two types",
                expected="one type for all its sources",
                found=" and ".join(given),
                where=where,
                fix="give it the same type everywhere, or another name in one of the sources",
            )
        candidates = [self.types[name] for name in given] or list(self.types.values())
        for candidate in candidates:
            if len(values) and candidate.recognise(values, records[TEXT][values.index]):
                return candidate
        distinct = values.unique()
        raise InputError(
            f"The labels of the task {task} do not fit",
            expected=f"labels of type {' or '.join(each.type for each in candidates)}",
            found=f"{len(distinct):,} different labels in {len(values):,} records"
            + (
                f", such as {', '.join(str(label)[:40] for label in distinct[:3])}"
                if len(values)
                else ""
            ),
            where=where,
            fix="name another column, or remove the task",
        )

    def _items(self, records: pd.DataFrame, interactions: pd.DataFrame) -> pd.DataFrame:
        spec = self.recipe.items
        frame = self.files.read(spec.file, spec) if spec is not None else None
        items, warnings = item_table(frame, spec, [records[ITEM], interactions[ITEM]])
        self.warnings += warnings
        return items

    def _users(self, records: pd.DataFrame, interactions: pd.DataFrame) -> pd.DataFrame:
        spec = self.recipe.users
        frame = self.files.read(spec.file, spec) if spec is not None else None
        users, warnings = user_table(frame, spec, [records[USER], interactions[USER]])
        self.warnings += warnings
        return users

    def _version(self) -> str:
        """12 hex digits of the SHA-256 over the recipe and the content of the files it names."""
        recipe = self.recipe.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
        for file, content in self.files.digests():
            digest.update(f"\0{file}\0{content}".encode())
        return digest.hexdigest()[:12]


def _no_rows(types: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in types}).astype(dict(types))


def _strata(records: pd.DataFrame) -> pd.Series:
    """A number for each combination of labels, -1 for a record without any."""
    columns = [column for column in records.columns if column.startswith(task_column(""))]
    if not columns:
        return pd.Series(-1, index=records.index)
    strata = records.groupby(columns, dropna=False, sort=False).ngroup()
    return strata.where(records[columns].notna().any(axis=1), -1)


def _task(name: str, chosen: LabelType, records: pd.DataFrame) -> DatasetTask:
    column = task_column(name)
    labels = chosen.labels(records[column].dropna())
    counts = records.groupby(SPLIT)[column].value_counts()
    return DatasetTask(
        name=name,
        type=chosen.type,
        labels=labels,
        counts={
            split: {label: int(counts.get((split, label), 0)) for label in labels}
            for split in SPLITS
        },
    )
