"""The part of a document about recommendations: every stage beside what is the same for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mtrec.data.checks import FEW_ITEMS
from mtrec.data.dataset import Dataset
from mtrec.recommend.evaluate import ALL
from mtrec.recommend.people import People
from mtrec.recommend.stored import FOLDER
from mtrec.reports.document.html import (
    Html,
    Span,
    bullets,
    data,
    interval,
    join,
    paragraph,
    table,
    tag,
)
from mtrec.reports.document.tasks import TOO_FEW
from mtrec.reports.document.words import Training, Words
from mtrec.reports.evaluation import differences, evaluation
from mtrec.reports.mixups import FEWEST
from mtrec.schema import Estimate
from mtrec.wording import many


def section(training: Training, dataset: Dataset, words: Words) -> Html:
    """The lists of each stage and of the baselines, or why there are none."""
    head = tag("h2", "Recommendations", id="recommendations")
    if training.no_recommendations is not None:
        parts = [paragraph(training.no_recommendations)]
    else:
        parts = list(_parts(People(training.folder / FOLDER), dataset, words))
    return tag("section", head, *parts, aria_labelledby="recommendations")


def _parts(people: People, dataset: Dataset, words: Words) -> Iterator[Html]:
    rows = evaluation(people, dataset)
    figures = list(rows[0]["metrics"])
    yield paragraph(
        "Lists of recommendations, always judged on the test part: did people later like what "
        "stood in them?"
    )
    for warning in dataset.warnings:
        if warning.code == FEW_ITEMS:
            yield paragraph(warning.message, ".", class_="warning")
    yield bullets(_apart(differences(people), figures[0], words))
    yield paragraph(words.stage, class_="note")
    for segment in dict.fromkeys(row["segment"] for row in rows):
        yield _segment([row for row in rows if row["segment"] == segment], figures, words)
    told = map(words.metric, figures)
    meanings = (join([tag("strong", name), ": ", means]) for name, means in told)
    yield tag("div", bullets(meanings), class_="note")


def _segment(rows: Sequence[dict[str, Any]], figures: Sequence[str], words: Words) -> Html:
    """The lists for some people."""
    count = rows[0]["users"]
    caption = f"{words.segments[rows[0]['segment']]}: {many(count, 'person', 'people')}"
    head = ["List", *(words.metric(each)[0] for each in figures)]
    if count < FEWEST:
        shown = [[_name(row, words), Span(TOO_FEW, len(figures))] for row in rows]
    else:
        shown = [[_name(row, words), *(_figure(row, each) for each in figures)] for row in rows]
    return table(caption, head, shown)


def _figure(row: dict[str, Any], figure: str) -> Html:
    value = Estimate(**row["metrics"][figure])
    known = [] if value.low is None else [" ", tag("small", interval(value))]
    return join([tag("strong", f"{value.value:.3f}"), *known])


def _apart(pairs: Sequence[dict[str, Any]], figure: str, words: Words) -> Iterator[Html]:
    """What can be said of the differences over everyone, person by person, and what is noise."""
    for pair in pairs:
        gap = pair["metrics"].get(figure)
        if pair["segment"] != ALL or gap is None or gap["low"] is None or pair["users"] < FEWEST:
            continue
        is_noise = gap["low"] <= 0 <= gap["high"]
        verdict = "within the noise, it may be chance" if is_noise else "more than noise"
        yield join(
            [
                *(tag("strong", _name(pair["a"], words)), " against "),
                *(tag("strong", _name(pair["b"], words)), f": {words.metric(figure)[0]} "),
                f"{gap['value']:+z.3f} (95 % interval {gap['low']:+z.3f} to {gap['high']:+z.3f}), ",
                f"{verdict}.",
            ]
        )


def _name(row: dict[str, Any], words: Words) -> Html:
    if row["stage"]:
        return data(words.stages[row["stage"]])
    return data(words.recommenders.get(row["recommender"], row["recommender"]))
