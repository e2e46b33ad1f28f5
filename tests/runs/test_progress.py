"""The live files of a run: whole at any moment, not written too often, with a sensible ETA."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mtrec.runs import progress
from mtrec.runs.clock import Kind, Stretch
from mtrec.runs.progress import (
    FileReporter,
    LiveFiles,
    Progress,
    read_epochs,
    read_progress,
    read_steps,
)
from mtrec.schema import Estimate


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_before_the_first_word_there_is_nothing(tmp_path: Path) -> None:
    assert read_progress(tmp_path) == Progress()
    assert read_epochs(tmp_path) == []
    assert read_steps(tmp_path).empty


def test_progress_is_written_at_most_twice_a_second(tmp_path: Path, clock: Time) -> None:
    reporter = FileReporter(tmp_path, epochs=3)
    reporter.phase("Training", 10)
    reporter.advance(1)
    assert read_progress(tmp_path).done == 0

    clock.now += progress.PATIENCE
    reporter.advance(1)
    assert read_progress(tmp_path).done == 2
    reporter.advance(1)
    reporter.close()

    seen = read_progress(tmp_path)
    assert (seen.phase, seen.done, seen.total, seen.epochs) == ("Training", 3, 10, 3)
    assert seen.seconds == progress.PATIENCE
    assert seen.share == 0.3


def test_the_eta_counts_this_phase_and_the_texts_to_come(tmp_path: Path, clock: Time) -> None:
    reporter = FileReporter(tmp_path, epochs=2)
    reporter.expect([Stretch("Training", Kind.LEARN, 80, 20, 2), Stretch("Reading", Kind.READ, 40)])
    reporter.phase("Preparing", 4)
    clock.now += 2
    reporter.advance(3)
    reporter.close()
    assert read_progress(tmp_path).eta_seconds is None  # nothing telling has happened yet

    reporter.phase("Training", 100)
    reporter.close()
    assert read_progress(tmp_path).eta_seconds is None

    reporter.reads(0.25)
    clock.now += 10
    reporter.step(1, {"mood": 0.7}, {"mood": 1.0}, {})
    reporter.advance(20)
    reporter.close()
    seen = read_progress(tmp_path)
    assert seen.eta_seconds == pytest.approx(60 * 0.5 + (20 + 40) * 0.25)
    assert seen.speed == pytest.approx(2)


def test_the_eta_of_one_that_was_asked_to_finish_counts_no_more_learning(
    tmp_path: Path, clock: Time
) -> None:
    reporter = FileReporter(tmp_path, epochs=2)
    reporter.expect([Stretch("Training", Kind.LEARN, 80, 20, 2), Stretch("Reading", Kind.READ, 40)])
    reporter.phase("Training", 100)
    reporter.reads(0.25)
    clock.now += 10
    reporter.step(1, {"mood": 0.7}, {"mood": 1.0}, {})
    reporter.advance(20)
    assert not read_progress(tmp_path).finishing
    LiveFiles(tmp_path).finish.touch()
    reporter.close()
    seen = read_progress(tmp_path)
    assert seen.finishing and seen.eta_seconds == pytest.approx((10 + 40) * 0.25)


def test_learning_is_over_once_none_is_to_come(tmp_path: Path) -> None:
    assert not read_progress(tmp_path).learning_is_over
    reporter = FileReporter(tmp_path)
    reporter.expect(
        [
            Stretch("Reading", Kind.READ, 40),
            Stretch("Training", Kind.LEARN, 0),  # of states, which takes no time
            Stretch("Reading", Kind.READ, 40),
        ]
    )
    for phase, over in (
        ("Preparing", False),
        ("Reading", False),
        ("Training", False),
        ("Reading", True),
        ("Judging", True),
    ):
        reporter.phase(phase, 4)
        assert read_progress(tmp_path).learning_is_over is over, phase


def test_memory_of_the_process_and_of_its_gpu_is_told(tmp_path: Path) -> None:
    FileReporter(tmp_path).close()
    plain = read_progress(tmp_path)
    assert plain.memory > 1e6 and plain.free_memory > 0
    assert (plain.gpu_memory, plain.free_gpu_memory) == (0, 0)

    FileReporter(tmp_path, gpu=lambda: (3, 7)).close()
    seen = read_progress(tmp_path)
    assert (seen.gpu_memory, seen.free_gpu_memory) == (3, 7)


def test_epochs_and_steps_can_be_read_back(tmp_path: Path, clock: Time) -> None:
    reporter = FileReporter(tmp_path, epochs=2)
    reporter.step(1, {"mood": 0.7}, {"mood": 1.0}, {})
    reporter.step(2, {"topic": 1.5}, {"mood": 1.0}, {("mood", "topic"): -0.5})
    reporter.epoch(1, {"mood": {"macro_f1": Estimate(0.5, 0.4, 0.6)}}, {"mood": 0.6})

    assert read_progress(tmp_path).epoch == 1
    assert read_epochs(tmp_path) == [
        {
            "epoch": 1,
            "seconds": 0.0,
            "metrics": {"mood": {"macro_f1": {"value": 0.5, "low": 0.4, "high": 0.6}}},
            "losses": {"mood": 0.6},
        }
    ]
    steps = read_steps(tmp_path)
    assert steps["step"].tolist() == [1, 2]
    assert steps["loss:mood"].isna().tolist() == [False, True]
    assert steps["loss:topic"].isna().tolist() == [True, False]
    assert steps["cosine:mood and topic"].isna().tolist() == [True, False]


def test_steps_are_written_less_often_the_longer_writing_takes(
    tmp_path: Path, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pd.DataFrame.to_parquet

    def slowly(frame: pd.DataFrame, path: Path) -> None:
        clock.now += 1
        whole(frame, path)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", slowly)
    reporter = FileReporter(tmp_path)
    began = clock.now
    step = 0
    while clock.now < began + 250:
        step += 1
        reporter.step(step, {"mood": 0.7}, {}, {})
        clock.now += 1
    # At once, and 100 seconds after each time it was done, which took a second.
    assert read_steps(tmp_path)["step"].tolist() == list(range(1, 202))
    assert clock.now - began - step == 3


def test_the_stop_flag_is_seen(tmp_path: Path) -> None:
    reporter = FileReporter(tmp_path)
    assert not reporter.should_stop()

    LiveFiles(tmp_path).stop.touch()

    assert reporter.should_stop()


def test_no_half_written_file_is_left_behind(tmp_path: Path, clock: Time) -> None:
    reporter = FileReporter(tmp_path)
    reporter.phase("Training", 1)
    reporter.step(1, {"mood": 0.7}, {}, {})
    reporter.close()

    names = {path.name for path in LiveFiles(tmp_path).root.iterdir()}
    assert names == {"progress.json", "steps.parquet"}
    assert isinstance(read_steps(tmp_path), pd.DataFrame)
