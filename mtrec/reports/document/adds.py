"""The part of a document about what each thing known of people adds to their lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mtrec.recommend.evaluate import ALL, FEWEST
from mtrec.recommend.people import People
from mtrec.reports.contributions import FIGURE, MEANING, called, kept, sentences
from mtrec.reports.document.html import Html, bullets, data, interval, paragraph, table, tag
from mtrec.reports.document.words import Words
from mtrec.reports.evaluation import NOBODY
from mtrec.reports.verdicts import TOO_FEW
from mtrec.schema import Estimate
from mtrec.wording import many


def section(people: People, words: Words) -> Iterator[Html]:
    """What was worked out, or how to work it out: it takes too long for a download."""
    every = kept(people)
    if every is None:
        yield paragraph(
            "Not worked out for this training. The page Recommendations does it, under What it "
            "rests on, and so does ",
            tag("code", "python -m mtrec evaluate RUN --without"),
            "; it takes some minutes, and the report holds it from then on.",
        )
        return
    rows = [row for row in every if row["segment"] == ALL]
    if not rows:
        yield paragraph(NOBODY)
        return
    if rows[0]["users"] < FEWEST:
        yield paragraph(f"{many(rows[0]['users'], 'person', 'people')}: {TOO_FEW}.")
        return

    def name(row: dict[str, Any]) -> Html:
        return data(called(row, words.sources))

    yield bullets(Html(each) for each in sentences(rows, lambda row: tag("strong", name(row))))
    rows.sort(key=lambda row: -row["adds"][FIGURE]["value"])
    shown = [
        [
            name(row),
            f"{row['adds'][FIGURE]['value']:+z.3f}",
            interval(Estimate(*(row["adds"][FIGURE][each] for each in ("value", "low", "high")))),
            f"{row['metrics'][FIGURE]['value']:.3f}",
        ]
        for row in rows
    ]
    figure = words.metric(FIGURE)[0]
    head = ("Left out", "It adds", "95 % interval", "Figure without it")
    yield table(f"{figure}: what each thing adds, the most first", head, shown)
    yield paragraph(MEANING, class_="note")
