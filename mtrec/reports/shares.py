"""How likely the model takes each label to be, kept with a run for the records it is judged by.

One Parquet file per task and split in the run's folder `shares`, named by the task's number in the
dataset, since a task's name may hold what no file name can. Shares are kept as the float32 that
predictions were made from, so that thresholds applied to them give those very predictions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.files import replacing
from mtrec.reports.classification import REPORTED
from mtrec.schema import RECORD, SPLIT, task_column

if TYPE_CHECKING:
    from mtrec.training.inference import Inference

FOLDER = "shares"
TASK = b"task"  # key of the files' metadata
LABEL = "label:"  # before a label in a column's name, since a label may be called like the record's
MODEL_DESCRIPTION = "model.json"  # as `mtrec.training.checkpoint` calls it, which needs torch


def save_shares(folder: Path, dataset: Dataset, inference: Inference) -> None:
    """Keeps the calibrated probability of every label, of records that carry one of the task's.

    Args:
        folder: of a run; what it kept before is replaced.
        inference: of all records.
    """
    from pyarrow import parquet

    splits = dataset.records[SPLIT]
    with replacing(folder / FOLDER) as part:
        part.mkdir(parents=True)
        for number, (task, known) in enumerate(dataset.tasks.items()):
            if task not in inference.predictions:
                continue
            labelled = dataset.records[task_column(task)].notna()
            for split in REPORTED:
                rows = (labelled & (splits == split)).to_numpy()
                shares = pd.DataFrame(
                    inference.predictions[task].shares[rows].astype("float32"),
                    columns=[LABEL + label for label in known.labels],
                )
                shares.insert(0, RECORD, dataset.records.loc[rows, RECORD].to_numpy())
                parquet.write_table(
                    _named(shares, task),
                    part / f"{number}-{split}.parquet",
                    compression="zstd",
                    use_dictionary=False,
                    use_byte_stream_split=list(shares.columns[1:]),
                )


def load_shares(folder: Path, split: str, task: str) -> pd.DataFrame:
    """How likely each label of a task is in the records of a split that carry one.

    Args:
        folder: of a run.
        split: validation or test.

    Returns:
        One row per record in the dataset's order, the index named `record`; one float32 column per
        label in the task's order; NaN throughout a record of which nothing can be said.

    Raises:
        InputError: the run was made before shares were kept, or has no such task or split.
    """
    from pyarrow import parquet

    kept = folder / FOLDER
    if not kept.is_dir():
        raise InputError(
            "This training did not keep how likely it took each label to be",
            expected="a training made since that is kept",
            found=f"no folder {FOLDER}",
            where=str(folder),
            fix="train again",
        )
    paths = sorted(kept.glob(f"*-{split}.parquet"))
    known = {parquet.read_schema(path).metadata[TASK].decode(): path for path in paths}
    if task not in known:
        raise InputError(
            f"Nothing is kept about '{task}' on the split '{split}'",
            expected=f"a task of this training on one of {', '.join(REPORTED)}",
            found=f"there: {', '.join(known) or 'none'}",
            where=str(kept),
        )
    shares: pd.DataFrame = parquet.read_table(known[task]).to_pandas().set_index(RECORD)
    shares.columns = shares.columns.str.removeprefix(LABEL)
    return shares


def load_thresholds(model: Path, task: str) -> tuple[float, ...]:
    """From which probability on the model gives each label of a task, `(L,)`.

    Args:
        model: the folder of a run's model.

    Returns:
        Nothing where the task does without, as types with one label per record do.

    Raises:
        InputError: there is no such model, or it has no such task.
    """
    path = model / MODEL_DESCRIPTION
    if not path.exists():
        raise InputError(
            "The model is not there",
            expected=MODEL_DESCRIPTION,
            found="nothing",
            where=str(model),
            fix="train again",
        )
    tasks = {each["name"]: each for each in json.loads(path.read_text(encoding="utf-8"))["tasks"]}
    if task not in tasks:
        raise InputError(
            "The model did not learn this task",
            expected=f"one of {', '.join(tasks)}",
            found=task,
            where=str(path),
        )
    return tuple(tasks[task].get("thresholds", ()))


def _named(shares: pd.DataFrame, task: str) -> object:
    """The table with the task's name in its metadata."""
    import pyarrow

    table = pyarrow.Table.from_pandas(shares, preserve_index=False)
    return table.replace_schema_metadata({TASK: task.encode()})
