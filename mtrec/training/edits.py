"""Texts with slips as people make them, and labels that stay with their words.

Words are deleted and swapped as in Wei and Zou (2019), *EDA: Easy Data Augmentation Techniques for
Boosting Performance on Text Classification Tasks*, arXiv:1901.11196; here with the next word, and
never across the words that a label holds together. Words are misspelt as in Pruthi, Dhingra and
Lipton (2019), *Combating Adversarial Misspellings with Robust Word Recognition*, arXiv:1905.11268:
a letter inside is swapped with the next, left out or written twice, the first and the last stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mtrec.tasks.base import TaskType
from mtrec.tasks.relation import MARK
from mtrec.tasks.tags import tokens

LETTERS = re.compile(r"[^\W\d_]{4,}")  # letters enough to be misspelt; marks of entities are not

Span = tuple[int, int]
"""The first of several words, and the one behind the last."""


class Edit(StrEnum):
    """What can happen to a word."""

    DELETE = "delete"
    SWAP = "swap"  # with the next one
    TYPO = "typo"


EDITS = tuple(Edit)


@dataclass(frozen=True)
class Edited:
    """A text's W words after they were edited.

    Attributes:
        words: one at least.
        origins: which of the words before each of them is.
    """

    words: tuple[str, ...]
    origins: tuple[int, ...]


def edited_text(
    text: str,
    labels: Sequence[tuple[TaskType, str]],
    rng: np.random.Generator,
    share: float,
    edits: Sequence[Edit] = EDITS,
) -> tuple[str, list[str]]:
    """A text with slips, and its labels afterwards; the same text where nothing happened to it.

    Args:
        labels: those that the record carries, each with its task's type.
        share: how likely something happens to a word.
        edits: what may, each as likely.
    """
    words = tokens(text)
    if not words:
        return text, [value for _, value in labels]
    bound = [span for kind, value in labels for span in kind.bound(value)]
    found = edit(words, bound, rng, share, edits)
    if found.words == tuple(words):
        return text, [value for _, value in labels]
    return " ".join(found.words), [kind.rearranged(value, found.origins) for kind, value in labels]


def edit(
    words: Sequence[str],
    bound: Sequence[Span],
    rng: np.random.Generator,
    share: float,
    edits: Sequence[Edit] = EDITS,
) -> Edited:
    """Words after slips.

    One word at least is left. Words of a marked entity are neither deleted nor swapped, and their
    marks stay whole. From one generator, a higher share deletes and misspells the same words and
    more.

    Args:
        words: W > 0 of them, without spaces.
        bound: words that labels hold together; words are swapped within one span or outside all.
    """
    size = len(words)
    draws = rng.random(size)
    hit = draws < share
    kinds = [edits[number] for number in rng.integers(len(edits), size=size)]
    chosen = {kind: {i for i in np.flatnonzero(hit).tolist() if kinds[i] is kind} for kind in Edit}
    fixed = _marked(words)
    gone = chosen[Edit.DELETE] - fixed
    if len(gone) == size:
        gone.discard(int(draws.argmax()))  # which a lower share would be the last to delete
    order = _swapped(size, chosen[Edit.SWAP], fixed | gone, bound)
    said = [
        _misspelt(word, rng) if place in chosen[Edit.TYPO] else word
        for place, word in enumerate(words)
    ]
    left = tuple(place for place in order if place not in gone)
    return Edited(tuple(said[place] for place in left), left)


def _marked(words: Sequence[str]) -> set[int]:
    """The words of marked entities, those with the marks among them."""
    found, is_open = set(), False
    for place, word in enumerate(words):
        marks = [mark.group() for mark in MARK.finditer(word)]
        if marks or is_open:
            found.add(place)
        if marks:
            is_open = not marks[-1].startswith("</")
    return found


def _swapped(size: int, chosen: set[int], fixed: set[int], bound: Sequence[Span]) -> list[int]:
    """The words' numbers after those chosen changed places with the next, each word once."""
    owners: list[list[Span]] = [[] for _ in range(size)]
    for span in bound:
        for place in range(*span):
            owners[place].append(span)
    order, place = list(range(size)), 0
    while place + 1 < size:
        pair = {place, place + 1}
        if place in chosen and not pair & fixed and owners[place] == owners[place + 1]:
            order[place], order[place + 1] = place + 1, place
            place += 1
        place += 1
    return order


def _misspelt(word: str, rng: np.random.Generator) -> str:
    """A word with one slip inside its letters; the same where it has too few."""
    found = max(LETTERS.finditer(word), key=lambda each: len(each.group()), default=None)
    if found is None:
        return word
    place = int(rng.integers(found.start() + 1, found.end() - 2))  # of the first of two letters
    first, second = word[place], word[place + 1]
    slips = [first, first + first + second]  # left out the second, or written the first twice
    if first != second:
        slips.append(second + first)
    return word[:place] + slips[int(rng.integers(len(slips)))] + word[place + 2 :]
