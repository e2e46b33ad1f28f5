"""What a training would cost: measured with a tiny encoder, kept, and held against what came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mtrec.config import RunConfig, for_dataset, with_settings
from mtrec.data.dataset import Dataset, load_dataset
from mtrec.errors import InputError
from mtrec.files import write_json
from mtrec.runs import launcher
from mtrec.runs.estimate import (
    how_far_off,
    known_costs,
    measure_costs,
    read_estimate,
    roughly,
    worked,
)
from mtrec.runs.progress import LiveFiles
from mtrec.runs.store import FINISHED, SUMMARY, RunStore
from mtrec.training.measure import METHODS
from mtrec.training.paces import cost
from mtrec.training.reporter import SilentReporter, Stopped


@pytest.fixture
def data(store: RunStore) -> Dataset:
    return load_dataset("tiny", store.workspace)


def configured(data: Dataset, encoder: Path, *settings: str) -> RunConfig:
    tiny = [f"encoder.name={encoder}", "encoder.max_length=16", "trunk.width=16"]
    tiny += ["train.precision=fp32", "encoder.top_layers=1"]
    kinds = {name: task.type for name, task in data.tasks.items()}
    return for_dataset(with_settings(RunConfig(), [*tiny, *settings]), kinds)


def test_every_method_is_measured_and_counted(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder)
    before = torch.get_rng_state()
    assert known_costs(data.key, config, store) is None
    measured = measure_costs(data, config, store.workspace)
    assert torch.equal(torch.get_rng_state(), before)

    costs = known_costs(data.key, config, store)
    assert costs is not None and tuple(costs) == METHODS
    heads = costs["frozen"].learns
    assert heads < costs["prompt"].learns == heads + 16 * 32
    assert costs["prompt"].learns < costs["lora"].learns < costs["full"].learns
    assert costs["full"].learns == measured.paces["full"].weights
    assert costs["frozen"].memory < costs["top"].memory < costs["full"].memory
    assert all(0 < pace.learn < 1 and 0 < pace.read < 1 for pace in measured.paces.values())
    records = data.records
    assert measured.counts.records == len(records) and measured.counts.items == len(data.items)
    labelled = records[[f"task:{task}" for task in data.tasks]].notna().any(axis=1)
    assert measured.counts.train == (labelled & (records["split"] == "train")).sum()


def test_it_is_told_how_far_measuring_is_and_a_stop_keeps_nothing(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder, "train.adversarial.fgm=true")
    measure_costs(data, config, store.workspace, watcher := Watcher())
    assert watcher.done == watcher.total == len(METHODS) + 1  # one of which has no pace

    other = configured(data, tiny_encoder_folder, "trunk.width=32")
    with pytest.raises(Stopped):
        measure_costs(data, other, store.workspace, Watcher(most=2))
    assert known_costs(data.key, other, store) is None


class Watcher(SilentReporter):
    """Counts what is done, and goes away after so much."""

    def __init__(self, most: int | None = None) -> None:
        self.total, self.done, self._most = 0, 0, most

    def phase(self, name: str, total: int) -> None:
        self.total = total

    def advance(self, n: int) -> None:
        self.done += n
        if self.done == self._most:
            raise Stopped


def test_what_holds_for_other_settings_is_not_taken_for_these(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder)
    measure_costs(data, config, store.workspace)
    for same in ("encoder.method=full", "train.epochs=9", "train.seed=5", "train.batch_tokens=64"):
        changed = configured(data, tiny_encoder_folder, same)
        assert known_costs(data.key, changed, store) is not None, same
    for other in ("encoder.lora_rank=4", "trunk.width=32", "strategy.name=pcgrad"):
        changed = configured(data, tiny_encoder_folder, other)
        assert known_costs(data.key, changed, store) is None, other
    longer = configured(data, tiny_encoder_folder, "train.epochs=9")
    costs = known_costs(data.key, config, store)
    more = known_costs(data.key, longer, store)
    assert costs is not None and more is not None
    assert more["top"].epochs == 9 and more["top"].seconds > costs["top"].seconds


def test_methods_that_settings_rule_out_are_left_out(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(
        data, tiny_encoder_folder, "encoder.method=top", "train.adversarial.fgm=true"
    )
    measured = measure_costs(data, config, store.workspace)
    assert set(measured.paces) == set(METHODS) - {"frozen"}


@pytest.mark.usefixtures("tiny_scratch")
def test_guessing_words_is_measured_where_a_run_makes_its_encoder(
    store: RunStore, data: Dataset
) -> None:
    config = configured(data, Path("scratch"), "encoder.method=full")
    measured = measure_costs(data, config, store.workspace)
    assert 0 < measured.guess < 1


def test_nothing_can_be_measured_without_labels(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder)
    tables = {**data.tables, "records": data.records[data.records["split"] != "train"]}
    with pytest.raises(InputError, match="nothing to measure on"):
        measure_costs(replace(data, tables=tables), config, store.workspace)


@pytest.mark.usefixtures("sleepers")
def test_a_run_keeps_what_was_expected_of_it(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder, "encoder.method=frozen")
    without = launcher.submit(store, "tiny", config)
    assert read_estimate(store.folder(without)) is None
    assert how_far_off(store, store.get(without)) is None

    measure_costs(data, config, store.workspace)
    run = launcher.submit(store, "tiny", config)
    expected = read_estimate(store.folder(run))
    costs = known_costs(data.key, config, store)
    assert costs is not None and expected == costs["frozen"]
    assert how_far_off(store, store.get(run)) is None  # it is not over


def test_texts_that_a_training_read_are_not_counted_again(
    store: RunStore, data: Dataset, tiny_encoder_folder: Path
) -> None:
    config = configured(data, tiny_encoder_folder, "encoder.method=frozen")
    shorter = configured(data, tiny_encoder_folder, "encoder.max_length=8")

    def reads(of: RunConfig) -> bool:
        """Whether all texts are still to be read."""
        measured = measure_costs(data, of, store.workspace)
        known = known_costs(data.key, of, store)
        anew = cost(measured, "frozen", of.train.epochs_for("frozen"), of.train.batch_tokens)
        assert known is not None and known["frozen"].seconds <= anew.seconds
        return known["frozen"] == anew

    assert reads(config)
    run = store.create(data.name, data.version, config, "a")
    elsewhere = store.create(data.name, "another", config, "b")
    store.set_status(elsewhere, FINISHED)
    assert reads(config)
    store.set_status(run, FINISHED)
    assert not reads(config)
    assert reads(shorter)


def test_how_far_off_agrees_with_the_two_times_it_names(store: RunStore, data: Dataset) -> None:
    run = store.create(data.name, data.version, RunConfig(), "a")
    estimate = {"learns": 1, "memory": 1.0, "seconds": 26.0, "epochs": 3, "device": "cpu"}
    write_json(store.folder(run) / "estimate.json", estimate)
    info = replace(store.get(run), status=FINISHED, seconds=10.4)
    assert how_far_off(store, info) == "Expected 30 s, took 10 s: 67% less than expected."


def test_what_was_worked_before_a_break_counts(store: RunStore, data: Dataset) -> None:
    run = store.create(data.name, data.version, RunConfig(), "a")
    info = replace(store.get(run), status=FINISHED, seconds=20.0)
    assert worked(store, info) == 20.0
    progress = LiveFiles(store.folder(run)).progress
    progress.parent.mkdir(parents=True)
    write_json(progress, {"seconds": 75.0})
    assert worked(store, info) == 75.0


@pytest.mark.parametrize(
    ("took", "epochs", "said"),
    [
        (240.0, 3, "Expected 3 min, took 4 min 0 s: 33% more than expected."),
        (90.0, 3, "Expected 3 min, took 1 min 30 s: 50% less than expected."),
        (170.0, 3, "Expected 3 min, took 2 min 50 s: as expected."),
        (
            90.0,
            2,
            "Expected 3 min, took 1 min 30 s: 50% less than expected. It learned in 2 of at most "
            "3 epochs.",
        ),
    ],
)
def test_afterwards_it_says_how_far_off_it_was(
    store: RunStore, data: Dataset, took: float, epochs: int, said: str
) -> None:
    run = store.create(data.name, data.version, RunConfig(), "a")
    estimate = {"learns": 1, "memory": 1.0, "seconds": 180.0, "epochs": 3, "device": "cpu"}
    write_json(store.folder(run) / "estimate.json", estimate)
    write_json(store.folder(run) / SUMMARY, {"epochs": epochs})
    info = replace(store.get(run), status=FINISHED, seconds=took)
    assert how_far_off(store, info) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (2, "10 s"),
        (44, "40 s"),
        (58, "1 min"),
        (100, "1 min 30 s"),
        (170, "3 min"),
        (1000, "17 min"),
        (5000, "1 h 20 min"),
        (3610, "1 h"),
    ],
)
def test_a_guess_is_said_roughly(seconds: float, said: str) -> None:
    assert roughly(seconds) == said
