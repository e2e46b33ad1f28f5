"""The part of a document with a few people's lists and the reasons for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mtrec.recommend.data import SEGMENTS
from mtrec.recommend.people import People
from mtrec.reports.document.html import Html, bullets, data, escaped, join, paragraph, table, tag
from mtrec.reports.document.words import Words
from mtrec.schema import USER

LENGTH = 5  # of a list
REASONS = 3  # of an item
SLIGHT = 0.01  # of the largest reason: what counts no more is left out
TEXT = 160  # characters of a reason
SCORES = (
    "The numbers are parts of an item's score; a minus speaks against it. All reasons together add "
    "up to the score, of which the largest are shown."
)


def section(people: People, words: Words) -> Iterator[Html]:
    """One person of each group by how much is known of them: the first by id, so not chosen."""
    yield tag("h3", "Lists of a few people")
    yield paragraph(
        "Of each group of people the one whose id comes first, so that nobody was chosen because "
        f"their list looks good; without any rule. {SCORES}",
        class_="note",
    )
    known = people.table
    for segment in SEGMENTS:
        here = known.loc[known["segment"] == segment, USER]
        if here.empty:
            continue
        listed = people.recommend(str(here.min()), LENGTH)
        caption = join([words.segments[segment], ": ", data(here.min())])
        if not listed:
            yield paragraph(caption, ": there is nothing left to list.")
            continue
        rows = [
            [data(each["title"]), f"{each['score']:.3g}", _reasons(each, words)] for each in listed
        ]
        yield table(caption, ("Item, best first", "Score", "Because of"), rows, numbers=(1,))


def _reasons(listed: dict[str, Any], words: Words) -> Html:
    """What counts most for an item or against it."""
    largest = sorted(listed["reasons"], key=lambda each: -abs(each["weight"]))[:REASONS]
    least = SLIGHT * abs(largest[0]["weight"]) if largest else 0
    told = [_reason(each, words) for each in largest if abs(each["weight"]) > least]
    return bullets(told) if told else escaped("nothing in particular")


def _reason(reason: dict[str, Any], words: Words) -> Html:
    """Where it comes from, unless it says so itself, what it is and what it counts."""
    source = words.sources.get(reason["source"], reason["source"])
    start = "" if source in reason["text"] else f"{source}: "
    return join([start, data(reason["text"], TEXT), f" ({reason['weight']:+.2g})"])
