"""Weights in a browser: moved, pinned, clicked in the picture of all settings, sent to Train."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CRITICS
from tests.browser.driving import bring, button, click_cell, go, nothing_failed, settle, table

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEIGHT = "Weight λ of "
MADE = 480_000.0  # milliseconds that reading and trying may take


@pytest.fixture
def files(files: list[Path], tmp_path: Path) -> list[Path]:
    """With two tasks at least: the reviews of the sample shop have one, its messages two more."""
    return files if CRITICS.is_dir() else [*files, tmp_path / "messages.csv"]


def weight(page: Page, task: str) -> str:
    """Which λ of a task the page's address asks for; 1 leaves no trace there."""
    found = re.search(rf"tasks\.{task}\.lambda=([\d.]+)", page.url)
    return found.group(1) if found else "1"


def test_from_a_moved_weight_to_a_training(address: str, page: Page, files: list[Path]) -> None:
    bring(page, address, files)
    go(page, "Trade-offs")
    button(page, "Get ready").click()
    pinned = page.get_by_text("This is the pinned setting")
    expect(pinned).to_be_visible(timeout=MADE)
    weights = page.get_by_role("slider", name=WEIGHT)
    expect(weights.first).to_be_visible()  # a browser loads what draws sliders when it needs it
    tasks = [str(each.get_attribute("aria-label")).removeprefix(WEIGHT) for each in weights.all()]
    first, second, *_ = tasks

    weights.first.press("ArrowLeft")
    expect(page.get_by_text("against the pinned setting")).to_be_visible(timeout=MADE)
    assert weight(page, first) == "0.5"
    button(page, "Pin this setting").click()
    expect(pinned).to_be_visible(timeout=MADE)

    button(page, "Try them").click()
    expect(page.get_by_text("Click one")).to_be_visible(timeout=MADE)
    settle(page)
    point = page.locator(".scatterlayer path.point").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).not_to_have_url(re.compile(rf"{first}\.lambda=0\.5(&|$)"), timeout=MADE)
    settle(page)

    settings = table(page, "Settings of the weights")
    click_cell(settings, 2, 0.0)  # the second task alone
    expect(page).to_have_url(re.compile(rf"{first}\.lambda=0(\.0)?(&|$)"), timeout=MADE)
    expect(page).to_have_url(re.compile(rf"{second}\.lambda={len(tasks)}(\.0)?(&|$)"), timeout=MADE)
    nothing_failed(page)

    page.get_by_role("slider", name=" at least").first.press("End")  # where settings differ
    expect(page.get_by_text("left out", exact=True)).to_be_visible(timeout=MADE)

    page.get_by_role("link", name="Train with it").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    settle(page)
    assert (float(weight(page, first)), float(weight(page, second))) == (0, len(tasks))
    nothing_failed(page)
