from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mtrec.errors import InputError, MtrecError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.scratch import learned_tokenizer, scratch
from mtrec.tasks.base import Unit
from mtrec.tasks.relation import MARKS
from mtrec.training.config import TrainConfig, check_applicable

CHINESE = ["很快，好吃，味道足，量大", "没有送水", "非常快，态度好。", "送餐快,态度也特别好"]
ENGLISH = ["the lights were lighter", "light lighter lightest", "the lighter was light", "Light!"]
CONFIG = EncoderConfig(name="scratch", method="full")
TRUNK = TrunkConfig()


def made(texts: list[str], seed: int = 0, marks: bool = False) -> Encoder:
    return Encoder(*scratch(texts, seed, marks), CONFIG, marks=marks)


def pieces(texts: list[str], text: str) -> list[str]:
    tokenizer = learned_tokenizer(texts)
    found: list[str] = tokenizer.tokenize(text)
    return found


def test_chinese_characters_are_pieces_and_known() -> None:
    assert pieces(CHINESE * 9, "态度好,送水") == ["态", "度", "好", ",", "送", "水"]


def test_what_is_frequent_becomes_one_piece_and_what_is_not_stays_letters() -> None:
    assert pieces(ENGLISH, "the light")[-1] == "light"
    assert pieces(ENGLISH, "LIGHT") == ["light"]
    assert pieces(ENGLISH, "wall") == [*"wall"]


def test_letters_that_stand_in_no_text_are_unknown() -> None:
    assert pieces(ENGLISH, "light 快") == ["light", "[UNK]"]


def test_numbers_of_the_texts_are_no_pieces() -> None:
    assert pieces(["call 5550123"] * 9, "5550123") == [*"5550123"]


def test_the_same_texts_and_seed_give_the_same_in_another_process() -> None:
    texts = [*CHINESE, *ENGLISH]
    code = (
        "from mtrec.models.scratch import learned_tokenizer\n"
        f"print(learned_tokenizer({texts!r}).backend_tokenizer.to_str())"
    )
    root = Path(__file__).parents[2]
    there = subprocess.run([sys.executable, "-c", code], check=True, cwd=root, capture_output=True)
    here = learned_tokenizer(texts).backend_tokenizer.to_str()
    assert there.stdout.decode().strip() == here


@pytest.mark.usefixtures("tiny_scratch")
class TestTheModel:
    def test_texts_and_seed_decide_its_weights(self) -> None:
        torch.manual_seed(5)
        before = torch.get_rng_state()
        first = made(ENGLISH)
        assert torch.equal(before, torch.get_rng_state())
        torch.rand(9)
        assert made(ENGLISH).fingerprint == first.fingerprint
        assert made(ENGLISH, seed=1).fingerprint != first.fingerprint
        assert made(CHINESE).fingerprint != first.fingerprint

    def test_saved_and_loaded_it_is_the_same(self, tmp_path: Path) -> None:
        encoder = made([*CHINESE, *ENGLISH], marks=True)
        encoder.save(tmp_path / "made")
        again = load_encoder(CONFIG, marks=True, folder=tmp_path / "made")
        assert again.fingerprint == encoder.fingerprint and again.config == CONFIG
        texts = ["<e1>light</e1> in <e2>快</e2>", "送水 9"]
        tokens, theirs = (each.tokenize(texts, [Unit.MARKS]) for each in (encoder, again))
        assert [row.tolist() for row in tokens.ids] == [row.tolist() for row in theirs.ids]
        wanted = {Unit.TEXT: np.ones(2, dtype=bool), Unit.MARKS: np.array([True, False])}
        index = np.arange(2)
        for unit, read in encoder.read(tokens, index, wanted).items():
            assert torch.equal(read.rows, again.read(theirs, index, wanted)[unit].rows)

    def test_marks_are_pieces_behind_all_others(self) -> None:
        encoder = made(["the <e1>light</e1> was <e2>e1</e2>"] * 9, marks=True)
        vocabulary = encoder.tokenizer.get_vocab()
        size = len(vocabulary)
        assert [vocabulary[mark] for mark in MARKS] == [*range(size - 4, size)]
        assert "<" not in vocabulary
        tokens = encoder.tokenize(["<e1>light</e1> was <e2>e1</e2>"], [Unit.MARKS])
        (ids,) = tokens.ids
        assert ids[tokens.places[Unit.MARKS].rows[0]].tolist() == [size - 4, size - 2]

    def test_words_between_spaces_have_a_place_each(self) -> None:
        encoder = made(CHINESE)
        tokens = encoder.tokenize(["送水 好, 态 X 快"], [Unit.WORDS])
        places = tokens.places[Unit.WORDS].rows[:, 0]
        found = encoder.tokenizer.convert_ids_to_tokens(tokens.ids[0][places])
        assert found == ["送", "好", "态", "[UNK]", "快"]

    @pytest.mark.parametrize("method", ["frozen", "top", "lora", "prompt", "full"])
    def test_every_method_loads_what_was_made(self, method: str, tmp_path: Path) -> None:
        made(CHINESE).save(tmp_path)
        config = EncoderConfig.model_validate({"name": "scratch", "method": method})
        encoder = load_encoder(config, folder=tmp_path)
        assert encoder.learns is (method != "frozen")
        if method != "frozen":
            ids, mask = encoder.batch(encoder.tokenize(CHINESE).ids)
            encoder.train()(ids, mask).sum().backward()


def test_without_what_a_run_made_there_is_a_sentence() -> None:
    for config in (CONFIG, EncoderConfig(pretrain_epochs=1)):
        with pytest.raises(MtrecError, match=r"is made by a training.*train again"):
            load_encoder(config)


@pytest.mark.parametrize("method", ["frozen", "top", "lora", "prompt"])
def test_what_never_learned_must_learn_as_a_whole(method: str) -> None:
    settings = {"name": "scratch", "method": method}
    check_applicable(TrainConfig(), EncoderConfig.model_validate(settings), TRUNK)
    never = EncoderConfig.model_validate(settings | {"pretrain_epochs": 0})
    with pytest.raises(InputError, match=rf"encoder\.method={method}"):
        check_applicable(TrainConfig(), never, TRUNK)
    check_applicable(TrainConfig(), never.model_copy(update={"method": "full"}), TRUNK)
