"""How a sentence comes about: templates with choices and gaps, and the hand that writes them.

A template holds choices `[warm|cold|]`, which may nest, and gaps `{noun}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from mtrec.data.sample.lexicon import Product

T = TypeVar("T")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SINGULAR = {"this": "this", "it": "it", "them": "it", "is": "is", "has": "has", "s": "s"}
_PLURAL = {"this": "these", "it": "they", "them": "them", "is": "are", "has": "have", "s": ""}
_SENTENCE_START = re.compile(r"(^|[.!?] )([a-z])")
_DROPPABLE = re.compile(r"(?<=\w)'(?=[a-z])")


class Writer:
    """Draws phrases from one random stream."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]

    def weighted(self, options: Mapping[T, float]) -> T:
        """A key, drawn by its weight."""
        weights = np.array([*options.values()])
        return [*options][int(self.rng.choice(len(options), p=weights / weights.sum()))]

    def several(self, options: Sequence[T], number: int) -> list[T]:
        """`number` different options in random order."""
        chosen = self.rng.choice(len(options), size=number, replace=False)
        return [options[int(index)] for index in chosen]

    def fill(self, template: str, **gaps: str) -> str:
        """Resolves the template's choices, then its gaps."""
        while match := _CHOICE.search(template):
            chosen = self.pick(match[1].split("|"))
            template = template[: match.start()] + chosen + template[match.end() :]
        return " ".join(template.format(**gaps).split()).replace(" .", ".").replace(" ,", ",")


def product_gaps(product: Product) -> dict[str, str]:
    """The gaps that speak about a product, in its number: `this trowel`, `these clamps`."""
    noun = product.noun
    forms = _PLURAL if is_plural(noun) else _SINGULAR
    return {"noun": noun, "a_noun": with_article(noun), **forms}


def is_plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith("ss")


def with_article(noun: str) -> str:
    """`a trowel`, `an eyepiece`, but `clamps`."""
    if is_plural(noun):
        return noun
    return f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uk') else 'a'} {noun}"


def capitalised(text: str) -> str:
    """Every sentence begins with a capital letter."""
    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)


def roughened(writer: Writer, text: str, haste: float) -> str:
    """The text as a person in a hurry leaves it; `haste` runs from 0 (careful) to 1 (sloppy)."""
    if writer.chance(0.6 * haste):
        text = text.lower()
    if writer.chance(0.5 * haste):
        text = text.rstrip(".")
    if writer.chance(0.4 * haste):
        text = _DROPPABLE.sub("", text)
    if text.endswith(".") and writer.chance(0.12):
        text = text[:-1] + writer.pick(("!", "!!", "...", " :)" if haste < 0.5 else ""))
    slips = int(writer.rng.poisson(haste * len(text) / 90))
    for _ in range(slips):
        text = _slip(writer, text)
    return text


def _slip(writer: Writer, text: str) -> str:
    """One typing error inside a word of at least four letters."""
    spots = [match.start() for match in re.finditer(r"(?<=[a-z])[a-z](?=[a-z]{2})", text)]
    if not spots:
        return text
    at = writer.pick(spots)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    dropped = text[:at] + text[at + 1 :]
    doubled = text[:at] + text[at] + text[at:]
    return writer.pick((swapped, swapped, dropped, dropped, doubled))
