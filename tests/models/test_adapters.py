"""Low-rank matrices and prompts: what they add, what they leave alone, and how they are kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel, BertModel

from mtrec.errors import InputError
from mtrec.models.adapters import LowRank
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, Precision, load_encoder
from mtrec.tasks.base import Unit

TEXTS = ["the <e1>film</e1> was <e2>good</e2>", "bad", "a very <e2>fine</e2> <e1>book</e1> it was"]
UNITS = tuple(Unit)
ADDED = ("lora", "prompt")
# Of a BERT with another way to count positions, with fewer numbers in its embeddings than in its
# states, with other names for its layers, and with one layer that is used over and over.
FAMILIES = ("roberta", "electra", "distilbert", "albert", "mpnet")


@pytest.fixture(autouse=True)
def single(one_thread: None) -> None:
    torch.manual_seed(0)


def tiny(
    folder: Path, method: str, marks: bool = True, precision: Precision = "fp32", **settings: object
) -> Encoder:
    config = {"name": str(folder), "method": method, "max_length": 32, **settings}
    return load_encoder(EncoderConfig.model_validate(config), precision, marks)


def read(encoder: Encoder, texts: list[str] = TEXTS) -> dict[Unit, Tensor]:
    units = tuple(unit for unit in UNITS if unit is not Unit.MARKS or encoder_has_marks(encoder))
    tokens = encoder.tokenize(texts, units)
    wanted = {unit: np.ones(len(texts), dtype=bool) for unit in units}
    reading = encoder.read(tokens, np.arange(len(texts)), wanted)
    return {unit: each.rows for unit, each in reading.items()}


def encoder_has_marks(encoder: Encoder) -> bool:
    return hasattr(encoder.backbone.get_input_embeddings(), "marks")


def learn(encoder: Encoder, steps: int = 3) -> list[float]:
    """A few steps towards states with a small first number, and the loss before each."""
    encoder.train()
    parameters = [p for p in encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=0.05)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.stack([rows[..., 0].mean() for rows in read(encoder).values()]).sum()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    encoder.eval()
    return losses


def in_family(family: str, folder: Path, like: Path) -> Path:
    """A tiny random encoder of another family, with the tokenizer of `like`."""
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(like)
    settings = AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        embedding_size=16,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    if family == "distilbert":
        settings.dim, settings.hidden_dim, settings.n_heads, settings.n_layers = 32, 64, 2, 2
    AutoModel.from_config(settings).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_low_rank_matrices_change_nothing_before_they_learned(tiny_encoder_folder: Path) -> None:
    frozen, lora = (tiny(tiny_encoder_folder, method) for method in ("frozen", "lora"))
    with torch.no_grad():
        before, after = read(frozen), read(lora)
    for unit in UNITS:
        assert torch.equal(before[unit], after[unit])


def test_a_low_rank_layer_is_what_the_paper_says(tiny_encoder_folder: Path) -> None:
    """W x + 16 / r · B A x, by hand."""
    encoder = tiny(tiny_encoder_folder, "lora", lora_rank=4)
    layer = encoder.backbone.encoder.layer[0].attention.self.query
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert (a.shape, b.shape) == ((4, 32), (32, 4))
    x = torch.randn(5, 32)
    with torch.no_grad():
        b.normal_()
        by_hand = layer.base_layer(x) + x @ a.T @ b.T * 4
        np.testing.assert_allclose(layer(x), by_hand, atol=1e-5)


def test_every_linear_layer_of_the_states_has_them(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder, "lora", marks=False)
    learning = [name for name, p in encoder.backbone.named_parameters() if p.requires_grad]
    layers = {name.partition(".lora_")[0].rpartition("layer.")[2] for name in learning}
    names = ("attention.self.query", "attention.self.key", "attention.self.value")
    names += ("attention.output.dense", "intermediate.dense", "output.dense")
    assert layers == {f"{number}.{name}" for number in (0, 1) for name in names}
    # r · (in + out): four of 32 and 32 in the attention and two of 32 and 64 behind it, twice
    sizes = sum(p.numel() for p in encoder.parameters() if p.requires_grad)
    assert sizes == 2 * 8 * (4 * (32 + 32) + 2 * (32 + 64))


def test_an_encoder_without_linear_layers_gives_a_sentence() -> None:
    with pytest.raises(InputError, match=r"method lora.*none in Embedding.*encoder\.method"):
        LowRank(nn.Embedding(3, 4), 8, 0)  # type: ignore[arg-type]


def test_prompts_are_read_as_peft_reads_them(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    encoder = tiny(tiny_encoder_folder, "prompt", marks=False, prompt_length=5)
    encoder.save(tmp_path)
    ids, mask = encoder.batch(encoder.tokenize(TEXTS).ids)
    peft = PeftModel.from_pretrained(AutoModel.from_pretrained(tmp_path), tmp_path / "prompts")
    with torch.no_grad():
        states = encoder(ids, mask)
        theirs = peft.eval()(input_ids=ids, attention_mask=mask).last_hidden_state
    assert states.shape == (*ids.shape, 32)
    assert torch.equal(states, theirs[:, 5:])


@pytest.mark.parametrize("length", [1, 7])
def test_prompts_move_no_place(tiny_encoder_folder: Path, length: int) -> None:
    """A piece is read where it stands in the text, however many prompts stand before it."""
    frozen = tiny(tiny_encoder_folder, "frozen")
    encoder = tiny(tiny_encoder_folder, "prompt", prompt_length=length)
    plain, tokens = frozen.tokenize(TEXTS, UNITS), encoder.tokenize(TEXTS, UNITS)
    for unit in (Unit.WORDS, Unit.MARKS):
        assert np.array_equal(plain.places[unit].rows, tokens.places[unit].rows)
    with torch.no_grad():
        ids, mask = encoder.batch(tokens.ids)
        states, rows = encoder(ids, mask), read(encoder)
    words = tokens.places[Unit.WORDS].take(np.array([0]))
    assert torch.equal(rows[Unit.WORDS][: len(words.rows)], states[0, words.rows[:, 0]][:, None])
    assert torch.equal(rows[Unit.TEXT][:, 0], encoder.pool(states, mask))


def test_prompts_and_texts_fill_all_positions_and_no_more(tiny_encoder_folder: Path) -> None:
    text = ["good " * 99]
    full = tiny(tiny_encoder_folder, "prompt", max_length=48, prompt_length=16)
    assert len(full.tokenize(text).ids[0]) == 48
    assert read(full, text)[Unit.TEXT].shape == (1, 1, 32)
    with pytest.raises(InputError, match=r"64 together.*49 and 16.*encoder\.max_length=48"):
        tiny(tiny_encoder_folder, "prompt", max_length=49, prompt_length=16)
    with pytest.raises(InputError, match=r"Fix: lower encoder\.prompt_length"):
        tiny(tiny_encoder_folder, "prompt", prompt_length=60)


@pytest.mark.parametrize("method", ADDED)
def test_only_what_was_added_learns_and_all_of_it(tiny_encoder_folder: Path, method: str) -> None:
    encoder = tiny(tiny_encoder_folder, method)
    before = {name: value.detach().clone() for name, value in encoder.named_parameters()}
    learn(encoder)
    for name, value in encoder.named_parameters():
        added = ".lora_" in name or name.startswith("prompts.") or ".marks." in name
        assert value.requires_grad is added, name
        assert torch.equal(value, before[name]) is not added, name


@pytest.mark.parametrize("method", ADDED)
def test_what_was_added_lowers_a_loss_on_its_own(tiny_encoder_folder: Path, method: str) -> None:
    encoder = tiny(tiny_encoder_folder, method, marks=False, lora_dropout=0.0)
    losses = learn(encoder, steps=12)  # without dropout, so that only learning moves them
    assert losses[-1] < losses[0] - 0.01


def test_the_layers_below_have_no_dropout(tiny_encoder_folder: Path) -> None:
    for method, settings in (("prompt", {}), ("lora", {"lora_dropout": 0.0})):
        encoder = tiny(tiny_encoder_folder, method, **settings).train()
        batch = encoder.batch(encoder.tokenize(TEXTS).ids)
        assert torch.equal(encoder(*batch), encoder(*batch)), method


def test_low_rank_matrices_have_their_own_while_they_learn(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder, "lora", lora_dropout=0.5)
    learn(encoder)
    batch = encoder.batch(encoder.tokenize(TEXTS).ids)
    assert torch.equal(encoder(*batch), encoder(*batch))
    encoder.train()
    assert not torch.equal(encoder(*batch), encoder(*batch))


@pytest.mark.parametrize("method", ADDED)
def test_padding_changes_nothing(tiny_encoder_folder: Path, method: str) -> None:
    encoder = tiny(tiny_encoder_folder, method)
    learn(encoder)
    with torch.no_grad():
        together = read(encoder)[Unit.TEXT]
        alone = torch.cat([read(encoder, [text])[Unit.TEXT] for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("method", ADDED)
def test_bf16_keeps_weights_gradients_and_states_in_float32(
    tiny_encoder_folder: Path, method: str
) -> None:
    fine, coarse = (
        tiny(tiny_encoder_folder, method, precision=precision) for precision in ("fp32", "bf16")
    )
    if fine.prompts is not None and coarse.prompts is not None:
        coarse.prompts.load_state_dict(fine.prompts.state_dict())
    with torch.no_grad():
        np.testing.assert_allclose(read(coarse)[Unit.TEXT], read(fine)[Unit.TEXT], atol=0.05)
    coarse.train()
    rows = read(coarse)[Unit.WORDS]
    assert rows.dtype == torch.float32
    rows.square().sum().backward()
    learning = [p for p in coarse.parameters() if p.requires_grad and p.grad is not None]
    assert learning
    assert {p.dtype for p in learning} == {torch.float32}


@pytest.mark.parametrize("method", ADDED)
@pytest.mark.parametrize("marks", [False, True])
def test_a_saved_encoder_gives_equal_digits(
    tiny_encoder_folder: Path, tmp_path: Path, method: str, marks: bool
) -> None:
    encoder = tiny(tiny_encoder_folder, method, marks)
    learn(encoder)
    with torch.no_grad():
        learned = read(encoder)
        encoder.save(tmp_path)
        kept = read(encoder)
        again = tiny(tmp_path, method, marks)
        loaded = read(again)
    assert again.fingerprint == encoder.fingerprint
    for unit, rows in kept.items():
        np.testing.assert_allclose(rows, learned[unit], atol=1e-5)
        assert torch.equal(rows, loaded[unit])
    assert not list(tmp_path.rglob("*.bin"))


def test_transformers_opens_what_low_rank_matrices_learned(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    encoder = tiny(tiny_encoder_folder, "lora")
    learn(encoder)
    encoder.save(tmp_path)
    model, info = BertModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    ids, mask = encoder.batch(encoder.tokenize(TEXTS).ids)
    with torch.no_grad():
        theirs = model(input_ids=ids, attention_mask=mask).last_hidden_state
        assert torch.equal(encoder(ids, mask), theirs)


def test_training_goes_on_after_matrices_were_settled(tiny_encoder_folder: Path) -> None:
    encoder = tiny(tiny_encoder_folder, "lora")
    learn(encoder)
    before = encoder.fingerprint
    encoder.settle()
    encoder.settle()
    settled = read(encoder)
    assert encoder.fingerprint == before
    encoder.train().eval()
    assert encoder.fingerprint == before
    assert torch.equal(read(encoder)[Unit.WORDS], settled[Unit.WORDS])
    learn(encoder)
    assert encoder.fingerprint != before
    assert not torch.equal(read(encoder)[Unit.WORDS], settled[Unit.WORDS])


@pytest.mark.parametrize("method", ADDED)
def test_the_fingerprint_tells_what_was_learned(tiny_encoder_folder: Path, method: str) -> None:
    encoder = tiny(tiny_encoder_folder, method)
    before = encoder.fingerprint
    learn(encoder, steps=1)
    assert encoder.fingerprint != before


def test_prompts_that_do_not_fit_are_refused(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    tiny(tiny_encoder_folder, "prompt", prompt_length=5).save(tmp_path)
    with pytest.raises(InputError, match=r"Fix: set encoder\.prompt_length=5"):
        tiny(tmp_path, "prompt", prompt_length=6)
    weights = tmp_path / "prompts" / "adapter_model.safetensors"
    (kept,) = load_file(weights).values()
    save_file({"else": kept}, weights)
    with pytest.raises(InputError, match="can't be read"):
        tiny(tmp_path, "prompt", prompt_length=5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ADDED)
def test_encoders_of_other_families_learn_and_are_kept(
    tiny_encoder_folder: Path, tmp_path: Path, family: str, method: str
) -> None:
    folder = in_family(family, tmp_path / family, tiny_encoder_folder)
    encoder = tiny(folder, method)
    frozen = encoder.fingerprint
    learn(encoder)
    assert encoder.fingerprint != frozen
    encoder.save(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["model_type"] == family
    again = tiny(tmp_path / "saved", method)
    with torch.no_grad():
        for unit, rows in read(encoder).items():
            assert torch.equal(rows, read(again)[unit])


def test_positions_that_padding_takes_are_left_to_it(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    """RoBERTa counts from behind the number of its padding, which is 1: 62 of 64 are left."""
    folder = in_family("roberta", tmp_path, tiny_encoder_folder)
    text = ["good " * 99]
    encoder = tiny(folder, "prompt", max_length=46, prompt_length=16)
    assert read(encoder, text)[Unit.TEXT].shape == (1, 1, 32)
    with pytest.raises(InputError, match="62 together"):
        tiny(folder, "prompt", max_length=47, prompt_length=16)
