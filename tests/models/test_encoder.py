from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModel

from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.relation import MARKS

TEXTS = ["the film was good", "bad", "it was a very very fine book"]


def tiny(folder: Path, **settings: object) -> Encoder:
    return load_encoder(EncoderConfig.model_validate({"name": str(folder), **settings}))


def read(encoder: Encoder, texts: list[str], unit: Unit) -> Ragged[Tensor]:
    tokens = encoder.tokenize(texts, [unit])
    everywhere = {unit: np.ones(len(texts), dtype=bool)}
    return encoder.read(tokens, np.arange(len(texts)), everywhere)[unit]


def vectors(encoder: Encoder, texts: list[str]) -> Tensor:
    rows: Tensor = read(encoder, texts, Unit.TEXT).rows
    return rows[:, 0]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_padding_changes_no_vector(tiny_encoder_folder: Path, pooling: str) -> None:
    encoder = tiny(tiny_encoder_folder, pooling=pooling)
    with torch.no_grad():
        together = vectors(encoder, TEXTS)
        alone = torch.cat([vectors(encoder, [text]) for text in TEXTS])
    assert together.shape == (3, 32)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_mean_is_over_all_word_pieces(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder)
    ids, mask = encoder.batch(encoder.tokenize(TEXTS[:1]).ids)
    with torch.no_grad():
        states = encoder.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = encoder.pool(states, mask)
    np.testing.assert_allclose(pooled[0], states[0].mean(dim=0), atol=1e-6)


def test_long_texts_are_cut_to_what_was_set_and_to_what_the_model_can_read(
    tiny_encoder_folder: Path,
) -> None:
    text = "good " * 500
    assert len(tiny(tiny_encoder_folder, max_length=10).tokenize([text]).ids[0]) == 10
    encoder = tiny(tiny_encoder_folder, max_length=512)
    assert len(encoder.tokenize([text]).ids[0]) == 64
    assert vectors(encoder, [text]).shape == (1, 32)


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
        ({"method": "prompt", "max_length": 32}, set()),
    ],
)
def test_the_method_decides_what_learns(
    tiny_encoder_folder: Path, settings: dict[str, object], learning: set[str]
) -> None:
    encoder = tiny(tiny_encoder_folder, **settings)
    assert encoder.learns is (settings["method"] != "frozen")
    for name, parameter in encoder.backbone.named_parameters():
        assert parameter.requires_grad is name.startswith(tuple(learning)), name


def test_layers_that_do_not_learn_have_no_dropout(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder, method="top", top_layers=1).train()
    lower, upper = encoder.backbone.encoder.layer
    assert not any(module.training for module in lower.modules())
    assert all(module.training for module in upper.modules())
    batch = encoder.batch(encoder.tokenize(TEXTS).ids)
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


def test_the_marks_of_entities_are_pieces_of_their_own(tiny_encoder_folder: Path) -> None:
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder)), marks=True)
    (ids,) = encoder.tokenize(["the <e1>film</e1> was <e2>good</e2>"]).ids
    pieces = encoder.tokenizer.convert_ids_to_tokens(ids)
    assert [piece for piece in pieces if "e" in piece and "<" in piece] == list(MARKS)


@pytest.mark.parametrize("method", ["frozen", "top", "lora", "prompt", "full"])
def test_marks_learn_wherever_anything_does(tiny_encoder_folder: Path, method: str) -> None:
    config = EncoderConfig.model_validate(
        {"name": str(tiny_encoder_folder), "method": method, "top_layers": 1, "max_length": 32}
    )
    torch.manual_seed(0)
    encoder = load_encoder(config, marks=True).train()
    embedding = encoder.backbone.get_input_embeddings()
    assert embedding.marks.weight.requires_grad is (method != "frozen")
    if method == "frozen":
        return
    rows = read(encoder, ["the <e1>film</e1> was <e2>good</e2>"], Unit.MARKS).rows
    rows.square().sum().backward()
    assert (embedding.marks.weight.grad.abs().sum(dim=1) > 0).all()
    assert (embedding.known.weight.grad is None) is (method != "full")


def test_marks_change_no_text_without_them(tiny_encoder_folder: Path) -> None:
    config = EncoderConfig(name=str(tiny_encoder_folder))
    with torch.no_grad():
        plain, marked = (
            vectors(load_encoder(config, marks=marks), TEXTS) for marks in (False, True)
        )
    assert torch.equal(plain, marked)


def test_a_saved_encoder_keeps_its_marks(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"), marks=True)
    with torch.no_grad():
        encoder.backbone.get_input_embeddings().marks.weight += 1
    encoder.save(tmp_path)
    again = load_encoder(EncoderConfig(name=str(tmp_path), method="full"), marks=True)
    assert again.fingerprint == encoder.fingerprint
    text = ["the <e1>film</e1> was <e2>good</e2>"]
    with torch.no_grad():
        assert torch.equal(vectors(again, text), vectors(encoder, text))
        assert AutoModel.from_pretrained(tmp_path).config.vocab_size == len(encoder.tokenizer)
