"""What a trained model says about texts: vectors, states and predictions in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.models.multitask import MultiTaskModel
from mtrec.tasks.base import Prediction, Unit
from mtrec.tasks.ragged import Ragged
from mtrec.training.features import CHUNK, READING, Vectors, encode_units, read_units
from mtrec.training.reporter import Reporter

Floats = NDArray[np.float32]
Units = dict[Unit, Ragged[Vectors]]


@dataclass(frozen=True, eq=False)
class Inference:
    """N texts as a model sees them, rows in the order the texts were given.

    Attributes:
        vectors: the encoder's pooled output, `(N, d)`.
        states: what tasks read of it, `(N, width)`, by space: one matrix where all read the same.
        predictions: per task.
        uncalibrated: per task, how sure the model would be without calibration, `(N,)`.
    """

    vectors: Floats
    states: dict[str, Floats]
    predictions: dict[str, Prediction]
    uncalibrated: dict[str, Floats]


def infer(
    model: MultiTaskModel, texts: Sequence[str], cache: Path | None, reporter: Reporter
) -> Inference:
    """Runs the model over all texts.

    Args:
        cache: a folder for what an encoder that did not learn gives of texts; one that learned is
            this run's alone, and what it gives is not worth keeping.

    Raises:
        Stopped: the reporter asked to stop.
    """
    vectors: list[Floats] = []
    states: dict[str, list[Floats]] = {model.space(task): [] for task in model.tasks}
    logits: dict[str, list[Ragged[Tensor]]] = {task: [] for task in model.tasks}
    for units in _pieces(model, texts, cache, reporter):
        pooled, state, said = _above(model, units)
        vectors.append(pooled)
        for space, each in state.items():
            states[space].append(each)
        for task, rows in said.items():
            logits[task].append(rows)
    predictions, uncalibrated = {}, {}
    for task, parts in logits.items():
        rows = Ragged.stacked(parts)
        predictions[task] = model.predict(task, model.probabilities(task, rows))
        raw = model.probabilities(task, rows, calibrated=False)
        uncalibrated[task] = model.predict(task, raw).confidence
    stacked = {space: np.concatenate(parts) for space, parts in states.items()}
    return Inference(np.concatenate(vectors), stacked, predictions, uncalibrated)


def _pieces(
    model: MultiTaskModel, texts: Sequence[str], cache: Path | None, reporter: Reporter
) -> Iterator[Units]:
    """The units of the texts, some thousand texts at a time, so that words need little memory."""
    units = tuple({Unit.TEXT: None, **dict.fromkeys(model.units)})
    starts = range(0, max(len(texts), 1), CHUNK)
    if model.encoder.learns:
        reporter.phase(READING, len(texts))
        for start in starts:
            yield read_units(model.encoder, texts[start : start + CHUNK], units, reporter)
    else:
        known = encode_units(model.encoder, texts, units, cache, reporter)
        for start in starts:
            some = np.arange(start, min(start + CHUNK, len(texts)))
            yield {unit: each.take(some) for unit, each in known.items()}


@torch.no_grad()
def _above(
    model: MultiTaskModel, units: Units
) -> tuple[Floats, dict[str, Floats], dict[str, Ragged[Tensor]]]:
    """Pooled vectors, their states by space, and each task's logits, on the CPU."""
    model.eval()
    device = model.encoder.device
    reading = {
        unit: Ragged(torch.from_numpy(each.rows).to(device), each.counts)
        for unit, each in units.items()
    }
    found = model.states(reading[Unit.TEXT].rows[:, 0])
    states = {space: each.cpu().numpy() for space, each in found.items()}
    said = {task: Ragged(each.rows.cpu(), each.counts) for task, each in model(reading).items()}
    return units[Unit.TEXT].rows[:, 0], states, said
