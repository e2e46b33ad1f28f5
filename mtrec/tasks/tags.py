"""Named things in a text: a tag for each of its tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.errors import InputError
from mtrec.schema import DataWarning
from mtrec.tasks.base import NOTHING, Floats, Prediction, Targets, Unit
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.reading import LOOKED_AT
from mtrec.tasks.softmax import Softmax
from mtrec.tasks.spans import BEGIN, BEGINS, INSIDE, OUTSIDE, classes, likeliest, spans
from mtrec.tasks.tally import Metric, Part, Tally, accuracy, macro_f1, micro_f1

if TYPE_CHECKING:
    from torch import nn

TAG = r"(?:O|[BI]-[^ ]+)"
TAGS = re.compile(rf"{TAG}(?: +{TAG})*")
TOKEN = re.compile(r"[^ ]+")
BEGINNING = r"(?:^| )B-([^ ]+)"
MOST = 0.9  # share of the cells that hold nothing but tags where labels are tags
MOSTLY_EMPTY = 0.9  # share of records that name nothing from which it is worth saying


class Tags(Softmax):
    """Spans of tokens that name something, and what: artist, place, price.

    In IOB2 (Tjong Kim Sang and Veenstra, 1999): B-x begins a span of type x, I-x goes on with it, O
    is outside. An I-x that has no x before it begins a span too, so that IOB1 is read as it is
    meant. One tag for each token of the text, which are what stands between its spaces; a row with
    another number of tags is unreadable. Labels are the types of the spans.

    The head gives each word a logit for O and for B-x and I-x of each label; their softmax is the
    probabilities, and the loss is the negative log-probability of the word's tag. Predicted is the
    likeliest of the sequences that are IOB2. Its confidence and the shares take the words as
    independent of each other, given what the head reads.
    """

    type = "tags"
    headline = "span_f1"
    unit = Unit.WORDS
    of_tokens = True
    mixes = False  # two texts' words have nothing to do with each other
    description = "Each record marks words of its text and says what they name"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        looked = some_of(written, LOOKED_AT)
        fitting = looked[looked.map(_is_tags).astype("bool")]
        if looked.empty or len(fitting) < MOST * len(looked):
            return None
        if not fitting.str.contains("-", regex=False).any():
            return None
        share = len(fitting) / len(looked)
        return f"{share:.0%} of the cells looked at hold only tags, such as O, B-name and I-name"

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

    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        """The number of each word's tag among the `classes`; O where its type is no label."""
        known = values.notna().to_numpy()
        tags = [each.split(" ") for each in values[known]]
        counts = known.astype(np.int64)
        counts[known] = [len(each) for each in tags]
        numbers = {tag: number for number, tag in enumerate(classes(labels))}
        rows = [numbers.get(tag, 0) for each in tags for tag in each]
        return Ragged(np.array(rows, dtype=np.int64), counts)

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        from torch import nn

        return nn.Linear(width, 2 * len(labels) + 1)

    def bound(self, value: str) -> list[tuple[int, int]]:
        """The words of each span."""
        return [(first, end) for _, first, end in spans(value)]

    def rearranged(self, value: str, origins: Sequence[int]) -> str:
        """Each word takes its tag along; the first of a span that is left begins it."""
        owner = {
            place: (kind, first) for kind, first, end in spans(value) for place in range(first, end)
        }
        tags, before = [], None
        for place in origins:
            span = owner.get(place)
            if span is None:
                tags.append(OUTSIDE)
            else:
                tags.append((INSIDE if span == before else BEGIN) + span[0])
            before = span
        return " ".join(tags)

    def decode(
        self,
        probabilities: Ragged[Floats],
        labels: Sequence[str],
        thresholds: Sequence[float] = (),
    ) -> Prediction:
        """The likeliest valid tags; a label's share is the probability that a span of it begins."""
        rows, counts = probabilities.rows, probabilities.counts
        chosen = likeliest(probabilities)
        sure = np.take_along_axis(rows, chosen[:, None], axis=1)[:, 0]
        starts = probabilities.starts
        tags = np.array(classes(labels), dtype=object)[chosen].tolist()
        written = [
            " ".join(tags[start:end])
            for start, end in zip(starts.tolist(), (starts + counts).tolist(), strict=True)
        ]
        return Prediction(
            labels=np.array(written, dtype=object),
            confidence=np.multiply.reduceat(sure, starts),
            shares=1 - np.multiply.reduceat(1 - rows[:, BEGINS], starts, axis=0),
        )

    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        """Spans are right if type, first and last word are, as seqeval counts (Nakayama, 2018).

        `span_f1` is F1 over all spans, `macro_f1` the mean over types, `accuracy` the share of
        records in which every tag is right. Where no span is true and none is predicted, nothing is
        wrong and both F1 are 1, where seqeval's are 0.
        """
        metrics = {"span_f1": micro_f1, "macro_f1": macro_f1, "accuracy": accuracy}
        return Tally(truth, predicted, labels, _parts), metrics

    def compare(self, truth: str, predicted: str) -> list[tuple[str, str]]:
        """Types of spans with the same words, in the order of the text."""
        return list(_beside(truth, predicted).values())

    def words_behind(
        self, truth: str, predicted: str, pair: tuple[str, str]
    ) -> tuple[int, int] | None:
        """The words of the first span that is truly of the one type, and of the other predicted."""
        return next(words for words, each in _beside(truth, predicted).items() if each == pair)

    def describe(self, value: str, text: str) -> str:
        """What each span names, and its words: `artist: Miles Davis; playlist: jazz`."""
        words = tokens(text)
        named = [f"{kind}: {' '.join(words[first:end])}" for kind, first, end in spans(value)]
        return "; ".join(named) or "nothing marked"

    def marked(self, value: str, text: str) -> list[tuple[str, str]]:
        """The words of each span with its type."""
        words = [found.span() for found in TOKEN.finditer(text)]
        parts, done = [], 0
        for kind, first, end in spans(value):
            begins, ends = words[first][0], words[end - 1][1]
            parts += [(text[done:begins], NOTHING), (text[begins:ends], kind)]
            done = ends
        return [part for part in [*parts, (text[done:], NOTHING)] if part[0]]


def _beside(truth: str, predicted: str) -> dict[tuple[int, int], tuple[str, str]]:
    """The true and the predicted type of each span, by its words in the order of the text."""
    true, said = (
        {(first, end): kind for kind, first, end in spans(tags)} for tags in (truth, predicted)
    )
    return {
        words: (true.get(words, NOTHING), said.get(words, NOTHING))
        for words in sorted(true.keys() | said.keys())
    }


def _parts(tags: str) -> list[Part]:
    return [(kind, (first, end)) for kind, first, end in spans(tags)]


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
