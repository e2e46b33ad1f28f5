"""Presentation mode in a browser: nothing on any page names a person or holds a word they wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import click_cell, go, nothing_failed, settle, table
from tests.marking import ID, marked_files, marks

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABS = ("Labels", "Sureness", "Weak spots", "Doubts", "Compare", "Try it", "Lists")
CHARTS = """() => JSON.stringify([...document.querySelectorAll('.js-plotly-plot')]
  .map(each => [each.data, each.layout]))"""
Heard = list[str | bytes]


@pytest.fixture
def recipe(address: str, marked_workspace: Path, tmp_path: Path) -> Path:
    """Data whose ids and texts are told from all else, and two trainings on it."""
    shutil.copytree(marked_workspace, tmp_path / "workspace", dirs_exist_ok=True)
    (tmp_path / "marked").mkdir()
    return marked_files(tmp_path / "marked")


def test_nothing_is_told(address: str, page: Page, heard: Heard, recipe: Path) -> None:
    page.goto(f"{address}/people")
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(ID)).first).to_be_visible()
    assert marks(*seen(page)) and f"person={ID}" not in page.url
    page.get_by_role("button", name="Someone else").click()
    expect(page).to_have_url(re.compile(f"person={ID}"))
    settle(page)

    heard.clear()
    present(page)
    expect(page).to_have_url(re.compile(r"person=Person"))
    name = page.evaluate("new URL(location).searchParams.get('person')")
    nothing_told(page, heard)
    person(page, heard)
    go_back(page, heard)
    report(page, heard)
    recommendations(page, heard)
    people(page, heard)
    every_page(page, heard)
    bring(page, heard, recipe)
    again(page, heard, address, name)

    present(page)
    expect(page.get_by_role("link", name=re.compile(ID)).first).to_be_visible()
    assert marks(page.content()) and f"person={ID}" in page.url


def seen(page: Page) -> list[str]:
    """All that stands on the page and in its address, also in its charts and tables."""
    return [page.content(), page.url, page.title(), page.evaluate(CHARTS)]


def nothing_told(page: Page, heard: Heard) -> None:
    """Nothing on the page, and nothing that was sent to it since this was last looked at."""
    nothing_failed(page)
    assert marks(*seen(page)) == set()
    told = heard.copy()
    heard.clear()
    assert marks(*told) == set()


def present(page: Page) -> None:
    """Uses the switch."""
    page.get_by_test_id("stSidebar").get_by_text("Presentation", exact=True).click()
    settle(page)


def person(page: Page, heard: Heard) -> None:
    """Another person, somebody near them, everything they wrote, as a page and as a file."""
    page.get_by_role("link", name=re.compile(r"Person \d+")).first.click()
    settle(page)
    nothing_told(page, heard)
    page.get_by_role("tab", name="Texts and acts").click()
    with saved(page) as content:
        page.get_by_role("button", name="Download as CSV").first.click()
    assert "•" in content[0] and marks(*content) == set()
    page.get_by_role("tab", name=re.compile("Their .* act")).click()
    nothing_told(page, heard)
    page.get_by_role("combobox", name=re.compile("^Person")).click()
    nothing_told(page, heard)
    page.keyboard.press("Escape")


def go_back(page: Page, heard: Heard) -> None:
    """What the browser's history holds of before the switch leads to nothing else."""
    here = page.url
    for _ in range(3):
        page.go_back()
        settle(page)
        nothing_told(page, heard)
    page.goto(here)


def recommendations(page: Page, heard: Heard) -> None:
    """Every side of the page Recommendations."""
    go(page, "Recommendations")
    for side in ("Compare", "One person", "What is shown", "What it rests on", "Rules"):
        page.get_by_role("tab", name=side, exact=True).click()
        nothing_told(page, heard)


def report(page: Page, heard: Heard) -> None:
    """Every side of the report; texts behind a cell, why the model answers so, texts alike."""
    go(page, "Report")
    for tab in TABS:
        page.get_by_role("tab", name=tab, exact=True).click()
        settle(page)
        if tab == "Doubts":
            page.get_by_role("button", name="Look for them").click()
            expect(table(page, "Labels of")).to_be_visible()
        if tab == "Compare":
            click_cell(table(page, "Texts that changed sides"), row=0, x=0.01)
        nothing_told(page, heard)
    page.get_by_role("tab", name="Mix-ups", exact=True).click()
    click_cell(table(page, "Confusion matrix"), row=0, x=0.3)
    click_cell(table(page, "Texts behind the clicked cell"), row=0, x=0.01)
    page.get_by_role("button", name="Why this answer?").click()
    expect(page.get_by_text("This is a hint about the model")).to_be_visible()
    page.get_by_role("button", name="Similar texts it learned from").click()
    expect(table(page, "Training texts most like this one")).to_be_visible()
    nothing_told(page, heard)
    with saved(page) as content:
        page.get_by_role("button", name="Download as CSV").last.click()
    assert "•" in content[0] and marks(*content) == set()
    page.get_by_role("tab", name="Overview", exact=True).click()
    with saved(page) as content:
        page.get_by_role("button", name="Download the report (HTML)").click()
    assert marks(*content) == set()


def people(page: Page, heard: Heard) -> None:
    """Everyone as a table and on a map; a row of the table opens that person."""
    go(page, "People")
    for name in ("Texts and acts", "What if?", "Groups and map", "Find people"):
        page.get_by_role("tab", name=name).click()
        nothing_told(page, heard)
    click_cell(table(page, "People who match"), 1, 0)
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    nothing_told(page, heard)


def every_page(page: Page, heard: Heard) -> None:
    """All pages, everything on them unfolded."""
    for name in ("Start", "Data", "Trade-offs", "Train", "Search", "Report", "People"):
        go(page, name)
        folded = page.get_by_test_id("stExpander").locator("details:not([open]) > summary")
        for _ in range(folded.count()):
            folded.first.click()
            settle(page)
        nothing_told(page, heard)


def bring(page: Page, heard: Heard, recipe: Path) -> None:
    """Files before an import: what their rows hold, and what cannot be used of them."""
    go(page, "Data")
    page.get_by_role("tab", name="Bring new data").click()
    files = [path for path in recipe.parent.iterdir() if path != recipe]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("What an import gives")).to_be_visible()
    for words in ("The first rows of this file", "What cannot be used"):
        for each in page.get_by_text(re.compile(words)).all():
            each.click()
            settle(page)
    nothing_told(page, heard)
    page.get_by_role("button", name="Start over with other files").click()
    settle(page)


def again(page: Page, heard: Heard, address: str, name: str) -> None:
    """A reload, a bare address and an old link hide as much; a pseudonym is the same person's."""
    page.reload()
    nothing_told(page, heard)
    page.goto(f"{address}/people")
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    nothing_told(page, heard)
    page.goto(f"{address}/people?person={name}")
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    assert page.evaluate("new URL(location).searchParams.get('person')") == name
    page.goto(f"{address}/people?person={ID}07")
    expect(page.get_by_text("Where the profile comes from")).to_be_visible()
    settle(page)
    heard.clear()  # the address that was asked for is told back at first
    nothing_told(page, heard)


@contextmanager
def saved(page: Page) -> Iterator[list[str]]:
    """The content of the file that is saved meanwhile."""
    content: list[str] = []
    with page.expect_download() as download:
        yield content
    content.append(download.value.path().read_text("utf-8"))
