"""Named things in a text: a tag for each of its tokens."""

from __future__ import annotations

import re

import pandas as pd

from mtrec.data.labels import UNSAID, LabelType
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.errors import InputError
from mtrec.schema import DataWarning
from mtrec.tasks.reading import LOOKED_AT

OUTSIDE, BEGIN, INSIDE = "O", "B-", "I-"
TAG = r"(?:O|[BI]-[^ ]+)"
TAGS = re.compile(rf"{TAG}(?: +{TAG})*")
BEGINNING = r"(?:^| )B-([^ ]+)"
MOST = 0.9  # share of the cells that hold nothing but tags where labels are tags
MOSTLY_EMPTY = 0.9  # share of records that name nothing from which it is worth saying


class Tags(LabelType):
    """Spans of tokens that name something, and what: artist, place, price.

    In IOB2 (Tjong Kim Sang and Veenstra, 1999): B-x begins a span of type x, I-x goes on with it, O
    is outside. An I-x that has no x before it begins a span too, so that IOB1 is read as it is
    meant. One tag for each token of the text, which are what stands between its spaces; a row with
    another number of tags is unreadable. Labels are the types of the spans.
    """

    type = "tags"
    of_tokens = True
    description = "Each record marks words of its text and says what they name"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        looked = some_of(written, LOOKED_AT)
        fitting = looked[looked.map(_is_tags).astype("bool")]
        if looked.empty or len(fitting) < MOST * len(looked):
            return None
        if not fitting.str.contains("-", regex=False).any():
            return None
        share = len(fitting) / len(looked)
        return f"{share:.0%} of the cells looked at hold only tags: O, B-… and I-…"

    def read(self, written: pd.Series, texts: pd.Series, spec: TaskSpec = UNSAID) -> pd.Series:
        return pd.Series(
            [_read(cell, text) for cell, text in zip(written, texts, strict=True)],
            index=written.index,
            dtype="str",
        )

    def occurrences(self, values: pd.Series) -> pd.Series:
        """The type of each span; a record with O alone is labelled and has none."""
        return values.str.findall(BEGINNING).explode().dropna().astype("str")

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        found = sorted(self.occurrences(values).unique().tolist())
        if not found:
            raise InputError(
                "There is no span to learn",
                expected="a tag for each space-separated token of the text, some of them B-…",
                found="nothing but O" if len(values) else "no row with as many tags as tokens",
                fix="count the tokens of a row's text and its tags",
            )
        return found

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        occurrences = self.occurrences(values)
        return _few_spans(task, len(values), int(values.index.isin(occurrences.index).sum()))


def tokens(text: str) -> list[str]:
    """What stands between the spaces of a text: the tokens that tags belong to."""
    return [token for token in text.split(" ") if token]


def _is_tags(cell: str) -> bool:
    return TAGS.fullmatch(cell) is not None


def _read(cell: str, text: object) -> str | None:
    if not isinstance(text, str) or not _is_tags(cell):
        return None
    tags = tokens(cell)
    return _repair(tags) if len(tags) == len(tokens(text)) else None


def _repair(tags: list[str]) -> str:
    """The tags in IOB2: an I-x that goes on with no x becomes B-x."""
    repaired, open_type = [], ""
    for tag in tags:
        kind = "" if tag == OUTSIDE else tag[len(INSIDE) :]
        goes_on = tag.startswith(INSIDE) and kind == open_type
        repaired.append(tag if not kind or goes_on else BEGIN + kind)
        open_type = kind
    return " ".join(repaired)


def _few_spans(task: str, records: int, holding: int) -> list[DataWarning]:
    empty = records - holding
    if empty <= MOSTLY_EMPTY * records:
        return []
    message = (
        f"{empty / records:.0%} of the labelled records of '{task}' name nothing: O everywhere "
        "would look accurate token by token, so read span F1"
    )
    return [DataWarning("few_spans", task, empty, message)]
