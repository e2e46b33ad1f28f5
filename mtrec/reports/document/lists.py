"""The part of a document about recommendations: who lists better for whom, and what is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from mtrec.data.checks import FEW_ITEMS
from mtrec.data.dataset import Dataset
from mtrec.recommend.evaluate import ALL, FEWEST, K
from mtrec.recommend.people import People
from mtrec.recommend.stored import FOLDER
from mtrec.reports.document import adds, examples, rules
from mtrec.reports.document.html import (
    Html,
    Span,
    barred,
    bullets,
    interval,
    join,
    paragraph,
    table,
    tag,
)
from mtrec.reports.document.words import Training, Words
from mtrec.reports.evaluation import NOBODY, differences, evaluation
from mtrec.reports.verdicts import HOW_TOLD, TOO_FEW, Verdict, sentences, verdicts
from mtrec.reports.wording import percent
from mtrec.schema import Estimate
from mtrec.wording import many

NDCG, COVERAGE = f"ndcg@{K}", f"coverage@{K}"
NOVELTY, DIVERSITY = f"novelty@{K}", f"diversity@{K}"
STEP = 20  # parts of 1, at one of which the longest bar ends

Row = dict[str, Any]


def section(training: Training, dataset: Dataset, words: Words, with_people: bool) -> Html:
    """The lists of each stage and of the baselines, or why there are none.

    Args:
        with_people: whether lists of people are shown, with their ids and texts.
    """
    head = tag("h2", "Recommendations", id="recommendations")
    if training.no_recommendations is not None:
        parts = [paragraph(training.no_recommendations)]
    else:
        people = People(training.folder / FOLDER)
        rows = evaluation(people, dataset)
        parts = [*_warned(dataset), *_judged(rows, people, words)]
        parts += rules.section(training.folder, people, dataset, words)
        parts += _figures(rows, words)
        if with_people:
            parts += examples.section(people, words)
    return tag("section", head, *parts, aria_labelledby="recommendations")


def _warned(dataset: Dataset) -> Iterator[Html]:
    """Says where there are too few items for recommendations to mean much."""
    for warning in dataset.warnings:
        if warning.code == FEW_ITEMS:
            yield paragraph(warning.message, ".", class_="warning")


def _judged(rows: Sequence[Row], people: People, words: Words) -> Iterator[Html]:
    """Who lists better for whom, what is listed, and what it rests on."""
    if not rows:
        yield paragraph(NOBODY)
        return
    yield paragraph(
        "Lists of recommendations, always judged on the test part: did people later like what "
        "stood in them?"
    )
    found = verdicts(differences(people), NDCG)
    yield tag("h3", "How good the lists are")
    yield from _compared(rows, found, people.stages[-1], words)
    yield tag("h3", "Before and after training")
    yield from _stages(found, words)
    yield tag("h3", "How much of the catalogue is shown, and how well known it is")
    yield from _shown(rows, words)
    yield tag("h3", "What each thing known of people adds")
    yield from adds.section(people, words)


def _compared(
    rows: Sequence[Row], found: Sequence[Verdict], furthest: str, words: Words
) -> Iterator[Html]:
    """All lists by one figure, for each group of people, beside those of the furthest stage."""
    ranked = _best_first([row for row in rows if row["segment"] == ALL])
    order = {_key(row): place for place, row in enumerate(ranked)}
    enough = [Estimate(**row["metrics"][NDCG]) for row in rows if row["users"] >= FEWEST]
    longest = max([each.high or each.value for each in enough], default=1)
    top = max(ceil(longest * STEP), 1) / STEP
    ours, (name, means) = words.stages[furthest], words.metric(NDCG)
    everyone = [each for each in found if each.segment == ALL and not each.among_stages]
    yield bullets(_sentences(everyone, words))
    yield paragraph(
        f"{name}: {means} The bar is the figure, of {top:.2f} at its full length, and the thin "
        f"line its 95 % interval; the upright tick is where “{ours}” stands. {HOW_TOLD}",
        class_="note",
    )
    head = ("List", name, "95 % interval", f"“{ours}” minus it", f"“{ours}” is")
    for segment in dict.fromkeys(row["segment"] for row in rows):
        here = sorted(
            (row for row in rows if row["segment"] == segment), key=lambda row: order[_key(row)]
        )
        count = here[0]["users"]
        if count < FEWEST:
            yield paragraph(
                f"{words.segments[segment]}, {many(count, 'person', 'people')}: {TOO_FEW}."
            )
            continue
        against = {
            _key(each.b): each
            for each in found
            if each.segment == segment and each.a["stage"] == furthest
        }
        mark = next(row for row in here if row["stage"] == furthest)["metrics"][NDCG]["value"]
        shown = []
        for row in here:
            value = Estimate(**row["metrics"][NDCG])
            if row["stage"] == furthest:
                beside: list[object] = [Span("the list that the others are compared with", 2)]
            else:
                beside = _beside(against.get(_key(row)))
            bar = barred(f"{value.value:.3f}", value, mark, top)
            shown.append([words.list_of(row), bar, interval(value), *beside])
        caption = f"{words.segments[segment]}: {many(count, 'person', 'people')}"
        yield table(f"{caption}, best for everyone first", head, shown)


def _beside(verdict: Verdict | None) -> list[object]:
    """The difference from the furthest stage and what can be said of it."""
    if verdict is None:
        return [Span("not compared by this training", 2)]
    return [
        join([f"{verdict.gap.value:+z.3f} ", tag("small", interval(verdict.gap))]),
        verdict.words,
    ]


def _stages(found: Sequence[Verdict], words: Words) -> Iterator[Html]:
    """What training did to the lists, for each group of people."""
    rows = [
        [
            join([words.list_of(each.a), " minus ", words.list_of(each.b)]),
            words.segments[each.segment],
            *([f"{each.gap.value:+z.3f}", interval(each.gap)] if each.is_told else ["", ""]),
            each.words,
        ]
        for each in found
        if each.among_stages
    ]
    yield paragraph(words.stage, class_="note")
    if not rows:
        yield paragraph("There is one stage alone, so nothing to compare.")
        return
    name = words.metric(NDCG)[0]
    head = ("Difference", "People", name, "95 % interval", "The first is")
    yield table("What each stage changed, person by person", head, rows)


def _shown(rows: Sequence[Row], words: Words) -> Iterator[Html]:
    """The figures of which more is not better, in plain words."""
    everyone = _best_first([row for row in rows if row["segment"] == ALL])
    count = everyone[0]["users"]
    if count < FEWEST:
        yield paragraph(f"{many(count, 'person', 'people')}: {TOO_FEW}.")
        return
    there = everyone[0]["metrics"]
    head = ["List", "Catalogue shown"]
    head += ["An item in it was liked before by"] if NOVELTY in there else []
    head += ["How unlike each other"] if DIVERSITY in there else []
    body = []
    for row in everyone:
        figures = row["metrics"]
        covered = figures[COVERAGE]["value"]
        cells: list[object] = [words.list_of(row), barred(percent(covered), Estimate(covered))]
        cells += [_known(figures[NOVELTY]["value"])] if NOVELTY in there else []
        cells += [f"{figures[DIVERSITY]['value']:.3f}"] if DIVERSITY in there else []
        body.append(cells)
    yield table("What the lists show", head, body)
    yield paragraph(
        f"Catalogue shown: the share of all items that stand in the first {K} places of at least "
        f"one of {many(count, 'list')}; little means that everyone is shown the same. Liked before "
        "by one person in so many: a list's typical item (the geometric mean); the more, the less "
        "known it is. How unlike each other: 0 where the texts of a list's items all say the same, "
        "about 1 where they have nothing in common. Of none of these more is better by itself.",
        class_="note",
    )


def _known(novelty: float) -> str:
    """How many people liked an item before: half as many with each step of novelty."""
    people = 2**novelty
    return "everyone" if people < 1.05 else f"one person in {people:.{0 if people >= 10 else 1}f}"


def _figures(rows: Sequence[Row], words: Words) -> Iterator[Html]:
    """All figures of all lists, for each group of people; nothing where nobody was judged."""
    if not rows:
        return
    figures = list(rows[0]["metrics"])
    yield tag("h3", "All figures of the lists")
    for segment in dict.fromkeys(row["segment"] for row in rows):
        yield _segment([row for row in rows if row["segment"] == segment], figures, words)
    told = map(words.metric, figures)
    meanings = (join([tag("strong", name), ": ", means]) for name, means in told)
    yield tag("div", bullets(meanings), class_="note")


def _segment(rows: Sequence[Row], figures: Sequence[str], words: Words) -> Html:
    """All figures of the lists for some people."""
    count = rows[0]["users"]
    caption = (
        f"{words.segments[rows[0]['segment']]}: {many(count, 'person', 'people')}, all figures"
    )
    head = ["List", *(words.metric(each)[0] for each in figures)]
    if count < FEWEST:
        shown = [[words.list_of(row), Span(TOO_FEW, len(figures))] for row in rows]
    else:
        shown = [[words.list_of(row), *(_figure(row, each) for each in figures)] for row in rows]
    return table(caption, head, shown)


def _figure(row: Row, figure: str) -> Html:
    value = Estimate(**row["metrics"][figure])
    known = [] if value.low is None else [" ", tag("small", interval(value))]
    return join([tag("strong", f"{value.value:.3f}"), *known])


def _sentences(found: Sequence[Verdict], words: Words) -> Iterator[Html]:
    """Verdicts as HTML: what stands around the names of lists holds nothing to escape."""
    return map(Html, sentences(found, lambda row: tag("strong", words.list_of(row)), gaps=False))


def _best_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -row["metrics"][NDCG]["value"])


def _key(row: Mapping[str, Any]) -> str:
    return str(row["stage"] or row["recommender"])
