"""Trying settings on a small dataset: what comes out, and what is refused in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.schema import SPLIT, VAL, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs import instrument as module
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.sweep import sweep
from mtrec.tradeoffs.trials import LEARNING
from mtrec.training.reporter import SilentReporter, Stopped
from tests.contracts.test_learning import made

pytestmark = pytest.mark.usefixtures("one_thread")

BOTH = ("tags", "relation", "multilabel", "ordinal")
ALONE = [f"tasks.{name}.enabled=false" for name in BOTH]  # leaves binary and multiclass


class Counted(SilentReporter):
    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.totals: dict[str, int] = {}

    def phase(self, name: str, total: int) -> None:
        self._now = name
        self.done[name], self.totals[name] = 0, total

    def advance(self, n: int) -> None:
        self.done[self._now] += n


@pytest.fixture
def dataset() -> Any:
    return made()


def ready(
    dataset: Any,
    folder: Path,
    cache: Path,
    settings: Sequence[str] = ALONE,
    reporter: SilentReporter | None = None,
) -> Instrument:
    chosen = [f"encoder.name={folder}", "encoder.max_length=48", "trunk.width=16", *settings]
    config = with_settings(
        RunConfig(), [*chosen, "train.head_learning_rate=0.01", "train.batch_tokens=64"]
    )
    config = for_dataset(config, {name: each.type for name, each in dataset.tasks.items()})
    return Instrument(dataset, config, cache, reporter or SilentReporter())


def test_a_task_alone_is_best_at_itself(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    reporter = Counted()
    instrument = ready(dataset, tiny_encoder_folder, tmp_path, reporter=reporter)
    found = sweep(instrument, settings=5, seeds=2)
    assert found.settings[:3] == [
        {"binary": 1.0, "multiclass": 1.0},
        {"binary": 2.0, "multiclass": 0.0},
        {"binary": 0.0, "multiclass": 2.0},
    ]
    values = found.outcomes.values
    assert values.shape == (5, 2) and (values >= 0).all() and (values <= 1).all()
    assert values[2, 1] > values[1, 1] + 0.1
    assert reporter.done == reporter.totals
    json = found.json()
    assert json["split"] == "val" and (json["records"], json["of"]) == (235, 235)
    for each in json["settings"]:
        assert set(each) == {"lambda", "metrics", "recommendations", "pareto"}
        assert not each["recommendations"]  # nobody liked anything
        assert all(low["low"] <= low["value"] <= low["high"] for low in each["metrics"].values())


def test_the_same_again_comes_to_the_same(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    """Whatever else was tried in between, and beside it."""
    instrument = ready(dataset, tiny_encoder_folder, tmp_path)
    equal, alone = instrument.lambdas([0.5, 0.5]), instrument.lambdas([1, 0])
    both = instrument.outcomes([equal, alone])
    np.testing.assert_allclose(instrument.outcomes([equal]).values[0], both.values[0], atol=1e-6)


def test_what_was_tried_once_is_not_tried_again(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    reporter = Counted()
    instrument = ready(dataset, tiny_encoder_folder, tmp_path, reporter=reporter)
    equal, some = instrument.lambdas([0.5, 0.5]), instrument.lambdas([0.2, 0.8])
    instrument.outcomes([some])
    learned = reporter.totals[LEARNING]
    assert learned == 3 * 235 * (3 * 10 + 2)  # epochs, records; base settings and seeds, this one
    instrument.outcomes([some, equal])
    assert reporter.totals[LEARNING] == learned == reporter.done[LEARNING]
    instrument.outcomes([some], seeds=3)
    assert reporter.totals[LEARNING] == 3 * 235


def test_beside_each_other_settings_come_to_what_they_come_to_one_after_another(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    def values() -> Any:
        instrument = ready(dataset, tiny_encoder_folder, tmp_path)
        return instrument.outcomes(
            [instrument.lambdas([share, 1 - share]) for share in np.linspace(0.05, 0.95, 12)]
        ).values

    alone = values()
    torch.set_num_threads(3)  # the fixture sets them back
    np.testing.assert_allclose(values(), alone, atol=1e-6)


def test_people_who_liked_things_make_recommendations_an_outcome(
    tiny_recipe: Path, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    shop = read_dataset(tiny_recipe, TASK_TYPES)
    instrument = ready(shop, tiny_encoder_folder, tmp_path, [])
    found = sweep(instrument, settings=3)
    assert found.outcomes.names == ("sentiment", "topic", "ndcg@10")
    for each in found.json()["settings"]:
        assert set(each["metrics"]) == {"sentiment", "topic"}
        figure = each["recommendations"]["ndcg@10"]
        assert figure["low"] < figure["value"] < figure["high"]


def test_a_task_of_lambda_0_watches_in_every_setting(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    settings = [*ALONE[:3], "tasks.ordinal.lambda=0"]
    instrument = ready(dataset, tiny_encoder_folder, tmp_path, settings)
    assert instrument.steering == ("binary", "multiclass")
    assert instrument.lambdas([0.25, 0.75]) == {"binary": 0.5, "multiclass": 1.5, "ordinal": 0.0}


def test_of_many_records_a_sample_is_learned_from(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    instrument = ready(dataset, tiny_encoder_folder, tmp_path)
    assert (instrument.records, instrument.of) == (100, 235)
    judged = instrument.examples.rows[VAL]
    assert len(instrument.inputs.lengths) == 100 + len(judged)  # no other text is read
    records = dataset.records
    carried = records[[task_column(task) for task in instrument.tasks]].notna().any(axis=1)
    texts = records.loc[(records[SPLIT] == VAL) & carried, "text"]
    assert [instrument.examples.texts[row] for row in judged] == texts.tolist()


@pytest.mark.parametrize(
    "settings, words",
    [
        ([f"tasks.{name}.enabled=false" for name in (*BOTH, "binary")], "two enabled tasks"),
        ([*ALONE, "tasks.binary.lambda=0"], "two enabled tasks"),
        ([*ALONE, "tasks.binary.lambda=0", "tasks.multiclass.lambda=0"], "nothing to learn"),
        ([*ALONE, "strategy.name=dwa"], "strategy.name=sum"),
        ([*ALONE, "strategy.name=stch"], "strategy.name=sum"),
        ([*ALONE, "encoder.pretrain_epochs=1"], "pretrain_epochs=0"),
        ([*ALONE, "train.adversarial.rdrop=true"], "rdrop=false"),
        ([*ALONE, "encoder.method=full", "train.augment.words=true"], "words=false"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, settings: list[str], words: str
) -> None:
    with pytest.raises(InputError) as told:
        ready(dataset, tiny_encoder_folder, tmp_path, settings)
    assert words in told.value.sentence()


def test_how_the_encoder_would_learn_does_not_matter(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    settings = [*ALONE, "encoder.method=full", "train.layer_decay=0.8"]
    found = sweep(ready(dataset, tiny_encoder_folder, tmp_path, settings), settings=3)
    same = sweep(ready(dataset, tiny_encoder_folder, tmp_path), settings=3)
    np.testing.assert_array_equal(found.outcomes.values, same.outcomes.values)


def test_a_task_without_labels_to_judge_by_is_refused(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    records = dataset.records
    records.loc[records[SPLIT] == VAL, task_column("binary")] = None
    with pytest.raises(InputError, match="'binary' comes out cannot be told"):
        ready(dataset, tiny_encoder_folder, tmp_path)


@pytest.mark.parametrize("wrong", [{"settings": 2}, {"seeds": 0}])
def test_so_few_that_nothing_can_be_said_are_refused(
    dataset: Any, tiny_encoder_folder: Path, tmp_path: Path, wrong: Mapping[str, int]
) -> None:
    instrument = ready(dataset, tiny_encoder_folder, tmp_path)
    with pytest.raises(InputError, match="at least 3 settings for 2 tasks"):
        sweep(instrument, **wrong)


def test_it_can_be_stopped(dataset: Any, tiny_encoder_folder: Path, tmp_path: Path) -> None:
    class Impatient(Counted):
        def should_stop(self) -> bool:
            return sum(self.done.values()) > 1000

    instrument = ready(dataset, tiny_encoder_folder, tmp_path, reporter=Impatient())
    with pytest.raises(Stopped):
        sweep(instrument, settings=4, seeds=2)
