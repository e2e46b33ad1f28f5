"""What counts as liked, by what the labels of texts say: words of praise, stars, or yes and no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mtrec.data.expression import WORDS, numbers
from mtrec.data.guess.column import MOSTLY, Column


def _either(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


# Labels that speak well or ill of a thing, in small letters.
WELL = _either(
    "good, great, excellent, positive, pos, fresh, like, liked, love, loved, favorite, favourite, "
    "happy, satisfied, recommend, recommended, very good, very positive, very satisfied, thumbs up"
)
ILL = _either(
    "bad, poor, terrible, negative, neg, rotten, dislike, disliked, hate, hated, unhappy, "
    "unsatisfied, dissatisfied, not recommended, very bad, very negative, very dissatisfied, "
    "thumbs down"
)
YES = {"1": "0", "yes": "no", "true": "false", "y": "n", "t": "f"}
STARS = {5.0: 4, 10.0: 7}  # where numbers end, and from which on they count as liked
RATING = "rating score stars"
# Words of texts that speak for themselves, whatever the labels are called.
PRAISE = r"\b(?:good|great|excellent|love|loved|amazing|wonderful|perfect|best|thanks?)\b"
BLAME = r"\b(?:bad|terrible|awful|horrible|worst|boring|poor|hate|waste|disappoint(?:ed|ing))\b"
FEWEST = 20  # texts of a label from which they are compared
SURELY = 3.0  # standard errors that the texts of one label must be apart in praise


@dataclass(frozen=True)
class Liked:
    """A condition on a column, as a recipe's `positive`, and why."""

    column: str
    condition: str
    reason: str


def liked(labels: Sequence[Column], texts: pd.Series) -> list[Liked]:
    """The conditions that say what people liked, the likeliest first; empty where none is clear.

    Args:
        labels: the columns that are labels of texts.
        texts: of the rows that were looked at.
    """
    ways = (_by_words, _by_stars, _by_praise)
    return [each for way in ways for column in labels if (each := way(column, texts)) is not None]


def quoted(column: str) -> str:
    """A column's name as an expression writes it."""
    return column if column.isidentifier() and column not in WORDS else f"`{column}`"


def _by_words(column: Column, texts: pd.Series) -> Liked | None:
    """Labels of which some speak well and some ill."""
    values = [str(value) for value in column.cells.dropna().unique()]
    well, ill = ([each for each in values if _plain(each) in words] for words in (WELL, ILL))
    if not well or not ill:
        return None
    one = f"== '{well[0]}'"
    several = f"in ({', '.join(repr(each) for each in well)})"
    return Liked(
        column.name,
        f"{quoted(column.name)} {one if len(well) == 1 else several}",
        f"among its values are words of praise ({', '.join(well)}) and of blame ({', '.join(ill)})",
    )


def _by_stars(column: Column, texts: pd.Series) -> Liked | None:
    """The upper of numbers that are called a rating, or whose texts praise more than others."""
    found = stars(column)
    if found is None:
        return None
    high = numbers(column.seen) >= STARS[float(numbers(column.cells).max())]
    if column.hint(RATING) is None and not _praise_more(texts, high, ~high & column.seen.notna()):
        return None
    return found


def _by_praise(column: Column, texts: pd.Series) -> Liked | None:
    """Yes and no, where texts with yes praise more."""
    values = {_plain(str(value)): str(value) for value in column.cells.dropna().unique()}
    for yes, no in YES.items():
        if values.keys() == {yes, no}:
            is_yes, is_no = (column.seen == values[each] for each in (yes, no))
            if _praise_more(texts, is_yes, is_no):
                written = values[yes] if yes == "1" else f"'{values[yes]}'"
                return Liked(
                    column.name,
                    f"{quoted(column.name)} == {written}",
                    f"texts with {values[yes]} praise more than texts with {values[no]}",
                )
    return None


def stars(column: Column) -> Liked | None:
    """The upper numbers of a scale up to 5 or 10; None where the column is none."""
    if not column.numeric > MOSTLY:
        return None
    most = float(numbers(column.cells).max())
    if most not in STARS:
        return None
    return Liked(
        column.name,
        f"{quoted(column.name)} >= {STARS[most]}",
        f"numbers up to {most:g}: {STARS[most]} and more",
    )


def _praise_more(texts: pd.Series, ours: pd.Series, others: pd.Series) -> bool:
    """Whether some texts hold surely more words of praise, and fewer of blame, than others."""
    praise, blame = (
        texts.str.contains(words, case=False, regex=True, na=False).astype("int64")
        for words in (PRAISE, BLAME)
    )
    balance = praise - blame
    a, b = balance[ours.to_numpy(dtype=bool)], balance[others.to_numpy(dtype=bool)]
    if min(len(a), len(b)) < FEWEST:
        return False
    apart, error = a.mean() - b.mean(), np.sqrt(a.var() / len(a) + b.var() / len(b))
    return bool(apart > 0 and apart >= SURELY * error)


def _plain(value: str) -> str:
    return re.sub(r"[\s_-]+", " ", value).strip().lower()
