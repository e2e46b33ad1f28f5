"""How the model does on the validation records, between epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import Estimate
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.batches import token_batches
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs
from mtrec.training.losses import record_losses, wanted_units
from mtrec.training.reporter import Reporter, check_stop

DRAWS = 200  # of the bootstrap between epochs, where a rough interval will do


@dataclass(frozen=True, eq=False)
class Validation:
    """Of each task that has labels among the validation records: metrics, mean loss, and logits.

    Attributes:
        logits: of the records that carry the task, in their order, on the CPU.
    """

    metrics: dict[str, dict[str, Estimate]]
    losses: dict[str, float]
    logits: dict[str, Ragged[Tensor]]


@torch.no_grad()
def validate(
    model: MultiTaskModel,
    inputs: Inputs,
    examples: Examples,
    rows: Index,
    batch_tokens: int,
    reporter: Reporter,
) -> Validation:
    """Scores every task on its labelled records among `rows`, with thresholds found on the same.

    Raises:
        Stopped: the reporter asked to stop.
    """
    model.eval()
    totals = dict.fromkeys(model.tasks, 0.0)
    parts: dict[str, list[tuple[Index, Ragged[Tensor]]]] = {name: [] for name in model.tasks}
    for batch in token_batches(inputs.lengths[rows], batch_tokens):
        check_stop(reporter)
        index = rows[batch]
        logits = model(inputs.read(index, wanted_units(model, examples, index)))
        for name, losses in record_losses(model, logits, examples, index).items():
            totals[name] += float(losses.sum())
            present = np.flatnonzero(examples.present(name, index))
            chosen = logits[name].take(present)
            parts[name].append((index[present], Ragged(chosen.rows.cpu(), chosen.counts)))
        reporter.advance(len(index))
    found = Validation({}, {}, {})
    for name, several in parts.items():
        scored = examples.labelled(name, rows)
        if not len(scored):
            continue
        order = np.argsort(np.concatenate([index for index, _ in several]))
        found.logits[name] = Ragged.stacked([each for _, each in several]).take(order)
        found.losses[name] = totals[name] / len(scored)
        found.metrics[name] = _metrics(model, name, found.logits[name], examples, scored)
    return found


def _metrics(
    model: MultiTaskModel, name: str, logits: Ragged[Tensor], examples: Examples, scored: Index
) -> dict[str, Estimate]:
    task = model.tasks[name]
    kind, labels = task.task_type, task.labels
    probabilities = Ragged(kind.probabilities(logits.rows), logits.counts)
    targets = examples.targets[name].take(scored).rows.numpy()
    thresholds = kind.thresholds(probabilities.rows, targets, labels)
    report = kind.scores(
        examples.truth[name][scored].tolist(),
        kind.predict(probabilities, labels, thresholds).labels.tolist(),
        labels,
        None if examples.people is None else examples.people[scored].tolist(),
        DRAWS,
    )
    return report.metrics
