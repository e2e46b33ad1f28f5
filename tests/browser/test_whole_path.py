"""The whole path in a browser: bring data, train, leave and come back, report, person, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from mtrec.data.sample import generate
from pages.ui.state import TICK
from tests.browser.conftest import FLAGS, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CRITICS = ROOT.parent / "shared" / "data" / "critics"
PEOPLE, EACH = 20, 10  # critics, and reviews of each: trained on in half a minute
WAIT, TRAINING = 60_000.0, 300_000.0  # milliseconds to wait at most
PRESSES = 4  # of the back button that leave a page at the latest
HEADER, ROW = 35, 35  # pixels of a table


@pytest.fixture
def heard() -> list[str | bytes]:
    """Everything that the server says to the page."""
    return []


@pytest.fixture
def page(chromium: str, heard: list[str | bytes]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda said: heard.append(said))
        )
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        yield page
        browser.close()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Real film reviews and their films where they lie beside the project, else a sample shop."""
    if not CRITICS.is_dir():
        generate(people=PEOPLE, records=PEOPLE * EACH, purchases=PEOPLE * EACH).write(tmp_path)
        return [tmp_path / f"{name}.csv" for name in ("reviews", "products", "purchases")]
    reviews = pd.read_csv(CRITICS / "reviews.csv", dtype=str, keep_default_na=False)
    reviews = reviews[(reviews["critic"] != "") & (reviews["review"] != "")]
    busy = reviews["critic"].value_counts().index[:PEOPLE]
    chosen = reviews[reviews["critic"].isin(busy)].groupby("critic").head(EACH)
    films = pd.read_csv(CRITICS / "movies.csv", dtype=str, keep_default_na=False)
    chosen.to_csv(tmp_path / "reviews.csv", index=False)
    films[films["movie_id"].isin(chosen["movie_id"])].to_csv(tmp_path / "movies.csv", index=False)
    return [tmp_path / "reviews.csv", tmp_path / "movies.csv"]


def test_from_a_file_to_recommendations(
    address: str, page: Page, files: list[Path], heard: list[str | bytes]
) -> None:
    bring(page, address, files)
    train(page)
    stays_silent(page, heard)
    report(page)
    meet_the_person(page)
    go_back(page)
    every_page(page)


def bring(page: Page, address: str, files: list[Path]) -> None:
    """A link to a page that is opened before any other shows the whole app."""
    page.goto(f"{address}/data")
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(5)
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("What an import gives")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^\S* ?Import \S+ texts as ")).click()
    expect(page.get_by_text(re.compile("Version [0-9a-f]{12}"))).to_be_visible()
    nothing_failed(page)


def train(page: Page) -> None:
    """A quick training, the page loaded anew while it runs."""
    go(page, "Train")
    page.get_by_test_id("stRadio").get_by_text("frozen", exact=True).click()
    button(page, "Start training").click()
    expect(button(page, "Stop")).to_be_visible()
    there = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(there)
    expect(button(page, "Stop")).to_be_visible()
    expect(page.get_by_text(re.compile("running · started"))).to_be_visible()
    nothing_failed(page)
    go(page, "Report")
    expect(page.get_by_text("is not over yet")).to_be_visible()
    go(page, "Train")
    expect(page.get_by_text(re.compile("finished · started"))).to_be_visible(timeout=TRAINING)
    expect(button(page, "Stop")).to_have_count(0)
    nothing_failed(page)


def stays_silent(page: Page, heard: list[str | bytes]) -> None:
    """Once nothing runs any more, the page no longer asks."""
    page.wait_for_timeout(1000)
    heard.clear()
    page.wait_for_timeout(3000 * TICK)
    assert heard == []


def report(page: Page) -> None:
    """The first cell of the confusion matrix opens its texts, and a text leads to its writer."""
    go(page, "Report")
    page.get_by_role("tab", name="Mix-ups").click()
    expect(page.get_by_text("Which labels are taken for which")).to_be_visible()
    click_cell(table(page, "Confusion matrix"), row=0, x=0.3)
    expect(page.get_by_text(re.compile("rightly taken for"))).to_be_visible()
    click_cell(table(page, "Texts behind the clicked cell"), row=0, x=0.01)
    nothing_failed(page)
    page.get_by_role("link", name=re.compile("Open ")).click()


def meet_the_person(page: Page) -> None:
    """Profile and two lists of recommendations; the person stands in the URL."""
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    expect(page.get_by_text("After learning what they like")).to_be_visible()
    expect(page.get_by_text("everything else").first).to_be_visible()
    assert "person=" in page.evaluate("location.href")
    nothing_failed(page)


def go_back(page: Page) -> None:
    """The browser's back button leads to the very text, and forward to its writer again."""
    page.go_back()
    expect(page.get_by_text(re.compile("rightly taken for"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Open "))).to_be_visible()
    nothing_failed(page)
    page.go_forward()
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    nothing_failed(page)


def every_page(page: Page) -> None:
    """From one to the next and back to the first, by links and by the browser's button."""
    for name in ("Start", "Data", "Train", "Report", "People"):
        go(page, name)
        nothing_failed(page)
    for name in ("Report", "Train", "Data"):
        go_back_to(page, name)
        nothing_failed(page)


def go_back_to(page: Page, name: str) -> None:
    """Presses the back button until another page shows, which must be the one before.

    A page on which something is chosen has an entry of the history for each choice, and what was
    chosen on an earlier visit is chosen again.
    """
    heading = page.locator("h1")
    before = heading.inner_text()
    for _ in range(PRESSES):
        page.go_back()
        settle(page)
        if heading.inner_text() != before:
            break
    expect(heading).to_have_text(name)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").get_by_text(name, exact=True).click()
    title = "mtrec" if name == "Start" else name
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    settle(page)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def table(page: Page, name: str) -> Locator:
    """A table by its accessible name."""
    return (
        page.get_by_test_id("stDataFrame").filter(has=page.locator(f"[aria-label^='{name}']")).first
    )


def click_cell(grid: Locator, row: int, x: float) -> None:
    """Clicks a cell of a table, which is drawn on a canvas: `x` is a share of its width."""
    grid.scroll_into_view_if_needed()
    settle(grid.page)
    box = grid.bounding_box()
    assert box is not None
    grid.page.mouse.click(
        box["x"] + max(12, x * box["width"]), box["y"] + HEADER + (row + 0.5) * ROW
    )


def settle(page: Page) -> None:
    """Until the script has run."""
    page.wait_for_timeout(300)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)


def nothing_failed(page: Page) -> None:
    settle(page)
    assert page.get_by_test_id("stException").count() == 0
    alerts = page.get_by_test_id("stAlertContentError")
    assert alerts.all_inner_texts() == []
