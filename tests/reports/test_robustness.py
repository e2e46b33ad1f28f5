"""Damaged test texts: labels that fit, figures by hand, differences that are noise or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.reports import robustness as module
from mtrec.reports.robustness import KINDS, SHARES, damage, robustness
from mtrec.schema import RECORD, SPLIT, TEXT, USER, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import Prediction
from mtrec.training.edits import Edit

Z2 = 1.959964**2  # in Wilson's interval: n of n right are at least n / (n + Z2)

SPECS = {
    "mood": HeadSpec("mood", "binary", ("bad", "good")),
    "named": HeadSpec("named", "tags", ("mood", "thing")),
}
N = 300
GOOD = np.arange(N) % 2 == 0
TEXTS = [f"this story was {'wonderful' if each else 'terrible'} {i}" for i, each in enumerate(GOOD)]
Rule = Callable[[str], str | None]


def dataset_of(n: int = N, **labels: Any) -> Any:
    moods, tags = np.where(GOOD[:n], "good", "bad"), ["O B-thing O B-mood O"] * n
    given = {"mood": moods, "named": tags} | labels
    return SimpleNamespace(
        records=pd.DataFrame(
            {
                RECORD: np.arange(n),
                TEXT: TEXTS[:n],
                USER: pd.Series([None] * n, dtype="str"),
                SPLIT: "test",
                **{task_column(task): pd.Series(each, dtype="str") for task, each in given.items()},
            }
        )
    )


def by_rules(patch: pytest.MonkeyPatch, **rules: Rule) -> Any:
    """A model that answers by rules, and remembers what it read as `read`."""
    model = SimpleNamespace(tasks={name: SPECS[name] for name in rules}, read=[])

    def infer(model: Any, texts: Sequence[str], cache: Any, reporter: Any) -> Any:
        assert cache is None
        model.read.append(list(texts))
        reporter.advance(len(texts) // 2)
        predictions = {}
        for name, rule in rules.items():
            labels = np.array([rule(text) for text in texts], dtype=object)
            predictions[name] = Prediction(labels, np.ones(len(texts)), np.ones((len(texts), 2)))
        return SimpleNamespace(predictions=predictions)

    patch.setattr("mtrec.training.inference.infer", infer)
    return model


def mood(text: str) -> str:
    return "good" if "wonderful" in text else "bad"


def named(text: str) -> str:
    kinds = {"story": "B-thing", "wonderful": "B-mood", "terrible": "B-mood"}
    return " ".join(kinds.get(word, "O") for word in text.split(" "))


@pytest.mark.parametrize("edit", [Edit.TYPO, Edit.DELETE])
def test_damaged_texts_keep_labels_that_fit(edit: Edit) -> None:
    truth = {
        "mood": np.array(["good", None] * 20, dtype=object),
        "named": np.array(["O B-thing O B-mood O", None] * 20, dtype=object),
    }
    kinds = {name: spec.task_type for name, spec in SPECS.items()}
    numbers = list(range(40))
    texts, after = damage(TEXTS[:40], truth, kinds, numbers, edit, 0.4)
    assert after["mood"].tolist() == truth["mood"].tolist()
    for text, tags in zip(texts, after["named"], strict=True):
        assert tags is None or len(tags.split(" ")) == len(text.split(" "))
    assert truth["named"][0] == "O B-thing O B-mood O"
    again, _ = damage(TEXTS[:40], truth, kinds, numbers, edit, 0.4)
    alone, _ = damage(TEXTS[7:8], {}, kinds, [7], edit, 0.4)
    assert texts == again and alone == texts[7:8]


def test_figures_are_those_of_the_texts_that_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    model = by_rules(monkeypatch, mood=mood)
    found = robustness(dataset_of(), model)["mood"]
    clean, *damaged = model.read
    assert clean == TEXTS and found.records == N
    assert (found.clean.value, found.clean.low, found.clean.high) == (
        1,
        pytest.approx(N / (N + Z2)),
        1,
    )
    assert [(each.kind, each.share) for each in found.damages] == [
        (kind, share) for kind in KINDS for share in SHARES
    ]
    truth = ["good" if each else "bad" for each in GOOD]
    for each, texts in zip(found.damages, damaged, strict=True):
        said = [mood(text) for text in texts]
        expected = TASK_TYPES["binary"].scores(truth, said, ("bad", "good")).metrics["macro_f1"]
        assert each.figure == expected
        assert each.difference.value == pytest.approx(expected.value - 1)
        assert each.touched == sum(a != b for a, b in zip(texts, TEXTS, strict=True))
        assert each.difference.low is not None and each.difference.high is not None
        assert each.difference.low <= each.difference.value <= each.difference.high < 0
        assert each.holds and each.p_value <= each.corrected
    for kind in range(2):  # more damage, worse answers
        values = [each.figure.value for each in found.damages[kind * 3 : kind * 3 + 3]]
        assert values == sorted(values, reverse=True) and values[0] > values[-1]


def test_a_model_that_is_not_moved_is_not_told_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags by word are right on whatever is left of a text, and chance differences do not hold."""
    model = by_rules(
        monkeypatch,
        named=lambda text: named(text),
        mood=lambda text: "good" if len(text) % 2 else "bad",
    )
    found = robustness(dataset_of(), model)
    left_out = [each for each in found["named"].damages if each.kind == "left out"]
    assert all(each.figure.value == 1 and each.difference.value == 0 for each in left_out)
    assert not any(each.holds for each in left_out)
    misspelt = [each for each in found["named"].damages if each.kind == "misspelt"]
    assert all(each.figure.value < 1 and each.holds for each in misspelt)


def test_texts_without_a_label_or_an_answer_are_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moods = np.where(np.arange(N) < 50, np.where(GOOD, "good", "bad").astype(object), None)
    model = by_rules(
        monkeypatch,
        mood=lambda text: None if text.endswith("0") else mood(text),
        named=lambda _: None,
    )
    found = robustness(dataset_of(mood=moods), model)
    assert set(found) == {"mood"}
    kept = [i for i in range(50) if all(not texts[i].endswith("0") for texts in model.read)]
    assert found["mood"].records == len(kept) < 50


def test_most_texts_are_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    model = by_rules(monkeypatch, mood=mood)
    first = robustness(dataset_of(), model, most=40)
    read = model.read[:]
    assert {len(texts) for texts in read} == {40}
    assert robustness(dataset_of(), model, most=40) == first and model.read[len(read) :] == read
    assert module.MOST == 2000


def test_other_parts_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    model, dataset = by_rules(monkeypatch, mood=mood), dataset_of()
    dataset.records[SPLIT] = "val"
    assert robustness(dataset, model) == {} and not model.read


def test_progress_is_told_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    robustness(dataset_of(30), by_rules(monkeypatch, mood=mood), told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) == 14
    assert told[:2] == pytest.approx([0.5 / 7, 1 / 7])


def test_people_are_drawn_with_all_their_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of()
    alone = robustness(dataset, by_rules(monkeypatch, mood=mood))["mood"].damages[-1]
    dataset.records[USER] = pd.Series([f"u{i // 100}" for i in range(N)], dtype="str")
    together = robustness(dataset, by_rules(monkeypatch, mood=mood))["mood"].damages[-1]
    assert together.difference.value == alone.difference.value
    assert together.corrected > alone.corrected


def test_a_model_answers_for_every_type(tiny_encoder_folder: Path, one_thread: None) -> None:
    from tests.contracts.test_learning import made

    dataset = made()
    dataset.records[RECORD] = np.arange(len(dataset.records))
    config = EncoderConfig(name=str(tiny_encoder_folder), method="frozen", max_length=48)
    specs = [HeadSpec(name, each.type, tuple(each.labels)) for name, each in dataset.tasks.items()]
    model = MultiTaskModel(load_encoder(config, marks=True), TrunkConfig(width=8), specs).eval()
    found = robustness(dataset, model)
    assert set(found) == set(TASK_TYPES)
    for each in found.values():
        assert each.records > 30 and len(each.damages) == 6
        assert all(np.isfinite(one.figure.value) for one in each.damages)
