"""The long form, one row per label, brought to one row per record with a column per task."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from mtrec.data.notes import Notes, as_written
from mtrec.data.recipe import LongSpec, RecordSource, TaskSpec


def one_row_per_record(
    frame: pd.DataFrame,
    spec: RecordSource,
    long: LongSpec,
    several: Collection[str],
    name: str,
    notes: Notes,
) -> tuple[pd.DataFrame, RecordSource]:
    """Rows with the same text, user, item, time and split are one record, at its first row.

    Of two labels of a task that can have but one, the first is kept and the other set aside.

    Args:
        frame: the raw table.
        several: the types of which a record may carry more than one label.

    Returns:
        The table with a column per task, and the source as if it had been written so.
    """
    split = spec.split if isinstance(spec.split, str) else None
    keys = [*spec.text_columns, *filter(None, (spec.user, spec.item, spec.time, split))]
    records = frame.groupby(keys, dropna=False, sort=False).ngroup()
    wide = frame[~records.duplicated()]
    names = {task: task_name(task) for task in frame[long.task].dropna().unique()}
    tasks = {}
    for written, task in names.items():
        chosen = frame[(frame[long.task] == written) & frame[long.label].notna()]
        labels, owners = chosen[long.label].str.strip(), records[chosen.index]
        kind = long.types.get(written)
        if kind in several:
            kept = labels.groupby(owners, sort=False).agg("|".join)
        else:
            again = owners.duplicated()
            kept = labels[~again].set_axis(owners[~again])
            other = again & (labels != owners.map(kept))
            notes.set_aside(
                "second_label",
                name,
                as_written(frame, other.reindex(frame.index, fill_value=False)),
                "another label of the same text",
                f"Rows that give a text a second label of {written}: {{n}}. The first is kept",
                f"label: {task}",
            )
        column = f"label of {task}"
        wide = wide.assign(**{column: records[wide.index].map(kept).astype("str")})
        tasks[task] = TaskSpec(label=column, type=kind)
    return wide, spec.model_copy(update={"tasks": tasks, "long": None})


def task_name(written: str) -> str:
    """A task's name made from what a file calls it: letters, digits, - and _."""
    return re.sub(r"[^\w-]+", "_", written).strip("_-")[:40] or "task"
