"""Labels that are too rare to learn, or drown beside others."""

from __future__ import annotations

from collections.abc import Mapping

from mtrec.data.dataset import DatasetTask
from mtrec.schema import SPLITS, TRAIN, DataWarning
from mtrec.wording import listed

RARE = 10  # training examples below which a label is hardly learned
UNBALANCED = 10  # times that the most frequent label outnumbers another before accuracy misleads


def check_tasks(tasks: Mapping[str, DatasetTask]) -> list[DataWarning]:
    """Labels with too few training examples, and labels far more frequent than others."""
    return [warning for task in tasks.values() for warning in (*_rare(task), *_unbalanced(task))]


def _rare(task: DatasetTask) -> list[DataWarning]:
    rare = {
        label: task.counts[TRAIN].get(label, 0)
        for label in task.labels
        if task.counts[TRAIN].get(label, 0) < RARE
    }
    if not rare:
        return []
    shown = listed([f"{label} ({count})" for label, count in rare.items()])
    message = (
        f"{task.name}: labels with fewer than {RARE} training records, too few to learn: "
        f"{len(rare)} of {len(task.labels)}, which are {shown}"
    )
    return [DataWarning("rare_label", task.name, sum(rare.values()), message)]


def _unbalanced(task: DatasetTask) -> list[DataWarning]:
    """The largest label against the smallest of those that are not said to be too rare anyway."""
    counts = {
        label: sum(task.counts[split].get(label, 0) for split in SPLITS)
        for label in task.labels
        if task.counts[TRAIN].get(label, 0) >= RARE
    }
    if not counts:
        return []
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    ratio = counts[most] / counts[least]
    if ratio < UNBALANCED:
        return []
    message = (
        f"{task.name}: '{most}' ({counts[most]:,} records) stands {ratio:,.0f} times as often as "
        f"'{least}' ({counts[least]:,}): always guessing the frequent labels looks accurate, so "
        "read the score of each label, or a figure that counts every label alike"
    )
    return [DataWarning("unbalanced_labels", task.name, counts[most], message)]
