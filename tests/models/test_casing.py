"""Capitals seen by an encoder whose tokenizer lowers them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from mtrec.errors import MtrecError
from mtrec.models.casing import WEIGHTS, Way, lowers, ways_of
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.tasks.base import Unit

TEXTS = ["The film WAS good", "the film was good"]


def cased(folder: Path, method: str = "full", marks: bool = False) -> Encoder:
    config = EncoderConfig.model_validate(
        {"name": str(folder), "method": method, "top_layers": 1, "max_length": 32}
    )
    torch.manual_seed(0)
    return load_encoder(config, marks=marks, words=True)


def states(encoder: Encoder, texts: list[str] = TEXTS) -> torch.Tensor:
    with torch.no_grad():
        return encoder(*encoder.batch(encoder.tokenize(texts).ids))


def wake(encoder: Encoder) -> Encoder:
    """As if it had learned something of how words are written."""
    assert encoder.casing is not None
    with torch.no_grad():
        encoder.casing.ways.weight[1:] += torch.arange(4.0)[:, None] * torch.linspace(-1, 1, 32)
    return encoder


@pytest.mark.parametrize(
    "word, way",
    [
        ("1999", Way.NONE),
        ("?!", Way.NONE),
        ("film", Way.LOWER),
        ("straße", Way.LOWER),
        ("Film", Way.CAPITAL),
        ("“Élan,", Way.CAPITAL),
        ("I", Way.CAPITAL),
        ("NASA", Way.UPPER),
        ("R2-D2", Way.UPPER),
        ("iPhone", Way.MIXED),
        ("McDonald", Way.MIXED),
    ],
)
def test_how_a_word_is_written(word: str, way: Way) -> None:
    assert Way.of(word) is way


def test_each_piece_is_written_as_its_word_is() -> None:
    """Pieces: start, Fil, m, end of the word, a space and its word, end."""
    offsets = [(0, 0), (0, 3), (3, 4), (4, 5), (5, 8), (0, 0)]
    assert ways_of("Film, a", offsets[:4]).tolist() == [0, 2, 2, 2]
    assert ways_of("Film, ok", offsets).tolist() == [0, 2, 2, 2, 1, 0]


def test_marks_of_entities_are_no_part_of_a_word() -> None:
    text = "<e1>Film</e1>"
    assert ways_of(text, [(0, 4), (4, 8), (8, 13)]).tolist() == [0, 2, 0]


def test_without_anything_learned_it_reads_as_it_came(tiny_encoder_folder: Path) -> None:
    config = EncoderConfig(name=str(tiny_encoder_folder), method="full")
    plain, encoder = load_encoder(config), cased(tiny_encoder_folder)
    assert torch.equal(states(encoder), states(plain))
    assert encoder.fingerprint == plain.fingerprint
    assert torch.equal(*states(encoder).unbind())


def test_what_it_learned_tells_capitals(tiny_encoder_folder: Path) -> None:
    encoder = wake(cased(tiny_encoder_folder))
    with_capitals, without = states(encoder)
    assert (with_capitals - without).abs().max() > 0.01
    assert encoder.fingerprint != cased(tiny_encoder_folder).fingerprint


def test_padding_and_what_stands_for_no_word_stay_as_they_are(tiny_encoder_folder: Path) -> None:
    encoder = wake(cased(tiny_encoder_folder))
    short, long = "Film", "Film was good"
    (ids,) = encoder.tokenize([short]).ids
    assert {int(ids[0]), int(ids[-1])} <= set(encoder.tokenizer.all_special_ids)
    alone = states(encoder, [short])[0]
    torch.testing.assert_close(states(encoder, [short, long])[0, : len(ids)], alone)


@pytest.mark.parametrize("method", ["top", "lora", "prompt", "full"])
def test_it_learns_wherever_anything_does(tiny_encoder_folder: Path, method: str) -> None:
    encoder = cased(tiny_encoder_folder, method).train()
    assert encoder.casing is not None
    encoder(*encoder.batch(encoder.tokenize(TEXTS).ids)).square().sum().backward()
    moved = encoder.casing.ways.weight.grad.abs().sum(dim=1) > 0
    assert moved.tolist() == [False, True, True, True, False]


def test_where_nothing_learns_there_is_none(tiny_encoder_folder: Path) -> None:
    assert cased(tiny_encoder_folder, "frozen").casing is None


def test_a_tokenizer_that_keeps_capitals_needs_none(tiny_encoder_folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder_folder)
    assert lowers(tokenizer)
    tokenizer.backend_tokenizer.normalizer.lowercase = False
    assert not lowers(tokenizer)
    backbone = AutoModel.from_pretrained(tiny_encoder_folder)
    config = EncoderConfig(name=str(tiny_encoder_folder), method="full")
    assert Encoder(backbone, tokenizer, config, words=True).casing is None


@pytest.mark.parametrize("marks", [False, True])
@pytest.mark.parametrize("method", ["top", "lora", "prompt", "full"])
def test_a_saved_one_reads_alike(
    tiny_encoder_folder: Path, tmp_path: Path, method: str, marks: bool
) -> None:
    encoder = wake(cased(tiny_encoder_folder, method, marks))
    before = states(encoder)
    encoder.save(tmp_path)
    assert torch.equal(states(encoder), before)
    again = cased(tmp_path, method, marks)
    assert again.fingerprint == encoder.fingerprint
    assert torch.equal(states(again), before)
    plain = AutoModel.from_pretrained(tmp_path)  # opens without a word, and knows nothing of it
    assert plain.get_input_embeddings().num_embeddings == plain.config.vocab_size


def test_a_broken_file_gives_a_sentence(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    cased(tiny_encoder_folder).save(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(MtrecError, match="capitals can't be read"):
        cased(tmp_path)


def test_it_learns_as_fast_as_the_uppermost_layer(tiny_encoder_folder: Path) -> None:
    """Where lower layers learn slower: it begins at 0, and has all to learn."""
    encoder = cased(tiny_encoder_folder, marks=True)
    levels = [{id(p) for p in level} for level in encoder.levels()]
    assert encoder.casing is not None
    assert id(encoder.casing.ways.weight) in levels[-1]
    assert all(id(p) in levels[0] for p in encoder.casing.known.parameters())
    assert sum(map(len, levels)) == len(list(encoder.parameters()))


def test_words_are_read_from_the_same_places(tiny_encoder_folder: Path) -> None:
    plain = load_encoder(EncoderConfig(name=str(tiny_encoder_folder)))
    encoder = cased(tiny_encoder_folder)
    one, other = (each.tokenize(TEXTS, [Unit.WORDS]) for each in (plain, encoder))
    np.testing.assert_array_equal(one.places[Unit.WORDS].rows, other.places[Unit.WORDS].rows)
