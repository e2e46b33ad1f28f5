"""Guessing hidden words before the tasks: what it learns from, to which digits, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.models.guessing import Guesser
from mtrec.models.scratch import scratch
from mtrec.schema import SPLIT, TEXT
from mtrec.training import making, snapshot
from mtrec.training.config import TrainConfig
from mtrec.training.making import MADE, make_encoder, training_texts
from mtrec.training.pretraining import GUESSING, Pretraining
from mtrec.training.reporter import Stopped
from mtrec.training.snapshot import Keeper

SETTINGS = TrainConfig(batch_tokens=256, precision="fp32")
CONFIG = EncoderConfig(name="scratch", pretrain_epochs=4)

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_scratch")


class Killed(BaseException):
    """What nothing catches."""


@pytest.fixture
def texts(dataset: Any) -> list[str]:
    return training_texts(dataset)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "EVERY", 0.0)
    monkeypatch.setattr(snapshot, "COST", float("inf"))


@pytest.fixture
def maker(texts: list[str], tmp_path: Path, watcher: Any) -> Callable[..., list[str]]:
    def make(name: str, reporter: Any = watcher, config: EncoderConfig = CONFIG) -> list[str]:
        cache = tmp_path / f"cache of {name.partition(' ')[0]}"
        return make_encoder(config, texts, False, SETTINGS, tmp_path / name, cache, reporter)

    return make


def fingerprint(folder: Path) -> str:
    return load_encoder(CONFIG, folder=folder).fingerprint


def killed_after(step: int) -> Callable[[Any], bool]:
    def asked(watcher: Any) -> bool:
        if len(losses(watcher)) == step:
            raise Killed
        return False

    return asked


def losses(watcher: Any) -> list[float]:
    return [loss for _, loss, _ in watcher.guesses if loss is not None]


def apart(watcher: Any) -> list[tuple[int, float]]:
    return [(step, loss) for step, _, loss in watcher.guesses if loss is not None]


def learning(encoder: Encoder, texts: list[str], epochs: int, reporter: Any) -> Pretraining:
    return Pretraining(encoder, texts, epochs, 3e-3, SETTINGS, reporter, Keeper(None))


@pytest.mark.parametrize("begins", ["scratch", "known"])
def test_it_learns_what_the_words_beside_a_hidden_one_tell(
    begins: str, tiny_encoder_folder: Path, watcher: Any
) -> None:
    texts = [f"{a} {b} {a} {b} {a} {b}" for a in ("the", "was", "it") for b in ("good", "bad")]
    texts = [f"{text} {'very ' * n}" for text in texts for n in range(20)]
    torch.manual_seed(0)
    config = EncoderConfig(name=str(tiny_encoder_folder), method="full", max_length=48)
    encoder = load_encoder(config) if begins == "known" else Encoder(*scratch(texts, 0), config)
    learning(encoder, texts, 14, watcher).run()
    pieces = len(encoder.tokenizer)
    assert losses(watcher)[0] == pytest.approx(np.log(pieces), rel=0.15)
    assert np.mean(losses(watcher)[-10:]) < 0.8  # 1.3 by frequency alone
    steps, last = apart(watcher)[-1]
    assert (len(apart(watcher)), steps) == (14, len(losses(watcher))) and last < 0.8
    assert watcher.phases[-1] == (GUESSING, 14 * 114) and watcher.done == 14 * 114
    assert not encoder.training


def test_texts_kept_apart_are_not_learned_from(
    texts: list[str], watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Encoder(*scratch(texts, 0), CONFIG.model_copy(update={"method": "full"}))
    each = learning(encoder, texts, 1, watcher)
    learned: list[int] = []
    update = each._update

    def noted(index: np.ndarray, rng: np.random.Generator) -> float:
        learned.extend(index.tolist())
        return update(index, rng)

    monkeypatch.setattr(each, "_update", noted)
    each.run()
    assert sorted(learned) == each._rows.tolist()
    assert len(each._apart) == round(0.05 * len(texts)) > 0
    assert sorted([*learned, *each._apart]) == [*range(len(texts))]


def test_nothing_outside_the_training_split_is_read(
    dataset: Any, tmp_path: Path, watcher: Any
) -> None:
    records = dataset.records.copy()
    foreign = records[SPLIT] != "train"
    records.loc[foreign, TEXT] = "zzxz " + records.loc[foreign, TEXT]
    records = pd.concat([records, records[~foreign]])  # each text counts once
    other = type(dataset)(records=records, tasks=dataset.tasks)
    for name, each in (("one", dataset), ("two", other)):
        texts = training_texts(each)
        cache = tmp_path / f"cache of {name}"
        make_encoder(CONFIG, texts, False, SETTINGS, tmp_path / name, cache, watcher)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    tokenizer = load_encoder(CONFIG, folder=tmp_path / "two").tokenizer
    assert tokenizer.tokenize("zzxz good") == [*["[UNK]"] * 4, "good"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_killed_anywhere_it_goes_on_to_equal_digits(
    share: float, always: None, maker: Any, watcher: Any, tmp_path: Path
) -> None:
    maker("whole")
    step = int(share * len(losses(watcher)))
    broken, second = type(watcher)(stop_when=killed_after(step)), type(watcher)()
    with pytest.raises(Killed):
        maker("broken", broken)
    assert (tmp_path / "broken.safetensors").exists() and not (tmp_path / "broken").exists()
    assert maker("broken", second) == []
    assert fingerprint(tmp_path / "broken") == fingerprint(tmp_path / "whole")
    assert losses(second) == losses(watcher) and apart(second) == apart(watcher)
    assert second.done == watcher.done
    assert not (tmp_path / "broken.safetensors").exists()


def test_a_stop_keeps_it_and_it_goes_on(maker: Any, watcher: Any, tmp_path: Path) -> None:
    maker("whole")
    stopped = type(watcher)(stop_when=lambda each: len(losses(each)) == 7)
    with pytest.raises(Stopped):
        maker("stopped", stopped)
    second = type(watcher)()
    maker("stopped", second)
    assert losses(second)[:7] == losses(stopped)
    assert fingerprint(tmp_path / "stopped") == fingerprint(tmp_path / "whole")


def test_asked_to_finish_it_keeps_what_it_learned_for_this_run_alone(
    maker: Any, watcher: Any, tmp_path: Path
) -> None:
    finishing = type(watcher)(finish_when=lambda each: len(losses(each)) == 3)
    (note,) = maker("one", finishing)
    assert "ended early, as asked, in epoch 1 of 4" in note
    assert len(losses(finishing)) == 3 and (tmp_path / "one").is_dir()
    assert maker("one another") == [] and len(losses(watcher)) > 3


def test_what_was_made_is_taken_again_by_what_it_was_made_of(
    maker: Any, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker("one")
    again = type(watcher)()
    monkeypatch.setattr(making, "Pretraining", None)  # nothing is learned again
    (note,) = maker("one again", again)
    assert "had been made" in note
    assert again.guesses == watcher.guesses
    assert fingerprint(tmp_path / "one again") == fingerprint(tmp_path / "one")
    assert maker("one again", None) == []  # where it is there, not even that is asked
    for change in ({"pretrain_epochs": 3}, {"max_length": 16}):
        with pytest.raises(TypeError):
            maker("one other", type(watcher)(), CONFIG.model_copy(update=change))
    assert len(list((tmp_path / "cache of one" / MADE).iterdir())) == 1


def test_how_much_learns_later_does_not_matter(
    maker: Any, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker("one")
    monkeypatch.setattr(making, "Pretraining", None)
    maker("one lora", watcher, CONFIG.model_copy(update={"method": "lora", "pooling": "cls"}))


def test_scratch_that_never_guesses_is_random_and_the_same_each_time(
    maker: Any, watcher: Any, tmp_path: Path, texts: list[str]
) -> None:
    never = CONFIG.model_copy(update={"pretrain_epochs": 0})
    for name in ("one", "two"):
        maker(name, watcher, never)
    random = Encoder(*scratch(texts, SETTINGS.seed), CONFIG).fingerprint
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two") == random


def test_marks_of_entities_are_no_guesses(texts: list[str]) -> None:
    config = CONFIG.model_copy(update={"method": "full"})
    encoder = Encoder(*scratch(texts, 0, marks=True), config, marks=True)
    logits = Guesser(encoder)(torch.zeros(3, encoder.width), encoder)
    assert logits.shape == (3, len(encoder.tokenizer) - 4)


def test_an_encoder_without_a_sign_for_what_is_hidden_is_refused(
    tiny_encoder_folder: Path, watcher: Any
) -> None:
    encoder = load_encoder(EncoderConfig(name=str(tiny_encoder_folder), method="full"))
    encoder.tokenizer.mask_token = None
    with pytest.raises(InputError, match=r"can't learn to guess.*pretrain_epochs=0"):
        learning(encoder, ["good"], 1, watcher)


def test_no_text_at_all_is_a_sentence(tmp_path: Path, watcher: Any) -> None:
    with pytest.raises(InputError, match=r"no text to learn a language from.*minilm"):
        make_encoder(CONFIG, [], False, SETTINGS, tmp_path / "made", tmp_path, watcher)
