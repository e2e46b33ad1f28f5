from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.strategies.sum import Sum
from mtrec.tasks.base import Unit
from mtrec.tasks.moving import moved, told
from mtrec.tasks.ragged import Ragged
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.step import Updater

HERE = torch.device("cpu")


def test_arrays_and_tensors_become_tensors_there() -> None:
    values = np.arange(6).reshape(2, 3)
    assert torch.equal(moved(values, HERE), torch.arange(6).reshape(2, 3))
    assert torch.equal(moved(torch.ones(2), HERE), torch.ones(2))


def test_numbers_are_those_of_when_they_were_asked_for() -> None:
    loss = torch.tensor(0.5, requires_grad=True)
    numbers = told({"a": loss, "b": loss * math.nan})
    with torch.no_grad():
        loss.fill_(2.0)
    found = numbers()
    assert found["a"] == 0.5 and math.isnan(found["b"])
    assert told({})() == {}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_step_waits_for_the_gpu_where_transformers_asks_for_padding_alone(
    tiny_encoder_folder: Path,
) -> None:
    gpu = torch.device("cuda")
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    specs = [HeadSpec("a", "binary", ("no", "yes")), HeadSpec("b", "tags", ("B-x", "I-x"))]
    model = MultiTaskModel(encoder, TrunkConfig(width=8), specs).to(gpu)
    texts = ["a word", "a word and some more of them"]
    tokens = encoder.tokenize(texts, [Unit.TEXT, Unit.WORDS])
    examples = Examples(
        texts=texts,
        rows={},
        targets={
            "a": Ragged.single(torch.tensor([0, 1])),
            "b": Ragged(torch.zeros(2, dtype=torch.int64), np.array([2, 0])),
        },
        weights={"a": torch.tensor([1.0, 2.0])},
        truth={},
        people=None,
    )
    wanted = {Unit.TEXT: np.array([True, True]), Unit.WORDS: np.array([True, False])}
    index = np.arange(2)
    updater = Updater(model, Sum({"a": 1.0, "b": 1.0}), (), TrainConfig())

    def step() -> dict[str, float]:
        return updater.update(lambda: encoder.read(tokens, index, wanted), examples, index, 0.5)

    step()  # makes what the optimizer holds
    with warnings.catch_warnings(record=True) as waits:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            losses = step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert all(math.isfinite(loss) for loss in losses.values())
    assert {Path(each.filename).name for each in waits} <= {"masking_utils.py"}
