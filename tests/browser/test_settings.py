"""Settings in a browser: what is set stands in the URL, whichever controls come and go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import bring, go, nothing_failed, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def unfold(page: Page) -> None:
    """Opens the folded settings, which takes a moment."""
    page.get_by_text("All other settings", exact=True).click()
    settle(page)


def test_a_control_before_which_another_came_still_stands_in_the_url(
    address: str, page: Page, files: list[Path]
) -> None:
    bring(page, address, files)
    go(page, "Train")
    unfold(page)
    for name, setting in (("Damaged words", "words"), ("Mixed texts (mixup)", "mixup")):
        page.get_by_text(name, exact=True).click()
        settle(page)
        expect(page).to_have_url(re.compile(f"train.augment.{setting}=true"))
    page.reload()
    unfold(page)
    expect(page.get_by_label("Evenness of the mixtures", exact=True)).to_be_visible()
    nothing_failed(page)
