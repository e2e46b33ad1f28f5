"""On a screen as narrow as a small laptop's everything can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.driving import bring, button, nothing_failed, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MEASURING = 400_000.0  # milliseconds to wait at most; on one slow core it takes half a minute


@pytest.fixture
def each() -> int:
    return 3  # few texts are measured quickly; many epochs make the words for the time long


def test_costs_are_not_cut(address: str, page: Page, files: list[Path]) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    bring(page, address, files)
    page.goto(f"{address}/train?train.epochs=500")
    settle(page)
    button(page, "Measure what each would take").click()
    expect(button(page, "Stop")).to_be_enabled()
    expect(button(page, "Measure again")).to_be_visible(timeout=MEASURING)
    nothing_failed(page)
    cells = page.get_by_test_id("stTable")
    expect(cells.get_by_role("row").nth(1)).to_be_visible()
    assert hidden(cells) <= 0


def hidden(place: Locator) -> float:
    """By how many pixels a table reaches out of the place that it has."""
    return float(
        place.evaluate("""
            place => Math.max(...[...place.querySelectorAll('*')]
                .map(each => each.getBoundingClientRect().right))
                - place.getBoundingClientRect().right
        """)
    )
