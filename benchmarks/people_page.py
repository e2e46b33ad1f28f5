"""How long does a person's page take to open, to show somebody else, and to answer a what-if?

    python -m benchmarks.people_page WORKSPACE

Starts the dashboard over a workspace and drives Chromium at the newest finished run of each dataset
that has recommendations. Seconds from the click, or from asking for the page, until its last
element stands and nothing is computed any more: the first visit after the server's start, then
medians of repeated ones. The work is done for people, so what counts is seconds and not a ratio;
they depend on the machine.
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page

from benchmarks.markdown import table
from benchmarks.report_page import answered, chromium, dashboard, timed
from mtrec.recommend.people import People
from mtrec.recommend.stored import FOLDER
from mtrec.runs.store import FINISHED, RunInfo, RunStore
from mtrec.workspace import Workspace
from pages.ui.state import PROFILE, run_label

REPEATS = 5
OTHERS = ("Texts and acts", "What if?", "Find people", "Groups and map")
WRITTEN = "I would like more of the same, only calmer."
TOLD = re.compile(r"came in, \d+ dropped out|The same things, if in another order")


class Visitor:
    """Somebody who looks at the people of one run."""

    def __init__(self, page: Page, address: str, run: RunInfo) -> None:
        self.page = page
        self._address = address
        self._choices = {"dataset": run.dataset, "run": run_label(run)}
        self._profile = page.get_by_text("Where the profile comes from")

    def open(self) -> float:
        """Seconds until somebody's profile and list stand, the page opened anew."""
        self.page.goto("about:blank")
        link = f"{self._address}/people?{urlencode({**self._choices, 'look': PROFILE})}"
        return timed(self.page, lambda: self.page.goto(link), self._profile)

    def somebody_else(self) -> float:
        """Seconds until another person's stand."""
        button = self.page.get_by_role("button", name="Someone else")
        return answered(self.page, button.click, self._profile)

    def show(self, look: str) -> float:
        """Seconds until another side of the page stands."""
        tab = self.page.get_by_role("tab", name=look, exact=True)
        return answered(self.page, tab.click, tab)

    def without_a_source(self) -> float:
        """Seconds until the list without one more source stands."""
        sources = self.page.get_by_role("combobox", name=re.compile("Without these sources"))
        sources.click()
        option = self.page.get_by_role("option").first
        seconds = answered(self.page, option.click, self.page.get_by_text(TOLD))
        self.page.keyboard.press("Escape")  # while choices are offered, all else is out of reach
        return seconds

    def with_a_text(self) -> float:
        """Seconds until the list with a text that they might have written stands."""
        text = self.page.get_by_role("textbox", name="And if they had also written")
        text.fill(WRITTEN)
        leave = self.page.keyboard.press
        return answered(self.page, lambda: leave("Tab"), self.page.get_by_text(TOLD))


def measured(visitor: Visitor) -> list[str]:
    """The times of one run's people as cells of a table."""
    first = visitor.open()
    opened = statistics.median(visitor.open() for _ in range(REPEATS))
    others = statistics.median(visitor.somebody_else() for _ in range(REPEATS))
    visitor.show("What if?")
    reading = visitor.with_a_text()
    without = visitor.without_a_source()
    found = [visitor.show(look) for look in OTHERS]
    again = [visitor.show(look) for look in OTHERS]
    seconds = (first, opened, others, without, reading, max(found), max(again))
    return [f"{each:.1f}" for each in seconds]


def rows(workspace: Path, page: Page) -> Iterator[list[str]]:
    """Per dataset its newest finished run with recommendations, by a server of its own."""
    store = RunStore(Workspace(workspace))
    newest = {run.dataset: run for run in reversed(store.list()) if run.status == FINISHED}
    for run in newest.values():
        folder = store.fetch(run.run) / FOLDER
        if folder.is_dir():
            people = People(folder)
            with dashboard(workspace) as address:
                start = [run.dataset, f"{len(people.users):,}", f"{len(people.titles):,}"]
                yield [*start, *measured(Visitor(page, address, run))]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path, help="a workspace with finished runs")
    args = parser.parse_args()
    with chromium() as page:
        names = ["data", "people", "items", "first visit", "page", "somebody else", "what-if"]
        names += ["what-if with a text", "slowest side", "again"]
        print(table(names, rows(args.workspace.resolve(), page)))


if __name__ == "__main__":
    main()
