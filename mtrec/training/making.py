"""The encoder that a run makes itself before it learns the tasks, from nothing or from one that is.

It is kept by what it is made of, so that runs which differ in what comes after share it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from mtrec.errors import InputError
from mtrec.files import replacing, write_json
from mtrec.models.config import SCRATCH, EncoderConfig
from mtrec.models.encoder import Encoder, Precision, load_encoder
from mtrec.models.scratch import scratch
from mtrec.schema import SPLIT, TEXT, TRAIN
from mtrec.training.config import TrainConfig
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.pretraining import Pretraining, tell_guesses
from mtrec.training.reporter import Reporter
from mtrec.training.snapshot import Keeper, load_snapshot

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset

MADE = "made"  # the folder of a cache that holds them
CUTTING = "Finding the pieces of words"
GUESSES = "guesses.json"  # beside an encoder's weights: how well it learned to guess
# How large the steps are: of an encoder that knows nothing yet, and of one that shall not forget.
RATE_OF_SCRATCH, RATE = 1e-3, 1e-4


def training_texts(dataset: Dataset) -> list[str]:
    """The texts of the training split, each once, whether they carry a label or not."""
    records = dataset.records
    texts: list[str] = records.loc[records[SPLIT] == TRAIN, TEXT].drop_duplicates().tolist()
    return texts


def make_encoder(
    config: EncoderConfig,
    texts: Sequence[str],
    marks: bool,
    train_config: TrainConfig,
    folder: Path,
    cache: Path,
    reporter: Reporter,
) -> list[str]:
    """Makes the encoder that the settings ask for, in a folder that `load_encoder` reads.

    Where the folder is there already, nothing is done. What was begun is kept beside it each
    minute, and gone on with to the same digits.

    Args:
        texts: different ones, of the training split alone.
        marks: whether a task tells the marks of entities from other words.
        cache: a folder for encoders that are made.

    Returns:
        What a person should know of how it went, in sentences.

    Raises:
        InputError: there is no text, or the encoder that it begins with can't be used.
        Stopped: the reporter asked to stop.
        MtrecError: what was kept cannot be read, or a loss is no longer a number.
    """
    begun = folder.with_suffix(".safetensors")
    if folder.is_dir():
        begun.unlink(missing_ok=True)
        return []
    if not texts:
        raise InputError(
            "There is no text to learn a language from",
            expected="records in the training split",
            found="none",
            where="encoder",
            fix="set encoder.name=minilm and encoder.pretrain_epochs=0",
        )
    kept = load_snapshot(begun)
    torch.manual_seed(train_config.seed)
    device = pick_device()
    precision: Precision = (
        pick_precision(train_config.precision, device)
        if kept is None
        else kept.numbers["precision"]
    )
    reporter.phase(CUTTING, len(texts))
    encoder = _first(config, texts, marks, train_config.seed, precision).to(device)
    reporter.advance(len(texts))
    rate = RATE_OF_SCRATCH if config.name == SCRATCH else RATE
    ready = cache / MADE / _key(encoder, config, texts, rate, train_config)
    if ready.is_dir():
        shown = json.loads((ready / GUESSES).read_text(encoding="utf-8"))
        tell_guesses(reporter, shown["losses"], shown["measured"])
        _copy(ready, folder)
        begun.unlink(missing_ok=True)
        return ["The language model had been made for a training before, and was taken from there."]
    learning = Pretraining(
        encoder,
        texts,
        config.epochs_of_guessing,
        rate,
        train_config,
        reporter,
        Keeper(begun),
    )
    notes = []
    if kept is not None:
        learning.go_on(kept)
        notes += kept.remarks
    learning.run()
    _save(learning, folder)
    if learning.is_whole:
        _copy(folder, ready)
    else:
        notes.append(
            f"Learning to guess words was ended early, as asked, in epoch {learning.epoch + 1} of "
            f"{learning.epochs}."
        )
    begun.unlink(missing_ok=True)
    return notes


def _first(
    config: EncoderConfig, texts: Sequence[str], marks: bool, seed: int, precision: Precision
) -> Encoder:
    """The encoder that it begins with, all of which learns."""
    whole = config.model_copy(update={"method": "full"})
    if config.name == SCRATCH:
        return Encoder(*scratch(texts, seed, marks), whole, precision, marks)
    as_it_came = whole.model_copy(update={"pretrain_epochs": 0})
    return load_encoder(as_it_came, precision, marks)


def _key(
    encoder: Encoder,
    config: EncoderConfig,
    texts: Sequence[str],
    rate: float,
    train_config: TrainConfig,
) -> str:
    """What changes with anything that the result depends on."""
    settings = train_config.model_dump(
        include={"seed", "batch_tokens", "warmup", "weight_decay", "clip"}
    )
    parts = {
        **settings,
        "begins": encoder.fingerprint,
        "epochs": config.epochs_of_guessing,
        "rate": rate,
        "max_length": config.max_length,
        "precision": encoder.precision,
        "device": encoder.device.type,
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()[:24]


def _save(learning: Pretraining, folder: Path) -> None:
    with replacing(folder) as part:
        part.mkdir(parents=True)
        learning.encoder.save(part)
        shown = {"losses": learning.losses, "measured": learning.measured}
        write_json(part / GUESSES, shown)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as part:
        shutil.copytree(source, part)
