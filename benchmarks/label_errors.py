"""How many of the labels that stand first in the list of probable errors are wrong?

    python -m benchmarks.label_errors DATA

DATA is the folder of real data sets, each with its recipe. In a seeded sample of a task's labelled
records 5 % of the labels, drawn at random, are replaced by another label of the task, any with
equal probability. All records are ranked as the page ranks them, and of the first 5 % it is counted
how many are among those replaced. Chance finds 5 %. Labels that were wrong as published count as
misses when they are found, so the share of real errors is higher than what is said here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.markdown import table
from mtrec.data.importer import read_dataset
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.reports.label_errors import PLACE, suspects
from mtrec.schema import TEXT, task_column
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType
from mtrec.training.features import Vectors, encode_texts
from mtrec.training.reporter import SilentReporter

TASKS = (
    ("snips", "intent"),
    ("tweets", "emotion"),
    ("airline", "sentiment"),
    ("critics", "verdict"),
)
MOST = 8000  # records
FLIPPED = 0.05  # of the labels, and of the ranking that is looked at
SEEDS = (0, 1, 2)
HEAD = ["data", "task", "labels", "records", "flipped", "seed by seed", "flipped in the top 5 %"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Labelled records of one task, `(N,)`, and their vectors, `(N, d)`."""

    task_type: TaskType
    labels: list[str]
    texts: list[str]
    values: pd.Series
    vectors: Vectors


def sample(data: Path, name: str, task: str, encoder: Encoder, cache: Path) -> Sample:
    """At most `MOST` labelled records of a task, always the same."""
    dataset = read_dataset(data / name / "recipe.yaml", TASK_TYPES)
    known = dataset.tasks[task]
    records = dataset.records.dropna(subset=[task_column(task)])
    if len(records) > MOST:
        records = records.sample(MOST, random_state=0)
    texts = records[TEXT].tolist()
    vectors = encode_texts(encoder, texts, cache, SilentReporter())
    values = records[task_column(task)].reset_index(drop=True)
    return Sample(TASK_TYPES[known.type], known.labels, texts, values, vectors)


def flip(values: pd.Series, labels: list[str], seed: int) -> tuple[pd.Series, NDArray[np.int64]]:
    """The labels with some of them replaced by others, and the places of those, `(F,)`."""
    rng = np.random.default_rng(seed)
    places = rng.choice(len(values), round(FLIPPED * len(values)), replace=False)
    codes = pd.Index(labels).get_indexer(pd.Index(values))
    codes[places] += rng.integers(1, len(labels), len(places))
    return pd.Series(np.array(labels, dtype=object)[codes % len(labels)], dtype="str"), places


def found(drawn: Sample, seed: int) -> float:
    """The share of flipped labels at the top of the ranking."""
    values, places = flip(drawn.values, drawn.labels, seed)
    ranking = suspects(drawn.vectors, values, drawn.labels, drawn.task_type, drawn.texts)
    return float(ranking[PLACE].head(len(places)).isin(places).mean())


def rows(data: Path, cache: Path, names: list[str]) -> Iterator[list[str]]:
    """One row per task."""
    encoder = load_encoder(EncoderConfig(method="frozen"))
    for name, task in TASKS:
        if name not in names:
            continue
        drawn = sample(data, name, task, encoder, cache)
        shares = [100 * found(drawn, seed) for seed in SEEDS]
        size = len(drawn.values)
        yield [
            name,
            task,
            str(len(drawn.labels)),
            f"{size:,}",
            f"{round(FLIPPED * size):,}",
            ", ".join(f"{share:.1f} %" for share in shares),
            f"{np.mean(shares):.1f} %",
        ]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    parser.add_argument("--cache", type=Path, help="a folder for vectors; left out, none is kept")
    known = [name for name, _ in TASKS]
    parser.add_argument("--sets", nargs="+", choices=known, default=known, help="only these")
    args = parser.parse_args()
    with TemporaryDirectory() as temporary:
        cache = args.cache or Path(temporary)
        print(table(HEAD, rows(args.data, cache, args.sets)))


if __name__ == "__main__":
    main()
