"""Do intervals of settings of λ hold what they are about, and what does trying settings take?

    python -m benchmarks.tradeoffs DATA --repeats 3

DATA is the folder of real data sets, each with its recipe.

The first table is of a problem made up: two tasks that read some of the same numbers. Its training
records are fixed; each time, validation records and seeds are drawn anew, and settings are tried as
`sweep` does. An interval should hold what the setting comes to on very many records over very many
seeds, 95 times in 100, and so should that of the difference between two settings. All are judged on
the same draws, so their shares hang together.

The second is of speed, on a sample of the critics with three tasks (verdict, stars, the first genre
of the film) whose vectors are known: a front against five epochs of all of MiniLM on the same texts
(one is timed, and counted five times), and settings learned at once against each by itself.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.markdown import table
from benchmarks.training import TRIPLE, dataset, learn, only, with_genres
from mtrec.config import RunConfig, for_dataset
from mtrec.data.dataset import Dataset
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import Reading, Wanted
from mtrec.models.multitask import HeadSpec, MultiTaskModel
from mtrec.schema import TRAIN, VAL
from mtrec.strategies.sum import Sum
from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.outcomes import Outcomes, Scored, TaskJudge, outcomes
from mtrec.tradeoffs.simplex import mixtures
from mtrec.tradeoffs.stacked import Lambdas, Stack
from mtrec.tradeoffs.sweep import sweep
from mtrec.tradeoffs.trials import BASE_SEEDS, SEEDS
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import VECTOR_TOKENS
from mtrec.training.losses import wanted_units
from mtrec.training.reporter import SilentReporter
from mtrec.training.step import Updater

WIDTH, LEARNED, JUDGED = 8, 400, 300  # of the problem made up: numbers a text, records
POPULATION, POPULATION_SEEDS = 20_000, 100
EPOCHS = 3
TASKS = [HeadSpec(name, "binary", ("no", "yes")) for name in ("left", "right")]
SETTINGS: list[Lambdas] = [
    {"left": share, "right": 2 - share} for share in (1.0, 2.0, 0.0, 0.5, 1.5, 0.9)
]
BASE = SETTINGS[: len(TASKS) + 1]  # equal weights and each task alone, as `Instrument` has them
MIXTURES = mixtures(np.array([[*each.values()] for each in SETTINGS]) / len(TASKS))
RECORDS, VALIDATED = 10_000, 1000
FULL_EPOCHS, STACKED = 5, 32


class _NoEncoder(nn.Module):
    width, device, precision = WIDTH, torch.device("cpu"), "fp32"
    config = EncoderConfig(method="frozen")


@dataclass
class _Vectors:
    """Texts of which the vectors are known, `(N, d)`."""

    rows: torch.Tensor

    @property
    def lengths(self) -> Index:
        return np.full(len(self.rows), VECTOR_TOKENS, dtype=np.int64)

    def read(self, index: Index, wanted: Wanted) -> Reading:
        return {Unit.TEXT: Ragged.single(self.rows[torch.from_numpy(index)][:, None])}


def made_up(rng: np.random.Generator, judged: int) -> tuple[_Vectors, Examples]:
    """Records to learn from, always the same, and to judge by, drawn."""
    fixed = np.random.default_rng(0)
    parts = [
        each.standard_normal((size, WIDTH)) for each, size in ((fixed, LEARNED), (rng, judged))
    ]
    luck = [each.logistic(size=(size, 2)) for each, size in ((fixed, LEARNED), (rng, judged))]
    vectors, noise = np.concatenate(parts), np.concatenate(luck)
    first, second, third = vectors[:, :3].T
    scores = np.column_stack([first + second * third, first - third])
    truth = (2 * scores + noise > 0).astype(np.int64)
    rows = {TRAIN: np.arange(LEARNED), VAL: LEARNED + np.arange(judged)}
    examples = Examples(
        texts=[""] * len(vectors),
        rows=rows,
        targets={
            task.name: Ragged.single(torch.from_numpy(truth[:, place]))
            for place, task in enumerate(TASKS)
        },
        weights={},
        truth={
            task.name: np.array(task.labels, dtype=object)[truth[:, place]]
            for place, task in enumerate(TASKS)
        },
        people=None,
    )
    return _Vectors(torch.from_numpy(vectors.astype(np.float32))), examples


def tried(
    settings: Sequence[Lambdas], seed: int, inputs: _Vectors, examples: Examples, judge: TaskJudge
) -> Scored:
    """Figures of settings learned with one seed."""
    torch.manual_seed(seed)
    trunk = TrunkConfig(width=8, dropout=0)
    model = MultiTaskModel(cast(Any, _NoEncoder()), trunk, TASKS)
    config = TrainConfig(batch_tokens=32 * VECTOR_TOKENS, head_learning_rate=0.02)
    stack = Stack(model, settings, config)
    stack.learn(inputs, examples, EPOCHS, seed, SilentReporter())
    return judge.score(stack)


def population() -> NDArray[np.float64]:
    """What settings come to on very many records with each of very many seeds, `(R, S, K)`."""
    inputs, examples = made_up(np.random.default_rng(1), POPULATION)
    judge = TaskJudge(TASKS, inputs, examples, examples.rows[VAL], draws=1)
    seeds = range(10**6, 10**6 + POPULATION_SEEDS)
    return np.stack([tried(SETTINGS, seed, inputs, examples, judge).values for seed in seeds])


def told(repeat: int) -> Outcomes:
    """What is told of settings after they were tried on records and with seeds of this repeat."""
    inputs, examples = made_up(np.random.default_rng((2, repeat)), JUDGED)
    judge = TaskJudge(TASKS, inputs, examples, examples.rows[VAL])
    seeds = [1000 * (repeat + 1) + each for each in range(BASE_SEEDS)]
    scored = [tried(SETTINGS, seed, inputs, examples, judge) for seed in seeds[:SEEDS]]
    more = [tried(BASE, seed, inputs, examples, judge) for seed in seeds[SEEDS:]]
    base = [
        Scored(each.values[: len(BASE)], each.draws[:, : len(BASE)]) for each in (*scored, *more)
    ]
    return outcomes([judge], scored, base, MIXTURES)


def held(repeats: int) -> Iterator[list[str]]:
    """Of each setting and task, and of differences, the share of intervals that hold the truth."""
    known = population().mean(axis=0)
    levels = np.zeros_like(known)
    gaps = np.zeros((len(SETTINGS) - 1, len(TASKS)))
    for repeat in range(repeats):
        found = told(repeat)
        low, high = np.quantile(found.draws, [0.025, 0.975], axis=0)
        levels += (low <= known) & (known <= high)
        apart = found.draws[:, 1:] - found.draws[:, :1]
        low, high = np.quantile(apart, [0.025, 0.975], axis=0)
        gaps += (low <= known[1:] - known[:1]) & (known[1:] - known[:1] <= high)
    for place, setting in enumerate(SETTINGS):
        name = ", ".join(f"{task} {value:g}" for task, value in setting.items())
        shares = [_percent(levels[place] / repeats)]
        shares.append(_percent(gaps[place - 1] / repeats) if place else "")
        yield [name, ", ".join(f"{each:.3f}" for each in known[place]), *shares]
    means = [_percent(each.mean(keepdims=True)[0] / repeats) for each in (levels, gaps)]
    yield ["all together", "", *means]


def _percent(shares: NDArray[np.float64]) -> str:
    return ", ".join(f"{100 * each:.1f} %" for each in shares)


def instrument(data: Path, folder: Path) -> tuple[Dataset, Instrument]:
    """A sample of the critics with three tasks, and what tries settings on it, states known."""
    with TemporaryDirectory() as scratch:
        found = dataset(with_genres(data, Path(scratch)), "critics", RECORDS, VALIDATED)
    three = only(found, TRIPLE)
    return three, again(three, folder)


def again(found: Dataset, folder: Path) -> Instrument:
    """One that has tried nothing yet."""
    config = for_dataset(RunConfig(), {task: each.type for task, each in found.tasks.items()})
    return Instrument(found, config, folder, SilentReporter())


def speed(three: Dataset, folder: Path, repeats: int) -> Iterator[list[str]]:
    """What a front takes beside a full training, and learning at once beside one after another."""
    fronts, fulls, stacked, alone = [], [], [], []
    for _ in range(repeats):
        ready = again(three, folder)
        fronts.append(sweep(ready).seconds)
        started = time.perf_counter()
        learn(three, folder)
        fulls.append(FULL_EPOCHS * (time.perf_counter() - started))
        together, apart = at_once(ready)
        stacked.append(together)
        alone.append(apart)
    yield _row("a front of 32 settings, 2 seeds", fronts, "5 epochs of full", fulls, "at most 0.05")
    yield _row("32 settings at once, an epoch", stacked, "each alone", alone, "at most 0.83")


def at_once(instrument: Instrument) -> tuple[float, float]:
    """Seconds of an epoch of settings learned at once, and of each by itself in an `Updater`."""
    settings = [instrument.lambdas(np.full(len(TRIPLE), 1 / len(TRIPLE)))] * STACKED
    config = TrainConfig()
    began = time.perf_counter()
    stack = Stack(instrument.beginning(0), settings, config)
    stack.learn(instrument.inputs, instrument.examples, 1, 0, SilentReporter())
    together = time.perf_counter() - began
    began = time.perf_counter()
    for lambdas in settings:
        _learn_alone(instrument, lambdas, config)
    return together, time.perf_counter() - began


def _learn_alone(instrument: Instrument, lambdas: Lambdas, config: TrainConfig) -> None:
    model = instrument.beginning(0).train()
    updater = Updater(model, Sum(lambdas), (), config)
    inputs, examples = instrument.inputs, instrument.examples
    rows, seen = examples.rows[TRAIN], 0
    for batch in token_batches(inputs.lengths[rows], config.batch_tokens, np.random.default_rng(0)):
        index = rows[batch]
        read = partial(inputs.read, index, wanted_units(model, examples, index))
        updater.update(read, examples, index, (seen + len(index) / 2) / len(rows))
        seen += len(index)


def _row(
    what: str, seconds: Sequence[float], against: str, others: Sequence[float], wanted: str
) -> list[str]:
    shares = [each / other for each, other in zip(seconds, others, strict=True)]
    spread = f"{statistics.median(shares):.3f} ({min(shares):.3f} to {max(shares):.3f})"
    ours, theirs = (f"{statistics.median(each):.1f} s" for each in (seconds, others))
    return [what, ours, against, theirs, spread, wanted]


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--draws", type=int, default=400, help="of validation records and seeds")
    parser.add_argument("--repeats", type=int, default=3, help="of what is timed; 0: nothing is")
    args = parser.parse_args()
    names = ", ".join(task.name for task in TASKS)
    head = ["λ", f"truth ({names})", f"held ({names})", f"difference from the first ({names})"]
    print(table(head, held(args.draws)), flush=True)
    if not args.repeats:
        return
    head = ["this", "seconds", "against", "seconds", "share", "wanted"]
    with TemporaryDirectory() as cache:
        three, _ = instrument(args.data.resolve(), Path(cache))
        print(f"\n{table(head, speed(three, Path(cache), args.repeats))}")


if __name__ == "__main__":
    main()
