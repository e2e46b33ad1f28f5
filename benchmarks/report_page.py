"""How long does the Report page take to open, to answer a click, and to show another side?

    python -m benchmarks.report_page WORKSPACE

Starts the dashboard over a workspace and drives Chromium at the newest finished run of each
dataset. Seconds from the click, or from asking for the page, until its last element stands and
nothing is computed any more: once as the first visit after the server's start, then the median of
repeated visits; where a text has several labels, a move of a label's threshold as well. The work is
done for people, so what counts is seconds and not a ratio; they depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect, sync_playwright

from benchmarks.markdown import table
from mtrec.reports.classification import load_reports
from mtrec.runs.store import FINISHED, RunInfo, RunStore
from mtrec.schema import TEST
from mtrec.workspace import Workspace
from pages.ui.state import run_label

ROOT = Path(__file__).parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
DASHBOARD = (sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true")
REPEATS = 3
MOST_ROWS = 10  # of a matrix that are tried
PATIENCE = 120_000  # milliseconds
RUNNING = "[data-test-script-state=running]"
HEADER, ROW = 35, 35  # pixels of a table
# Notes when what is computed begins and ends, which may be sooner than one could look.
WATCH = """() => {
    window.turned = null;
    const app = document.querySelector("[data-test-script-state]");
    const note = () => { window.turned = performance.now(); };
    new MutationObserver(note).observe(app, {attributeFilter: ["data-test-script-state"]});
    return performance.now();
}"""
MIXUPS, LABELS = "Mix-ups", "Labels"
OTHERS = (LABELS, "Overview", "Sureness", "Weak spots", "Compare", "Lists")


@contextmanager
def dashboard(workspace: Path) -> Iterator[str]:
    """The address of a fresh server over a workspace."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*DASHBOARD, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "MTREC_WORKSPACE": str(workspace)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def chromium() -> Iterator[Page]:
    """A page of a browser as large as a laptop's screen."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


class Visitor:
    """Somebody who looks at the report of one run."""

    def __init__(self, page: Page, address: str, run: RunInfo, task: str) -> None:
        self.page = page
        self._address = address
        self._choices = {"dataset": run.dataset, "run": run_label(run), "task": task}

    def open(self, tab: str) -> float:
        """Seconds until the page stands with one side of the report open."""
        self.page.goto("about:blank")
        link = f"{self._address}/report?{urlencode({**self._choices, 'tab': tab})}"
        return timed(self.page, lambda: self.page.goto(link), self._tab(tab))

    def show(self, tab: str) -> float:
        """Seconds until another side of the report stands."""
        return answered(self.page, self._tab(tab).click, self._tab(tab))

    def click_cells(self) -> list[float]:
        """Seconds until the texts behind a cell stand, of up to `REPEATS` cells that have some."""
        clicks = (self._click_cell(row) for row in range(MOST_ROWS))
        return list(islice((seconds for seconds in clicks if seconds is not None), REPEATS))

    def _click_cell(self, row: int) -> float | None:
        """Seconds until the texts behind a cell of one column stand; None where there are none."""
        matrix = self.page.get_by_test_id("stDataFrame").filter(
            has=self.page.locator("[aria-label^='Confusion matrix']")
        )
        matrix.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        box = matrix.bounding_box()
        if box is None:
            raise RuntimeError("the matrix is not on the page")
        if HEADER + (row + 1) * ROW > box["height"]:
            return None
        x, y = box["x"] + 0.6 * box["width"], box["y"] + HEADER + (row + 0.5) * ROW
        told = self.page.get_by_text(
            re.compile("the surest answers first|No text stands in this cell")
        )
        seconds = answered(self.page, lambda: self.page.mouse.click(x, y), told)
        return None if told.first.inner_text().startswith("No text") else seconds

    def move_thresholds(self) -> list[float]:
        """Seconds until what a moved threshold changes stands; none where no answer has one."""
        thumb = self.page.get_by_test_id("stSlider").get_by_role("slider")
        if not thumb.count():
            return []
        thumb.scroll_into_view_if_needed()
        move = partial(thumb.press, "ArrowRight")
        return [answered(self.page, move, thumb) for _ in range(REPEATS)]

    def _tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name, exact=True, selected=True).or_(
            self.page.get_by_role("tab", name=name, exact=True)
        )


def timed(page: Page, act: Callable[[], object], stands: Locator) -> float:
    """Seconds from asking for a page until something stands and nothing is computed any more."""
    start = time.perf_counter()
    act()
    expect(stands.first).to_be_visible(timeout=PATIENCE)
    while True:
        _rest(page)
        ended = time.perf_counter()
        page.wait_for_timeout(300)  # whether another computation follows at once
        if not page.locator(RUNNING).count():
            return ended - start


def answered(page: Page, act: Callable[[], object], stands: Locator) -> float:
    """Seconds from an act on a page until all that it computes is over, and something stands."""
    began = page.evaluate(WATCH)
    act()
    page.wait_for_function("window.turned !== null", timeout=PATIENCE)
    while True:
        _rest(page)
        expect(stands.first).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(300)
        if not page.locator(RUNNING).count():
            return float(page.evaluate("window.turned") - began) / 1000


def _rest(page: Page) -> None:
    """Waits until nothing is computed."""
    expect(page.locator(RUNNING)).to_have_count(0, timeout=PATIENCE)


def measured(visitor: Visitor, first: float) -> list[str]:
    """The times of one report as cells of a table."""
    opened = statistics.median(visitor.open(MIXUPS) for _ in range(REPEATS))
    clicked = statistics.median(visitor.click_cells())
    shown = [visitor.show(tab) for tab in OTHERS]
    again = [visitor.show(tab) for tab in OTHERS]
    visitor.show(LABELS)
    moved = visitor.move_thresholds()
    seconds = [f"{each:.1f}" for each in (first, opened, clicked, max(shown), max(again))]
    return [*seconds, f"{statistics.median(moved):.1f}" if moved else "none"]


def rows(workspace: Path, page: Page) -> Iterator[list[str]]:
    """Per dataset its newest finished run, by a server of its own."""
    store = RunStore(Workspace(workspace))
    newest = {run.dataset: run for run in reversed(store.list()) if run.status == FINISHED}
    for run in newest.values():
        reports = load_reports(store.fetch(run.run), TEST)
        task = max(reports, key=lambda name: len(reports[name]["labels"]))
        with dashboard(workspace) as address:
            visitor = Visitor(page, address, run, task)
            start = [run.dataset, task, str(len(reports[task]["labels"]))]
            yield [
                *start,
                f"{reports[task]['support']:,}",
                *measured(visitor, visitor.open(MIXUPS)),
            ]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path, help="a workspace with finished runs")
    args = parser.parse_args()
    with chromium() as page:
        names = ["data", "task", "labels", "test records"]
        names += ["first visit", "page", "click", "slowest side", "again", "threshold"]
        print(table(names, rows(args.workspace.resolve(), page)))


if __name__ == "__main__":
    main()
