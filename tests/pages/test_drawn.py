"""A text with its labels drawn in it stays the text that it is, whatever stands in it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.tasks import TASK_TYPES
from pages.ui.drawn import html
from tests.pages.conftest import said

NASTY = (
    "<script>alert(1)</script>",
    "**bold**",
    "[x](http://a.b)",
    ":red[x]",
    "$x$",
    "<img/src=x/onerror=alert(1)>",
    "&lt;b&gt;",
    "</div></mark>",
    "\"'",
)
OWN = {"div", "mark", "small"}  # the elements that are drawn
PLAIN_TYPES = [name for name, kind in TASK_TYPES.items() if kind.unit == "text"]
HEADINGS = ("The data says: ", "The model says: ")


class Read(HTMLParser):
    """What a browser makes of HTML: its elements, their attributes, and the text."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.names: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "small":
            self.names.append(data)
        else:
            self.text += data


def one(text: str, kind: str, value: str) -> None:
    from pages.ui import drawn

    drawn.text_with(text, kind, value)


def both(text: str, kind: str, truth: str, predicted: str) -> None:
    from pages.ui import drawn

    drawn.truth_and_prediction(text, kind, truth, predicted)


def page(*args: str) -> AppTest:
    script = one if len(args) == 3 else both
    app = AppTest.from_function(script, args=args).run()
    assert not app.exception
    return app


def drawings(app: AppTest) -> list[Read]:
    return [Read(block.value) for block in app.get("html")]


def drawn_in(app: AppTest) -> list[str]:
    """What kinds of blocks the page is made of, from top to bottom."""
    return [block.type for block in app.main if block is not app.main]


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("play Miles Davis", "O B-a I-a", [("play ", ""), ("Miles Davis", "a")]),
        (
            "a  b c d",
            "B-x B-y O B-x",
            [("a", "x"), ("  ", ""), ("b", "y"), (" c ", ""), ("d", "x")],
        ),
        (" one two", "O O", [(" one two", "")]),
    ],
)
def test_spans_are_where_their_words_are(
    text: str, value: str, parts: list[tuple[str, str]]
) -> None:
    assert TASK_TYPES["tags"].marked(value, text) == parts
    assert "".join(words for words, _ in parts) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "the <e1>rain</e1> made the <e2>flood</e2>",
            [("the ", ""), ("rain", "1"), (" made the ", ""), ("flood", "2")],
        ),
        (
            "<e2>flood</e2> by <e1>rain</e1>!",
            [("flood", "2"), (" by ", ""), ("rain", "1"), ("!", "")],
        ),
        ("<e1>rain</e1> alone", [("<e1>rain</e1> alone", "")]),
        ("<e1>a<e2></e1>b</e2>", [("<e1>a<e2></e1>b</e2>", "")]),
    ],
)
def test_entities_are_numbered_and_their_marks_are_gone(
    text: str, parts: list[tuple[str, str]]
) -> None:
    assert TASK_TYPES["relation"].marked("Other", text) == parts


@pytest.mark.parametrize("nasty", NASTY)
def test_what_looks_like_markup_stays_text(nasty: str) -> None:
    read = Read(html([(f"a {nasty} ", ""), (nasty, nasty), (" b", "")]))
    assert read.text == f"a {nasty} {nasty} b"
    assert read.names == [nasty]
    assert read.elements == OWN and read.attributes == {"style"}


@pytest.mark.parametrize("nasty", NASTY)
def test_a_text_without_marks_is_no_markup_either(nasty: str) -> None:
    app = page(nasty, "multiclass", "calm")
    assert [block.value for block in app.text] == [nasty]
    assert not app.markdown and not app.get("html")


def test_the_type_of_a_span_stands_as_a_word_beside_it() -> None:
    (read,) = drawings(page("play Miles Davis", "tags", "O B-artist I-artist"))
    assert read.names == ["artist"]
    assert read.text == "play Miles Davis"


def test_a_relation_stands_under_its_numbered_entities() -> None:
    text = "the <e1>rain</e1> made the <e2>flood</e2>"
    app = page(text, "relation", "Cause-Effect(e1,e2)")
    (read,) = drawings(app)
    assert read.text == "the rain made the flood" and read.names == ["1", "2"]
    assert app.markdown[0].value == r"How 1 and 2 relate: **Cause\-Effect\(e1\,e2\)**"


def test_tags_that_differ_are_drawn_one_under_the_other() -> None:
    app = page("play Miles Davis", "tags", "O B-artist I-artist", "B-song O O")
    truth, predicted = drawings(app)
    assert truth.names == ["artist"] and predicted.names == ["song"]
    assert drawn_in(app) == ["markdown", "html", "markdown", "html"]
    assert "The data says: **artist\\: Miles Davis**" in said(app)
    assert "The model says: **song\\: play**" in said(app)


def test_nothing_marked_is_said() -> None:
    app = page("play it", "tags", "O O", "O B-song")
    assert "The data says: **nothing marked**" in said(app)
    assert [block.value for block in app.text] == ["play it"]
    assert len(drawings(app)) == 1


@pytest.mark.parametrize(
    ("kind", "text", "truth", "predicted"),
    [
        ("tags", "play it", "O B-song", "O B-song"),
        ("relation", "<e1>a</e1> <e2>b</e2>", "x(e1,e2)", "Other"),
        *[(kind, "**a** <b>", "one", "two") for kind in PLAIN_TYPES],
    ],
)
def test_a_text_in_which_both_mark_the_same_stands_once(
    kind: str, text: str, truth: str, predicted: str
) -> None:
    app = page(text, kind, truth, predicted)
    assert len(app.text) + len(drawings(app)) == 1
    assert drawn_in(app)[1:] == ["markdown", "markdown"]
    for block, heading in zip(app.markdown, HEADINGS, strict=True):
        assert block.value.startswith(f"{heading}**")
