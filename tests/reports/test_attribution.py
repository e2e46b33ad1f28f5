"""Shares of words: they add up, fall on the word that decides, and leave the model as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.reports.attribution import Attribution, attribute
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.calibration import Calibration
from mtrec.training.inference import infer
from mtrec.training.reporter import SilentReporter

LABELS = {
    "binary": ("no", "yes"),
    "multiclass": ("bad", "fine", "good"),
    "multilabel": ("film", "book", "song"),
    "ordinal": ("1", "2", "3", "4"),
    "tags": ("artist", "song"),
    "relation": ("Cause(e1,e2)", "Cause(e2,e1)", "Other"),
}
MARKED = "the <e1>film</e1> was a very <e2>good song</e2>"
EXACT = 1e-3  # of all that words added and took away

pytestmark = pytest.mark.usefixtures("one_thread")


def built(
    folder: Path, method: str = "frozen", kinds: tuple[str, ...] = tuple(LABELS), length: int = 32
) -> MultiTaskModel:
    """A model that learned nothing, with a task of each type, called as the type is."""
    torch.manual_seed(0)
    config = EncoderConfig.model_validate(
        {"name": str(folder), "method": method, "top_layers": 1, "max_length": length}
    )
    tasks = [HeadSpec(kind, kind, LABELS[kind]) for kind in kinds]
    encoder = load_encoder(config, marks="relation" in kinds)
    model = MultiTaskModel(encoder, TrunkConfig(width=16), tasks).eval()
    with torch.no_grad():
        for head in model.heads.values():
            head.weight.mul_(5)  # so that labels are told apart at all
    return model


def asked(model: MultiTaskModel, task: str, text: str, label: str | None = None) -> Attribution:
    found = attribute(model, task, text, label)
    assert found is not None
    return found


def test_every_type_has_a_task_here() -> None:
    assert set(LABELS) == set(TASK_TYPES)


@pytest.mark.parametrize("method", ["frozen", "top", "full"])
@pytest.mark.parametrize("task", LABELS)
def test_shares_add_up_to_what_all_words_changed(
    task: str, method: str, tiny_encoder_folder: Path
) -> None:
    found = asked(built(tiny_encoder_folder, method), task, MARKED)
    assert found.words == MARKED.split(" ")
    assert found.shares.shape == (len(found.words),) and found.is_read.all()
    assert np.abs(found.shares).sum() > 1e-3
    assert found.value - found.start == pytest.approx(found.shares.sum() + found.error, abs=1e-9)
    assert found.inexact < EXACT
    assert found.label in LABELS[task]


@pytest.mark.parametrize("task", ["binary", "multiclass", "relation"])
def test_the_value_is_the_log_odds_of_what_is_predicted(
    task: str, tiny_encoder_folder: Path
) -> None:
    model = built(tiny_encoder_folder)
    model.calibrations[task] = Calibration(temperature=1.7)
    said = infer(model, [MARKED], None, SilentReporter()).predictions[task]
    found = asked(model, task, MARKED)
    share = float(said.confidence[0])
    assert found.label == said.labels[0]
    assert found.value == pytest.approx(np.log(share / (1 - share)), abs=1e-4)


def test_several_labels_are_asked_about_one_by_one(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder)
    shares = infer(model, [MARKED], None, SilentReporter()).predictions["multilabel"].shares[0]
    assert asked(model, "multilabel", MARKED).label == LABELS["multilabel"][shares.argmax()]
    for label, share in zip(LABELS["multilabel"], shares, strict=True):
        found = asked(model, "multilabel", MARKED, label)
        assert found.label == label
        assert found.value == pytest.approx(np.log(share / (1 - share)), abs=1e-4)


def test_the_value_of_a_scale_is_the_expected_place(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder)
    said = infer(model, [MARKED], None, SilentReporter()).predictions["ordinal"]
    found = asked(model, "ordinal", MARKED)
    assert found.value == pytest.approx(float(said.shares[0] @ np.arange(4)), abs=1e-5)
    assert found.label == said.labels[0] and found.span is None


def test_marked_words_are_asked_about_as_their_surest_span(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder, kinds=("tags",))
    head = model.head("tags")
    with torch.no_grad():  # O, B-artist, I-artist, B-song, I-song; the same for every word
        head.weight.mul_(1e-3)
        head.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 3.0, 4.0]))
    found = asked(model, "tags", "the film was")
    assert (found.label, found.span) == ("song", (0, 3))
    inside = np.log(np.exp(3) + np.exp(4)) - np.log(3)
    assert found.value == pytest.approx(3 * inside, abs=0.05)
    # Nothing is predicted of the other label, so it is the word in which it is likeliest.
    other = asked(model, "tags", "the film was", "artist")
    assert other.label == "artist" and other.span is not None
    assert other.span[1] - other.span[0] == 1
    # Words can be named, whatever is predicted of them.
    named = attribute(model, "tags", "the film was", "artist", (1, 3))
    assert named is not None and (named.label, named.span) == ("artist", (1, 3))
    outside = np.log(2) - np.log(1 + np.exp(3) + np.exp(4))
    assert named.value == pytest.approx(2 * outside, abs=0.05)


def taught(folder: Path, method: str) -> MultiTaskModel:
    """One that says yes where the text holds the word `good`."""
    model = built(folder, method, kinds=("binary",))
    fillers = ["the", "a", "was", "it", "very", "film", "book"]
    rng = np.random.default_rng(0)
    texts, truth = [], []
    for place in range(256):
        words = rng.choice(fillers, 5).tolist()
        if place % 2:
            words[rng.integers(5)] = "good"
        texts.append(" ".join(words))
        truth.append(place % 2)
    tokens = model.encoder.tokenize(texts)
    targets = torch.tensor(truth)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 3e-3)
    unit = model.tasks["binary"].task_type.unit
    for _ in range(60):
        rows = rng.choice(256, 64, replace=False)
        reading = model.encoder.read(tokens, rows, {unit: np.ones(64, dtype=bool)})
        logits = model(reading)["binary"].rows
        loss = model.tasks["binary"].task_type.loss(logits, targets[torch.from_numpy(rows)]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    optimizer.zero_grad()
    return model.eval()


@pytest.mark.parametrize("method", ["frozen", "full"])
def test_the_word_that_decides_has_the_greatest_share(
    method: str, tiny_encoder_folder: Path
) -> None:
    model = taught(tiny_encoder_folder, method)
    for text in ("the film was good", "good book", "it was a very good film the"):
        found = asked(model, "binary", text)
        assert found.label == "yes"
        best = int(np.abs(found.shares).argmax())
        assert found.words[best] == "good" and found.shares[best] > 0
        assert found.shares[best] > 2 * np.sort(np.abs(found.shares))[-2]
        # Asked about the other label, the same word speaks against it just as much.
        no = asked(model, "binary", text, "no")
        assert np.allclose(no.shares, -found.shares, atol=1e-4)


def state_of(model: MultiTaskModel) -> tuple[Any, ...]:
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    hooks += sum(len(module._forward_pre_hooks) for module in model.modules())
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        [each.requires_grad for each in model.parameters()],
        [each.grad for each in model.parameters()],
        [each.training for each in model.modules()],
        model.encoder.precision,
        hooks,
    )


@pytest.mark.parametrize("method", ["frozen", "top", "full"])
@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_as_it_was(
    method: str, training: bool, tiny_encoder_folder: Path
) -> None:
    model = built(tiny_encoder_folder, method).train(training)
    model.encoder.precision = "bf16"
    weights, *rest = state_of(model)
    for task in LABELS:
        asked(model, task, MARKED)
    after, *others = state_of(model)
    assert rest == others and others[1] == [None] * len(others[1])
    assert all(torch.equal(weights[name], after[name]) for name in weights)


def test_a_word_is_the_sum_of_its_pieces(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder)
    found = asked(model, "multiclass", "  good  xyz, was")
    assert found.words == ["good", "xyz,", "was"]  # x, ##y, ##z and a comma are one word
    assert found.is_read.all() and (found.shares != 0).all()
    assert found.inexact < EXACT


def test_words_without_pieces_or_behind_the_length_get_nothing(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder, length=8)
    text = "\u200b good film " + "was " * 9
    for task in ("binary", "tags"):
        found = asked(model, task, text)
        assert len(found.words) == 12
        # Six pieces fit between the marks of start and end; the first word has none.
        assert found.is_read.tolist() == [False, *[True] * 6, *[False] * 5]
        assert (found.shares[~found.is_read] == 0).all()
        assert found.inexact < EXACT


def test_marks_are_part_of_the_question(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder)
    found = asked(model, "relation", "the <e1> film </e1> was <e2> good </e2>")
    is_mark = np.array([word.startswith("<") for word in found.words])
    assert (found.shares[is_mark] == 0).all() and not found.is_read[is_mark].any()
    assert (found.shares[~is_mark] != 0).all()


def test_of_what_a_task_says_nothing_there_is_nothing_to_explain(tiny_encoder_folder: Path) -> None:
    assert attribute(built(tiny_encoder_folder), "relation", "the film was good") is None


@pytest.mark.parametrize(
    ("task", "label", "sentence"),
    [("none", None, "no such task"), ("multiclass", "odd", "no such label")],
)
def test_what_the_model_does_not_know_is_named(
    task: str, label: str | None, sentence: str, tiny_encoder_folder: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        attribute(built(tiny_encoder_folder), task, MARKED, label)


def test_a_model_that_is_wholly_sure_gives_numbers(tiny_encoder_folder: Path) -> None:
    model = built(tiny_encoder_folder)
    with torch.no_grad():
        model.head("multiclass").bias.copy_(torch.tensor([0.0, 0.0, 1000.0]))
    found = asked(model, "multiclass", MARKED)
    assert np.isfinite([*found.shares, found.value, found.start, found.error]).all()
