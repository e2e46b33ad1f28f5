"""A run's report as one file for people without the dashboard: it opens offline and prints.

The page holds no script and asks for nothing, which its Content-Security-Policy forbids besides:
no fonts, no pictures, no addresses. What comes from data is escaped wherever it enters.
"""

from __future__ import annotations

from mtrec.data.dataset import Dataset
from mtrec.reports.document import closing, lists, tasks
from mtrec.reports.document.answers import Answers, answers
from mtrec.reports.document.html import Html, bullets, data, escaped, join, paragraph, tag
from mtrec.reports.document.style import STYLE
from mtrec.reports.document.words import Training, Words

__all__ = ["Training", "Words", "document"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def document(
    training: Training, dataset: Dataset, split: str, words: Words, examples: bool = False
) -> str:
    """The report of a finished run on one part of its data, as one HTML page.

    It is made of the files in the run's folder, so the same run gives the same page.

    Args:
        training: the run.
        dataset: the run's.
        split: the part of the data that tasks are judged on.
        words: what things are called.
        examples: whether texts that were answered wrongly are shown, with the ids of the people who
            wrote them, and lists of a few people with their reasons. Otherwise no text of a record
            and no id of a person stands in the page.

    Raises:
        InputError: nothing is reported on that split.
    """
    every = answers(training.folder, dataset, split)
    title = f"{training.name}: what was learned from {dataset.name}"
    sections = [
        _in_short(every, split, words),
        *(
            tasks.section(each, place, dataset, split, words, examples)
            for place, each in enumerate(every, 1)
        ),
        lists.section(training, dataset, words, examples),
        closing.settings(training.config),
        closing.origin(training, dataset, words),
        closing.noise(words),
    ]
    head = _head(training, dataset, split, words, examples)
    body = join([head, _contents(every), tag("main", join(sections, "\n"))], "\n")
    return PAGE.format(policy=POLICY, title=escaped(title), style=STYLE, body=body)


def _head(training: Training, dataset: Dataset, split: str, words: Words, examples: bool) -> Html:
    facts = {
        "Dataset": data(dataset.name),
        "Training": data(training.name),
        "Made on": closing.moment(training.created),
        "Judged on": f"the {words.parts[split]} part of the data",
    }
    listed = (join([tag("dt", name), tag("dd", fact)]) for name, fact in facts.items())
    if examples:
        note = paragraph(
            "This copy holds texts that people wrote, and the ids of these people. Think about who "
            "may see it.",
            class_="warning",
        )
    else:
        note = paragraph(
            "This report holds no text that anybody wrote and no person's id.", class_="note"
        )
    heading = tag("h1", data(training.name), ": what was learned from ", data(dataset.name))
    return tag("header", heading, tag("dl", *listed), note)


def _contents(every: list[Answers]) -> Html:
    """Links to the parts."""
    links = [
        ("in-short", escaped("In short")),
        *(
            (f"task-{place}", join(["Task ", data(each.task)]))
            for place, each in enumerate(every, 1)
        ),
        ("recommendations", escaped("Recommendations")),
        ("settings", escaped("Settings of the training")),
        ("data", escaped("The data")),
        ("noise", escaped("How sure the figures are")),
    ]
    listed = bullets(tag("a", name, href=f"#{anchor}") for anchor, name in links)
    return tag("nav", listed, aria_label="Contents")


def _in_short(every: list[Answers], split: str, words: Words) -> Html:
    head = tag("h2", "In short", id="in-short")
    if every:
        body = tasks.overview(every, words)
    else:
        body = paragraph(
            f"No text of the {words.parts[split]} part carries a label, so there is nothing to "
            "judge tasks by."
        )
    return tag("section", head, body, aria_labelledby="in-short")
