"""Which quick way of trying settings of λ shows what whole trainings of the same layers come to?

    python -m benchmarks.quicker DATA

DATA is the folder of real data sets, each with its recipe. Of each set a few settings are learned
above MiniLM at rest, as long as a training of the layers takes, and in quicker ways: as the page
Trade-offs tries them, by fewer or larger steps, at the rates of a training, and going on from where
equal weights came. Prints, over the settings, how far the figures on validation lie apart (their
standard deviation), how far they are from those of the whole trainings (the mean distance), and how
alike they stand in order (Spearman's rank correlation), each the mean over tasks.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.markdown import table
from benchmarks.tradeoffs import again, instrument
from benchmarks.trained import recipe
from mtrec.data.importer import read_dataset
from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import VAL
from mtrec.tasks import TASK_TYPES
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.outcomes import TaskJudge
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.stacked import Stack
from mtrec.training.config import TrainConfig
from mtrec.training.inputs import VECTOR_TOKENS
from mtrec.training.reporter import SilentReporter
from mtrec.wording import many

Figures = NDArray[np.float64]

SETS = ("critics", "tweets", "shop")
SETTINGS, SEEDS = 12, 3
WHOLE = "as long as a training takes"


def opened(name: str, data: Path, cache: Path) -> Instrument:
    """What tries settings on a set; of the critics a sample, with three tasks."""
    if name == "critics":
        return instrument(data, cache)[1]
    return again(read_dataset(recipe(name, data), TASK_TYPES), cache)


def measured(ready: Instrument) -> Iterator[list[str]]:
    """Of each way of learning the settings: seconds, and what comes of it."""
    settings = [ready.lambdas(shares) for shares in spread(len(ready.steering), SETTINGS)]
    judge = TaskJudge(ready.specs, ready.inputs, ready.examples, ready.examples.rows[VAL])
    values: dict[str, list[Figures]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)

    def learn(
        name: str, config: TrainConfig, epochs: int, seed: int, begun: MultiTaskModel | None = None
    ) -> Stack:
        started = time.perf_counter()
        stack = Stack(begun or ready.beginning(seed), settings, config)
        stack.learn(ready.inputs, ready.examples, epochs, seed, SilentReporter())
        seconds[name].append(time.perf_counter() - started)
        values[name].append(judge.score(stack).values)
        return stack

    as_set, epochs = TrainConfig(), ready.trials.epochs
    tried = ready.trials.config(epochs)
    whole = as_set.epochs_for("frozen")
    ways = {
        "with smaller steps": (_stepping(tried, as_set.batch_tokens), epochs),
        "with steps twice as large": (_stepping(tried, 2 * tried.batch_tokens), epochs),
        "once less": (ready.trials.config(epochs - 1), epochs - 1),
        "twice more": (ready.trials.config(epochs + 2), epochs + 2),
        "at a training's rate": (_stepping(ready.trials.config(whole), tried.batch_tokens), epochs),
    }
    for seed in range(SEEDS):
        learn(WHOLE, as_set, whole, SEEDS + seed)
        learn("the same with other seeds", as_set, whole, seed)
        stack = learn(f"as tried: {many(epochs, 'epoch')}, {_told(tried)}", tried, epochs, seed)
        for name, (config, times) in ways.items():
            learn(f"{name}: {many(times, 'epoch')}, {_told(config)}", config, times, seed)
        learn("1 epoch on from equal weights", tried, 1, seed, stack.one(0))
    against = np.mean(values[WHOLE], axis=0)
    for name, each in values.items():
        found = np.mean(each, axis=0)
        alike = [float(spearmanr(*pair)[0]) for pair in zip(found.T, against.T, strict=True)]
        yield [
            name,
            f"{np.median(seconds[name]):.1f}",
            f"{found.std(axis=0).mean():.3f}",
            f"{np.abs(found - against).mean():.3f}",
            f"{np.mean(alike):.2f}",
        ]


def _stepping(config: TrainConfig, tokens: int) -> TrainConfig:
    """The same in steps of another size, at a rate in proportion."""
    rate = config.head_learning_rate * tokens / config.batch_tokens
    return config.model_copy(update={"batch_tokens": tokens, "head_learning_rate": rate})


def _told(config: TrainConfig) -> str:
    texts = config.batch_tokens // VECTOR_TOKENS
    faster = config.head_learning_rate / TrainConfig().head_learning_rate
    return f"{texts:,} texts a step, rate × {faster:.1f}"


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("sets", nargs="*", default=SETS, help="of which, all by default")
    args = parser.parse_args()
    head = ["data", "each setting learned", "seconds", "spread", "distance", "rank correlation"]
    with TemporaryDirectory() as cache:
        rows = [
            [name, *row]
            for name in args.sets
            for row in measured(opened(name, args.data.resolve(), Path(cache)))
        ]
    print(table(head, rows))


if __name__ == "__main__":
    main()
