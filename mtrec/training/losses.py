"""What a batch's answers lose by task and record, and how far two readings of it are apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mtrec.models.encoder import Wanted
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.tasks.moving import moved
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.adversarial import symmetric
from mtrec.training.examples import Examples
from mtrec.training.mixup import Mixup


def wanted_units(model: MultiTaskModel, examples: Examples, index: Index) -> Wanted:
    """By unit, which of the batch's records have a label of a task that reads it, `(B,)`."""
    wanted = {unit: np.zeros(len(index), dtype=bool) for unit in model.units}
    for name, task in model.tasks.items():
        wanted[task.task_type.unit] |= examples.present(name, index)
    return wanted


def record_losses(
    model: MultiTaskModel,
    logits: Mapping[str, Ragged[Tensor]],
    examples: Examples,
    index: Index,
    mixup: Mixup | None = None,
) -> dict[str, Tensor]:
    """Each task's losses over the batch's records that carry it; tasks without any left out.

    The loss of a record is the mean over its rows, which are its words where words are labelled.

    Args:
        logits: per task, of the batch's B records.
        index: the batch's rows in `examples`, `(B,)`.
        mixup: how records are mixed, where they are.

    Returns:
        Per task with n > 0 labelled records in the batch, `(n,)`.
    """
    return {
        name: _task_losses(model.tasks[name], chosen, examples, labelled, mixup)
        for name, (chosen, labelled) in _labelled(model, logits, examples, index).items()
    }


def _task_losses(
    task: HeadSpec,
    logits: Ragged[Tensor],
    examples: Examples,
    labelled: Index,
    mixup: Mixup | None,
) -> Tensor:
    """One task's losses over the n records of the batch that carry it, `(n,)`."""
    kind = task.task_type
    targets = moved(examples.targets[task.name].take(labelled).rows, logits.rows.device)

    def held(rows: Tensor, against: Tensor) -> Tensor:
        theirs = labelled[against.cpu().numpy()]
        return _weighed(kind.loss(rows, targets[against]), logits, examples, task.name, theirs)

    if mixup is None or not kind.mixes:
        losses = kind.loss(logits.rows, targets)
        return _weighed(losses, logits, examples, task.name, labelled)
    return mixup.losses(task.name, logits.rows, held)


def record_divergences(
    model: MultiTaskModel,
    logits: Mapping[str, Ragged[Tensor]],
    others: Mapping[str, Ragged[Tensor]],
    examples: Examples,
    index: Index,
) -> dict[str, Tensor]:
    """How far two readings of a batch are apart, by task and record as in `record_losses`."""
    theirs = _labelled(model, others, examples, index)
    found = {}
    for name, (chosen, labelled) in _labelled(model, logits, examples, index).items():
        divergence = model.tasks[name].task_type.divergence
        apart = symmetric(divergence, chosen.rows, theirs[name][0].rows)
        found[name] = _weighed(apart, chosen, examples, name, labelled)
    return found


def _labelled(
    model: MultiTaskModel, logits: Mapping[str, Ragged[Tensor]], examples: Examples, index: Index
) -> dict[str, tuple[Ragged[Tensor], Index]]:
    """Of each task with labelled records in the batch, their logits and rows in `examples`."""
    found = {}
    for name in model.tasks:
        present = examples.present(name, index)
        if present.any():
            found[name] = (logits[name].take(np.flatnonzero(present)), index[present])
    return found


def _weighed(
    losses: Tensor, rows: Ragged[Tensor], examples: Examples, task: str, labelled: Index
) -> Tensor:
    """The mean over each record's rows, as much as the record counts: `(U,) -> (n,)`."""
    means = _means(losses, rows)
    if task not in examples.weights:
        return means
    return means * moved(examples.weights[task][torch.from_numpy(labelled)], means.device)


def _means(losses: Tensor, rows: Ragged[Tensor]) -> Tensor:
    """The mean over each record's rows: `(U,) -> (n,)`."""
    if len(losses) == len(rows):
        return losses
    owners = moved(rows.owners, losses.device)
    sums = losses.new_zeros(len(rows)).index_add(0, owners, losses)
    return sums / moved(rows.counts, losses.device)
