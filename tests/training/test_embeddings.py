"""Embeddings changed on their way in, also where a batch is read in parts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.strategies.sum import Sum
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Index, Ragged
from mtrec.training.config import TrainConfig
from mtrec.training.embeddings import ChangedInputs
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs, TokenInputs
from mtrec.training.losses import wanted_units
from mtrec.training.memory import read_in_parts
from mtrec.training.reporter import SilentReporter
from mtrec.training.step import Updater

TEXTS = ["the film was very good", "a bad book", "it was not so fine", "song", "good good good"]
LABELS = {
    "named": ["O B-x O O O", None, "O O O O B-x", "B-x", "O O O"],
    "mood": ["good", "bad", None, None, "good"],
}
ALL = np.arange(len(TEXTS))

pytestmark = pytest.mark.usefixtures("one_thread")


def model_of(folder: Path, method: str) -> MultiTaskModel:
    torch.manual_seed(0)
    config = EncoderConfig.model_validate(
        {"name": str(folder), "method": method, "top_layers": 1, "max_length": 32}
    )
    specs = [HeadSpec("named", "tags", ("x",)), HeadSpec("mood", "binary", ("bad", "good"))]
    return MultiTaskModel(load_encoder(config), TrunkConfig(width=8, dropout=0), specs).eval()


def inputs_of(model: MultiTaskModel) -> TokenInputs:
    return TokenInputs(model.encoder, TEXTS, model.units, SilentReporter())


def examples_of(model: MultiTaskModel) -> Examples:
    targets = {}
    for name, task in model.tasks.items():
        encoded = task.task_type.encode(pd.Series(LABELS[name], dtype="str"), task.labels)
        targets[name] = Ragged(torch.from_numpy(encoded.rows), encoded.counts)
    return Examples(TEXTS, {}, targets, {}, {}, None)


@pytest.mark.parametrize("method", ["top", "lora", "prompt", "full"])
def test_a_change_is_told_the_rows_and_pieces_and_ends_with_the_reading(
    method: str, tiny_encoder_folder: Path
) -> None:
    model = model_of(tiny_encoder_folder, method)
    inputs, encoder = inputs_of(model), model.encoder
    told = []

    def nothing(index: Index, ids: Tensor, embeddings: Tensor) -> Tensor:
        told.append((index.tolist(), ids.tolist(), tuple(embeddings.shape)))
        return torch.zeros_like(embeddings)

    index, wanted = np.array([2, 0]), {Unit.TEXT: np.ones(2, dtype=bool)}
    with torch.no_grad():
        before = inputs.read(index, wanted)[Unit.TEXT].rows
        changed = ChangedInputs(inputs, encoder, nothing).read(index, wanted)[Unit.TEXT].rows
        after = inputs.read(index, wanted)[Unit.TEXT].rows
    ids, _ = encoder.batch([inputs.tokens.ids[row] for row in index])
    assert told == [([2, 0], ids.tolist(), (*ids.shape, encoder.width))]
    assert torch.equal(before, after) and not torch.allclose(before, changed)


def read(
    model: MultiTaskModel,
    inputs: Inputs,
    examples: Examples,
    parts: int,
    change: Any = None,
    index: Index = ALL,
) -> Any:
    given = inputs if change is None else ChangedInputs(inputs, model.encoder, change)
    return read_in_parts(given, index, wanted_units(model, examples, index), parts)


@pytest.mark.parametrize("index", [ALL, np.array([0, 3, 1, 0, 2, 4])], ids=["once", "repeated"])
@pytest.mark.parametrize("method", ["top", "prompt", "full"])
def test_a_batch_in_parts_teaches_the_same(
    method: str, index: Index, tiny_encoder_folder: Path
) -> None:
    """FGM finds each text's own direction, so that it does not matter with whom it is read."""
    settings = TrainConfig.model_validate({"adversarial": {"fgm": True}, "clip": 1000})
    found = []
    for parts in (1, 2, 5):
        model = model_of(tiny_encoder_folder, method)
        examples = examples_of(model)
        updater = Updater(model, Sum({"named": 1.0, "mood": 2.0}), (), settings)
        reader = partial(read, model, inputs_of(model), examples, parts, index=index)
        losses = updater.update(reader, examples, index, 0.5)
        found.append((losses, [each.grad for each in model.parameters() if each.grad is not None]))
    for losses, gradients in found[1:]:
        assert losses == pytest.approx(found[0][0], rel=1e-4)
        for ours, theirs in zip(gradients, found[0][1], strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", ["top", "lora", "prompt", "full"])
def test_the_harder_texts_are_harder(method: str, tiny_encoder_folder: Path) -> None:
    """A small move along the gradient raises the loss by about ε ‖g‖, so above that of before."""
    losses = {}
    for fgm in (False, True):
        model = model_of(tiny_encoder_folder, method)
        examples = examples_of(model)
        settings = TrainConfig.model_validate({"adversarial": {"fgm": fgm, "fgm_strength": 0.1}})
        updater = Updater(model, Sum({"named": 1.0, "mood": 1.0}), (), settings)
        reader = partial(read, model, inputs_of(model), examples, 1)
        losses[fgm] = sum(updater.update(reader, examples, ALL, 0.5).values())
    assert losses[True] > losses[False]
