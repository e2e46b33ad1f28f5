"""The live state of a run, as files in its folder: a worker writes them, anybody reads them.

Every file is replaced in one piece, so that a reader never meets half of one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from mtrec.files import replacing, write_json
from mtrec.runs.clock import Clock, Stretch
from mtrec.schema import Estimate

PATIENCE = 0.5  # seconds between two writes of the progress
STEPS_PATIENCE = 2.0  # the same for the steps, whose file grows
STEPS_COST = 0.01  # the share of the time that writing them may take, above which it waits longer

# Columns of hidden words' losses: on texts that are learned from, and on some kept apart.
GUESSED, APART = "loss", "apart"
_GUESS_TYPES = {"step": "int64", GUESSED: "float64", APART: "float64"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Args:
        phase: what it is doing, in plain words; empty before the first phase.
        done: units of that phase that are done, of `total`.
        epoch: epochs completed, of at most `epochs`; both 0 where nothing is trained.
        seconds: since the work began.
        eta_seconds: until its end; None while nothing can be said.
        updated: when this was written, seconds since 1970.
        free_memory: bytes of memory the machine had left.
        memory: bytes of memory the run's process held.
        gpu_memory: bytes of the GPU's memory it held; 0 without one, as `free_gpu_memory`.
        speed: texts a second, of late; 0 while no texts are read.
        learning_is_over: whether nothing is learned from texts any more, so that what is left, such
            as reports, cannot be ended early.
        finishing: whether it was asked to learn no more; `eta_seconds` counts on that.
    """

    phase: str = ""
    done: int = 0
    total: int = 0
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    eta_seconds: float | None = None
    updated: float = 0.0
    free_memory: int = 0
    memory: int = 0
    gpu_memory: int = 0
    free_gpu_memory: int = 0
    speed: float = 0.0
    learning_is_over: bool = False
    finishing: bool = False

    @property
    def share(self) -> float:
        """The share of the current phase that is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class LiveFiles:
    """The paths of a run's live files."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "live"
        self.progress = self.root / "progress.json"
        self.steps = self.root / "steps.parquet"
        self.guesses = self.root / "guesses.parquet"
        self.epochs = self.root / "epochs.json"
        self.log = self.root / "log.txt"
        self.stop = self.root / "stop"
        self.finish = self.root / "finish"
        self.process = self.root / "process.json"


class FileReporter:
    """A `Reporter` that keeps the live files of a run current.

    Args:
        folder: the run's folder.
        epochs: the most epochs that training may take.
        gpu: gives the bytes held of a GPU's memory and those left; None where there is no GPU.
    """

    def __init__(
        self, folder: Path, epochs: int = 0, gpu: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        self._files = LiveFiles(folder)
        self._files.root.mkdir(parents=True, exist_ok=True)
        self._began = time.monotonic()
        self._gpu = gpu
        self._process = psutil.Process()
        self._clock = Clock(self._began)
        self._now = Progress(epochs=epochs)
        self._steps: list[dict[str, Any]] = []
        self._epochs: list[dict[str, Any]] = []
        self._guesses: list[dict[str, Any]] = []
        self._written = -PATIENCE
        self._steps_due = self._guesses_due = 0.0

    def expect(self, plan: Sequence[Stretch]) -> None:
        """Says which stretches of work are to come, in their order."""
        self._clock.expect(plan)

    def reads(self, seconds: float) -> None:
        self._clock.reads(seconds)

    def phase(self, name: str, total: int) -> None:
        _log.info("%s (%d)", name, total)
        self._write_guesses()
        self._now = replace(self._now, phase=name, done=0, total=total)
        self._clock.phase(name, total, time.monotonic())
        self._write_progress()

    def goes_on(self, epoch: int, step: int, done: int) -> None:
        if not self._steps:
            self._take_up()
        self._steps = [row for row in self._steps if row["step"] <= step]
        self._epochs = [each for each in self._epochs if each["epoch"] <= epoch]
        self._now = replace(self._now, done=done, epoch=epoch)
        self._clock.goes_on(epoch, done, time.monotonic())
        self._write_progress()

    def _take_up(self) -> None:
        """What another process wrote of the same run, whose time counts too."""
        folder = self._files.root.parent
        self._epochs = read_epochs(folder)
        self._steps = [
            {str(name): value for name, value in row.items() if pd.notna(value)}
            for row in read_steps(folder).to_dict("records")
        ]
        if self._steps:
            self._began -= self._steps[-1]["seconds"]

    def guessed(self, step: int, loss: float | None, apart: float | None) -> None:
        self._guesses.append({"step": step, GUESSED: loss, APART: apart})
        if time.monotonic() >= self._guesses_due:
            self._write_guesses()

    def advance(self, n: int) -> None:
        self._now = replace(self._now, done=self._now.done + n)
        self._clock.advance(n, time.monotonic())
        if time.monotonic() - self._written >= PATIENCE:
            self._write_progress()

    def step(
        self,
        step: int,
        losses: Mapping[str, float],
        weights: Mapping[str, float],
        cosines: Mapping[tuple[str, str], float],
    ) -> None:
        row = {f"loss:{task}": value for task, value in losses.items()}
        row |= {f"weight:{task}": value for task, value in weights.items()}
        row |= {f"cosine:{a} and {b}": value for (a, b), value in cosines.items()}
        self._steps.append({"step": step, "seconds": self._seconds(), **row})
        self._clock.step()
        if time.monotonic() >= self._steps_due:
            self._write_steps()

    def epoch(
        self,
        epoch: int,
        metrics: Mapping[str, Mapping[str, Estimate]],
        losses: Mapping[str, float],
    ) -> None:
        figures = {
            task: {name: value.json() for name, value in each.items()}
            for task, each in metrics.items()
        }
        self._epochs.append(
            {"epoch": epoch, "seconds": self._seconds(), "metrics": figures, "losses": dict(losses)}
        )
        write_json(self._files.epochs, self._epochs)
        self._clock.epoch(time.monotonic())
        self._now = replace(self._now, epoch=epoch)
        self._write_steps()
        self._write_progress()

    def should_stop(self) -> bool:
        return self._files.stop.exists()

    def should_finish(self) -> bool:
        return self._files.finish.exists()

    def close(self) -> None:
        """Writes what is not written yet."""
        self._write_guesses()
        self._write_steps()
        self._write_progress()

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _write_progress(self) -> None:
        self._written = time.monotonic()
        gpu_memory, free_gpu_memory = (0, 0) if self._gpu is None else self._gpu()
        finishing = self.should_finish()
        now = replace(
            self._now,
            seconds=self._seconds(),
            eta_seconds=self._clock.remaining(finishing),
            updated=time.time(),
            free_memory=psutil.virtual_memory().available,
            memory=self._process.memory_info().rss,
            gpu_memory=gpu_memory,
            free_gpu_memory=free_gpu_memory,
            speed=round(self._clock.speed(self._written), 1),
            learning_is_over=self._clock.learning_is_over,
            finishing=finishing,
        )
        write_json(self._files.progress, asdict(now))

    def _write_steps(self) -> None:
        if self._steps:
            self._steps_due = _write_rows(self._files.steps, self._steps, {})

    def _write_guesses(self) -> None:
        if self._guesses:
            self._guesses_due = _write_rows(self._files.guesses, self._guesses, _GUESS_TYPES)


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> float:
    """Replaces a file that grows, and says when it is time to do so again."""
    began = time.monotonic()
    with replacing(path) as part:
        pd.DataFrame(rows).astype(types).to_parquet(part)
    now = time.monotonic()
    return now + max(STEPS_PATIENCE, (now - began) / STEPS_COST)


def duration(seconds: float) -> str:
    """A length of time as people say it: `42 s`, `3 min 20 s` or `1 h 5 min`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def read_progress(folder: Path) -> Progress:
    """Where the run of this folder stands; before its first word, an empty `Progress`."""
    try:
        return Progress(**json.loads(LiveFiles(folder).progress.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Progress()


def read_epochs(folder: Path) -> list[dict[str, Any]]:
    """One entry an epoch: `epoch`, `seconds`, `metrics` and `losses` of each task on validation."""
    try:
        epochs: list[dict[str, Any]] = json.loads(
            LiveFiles(folder).epochs.read_text(encoding="utf-8")
        )
    except FileNotFoundError:
        return []
    return epochs


def read_steps(folder: Path) -> pd.DataFrame:
    """One row an update: `step`, `seconds`, `loss:<task>` (missing: no label), `weight:<task>`.

    Where the strategy compared gradients, also `cosine:<task> and <task>`.
    """
    return _read(LiveFiles(folder).steps, ("step", "seconds"))


def read_guesses(folder: Path) -> pd.DataFrame:
    """How well hidden words were guessed before the tasks, a row a figure, in order.

    Returns:
        `step`, the update from 1; `loss`, its mean over hidden places, or `apart`, the same on
        texts kept apart, the other of the two missing.
    """
    return _read(LiveFiles(folder).guesses, tuple(_GUESS_TYPES))


def read_log(folder: Path) -> list[str]:
    """What the run's workers wrote down, line by line; nothing before their first word."""
    try:
        log = LiveFiles(folder).log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return log.splitlines()


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame({name: [] for name in columns})
    # In one read: pandas opens a path twice, and the file may have been replaced in between.
    return pd.read_parquet(BytesIO(path.read_bytes()))
