"""What a trained model says about texts: vectors, states and probabilities in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mtrec.models.multitask import MultiTaskModel
from mtrec.training.features import encode_texts
from mtrec.training.reporter import Reporter

Floats = NDArray[np.float32]
BLOCK = 8192


@dataclass(frozen=True)
class Inference:
    """N texts as a model sees them, rows in the order the texts were given.

    Args:
        vectors: the encoder's pooled output, `(N, d)`.
        states: the trunk's output, `(N, width)`.
        probabilities: per task, one column per label, `(N, L)`.
    """

    vectors: Floats
    states: Floats
    probabilities: dict[str, Floats]


def infer(
    model: MultiTaskModel, texts: Sequence[str], cache: Path | None, reporter: Reporter
) -> Inference:
    """Runs the model over all texts.

    Args:
        cache: a folder for the vectors of an encoder that did not learn; one that learned is
            this run's alone, and its vectors are not worth keeping there.

    Raises:
        Stopped: the reporter asked to stop.
    """
    vectors = encode_texts(model.encoder, texts, None if model.encoder.learns else cache, reporter)
    return infer_vectors(model, vectors)


@torch.no_grad()
def infer_vectors(model: MultiTaskModel, vectors: Floats) -> Inference:
    """The part above the encoder, from the encoder's vectors `(N, d)`."""
    model.eval()
    states = []
    probabilities: dict[str, list[Floats]] = {task: [] for task in model.tasks}
    for start in range(0, max(len(vectors), 1), BLOCK):
        block = torch.from_numpy(vectors[start : start + BLOCK]).to(model.encoder.device)
        state = model.trunk(block)
        states.append(state.cpu().numpy())
        for task, logits in model.logits(state).items():
            probabilities[task].append(model.tasks[task].task_type.probabilities(logits))
    return Inference(
        vectors=vectors,
        states=np.concatenate(states),
        probabilities={task: np.concatenate(parts) for task, parts in probabilities.items()},
    )
