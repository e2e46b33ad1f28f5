"""The report as one file in a browser: it asks for nothing, and nothing in it is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mtrec.reports.mixups import MOST_LABELS
from tests.browser.conftest import FLAGS
from tests.reports.test_document import HOSTILE, answered, kinds, lists, page_of, written

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = [f"{label} and a longer name {place}" for place, label in enumerate(HOSTILE * 2)]
MANY = MANY[:MOST_LABELS]
WIDTHS = (1024, 1440)
DIM, BRIGHT = 60, 200  # of 255


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a task of every type, many hostile labels, and texts."""
    folder = tmp_path_factory.mktemp("report")
    truth = [label for label in MANY for _ in range(12)]
    said = [MANY[(place // 12 + place % 3) % len(MANY)] for place in range(len(truth))]
    tasks = {**kinds(), "hostile": answered(MANY, truth, said, "multiclass")}
    dataset = written(folder, tasks, before=(0.99, 0.8, 0.95))
    lists(folder)
    path = folder / "report.html"
    source = page_of(folder, dataset, examples=True, no_recommendations=None, name="W" * 200)
    path.write_text(source, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


def opened(browser: Browser, file: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The page, and what it said and asked for."""
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    return page, heard


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_for_nothing_and_fits(
    browser: Browser, file: Path, width: int, scheme: str
) -> None:
    page, heard = opened(browser, file, width, scheme)
    assert heard == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > innerWidth).length"
    assert page.evaluate(cut) == 0
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shades = [int(each) for each in colour.removeprefix("rgb(").rstrip(")").split(",")]
    assert max(shades) < DIM if scheme == "dark" else min(shades) > BRIGHT
    page.close()


def test_words_can_be_told_from_what_they_stand_on(browser: Browser, file: Path) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 or more, in cells of every shade."""
    for scheme in ("light", "dark"):
        page, _ = opened(browser, file, 1024, scheme)
        assert page.evaluate(CONTRAST) >= 4.5
        page.close()


def test_it_prints(browser: Browser, file: Path) -> None:
    """On A4 nothing is wider than the paper: 210 mm less its margins, at 96 dots an inch."""
    page, _ = opened(browser, file, round((210 - 28) / 25.4 * 96), "light")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


# The least contrast of any text with the colours behind it, laid over one another.
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => {
    const share = top.length > 3 ? top[3] : 1;
    return below.map((each, i) => share * top[i] + (1 - share) * each);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let least = 21;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    if (!own) continue;
    const layers = [];
    for (let each = element; each; each = each.parentElement)
      layers.unshift(parse(getComputedStyle(each).backgroundColor));
    const behind = layers.reduce((below, top) => over(top, below), [255, 255, 255]);
    const front = over(parse(getComputedStyle(element).color), behind);
    const [a, b] = [light(front), light(behind)].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
}"""
