"""A dataset into the workspace, all of it or nothing."""

from __future__ import annotations

import json
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mtrec.data.dataset import (
    COUNTED,
    RECIPE,
    SUMMARY,
    TABLES,
    Dataset,
    dataset_folder,
    import_lock,
    load_dataset,
)
from mtrec.data.recipe import dump_recipe
from mtrec.errors import MtrecError
from mtrec.schema import REASON
from mtrec.workspace import Workspace


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
        **{table: len(dataset.tables[table]) for table in COUNTED},
        "set_aside": dataset.tables["aside"][REASON].value_counts().to_dict(),
        "tasks": {name: task.json() for name, task in dataset.tasks.items()},
        "warnings": [warning.json() for warning in dataset.warnings],
        "scheme": dataset.scheme,
        "reason": dataset.reason,
    }


def _write(dataset: Dataset, folder: Path) -> None:
    def write(table: str) -> None:
        path = folder / f"{table}.parquet"
        dataset.tables[table].to_parquet(path, index=False, compression="zstd")

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, TABLES))
    (folder / RECIPE).write_text(dump_recipe(dataset.recipe), encoding="utf-8")
    summary = json.dumps(import_summary(dataset), ensure_ascii=False, indent=1)
    (folder / SUMMARY).write_text(summary, encoding="utf-8")
