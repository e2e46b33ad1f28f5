"""The training texts of an epoch, changed a little: words edited, parts hidden.

Every change is drawn from seed, epoch and the record's row, so that a training that goes on after a
break reads what it would have read without. (Mixtures of records are made later, of their states.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from mtrec.models.encoder import Encoder, Reading, Wanted
from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import TRAIN
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.config import AugmentConfig
from mtrec.training.cutoff import cut_inputs
from mtrec.training.edits import edited_text
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs


class EditedInputs:
    """Texts in place of others; they count in batches as those do.

    Args:
        lengths: of the others, `(N,)`.
    """

    def __init__(
        self, encoder: Encoder, texts: Sequence[str], units: Sequence[Unit], lengths: Index
    ) -> None:
        self.encoder = encoder
        self.texts = texts
        self.units = units
        self.lengths = lengths

    def read(self, index: Index, wanted: Wanted) -> Reading:
        tokens = self.encoder.tokenize([self.texts[row] for row in index], self.units)
        return self.encoder.read(tokens, np.arange(len(index)), wanted)


def augmented(
    config: AugmentConfig,
    model: MultiTaskModel,
    inputs: Inputs,
    examples: Examples,
    seed: int,
    epoch: int,
) -> tuple[Inputs, Examples]:
    """What one epoch learns from, in the same rows."""
    encoder = model.encoder
    if config.words:
        examples = edited_examples(model, examples, config.words_strength, seed, epoch)
        inputs = EditedInputs(encoder, examples.texts, model.units, inputs.lengths)
    if config.cutoff:
        inputs = cut_inputs(inputs, encoder, config.cutoff_strength, seed, epoch)
    return inputs, examples


def edited_examples(
    model: MultiTaskModel, examples: Examples, share: float, seed: int, epoch: int
) -> Examples:
    """The examples with edited training texts, and the targets of words that are left in them."""
    of_words = {
        name: task for name, task in model.tasks.items() if task.task_type.unit is Unit.WORDS
    }
    texts = list(examples.texts)
    truth = {name: examples.truth[name].copy() for name in of_words}
    for row in examples.rows[TRAIN].tolist():
        carried = [name for name in of_words if examples.targets[name].counts[row]]
        labels = [(of_words[name].task_type, truth[name][row]) for name in carried]
        rng = np.random.default_rng((seed, epoch, row))
        texts[row], changed = edited_text(texts[row], labels, rng, share)
        for name, value in zip(carried, changed, strict=True):
            truth[name][row] = value
    targets = dict(examples.targets)
    for name, task in of_words.items():
        encoded = task.task_type.encode(pd.Series(truth[name], dtype="str"), task.labels)
        targets[name] = Ragged(torch.from_numpy(encoded.rows), encoded.counts)
    return replace(examples, texts=texts, targets=targets, truth=examples.truth | truth)
