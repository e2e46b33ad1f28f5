"""Words and marked entities in an encoder's pieces, by hand on its own tokenizer."""

from __future__ import annotations

import numpy as np
import pytest

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.places import word_places
from mtrec.tasks.base import Unit
from mtrec.tasks.tags import tokens


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(EncoderConfig(method="frozen"), marks=True)


def first_pieces(encoder: Encoder, text: str) -> list[str]:
    found = encoder.tokenize([text], [Unit.WORDS])
    places = found.places[Unit.WORDS].rows[:, 0]
    return list(encoder.tokenizer.convert_ids_to_tokens(found.ids[0][places]))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("play jazz", ["play", "jazz"]),
        ("unbelievably good", ["un", "good"]),
        ("  two   spaces ", ["two", "spaces"]),
        ("don't stop , @mail", ["don", "stop", ",", "@"]),
        ("ok \x07 bell", ["ok", "[CLS]", "bell"]),
        ("\ufe0f heart", ["[CLS]", "heart"]),
        ("naïve café", ["naive", "cafe"]),
        ("<e1>cat</e1> sat", ["<e1>", "sat"]),
    ],
)
def test_a_word_is_read_from_its_first_piece(minilm: Encoder, text: str, pieces: list[str]) -> None:
    """A word that gives no piece is read from the piece that stands for the whole text."""
    assert first_pieces(minilm, text) == pieces
    assert len(pieces) == len(tokens(text))


def test_words_beyond_the_length_are_read_from_the_first_piece() -> None:
    short = load_encoder(EncoderConfig(method="frozen", max_length=8))
    assert first_pieces(short, "one two three four five six seven eight") == [
        *["one", "two", "three", "four", "five", "six"],
        *["[CLS]"] * 2,
    ]


def test_offsets_that_hold_the_space_before_belong_to_the_word_behind_it() -> None:
    places = word_places(["ab cd"], [[(0, 0), (0, 2), (2, 4), (4, 5), (0, 0)]])
    assert places.rows[:, 0].tolist() == [1, 2]


def test_entities_are_read_from_their_opening_marks(minilm: Encoder) -> None:
    texts = ["a <e2>b</e2> c <e1>d</e1>", "no marks", "<e1>a</e1>", "<e1>a</e1> <e2>b</e2>"]
    found = minilm.tokenize(texts, [Unit.MARKS])
    places = found.places[Unit.MARKS]
    assert places.counts.tolist() == [1, 0, 0, 1]
    for text, row in zip((0, 3), places.rows, strict=True):
        marks = minilm.tokenizer.convert_ids_to_tokens(found.ids[text][row])
        assert marks == ["<e1>", "<e2>"]


def test_an_entity_beyond_the_length_is_read_from_the_first_piece() -> None:
    short = load_encoder(EncoderConfig(method="frozen", max_length=8), marks=True)
    text = "<e1>a</e1> one two three four five <e2>b</e2>"
    assert short.tokenize([text], [Unit.MARKS]).places[Unit.MARKS].rows.tolist() == [[1, 0]]


def test_one_pass_gives_every_unit_of_the_texts_that_want_it(minilm: Encoder) -> None:
    texts = ["<e1>a</e1> b <e2>c</e2>", "two words"]
    tokens = minilm.tokenize(texts, [Unit.WORDS, Unit.MARKS])
    wanted = {
        Unit.TEXT: np.array([True, True]),
        Unit.WORDS: np.array([False, True]),
        Unit.MARKS: np.array([True, True]),
    }
    reading = minilm.read(tokens, np.array([1, 0]), {**wanted, Unit.WORDS: np.array([True, False])})
    counts = {unit: each.counts.tolist() for unit, each in reading.items()}
    assert counts == {Unit.TEXT: [1, 1], Unit.WORDS: [2, 0], Unit.MARKS: [0, 1]}
    assert {unit: tuple(each.rows.shape) for unit, each in reading.items()} == {
        Unit.TEXT: (2, 1, 384),
        Unit.WORDS: (2, 1, 384),
        Unit.MARKS: (1, 2, 384),
    }
