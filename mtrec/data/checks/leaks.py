"""Labels that something beside the text gives away: a column of the file, or another task."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from mtrec.data.checks.told import described, sampled, told_labels
from mtrec.data.recipe import RecordSource
from mtrec.schema import SOURCE, DataWarning, task_column

MUCH = 0.5  # share of a task's records told by another task from which the two are hardly two

Occurrences = Mapping[str, pd.Series]


def check_columns(
    frame: pd.DataFrame, spec: RecordSource, labels: Occurrences, source: str
) -> list[DataWarning]:
    """Columns of a source from whose value a task's labels follow almost always.

    Looks at the columns that hold no task's labels and are not the whole text.

    Args:
        frame: the raw table.
        spec: what the recipe says of it.
        labels: by task, one element a record and label; the index repeats the frame's.
        source: the source's name.
    """
    texts = spec.text_columns if len(spec.text_columns) > 1 else []
    written = {task.label for task in spec.tasks.values()}
    columns = [
        str(column)
        for column in frame.columns
        if column not in written and (column in texts or column not in spec.text_columns)
    ]
    warnings = []
    for task, each in labels.items():
        looked_at = sampled(each)
        for column in columns:
            if told := told_labels(frame[column], looked_at):
                subject, number = described(told, each)
                consequence = (
                    "which is part of the text, so that the answer stands in what is read and "
                    "figures mean nothing; take it out of text:"
                    if column in texts
                    else "which is no part of the text. Do not choose it as text: the model would "
                    "learn to copy it. Where new texts come with that column too, read the label "
                    "there; no model is needed for it"
                )
                message = f"{task}: {subject} from the column {column}, {consequence}"
                warnings.append(DataWarning("column_tells_label", source, number, message))
    return warnings


def check_related_tasks(records: pd.DataFrame, labels: Occurrences) -> list[DataWarning]:
    """Tasks whose labels follow from those of another, in the direction that tells more records.

    Args:
        records: their source, and the labels of each task as they are kept.
        labels: by task, one element a record and label; the index repeats the records'.
    """
    warnings = []
    drawn = {task: sampled(each) for task, each in labels.items()}
    for pair in combinations(labels, 2):
        found = [_follows(records, labels, drawn, *order) for order in (pair, pair[::-1])]
        strongest = max((each for each in found if each), key=lambda each: each.rows, default=None)
        if strongest:
            warnings.append(strongest)
    return warnings


def _follows(
    records: pd.DataFrame, labels: Occurrences, drawn: Occurrences, task: str, other: str
) -> DataWarning | None:
    """Compares the records of sources that have labels of both tasks.

    Args:
        drawn: the labels of a sample of each task's records.
    """
    column, looked_at, some = records[task_column(other)], labels[task], drawn[task]
    if column.isna().any():
        both = records[SOURCE].isin(records.loc[column.notna(), SOURCE].unique())
        looked_at = looked_at[both[looked_at.index].to_numpy()]
        some = sampled(looked_at)
    told = told_labels(column, some)
    if not told:
        return None
    subject, number = described(told, looked_at)
    if number < MUCH * looked_at.index.nunique():
        return None
    message = (
        f"{task}: {subject} from the task {other}: good scores on both are one piece of evidence, "
        "not two, and learning one teaches little about the other beyond it; keep the finer of "
        "them if you need only one"
    )
    return DataWarning("task_tells_label", task, number, message)
