"""The part of a document about one task: figures, labels, what is mixed up, wrong answers."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import pandas as pd

from mtrec.data.dataset import Dataset
from mtrec.reports.classification import CONFIDENCE, PREDICTED, TRUTH
from mtrec.reports.confusion import row_shares
from mtrec.reports.document import sureness
from mtrec.reports.document.answers import Answers
from mtrec.reports.document.html import (
    Html,
    Span,
    barred,
    bullets,
    data,
    escaped,
    interval,
    join,
    paragraph,
    table,
    tag,
)
from mtrec.reports.document.words import Words
from mtrec.reports.mixups import FEWEST, Mixup, mixups, readable
from mtrec.reports.sureness import RIGHT
from mtrec.reports.wording import against, percent
from mtrec.schema import RECORD, TEXT, USER, Estimate
from mtrec.tasks.base import NOTHING
from mtrec.wording import many, number

TOO_FEW = "too few"
COMMONEST = "always giving the commonest answer"
MOST_EXAMPLES = 5
NAME, SHORT = 60, 28  # characters of a label in a sentence, and at the head of a column
UPRIGHT = 6  # columns of a matrix from which on their names stand upright
STEPS = 6  # of shading
NONE = "—"


def overview(every: list[Answers], words: Words) -> Html:
    """Every task in a sentence and in a row, against always giving the commonest answer."""
    head = ("Task", "Figure", "Value", "95 % interval", "Commonest answer", "Texts")
    caption = (
        "Every task at a glance. The bar is the figure and the thin line its 95 % interval; a "
        "longer bar is better. Tasks with more labels are harder, so compare a task with itself "
        "over trainings rather than with others."
    )
    rows = [_glance(each, words) for each in every]
    return join(
        [
            bullets(_in_short(each, words) for each in every),
            table(caption, head, rows, numbers=(5,)),
            paragraph(f"Commonest answer: {words.commonest}", class_="note"),
        ]
    )


def section(
    answers: Answers, place: int, dataset: Dataset, split: str, words: Words, examples: bool
) -> Html:
    """All about one task.

    Args:
        place: which of the tasks it is, for links to it.
        examples: whether texts of wrong answers are shown.
    """
    report = answers.report
    kind = words.kinds.get(report["type"], report["type"])
    parts = [
        tag("h2", "Task ", data(answers.task), id=f"task-{place}"),
        paragraph(
            f"Kind of label: {kind}. There are {many(len(report['labels']), 'label')}. Judged on "
            f"{number(report['support'])} {words.parts[split]} texts."
        ),
        tag("h3", "Figures"),
        _figures(answers, words),
        tag("h3", "Label by label"),
        _labels(report["labels"]),
    ]
    if answers.answered.empty:
        parts.append(paragraph("The answers to single texts were not kept with this training."))
        return tag("section", *parts, aria_labelledby=f"task-{place}")
    parts += [tag("h3", "What is mixed up"), _mixed_up(answers.counts, words)]
    parts += [tag("h3", "Which labels are taken for which"), *_matrix(answers)]
    parts += [tag("h3", "How far its sureness can be trusted")]
    parts += sureness.section(answers, split, words)
    if examples:
        parts += [tag("h3", "Wrong answers that it was surest of"), _examples(answers, dataset)]
    return tag("section", *parts, aria_labelledby=f"task-{place}")


def _glance(answers: Answers, words: Words) -> list[object]:
    figure = answers.type.headline
    name, texts = words.metric(figure)[0], answers.report["support"]
    if texts < FEWEST:
        return [data(answers.task), name, Span(TOO_FEW, 3), number(texts)]
    ours, usual = answers.headline, answers.usual(figure)
    return [
        data(answers.task),
        name,
        barred(f"{ours.value:.3f}", ours),
        interval(ours),
        "not known" if usual is None else f"{usual.value:.3f}",
        number(texts),
    ]


def _in_short(answers: Answers, words: Words) -> Html:
    name, texts = tag("strong", data(answers.task)), answers.report["support"]
    if texts < FEWEST:
        return join([name, f": {many(texts, 'text')}, which is too few to say anything."])
    ours, usual = answers.headline, answers.usual(answers.type.headline)
    known = "" if ours.low is None else f" (95 % interval {interval(ours)})"
    parts: list[object] = [name, f": {words.metric(answers.type.headline)[0]} {ours.value:.3f}"]
    beside = "" if usual is None else f", {against(ours, usual, COMMONEST)}"
    parts += [known, beside, "."]
    worst = [] if answers.answered.empty else mixups(answers.counts, most=1)
    parts += [part for each in worst for part in (" It ", _told(each), ".")]
    return join(parts)


def _figures(answers: Answers, words: Words) -> Html:
    is_rare = answers.report["support"] < FEWEST
    rows: list[list[object]] = []
    for name, values in answers.report["metrics"].items():
        called, means = words.metric(name)
        ours, usual = Estimate(**values), answers.usual(name)
        shown: list[object] = [
            tag("strong", f"{ours.value:.3f}"),
            interval(ours),
            "not known" if usual is None else f"{usual.value:.3f}",
        ]
        rows.append([called, *([Span(TOO_FEW, 3)] if is_rare else shown), means])
    head = ("Figure", "Value", "95 % interval", "Commonest answer", "What it means")
    return table("Figures over all labels", head, rows)


def _labels(labels: dict[str, dict[str, Any]]) -> Html:
    """The labels, the worst first, and last those that too few texts carry."""
    order = sorted(labels, key=lambda each: (_is_rare(labels[each]), labels[each]["f1"]))
    rows: list[list[object]] = []
    for label in order:
        scores = labels[label]
        cells: list[object] = [data(label), number(scores["support"])]
        if _is_rare(scores):
            rows.append([*cells, Span(TOO_FEW, 4)])
            continue
        f1 = Estimate(scores["f1"], scores["low"], scores["high"])
        cells += [barred(f"{f1.value:.3f}", f1), interval(f1)]
        rows.append([*cells, f"{scores['precision']:.3f}", f"{scores['recall']:.3f}"])
    few = f" Labels with fewer than {FEWEST} cases have too few for figures to mean anything."
    caption = (
        "The lowest F1 first. The bar is F1 and the thin line its 95 % interval."
        f"{few if any(map(_is_rare, labels.values())) else ''}"
    )
    head = ("Label", "Cases", "F1", "95 % interval", "Precision", "Recall")
    meaning = (
        "Precision: of the texts given this label, the share that truly carry it. Recall: of the "
        "texts that carry it, the share that got it. F1 balances both, 1 is perfect. Cases: how "
        "often the label truly stands."
    )
    return join([table(caption, head, rows, numbers=(1,)), paragraph(meaning, class_="note")])


def _is_rare(scores: dict[str, Any]) -> bool:
    return bool(scores["support"] < FEWEST)


def _told(mixup: Mixup) -> Html:
    """A mix-up as HTML: what stands around the names of labels holds nothing to escape."""
    return Html(mixup.sentence(lambda label: tag("em", data(label, NAME))))


def _mixed_up(counts: pd.DataFrame, words: Words) -> Html:
    if found := mixups(counts):
        told = bullets(join(["The model ", _told(each), "."]) for each in found)
        return join([told, paragraph(words.mixed_up, class_="note")])
    if mixups(counts, fewest=1):
        return paragraph(
            f"Labels are mixed up here, but only such as have fewer than {FEWEST} cases: too few "
            "to say that one is taken for another more than by chance."
        )
    return paragraph("Nothing: every answer on this part is right.")


def _matrix(answers: Answers) -> Iterator[Html]:
    """The confusion matrix, of many labels only those that are mixed up most."""
    counts = answers.counts
    shown = readable(counts)
    part = (counts.index.isin(shown), counts.columns.isin(shown))
    cells, shares = counts.loc[part], row_shares(counts).loc[part].fillna(0)
    upright = {"class_": "upright"} if len(cells.columns) > UPRIGHT else {}
    heads = [
        tag("th", tag("span", _named(label, SHORT)), scope="col", **upright)
        for label in cells.columns
    ]
    head = tag("tr", tag("th", "True label", scope="col"), *heads)
    rows = [
        tag(
            "tr",
            tag("th", _named(label, NAME), scope="row"),
            *(
                _shaded(count, share, label == column)
                for column, count, share in zip(
                    cells.columns, cells.loc[label], shares.loc[label], strict=True
                )
            ),
        )
        for label in cells.index
    ]
    body = (tag("caption", "Texts by label and answer"), tag("thead", head), tag("tbody", *rows))
    name = f"Confusion matrix of {answers.task}"
    drawn = tag("table", *body, class_="matrix")
    yield tag("div", drawn, class_="wide", tabindex=0, role="region", aria_label=name)
    yield paragraph(
        "Rows are true labels, columns are the model's answers, cells count how often. What stands "
        "off the framed cells is mixed up. A stronger shade is a larger share of the label's row.",
        class_="note",
    )
    if len(shown) < len({*counts.index, *counts.columns}):
        labels = len(answers.report["labels"])
        yield paragraph(
            f"Of {labels} labels only those that are mixed up most are shown, so the rows shown do "
            "not hold all of a label's texts.",
            class_="note",
        )
    if NOTHING in cells.index or NOTHING in cells.columns:
        yield paragraph(
            f"{NONE} stands for no label: its column holds what was missed, its row what was found "
            "where none is.",
            class_="note",
        )


def _named(label: str, limit: int) -> Html:
    return escaped(NONE) if label == NOTHING else data(label, limit)


def _shaded(count: int, share: float, is_diagonal: bool) -> Html:
    names = [f"s{ceil(share * STEPS)}", *(["right"] if is_diagonal else [])]
    return tag("td", number(count), class_=" ".join(names))


def _examples(answers: Answers, dataset: Dataset) -> Html:
    """Texts whose answer was wrong, those it was surest of first, and who wrote them, if known."""
    wrong = answers.answered[~answers.sure[RIGHT]]
    surest = wrong.sort_values(CONFIDENCE, ascending=False, kind="stable").head(MOST_EXAMPLES)
    if surest.empty:
        return paragraph("None: every answer on this part is right.")
    records = dataset.records.loc[surest[RECORD]]
    is_named = records[USER].notna().any()
    rows: list[list[object]] = []
    for text, user, (_, said) in zip(records[TEXT], records[USER], surest.iterrows(), strict=True):
        rows.append(
            [
                tag("bdi", text),
                *([data(user) if isinstance(user, str) else "not known"] if is_named else []),
                data(answers.type.describe(said[TRUTH], text)),
                data(answers.type.describe(said[PREDICTED], text)),
                percent(said[CONFIDENCE]),
            ]
        )
    head = ["Text", *(["Person"] if is_named else []), "Truly", "Answer", "Sureness"]
    caption = "A wrong answer may also be a wrong label in the data."
    return table(caption, head, rows, numbers=(len(head) - 1,))
