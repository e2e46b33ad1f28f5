"""A search in a browser: begun, reloaded, stopped, gone on with, and its best sent to Train."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import bring, button, go, nothing_failed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINED = 480_000.0  # milliseconds that a trial may take


@pytest.fixture
def each() -> int:
    return 4


def test_a_search_outlives_a_reload_and_a_stop(address: str, page: Page, files: list[Path]) -> None:
    bring(page, address, files)
    go(page, "Search")
    page.get_by_role("textbox", name="Name of the search").fill("mine")
    page.get_by_role("textbox", name="Name of the search").press("Enter")
    button(page, "Begin to search").click()
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    expect(page.get_by_text("0 of 20 trials done")).to_be_visible()

    page.reload()
    expect(page.get_by_text("The best so far")).to_be_visible(timeout=TRAINED)
    button(page, "Stop").click()
    stopped = page.get_by_text("trials done · begun")
    expect(stopped).to_be_visible(timeout=TRAINED)
    more = int(stopped.inner_text().split()[0]) + 1  # one may have ended before the stop came
    nothing_failed(page)

    trials = page.get_by_label("Trials in all").and_(page.locator("input"))
    trials.fill(str(more))
    trials.press("Enter")
    button(page, "Go on").click()
    expect(page.get_by_text(f"{more} of {more} trials done · begun")).to_be_visible(timeout=TRAINED)
    nothing_failed(page)

    page.get_by_role("link", name="Train with it").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"encoder\.method=frozen"))
    nothing_failed(page)
