"""The whole path in a browser: bring data, train, leave and come back, report, person, lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pages.ui.state import TICK
from tests.browser.driving import bring, button, click_cell, go, nothing_failed, settle, table

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING = 600_000.0  # milliseconds to wait at most
PRESSES = 12  # of the back button that leave a page at the latest


@pytest.fixture
def by_command() -> bool:
    return True


def test_from_a_file_to_recommendations(
    address: str, page: Page, files: list[Path], heard: list[str | bytes], asked: list[str]
) -> None:
    bring(page, address, files)
    train(page)
    stays_silent(page, heard)
    report(page)
    meet_the_person(page)
    go_back(page)
    every_page(page)
    nothing_leaves(page, address, asked)


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
    expect(page.get_by_text(re.compile("finished · asked for"))).to_be_visible(timeout=TRAINING)
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
    expect(page.get_by_text("parts of an item's score")).to_be_visible()
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
    for name in ("Start", "Data", "Train", "Report", "People", "Recommendations"):
        go(page, name)
        nothing_failed(page)
    for name in ("People", "Report", "Train", "Data"):
        go_back_to(page, name)
        nothing_failed(page)


def go_back_to(page: Page, name: str) -> None:
    """Presses the back button until the address is another page's, which must be the one before.

    A page on which something is chosen has an entry of the history for each choice, and what was
    chosen on an earlier visit is chosen again; how many entries that gives hangs on how fast the
    server answers. The address changes at once, the heading only when the page's script has begun.
    """
    before = page.evaluate("location.pathname")
    for _ in range(PRESSES):
        page.go_back()
        settle(page)
        if page.evaluate("location.pathname") != before:
            break
    expect(page.locator("h1")).to_have_text(name)


def nothing_leaves(page: Page, address: str, asked: list[str]) -> None:
    """No page asks any other server for anything, its icon included, which browsers load apart."""
    icon = page.locator("link[rel~=icon]").evaluate_all("all => all.map(each => each.href)")
    own = (address, "data:", "blob:", "about:")
    assert icon and [each for each in (*asked, *icon) if not each.startswith(own)] == []
