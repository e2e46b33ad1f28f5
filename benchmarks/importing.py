"""How long does an import take, and how much memory, against reading the same file with pandas?

    python -m benchmarks.importing --records 1000000

Makes a file of records (a text of 25 words, user, item, time, five columns of labels), then, in
processes of their own and in turn, reads it with `pandas.read_csv` as it comes (whose engine reads
a plain file in pieces, on every core), reads it with `dtype=str` (in one piece, on one core), does
what no import can do without (Arrow reads the file, writes it as Parquet, and it is hashed), and
imports it: reads, checks, splits and stores it, with the five labels as tasks. Prints medians, the
ratios of the times, and the peak of the import's memory against the size of the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
WORDS = 25
LABELS = {"sentiment": 3, "intent": 12, "topic": 40, "urgent": 2, "stars": 5}
RECIPE = """
name: million
records:
  - file: records.csv
    text: text
    user: user
    item: item
    time: time
    tasks:
      sentiment: {label: sentiment}
      intent: {label: intent}
      topic: {label: topic}
      urgent: {label: urgent}
      stars: {label: stars}
"""


def make(folder: Path, records: int) -> Path:
    """Writes the file and its recipe."""
    rng = np.random.default_rng(0)
    vocabulary = np.array([f"word{number}" for number in range(20_000)], dtype=object)
    ranks = rng.zipf(1.3, size=(records, WORDS)) % len(vocabulary)
    columns: dict[str, object] = {
        "text": [" ".join(row) for row in vocabulary[ranks]],
        "user": np.char.add("u", rng.integers(0, records // 20 + 1, records).astype(str)),
        "item": np.char.add("i", rng.integers(0, records // 50 + 1, records).astype(str)),
        "time": pd.to_datetime(
            rng.integers(1_600_000_000, 1_700_000_000, records), unit="s"
        ).strftime("%Y-%m-%d %H:%M:%S"),
    }
    for name, size in LABELS.items():
        numbers = rng.integers(1, size + 1, records).astype(str)
        columns[name] = np.char.add("" if name == "stars" else name, numbers)
    path = folder / "records.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return path


def read(folder: Path) -> None:
    """pandas with its default engine."""
    pd.read_csv(folder / "records.csv")


def parse(folder: Path) -> None:
    """All cells as strings, which is how an import needs them: pandas reads those in one piece."""
    pd.read_csv(folder / "records.csv", dtype=str)


def floor(folder: Path) -> None:
    """Reading, writing and hashing alone."""
    from pyarrow import csv, parquet

    options = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(folder / "records.csv", parse_options=options)
    parquet.write_table(table, folder / "floor.parquet", compression="zstd")
    with (folder / "records.csv").open("rb") as content:
        hashlib.file_digest(content, "sha256")


def load(folder: Path) -> None:
    """The import, as the command does it."""
    from mtrec.data.importer import read_dataset
    from mtrec.data.storing import store_dataset
    from mtrec.models.reading import check_reading
    from mtrec.tasks import TASK_TYPES
    from mtrec.workspace import Workspace

    with TemporaryDirectory(dir=folder) as workspace:
        dataset = read_dataset(folder / "recipe.yaml", TASK_TYPES, check_reading)
        store_dataset(dataset, Workspace(Path(workspace)))


WORK = {"pandas": read, "pandas, dtype=str": parse, "floor": floor, "import": load}


def measured(work: str, folder: Path) -> dict[str, float]:
    """Seconds and peak bytes of one piece of work in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.importing", "--work", work, "--folder", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    value: dict[str, float] = json.loads(done.stdout)
    return value


def work(name: str, folder: Path) -> None:
    """Does one piece of work and prints what it took, imports of modules left out."""
    import mtrec.data.importer
    import mtrec.models.reading  # noqa: F401

    before = peak_memory()
    started = time.perf_counter()
    WORK[name](folder)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": peak_memory() - before}))


def peak_memory() -> int:
    """The most bytes this process ever held; what Linux tells of it outlives no exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="An import against pandas.read_csv.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", choices=list(WORK), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.folder)
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        size = make(folder, options.records).stat().st_size
        runs = [{each: measured(each, folder) for each in WORK} for _ in range(options.repeats)]
    print(f"{options.records:,} records, {size / 1e6:,.0f} MB, median of {options.repeats}\n")
    medians = {
        each: {
            key: statistics.median(run[each][key] for run in runs) for key in ("seconds", "peak")
        }
        for each in WORK
    }
    for each, took in medians.items():
        print(f"{each:18} {took['seconds']:7.1f} s  peak {took['peak'] / 1e6:,.0f} MB")
    print()
    for each in list(WORK)[:-1]:
        ratio = medians["import"]["seconds"] / medians[each]["seconds"]
        print(f"import / {each}: {ratio:.1f}")
    print(f"peak memory of the import / file: {medians['import']['peak'] / size:.1f}")


if __name__ == "__main__":
    main()
