"""How long does the page Trade-offs take to answer a moved weight?

    python -m benchmarks.tradeoffs_page DATA

DATA is the folder of real data sets. Starts the dashboard over a workspace of its own with the
critics' reviews and three tasks (verdict, stars, the film's first genre), once a sample of 10,000
texts to learn from, once all there are, of which the page takes a sample. Drives Chromium: seconds
from the key that moves a slider to a setting that was not tried before, until every card stands
and nothing is computed any more. What counts is seconds, which depend on the machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml
from playwright.sync_api import Page, expect

from benchmarks.markdown import table
from benchmarks.report_page import PATIENCE, chromium, dashboard
from benchmarks.training import with_genres
from mtrec.data.importer import read_dataset
from mtrec.data.storing import store_dataset
from mtrec.schema import SPLIT, TRAIN
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace

LEARNED = 10_000  # training texts of the sample
MOVES = 12  # down from equal weights, and as many up
READY = 15 * PATIENCE  # milliseconds that reading all texts may take
CARDS = "[data-testid=stMetric]"
RUNNING = "[data-test-script-state=running]"
NOW = f"[...document.querySelectorAll('{CARDS}')].map(each => each.innerText).join()"
ANSWERED = f"before => !document.querySelector('{RUNNING}') && {NOW} !== before"
LOOK = 20  # milliseconds between two looks


def stored(workspace: Workspace, data: Path, name: str, learned: int | None) -> int:
    """Imports the reviews, so many of them that as many are learned from; gives how many are."""
    with TemporaryDirectory() as scratch:
        folder = with_genres(data, Path(scratch)) / "critics"
        recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
        (folder / "recipe.yaml").write_text(yaml.safe_dump({**recipe, "name": name}))
        found = read_dataset(folder / "recipe.yaml", TASK_TYPES)
        every = int((found.records[SPLIT] == TRAIN).sum())
        if learned is not None:
            reviews = pd.read_csv(folder / "reviews.csv", dtype=str)
            reviews.sample(frac=learned / every, random_state=0).sort_index().to_csv(
                folder / "reviews.csv", index=False
            )
            found = read_dataset(folder / "recipe.yaml", TASK_TYPES)
        store_dataset(found, workspace)
        return int((found.records[SPLIT] == TRAIN).sum())


def moves(page: Page, address: str, name: str) -> Iterator[float]:
    """Seconds of each move."""
    page.goto(f"{address}/tradeoffs?dataset={name}")
    page.get_by_role("button", name="Get ready", exact=True).click()
    expect(page.get_by_text("This is the pinned setting")).to_be_visible(timeout=READY)
    sliders = page.get_by_role("slider", name="Weight λ of ")
    expect(sliders.first).to_be_visible(timeout=PATIENCE)
    running = page.locator(RUNNING)
    expect(running).to_have_count(0, timeout=PATIENCE)
    count = sliders.count()
    for key in ("ArrowLeft", "ArrowRight"):
        page.get_by_role("button", name="All alike", exact=True).click()
        page.wait_for_timeout(2000)
        expect(running).to_have_count(0, timeout=PATIENCE)
        for move in range(MOVES):  # round by round every slider goes a step on
            before = page.evaluate(NOW)
            start = time.perf_counter()
            sliders.nth(move % count).press(key)
            page.wait_for_function(ANSWERED, arg=before, timeout=PATIENCE, polling=LOOK)
            yield time.perf_counter() - start
            page.wait_for_timeout(500)


def rows(data: Path, page: Page) -> Iterator[list[str]]:
    """The times by set."""
    with TemporaryDirectory() as root:
        workspace = Workspace(Path(root))
        for name, learned in (("sample", LEARNED), ("critics", None)):
            there = stored(workspace, data, name, learned)
            with dashboard(workspace.root) as address:
                seconds = [*moves(page, address, name)]
            median, most = statistics.median(seconds), float(np.quantile(seconds, 0.95))
            yield [f"{there:,}", str(len(seconds)), f"{median:.2f}", f"{most:.2f}"]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder of real data sets")
    args = parser.parse_args()
    with chromium() as page:
        names = ["training texts", "moves", "median seconds", "95 % within"]
        print(table(names, rows(args.data.resolve(), page)))


if __name__ == "__main__":
    main()
