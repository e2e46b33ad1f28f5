"""What is hidden of a text: the same however it is read, another in each epoch, never the marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.relation import MARKS
from mtrec.training.cutoff import Cutoff, cut_inputs, spared
from mtrec.training.inputs import Inputs, read_inputs
from mtrec.training.reporter import SilentReporter

TEXTS = ["the <e1>film</e1> was very <e2>good</e2>", "a book", "it was a very fine song"]
UNITS = (Unit.TEXT, Unit.WORDS)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=["frozen", "top", "prompt"])
def encoder(request: pytest.FixtureRequest, tiny_encoder_folder: Path) -> Encoder:
    config = EncoderConfig(
        name=str(tiny_encoder_folder),
        method=request.param,
        top_layers=1,
        max_length=32,
        prompt_length=2,
    )
    return load_encoder(config, marks=True)


@pytest.fixture
def inputs(encoder: Encoder, tmp_path: Path) -> Inputs:
    return read_inputs(encoder, TEXTS, UNITS, tmp_path, SilentReporter())


def states(inputs: Inputs, index: list[int]) -> torch.Tensor:
    rows = np.array(index)
    with torch.no_grad():
        reading = inputs.read(rows, dict.fromkeys(UNITS, np.ones(len(rows), dtype=bool)))
    return torch.cat([reading[unit].rows.flatten() for unit in UNITS])


def test_a_text_is_cut_alike_alone_and_among_others(encoder: Encoder, inputs: Inputs) -> None:
    cut = cut_inputs(inputs, encoder, 0.5, seed=0, epoch=1)
    wanted = {Unit.TEXT: np.ones(3, dtype=bool)}
    with torch.no_grad():
        together = cut.read(np.arange(3), wanted)[Unit.TEXT].rows
        for row in range(3):
            alone = cut.read(np.array([row]), {Unit.TEXT: np.ones(1, dtype=bool)})[Unit.TEXT].rows
            torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-4)


def test_every_epoch_hides_something_else_and_the_same_again(
    encoder: Encoder, inputs: Inputs
) -> None:
    first, again, later, other = (
        states(cut_inputs(inputs, encoder, 0.5, seed, epoch), [0, 1, 2])
        for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, later) and not torch.equal(first, other)
    assert not torch.equal(first, states(inputs, [0, 1, 2]))
    assert np.array_equal(cut_inputs(inputs, encoder, 0.5, 0, 0).lengths, inputs.lengths)


def test_once_read_nothing_is_hidden_any_more(encoder: Encoder, inputs: Inputs) -> None:
    before = states(inputs, [0, 2])
    states(cut_inputs(inputs, encoder, 0.9, 0, 0), [0, 2])
    assert torch.equal(states(inputs, [0, 2]), before)


def test_whole_pieces_are_hidden_but_never_marks(encoder: Encoder) -> None:
    ids, mask = encoder.batch(encoder.tokenize(TEXTS).ids)
    cut = Cutoff(0.999, 0, 0, spared(encoder))
    left = cut.pieces(np.arange(3), ids, torch.ones(*ids.shape, 4))
    assert ((left == 0).all(dim=2) | (left == 1).all(dim=2)).all()
    kept = encoder.tokenizer.convert_ids_to_tokens(ids[(left[..., 0] == 1) & (mask == 1)].tolist())
    assert {*MARKS, "[CLS]", "[SEP]"} <= set(kept)
    assert not {"film", "good", "song"} & set(kept)


def test_the_same_numbers_are_hidden_in_all_of_a_text() -> None:
    known = Ragged(torch.ones(3, 2, 1000), np.array([2, 1]))
    cut = Cutoff(0.3, 0, 0, []).states(np.array([7, 8]), known)
    hidden = cut.rows == 0
    assert torch.equal(hidden[0], hidden[1]) and torch.equal(hidden[0, 0], hidden[0, 1])
    assert not torch.equal(hidden[0], hidden[2])
    assert hidden.float().mean().item() == pytest.approx(0.3, abs=0.05)
