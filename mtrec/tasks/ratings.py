"""How people write ratings: `3/5`, `B+`, `85%`, `4 stars`, `★★★½`, or a number alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

GRADES = tuple(letter + sign for letter in "FDCBA" for sign in ("-", "", "+"))
"""From the lowest to the highest."""

STARS = Decimal(5)  # the scale of stars that do not say theirs
LONGEST = 40  # characters of a rating
DASHES = str.maketrans("−–", "--")

NUMBER = r"(?:[0-9]{1,9} 1/2|[0-9]{0,9} ?½|[0-9]{1,9}(?:\.[0-9]{1,9})?)"
ALONE = re.compile(rf"-?{NUMBER}")
OUT_OF = re.compile(rf"({NUMBER})(?: ?stars?)? ?(?:/|out of|of) ?({NUMBER})(?: ?stars?)?", re.I)
PERCENT = re.compile(rf"({NUMBER}) ?%")
STAR_WORDS = re.compile(rf"({NUMBER})[ -]?stars?", re.I)
STAR_SIGNS = re.compile(r"(?=.*[★☆])(★*)(½?)(☆*)")


@dataclass(frozen=True)
class Rating:
    """A number, its scale where that is said, and the grade where it is one.

    Attributes:
        number: for a grade, its step.
        scale: the lowest and the highest number; None where the number stands alone.
    """

    number: Decimal
    scale: tuple[Decimal, Decimal] | None = None
    grade: str | None = None

    @property
    def stars(self) -> str:
        """The nearest half of five stars, a tie going to the whole star.

        Raises:
            ValueError: nothing says how far up its scale the number stands.
        """
        if self.scale is None:
            raise ValueError("a number alone has no scale")
        low, high = self.scale
        return number_text(Decimal(round((self.number - low) * 10 / (high - low))) / 2)


def parse_rating(cell: str) -> Rating | None:
    """What a cell says; None where it is no rating, or one above the top of its scale.

    Grades have even steps from F, 0, over F+, D- and so on to A, 12; A+ counts as A and F- as F.
    That is how Metacritic brings grades to its scale of 100: A 100, B+ 83, B- 67, F 0.
    """
    if len(cell) > LONGEST:
        return None
    cell = cell.translate(DASHES)
    grade = cell.upper()
    if grade in GRADES:
        step = min(max(GRADES.index(grade) - 1, 0), len(GRADES) - 3)
        return Rating(Decimal(step), (Decimal(0), Decimal(len(GRADES) - 3)), grade)
    if ALONE.fullmatch(cell):
        sign, digits = (-1, cell[1:]) if cell.startswith("-") else (1, cell)
        return Rating(sign * _number(digits))
    if found := OUT_OF.fullmatch(cell):
        return _on_scale(_number(found[1]), _number(found[2]))
    if found := PERCENT.fullmatch(cell):
        return _on_scale(_number(found[1]), Decimal(100))
    if found := STAR_WORDS.fullmatch(cell):
        return _on_scale(_number(found[1]), STARS)
    if found := STAR_SIGNS.fullmatch(cell):
        full, half, empty = map(len, found.groups())
        return _on_scale(full + Decimal(half) / 2, Decimal(full + half + empty) if empty else STARS)
    return None


def number_text(number: Decimal) -> str:
    """The number without needless zeros: 3, 2.5, 0."""
    return format(number.normalize() + 0, "f")


def _number(text: str) -> Decimal:
    for half in ("½", " 1/2"):
        if text.endswith(half):
            return Decimal(text.removesuffix(half).strip() or 0) + Decimal("0.5")
    return Decimal(text)


def _on_scale(number: Decimal, top: Decimal) -> Rating | None:
    return Rating(number, (Decimal(0), top)) if 0 <= number <= top and top > 0 else None
