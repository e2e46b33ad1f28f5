"""The part of a document about rules that lists follow, and what they do to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtrec.data.dataset import Dataset
from mtrec.errors import InputError
from mtrec.recommend.people import People
from mtrec.recommend.rulebook import Rulebook
from mtrec.reports.document.html import Html, bullets, data, join, paragraph, tag
from mtrec.reports.document.words import Words
from mtrec.reports.effects import Effects, kept
from mtrec.reports.rules import effect_in_words, rule_in_words
from mtrec.schema import ITEM, TEST, TITLE, VAL
from mtrec.wording import number

NAME = 60  # characters of a title or a value
FIGURE = "ndcg"


def section(folder: Path, people: People, dataset: Dataset, words: Words) -> Iterator[Html]:
    """The rules in force, each with its effect where it was tried; nothing where there are none.

    Args:
        folder: of the run.
    """
    book = Rulebook(folder)
    try:
        rules = book.read()
    except InputError as error:
        yield _head()
        yield paragraph(str(error), class_="warning")
        return
    if not rules.in_force:
        return
    yield _head()
    yield paragraph(
        "Lists follow these rules whatever was learned. The figures of lists above are of lists "
        "without any rule."
    )
    stage = people.stages[-1]
    found = kept(book.folder, stage, rules)
    titles = dict(zip(dataset.items[ITEM], dataset.items[TITLE], strict=True))
    lines = []
    for place, rule in enumerate(rules.rules):
        if rule.enabled:
            said = Html(rule_in_words(rule, titles, lambda name: data(name, NAME)))
            told = [] if found is None else _told(found, place, words)
            lines.append(join([tag("strong", said), *told]))
    if found is not None and len(lines) > 1:
        together = tag("strong", f"All {number(len(lines))} together")
        lines.append(join([together, *_told(found, None, words)]))
    yield bullets(lines)
    if found is None:
        yield paragraph(
            "What they do to the lists was not measured since they stand so. The page "
            "Recommendations does it, under Rules.",
            class_="note",
        )
    else:
        yield paragraph(
            f"Lists of “{words.stages[stage]}” for the same people, with a rule and without it, "
            "the other rules as they are. Each is judged by itself, not corrected for how many "
            "rules there are. Which to switch on is decided on validation.",
            class_="note",
        )


def _head() -> Html:
    return tag("h3", "Rules in force")


def _told(found: Effects, place: int | None, words: Words) -> list[Html]:
    """What one rule does, or all of them, on both parts."""
    figure = words.metric(FIGURE)[0]
    effects = {
        split: found.together[split] if place is None else found.each[split][place]
        for split in (VAL, TEST)
    }
    said = {split: effect_in_words(effect, figure) for split, effect in effects.items()}
    return [bullets(f"On {words.parts[split]}: {each}" for split, each in said.items())]
