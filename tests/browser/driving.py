"""What a visitor does on the pages, and what must not happen there."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

HEADER, ROW = 35, 35  # pixels of a table


def bring(page: Page, address: str, files: list[Path]) -> None:
    """A link to a page that is opened before any other shows the whole app."""
    page.goto(f"{address}/data")
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(8)
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("What an import gives")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^\S* ?Import \S+ texts as ")).click()
    expect(page.get_by_text(re.compile("Version [0-9a-f]{12}"))).to_be_visible()
    nothing_failed(page)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").get_by_text(name, exact=True).click()
    title = "mtrec" if name == "Start" else name
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
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
