"""How the model does on the validation records, between epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import Estimate
from mtrec.training.batches import token_batches
from mtrec.training.examples import Examples, Index
from mtrec.training.inputs import Inputs
from mtrec.training.reporter import Reporter, check_stop
from mtrec.training.step import record_losses


@dataclass(frozen=True)
class Validation:
    """Metrics and mean loss of each task that has labels among the validation records."""

    metrics: dict[str, dict[str, Estimate]]
    losses: dict[str, float]


@torch.no_grad()
def validate(
    model: MultiTaskModel,
    inputs: Inputs,
    examples: Examples,
    rows: Index,
    batch_tokens: int,
    reporter: Reporter,
) -> Validation:
    """Scores every task on its labelled records among `rows`.

    Raises:
        Stopped: the reporter asked to stop.
    """
    model.eval()
    probabilities = {
        name: np.zeros((len(examples.texts), len(task.labels)), dtype=np.float32)
        for name, task in model.tasks.items()
    }
    totals = dict.fromkeys(model.tasks, 0.0)
    for batch in token_batches(inputs.lengths[rows], batch_tokens):
        check_stop(reporter)
        index = rows[batch]
        logits = model.logits(model.trunk(inputs.vectors(index)))
        for name, losses in record_losses(model, logits, examples, index).items():
            totals[name] += float(losses.sum())
        for name, task in model.tasks.items():
            probabilities[name][index] = task.task_type.probabilities(logits[name])
        reporter.advance(len(index))
    metrics, means = {}, {}
    for name, task in model.tasks.items():
        scored = examples.labelled(name, rows)
        if not len(scored):
            continue
        report = task.task_type.scores(
            examples.truth[name][scored].tolist(),
            task.task_type.decode(probabilities[name][scored], task.labels),
            task.labels,
            None if examples.people is None else examples.people[scored].tolist(),
        )
        metrics[name] = report.metrics
        means[name] = totals[name] / len(scored)
    return Validation(metrics, means)
