"""An epoch's texts: changed in training alone, with targets that fit, drawn by seed and epoch."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.data.dataset import DatasetTask
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.schema import SPLIT, TEXT, TRAIN, VAL, task_column
from mtrec.tasks.base import Unit
from mtrec.tasks.spans import classes
from mtrec.training.augment import EditedInputs, augmented, edited_examples
from mtrec.training.config import AugmentConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import TokenInputs, read_inputs
from mtrec.training.losses import record_losses, wanted_units
from mtrec.training.reporter import SilentReporter

pytestmark = pytest.mark.usefixtures("one_thread")

N = 40
TAGS = DatasetTask("named", "tags", ["mood", "thing"], {}, {})
MOOD = DatasetTask("mood", "binary", ["bad", "good"], {}, {})


@pytest.fixture
def examples() -> Examples:
    texts = [f"the very long story was {'good' if i % 2 else 'bad'} {i}" for i in range(N)]
    named = pd.Series(["O O B-thing I-thing O B-mood O"] * N, dtype="str")
    records = pd.DataFrame(
        {
            TEXT: texts,
            SPLIT: [TRAIN if i % 4 else VAL for i in range(N)],
            task_column("named"): named.where(np.arange(N) % 3 > 0),
            task_column("mood"): pd.Series(["bad", "good"] * (N // 2), dtype="str"),
        }
    )
    dataset: Any = SimpleNamespace(records=records, tasks={"named": TAGS, "mood": MOOD})
    return Examples.of(dataset, specs())


def specs() -> list[HeadSpec]:
    return [HeadSpec(each.name, each.type, tuple(each.labels)) for each in (TAGS, MOOD)]


@pytest.fixture
def model(tiny_encoder_folder: Path) -> MultiTaskModel:
    config = EncoderConfig(name=str(tiny_encoder_folder), method="top", top_layers=1, max_length=48)
    return MultiTaskModel(load_encoder(config), TrunkConfig(width=8), specs())


def test_only_training_texts_are_edited_and_their_targets_fit(
    examples: Examples, model: MultiTaskModel
) -> None:
    found = edited_examples(model, examples, 0.5, seed=0, epoch=0)
    for row in range(N):
        words, tags = found.texts[row].split(" "), found.targets["named"].counts[row]
        assert tags == (len(words) if row % 3 else 0)
    unread = examples.rows[VAL]
    assert [found.texts[row] for row in unread] == [examples.texts[row] for row in unread]
    before, after = (each.targets["named"].take(unread) for each in (examples, found))
    assert torch.equal(before.rows, after.rows) and np.array_equal(before.counts, after.counts)
    changed = [found.texts[row] != examples.texts[row] for row in examples.rows[TRAIN]]
    assert np.mean(changed) > 0.8
    assert found.targets["mood"] is examples.targets["mood"]
    numbers = {tag: place for place, tag in enumerate(classes(TAGS.labels))}
    for row in range(N):
        if row % 3:
            rows = found.targets["named"].take(np.array([row])).rows.tolist()
            assert [numbers[tag] for tag in found.truth["named"][row].split(" ")] == rows


def test_edits_are_drawn_by_seed_epoch_and_row(examples: Examples, model: MultiTaskModel) -> None:
    first, again, later, other = (
        edited_examples(model, examples, 0.5, seed, epoch).texts
        for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    assert first == again and first != later and first != other


def test_edited_texts_are_read_with_as_many_words_as_targets(
    examples: Examples, model: MultiTaskModel
) -> None:
    config = AugmentConfig(words=True, words_strength=0.5, cutoff=True)
    inputs = TokenInputs(model.encoder, examples.texts, model.units, SilentReporter())
    given, changed = augmented(config, model, inputs, examples, 0, 0)
    assert np.array_equal(given.lengths, inputs.lengths)
    index = examples.rows[TRAIN]
    reading = given.read(index, wanted_units(model, changed, index))
    assert np.array_equal(reading[Unit.WORDS].counts, changed.targets["named"].counts[index])
    losses = record_losses(model, model(reading), changed, index)
    assert all(each.isfinite().all() for each in losses.values())


def test_unedited_texts_are_read_as_ever(examples: Examples, model: MultiTaskModel) -> None:
    inputs = TokenInputs(model.encoder, examples.texts, model.units, SilentReporter())
    same = EditedInputs(model.encoder, examples.texts, model.units, inputs.lengths)
    index = np.array([5, 1, 8])
    wanted = dict.fromkeys(model.units, np.ones(3, dtype=bool))
    with torch.no_grad():
        ours, theirs = same.read(index, wanted), inputs.read(index, wanted)
    for unit in model.units:
        assert torch.equal(ours[unit].rows, theirs[unit].rows)
        assert np.array_equal(ours[unit].counts, theirs[unit].counts)


def test_off_nothing_is_touched(examples: Examples, model: MultiTaskModel, tmp_path: Path) -> None:
    inputs = read_inputs(model.encoder, examples.texts, model.units, tmp_path, SilentReporter())
    assert augmented(AugmentConfig(mixup=True), model, inputs, examples, 0, 0) == (inputs, examples)
