from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder

TEXTS = ["the film was good", "bad", "it was a very very fine book"]


def tiny(folder: Path, **settings: object) -> Encoder:
    return load_encoder(EncoderConfig.model_validate({"name": str(folder), **settings}))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_padding_changes_no_vector(tiny_encoder_folder: Path, pooling: str) -> None:
    encoder = tiny(tiny_encoder_folder, pooling=pooling)
    rows = encoder.tokenize(TEXTS)
    with torch.no_grad():
        together = encoder(*encoder.batch(rows))
        alone = torch.cat([encoder(*encoder.batch([row])) for row in rows])
    assert together.shape == (3, 32)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_mean_is_over_all_word_pieces(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder)
    ids, mask = encoder.batch(encoder.tokenize(TEXTS[:1]))
    with torch.no_grad():
        states = encoder.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        np.testing.assert_allclose(encoder(ids, mask)[0], states[0].mean(dim=0), atol=1e-6)


def test_long_texts_are_cut_to_what_was_set_and_to_what_the_model_can_read(
    tiny_encoder_folder: Path,
) -> None:
    text = "good " * 500
    assert len(tiny(tiny_encoder_folder, max_length=10).tokenize([text])[0]) == 10
    encoder = tiny(tiny_encoder_folder, max_length=512)
    assert len(encoder.tokenize([text])[0]) == 64
    assert encoder(*encoder.batch(encoder.tokenize([text]))).shape == (1, 32)


@pytest.mark.parametrize(
    ("settings", "learning"),
    [
        ({"method": "frozen"}, set()),
        ({"method": "top", "top_layers": 1}, {"encoder.layer.1"}),
        ({"method": "top", "top_layers": 9}, {"encoder.layer.0", "encoder.layer.1"}),
        (
            {"method": "full"},
            {"embeddings", "encoder.layer.0", "encoder.layer.1", "pooler"},
        ),
    ],
)
def test_the_method_decides_what_learns(
    tiny_encoder_folder: Path, settings: dict[str, object], learning: set[str]
) -> None:
    encoder = tiny(tiny_encoder_folder, **settings)
    assert encoder.learns is bool(learning)
    for name, parameter in encoder.backbone.named_parameters():
        assert parameter.requires_grad is name.startswith(tuple(learning)), name


def test_layers_that_do_not_learn_have_no_dropout(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder, method="top", top_layers=1).train()
    lower, upper = encoder.backbone.encoder.layer
    assert not any(module.training for module in lower.modules())
    assert all(module.training for module in upper.modules())
    batch = encoder.batch(encoder.tokenize(TEXTS))
    assert not torch.equal(encoder(*batch), encoder(*batch))
    encoder.eval()
    assert torch.equal(encoder(*batch), encoder(*batch))


def test_a_saved_encoder_is_the_same_encoder(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    encoder = tiny(tiny_encoder_folder)
    encoder.tokenize(TEXTS)
    encoder.save(tmp_path)
    assert tiny(tmp_path).fingerprint == encoder.fingerprint


def test_the_fingerprint_changes_with_a_single_weight(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder)
    before = encoder.fingerprint
    with torch.no_grad():
        encoder.backbone.encoder.layer[1].output.dense.bias[3] += 1e-4
    assert encoder.fingerprint != before
