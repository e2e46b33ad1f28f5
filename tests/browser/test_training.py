"""Trainings in a browser: start, leave, stop, go on, queue, finish early, compare."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import bring, button, go, nothing_failed, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING = 600_000.0  # milliseconds to wait at most


@pytest.fixture
def each() -> int:
    return 4


def test_no_training_is_lost(address: str, page: Page, files: list[Path]) -> None:
    bring(page, address, files)
    page.goto(f"{address}/train?train.patience=500")  # or it might end by itself
    settle(page)
    begin(page, "first", "top")
    stop(page)
    go_on(page)
    begin(page, "second", "frozen")
    expect(page.get_by_text("then this one starts by itself")).to_be_visible()
    finish(page, "first")
    early = page.get_by_test_id("stAlert").get_by_text("Learning was ended early, as asked")
    expect(early).to_be_visible(timeout=TRAINING)
    choose(page, "second")
    expect(page.get_by_text(re.compile("finished · asked for"))).to_be_visible(timeout=TRAINING)
    compare(page)
    again(page, "first")
    rename(page, "second", "third")
    delete(page, "third", "first")


def begin(page: Page, name: str, method: str) -> None:
    """Starts a training that would go on for long."""
    page.get_by_test_id("stRadio").get_by_text(method, exact=True).click()
    settle(page)
    if method == "top":
        page.get_by_label("Epochs at most", exact=True).fill("500")
    page.get_by_label("Name of the run", exact=True).fill(name)
    page.keyboard.press("Tab")
    settle(page)
    button(page, "Start training").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settle(page)  # while the script runs, what showed another training may still stand there
    expect(button(page, "Stop")).to_be_visible()
    nothing_failed(page)


def stop(page: Page) -> None:
    """Once an epoch is over."""
    expect(page.get_by_text(re.compile(r"\d+ of at most 500 epochs done"))).to_be_visible(
        timeout=TRAINING
    )
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile("stopped · asked for"))).to_be_visible()
    nothing_failed(page)


def go_on(page: Page) -> None:
    """The page is loaded anew in between, and the training goes on behind where it was."""
    page.reload()
    button(page, "Go on").click()
    expect(button(page, "Finish now")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ of at most 500 epochs done"))).to_be_visible()
    nothing_failed(page)


def finish(page: Page, name: str) -> None:
    choose(page, name)
    button(page, "Finish now").click()
    settle(page)
    nothing_failed(page)


def choose(page: Page, name: str) -> None:
    """A training in the sidebar."""
    page.get_by_label("Training run", exact=True).click()
    page.get_by_role("option", name=re.compile(f"^{name} ·")).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def compare(page: Page) -> None:
    """The report lays both side by side."""
    go(page, "Report")
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_text("Nothing but How much of the language model learns")).to_be_visible()
    nothing_failed(page)


def again(page: Page, name: str) -> None:
    """Its settings are in the controls at once, and in the URL."""
    go(page, "Train")
    choose(page, name)
    page.get_by_label("Epochs at most", exact=True).fill("2")
    page.keyboard.press("Tab")
    settle(page)
    button(page, "Train again with these settings").click()
    expect(page.get_by_label("Epochs at most", exact=True)).to_have_value("500")
    expect(page).to_have_url(re.compile("train.epochs=500"))
    nothing_failed(page)


def rename(page: Page, name: str, new: str) -> None:
    """The box for the name closes once it is another."""
    choose(page, name)
    button(page, "Rename").click()
    page.get_by_label("New name", exact=True).fill(new)
    button(page, "Rename it").click()
    expect(page.get_by_role("heading", name=new, exact=True)).to_be_visible()
    expect(button(page, "Rename it")).not_to_be_visible()
    nothing_failed(page)


def delete(page: Page, name: str, left: str) -> None:
    """Another training shows then, and nothing stands open that would delete it, too."""
    go(page, "Train")
    choose(page, name)
    button(page, "Delete").click()
    button(page, "Delete for good").click()
    expect(page.get_by_role("heading", name=left, exact=True)).to_be_visible()
    settle(page)
    expect(button(page, "Delete for good")).not_to_be_visible()
    nothing_failed(page)
