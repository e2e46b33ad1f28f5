from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.training import features
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter, Stopped

TEXTS = ["good film", "bad", "a very fine book", "bad", "the song"]


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> Encoder:
    return load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="frozen"))


def test_vectors_stand_in_the_order_of_the_texts(encoder: Encoder) -> None:
    vectors = encode_texts(encoder, TEXTS, None, SilentReporter())
    assert vectors.dtype == np.float32
    with torch.no_grad():
        for text, vector in zip(TEXTS, vectors, strict=True):
            ids, mask = encoder.batch(encoder.tokenize([text]).ids)
            alone = encoder.pool(encoder(ids, mask), mask)[0]
            np.testing.assert_allclose(vector, alone, atol=1e-5)


def test_no_text_gives_no_vector(encoder: Encoder) -> None:
    assert encode_texts(encoder, [], None, SilentReporter()).shape == (0, 32)


def test_each_distinct_text_is_read_once_and_then_comes_from_disk(
    encoder: Encoder, tmp_path: Path, watcher: Any
) -> None:
    first = encode_texts(encoder, TEXTS, tmp_path, watcher)
    assert watcher.phases == [("Reading texts", 4)]
    assert watcher.done == 4
    again = encode_texts(encoder, [*TEXTS, "not so good"], tmp_path, watcher)
    assert watcher.phases[1:] == [("Reading texts", 1)]
    assert np.array_equal(again[:5], first)
    assert encode_texts(encoder, TEXTS[::-1], tmp_path, watcher).tolist() == first[::-1].tolist()
    assert len(watcher.phases) == 2


def test_another_encoder_or_length_has_vectors_of_its_own(
    encoder: Encoder, tiny_encoder_folder: Path, tmp_path: Path, watcher: Any
) -> None:
    encode_texts(encoder, TEXTS, tmp_path, watcher)
    config = EncoderConfig(name=str(tiny_encoder_folder), method="frozen", max_length=8)
    encode_texts(load_encoder(config), TEXTS, tmp_path, watcher)
    with torch.no_grad():
        encoder.backbone.embeddings.word_embeddings.weight[5] += 1
    encode_texts(encoder, TEXTS, tmp_path, watcher)
    assert [total for _, total in watcher.phases] == [4, 4, 4]


def test_what_was_read_before_a_stop_is_kept(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watcher: Any
) -> None:
    monkeypatch.setattr(features, "CHUNK", 2)
    watcher.stop_when = lambda seen: seen.done >= 2
    with pytest.raises(Stopped):
        encode_texts(encoder, TEXTS, tmp_path, watcher)
    watcher.stop_when = lambda seen: False
    encode_texts(encoder, TEXTS, tmp_path, watcher)
    assert watcher.phases == [("Reading texts", 4), ("Reading texts", 2)]
