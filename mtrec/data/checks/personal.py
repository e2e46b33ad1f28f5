"""Mail addresses and phone numbers in texts: how many there are, and texts without them.

A pattern cannot be sure. Phone numbers are looked for as people write them: with a country code
(`+49 30 1234567`, E.164: at most 15 digits), the North American way (`(415) 555-0123`), with a zero
in front and the area apart (`030 1234567`), in pairs (`01 23 45 67 89`), and as Chinese mobiles
(`138 1234 5678`). Bare rows of digits are mostly something else and stay, as does a number that the
text itself calls an order, a ticket or an ISBN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.schema import DataWarning
from mtrec.wording import many

MAIL = r"(?<![\w.%+-])[\w.%+-]*\w@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}(?![\w-])"
PHONE = "|".join(
    (
        r"\+[1-9](?:[ ./()-]{0,2}\d){8,14}",
        r"00[1-9]\d{0,2}[ /-](?:[ ./()-]{0,2}\d){7,12}",
        r"(?:1[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}",
        r"\(?0[1-9]\d{1,3}\)?[ /-]"
        r"(?:\d{2,3}(?:[ -]\d\d){2,3}|\d{3,4}[ -]\d{3,5}|\d{6,8})",
        r"0[1-9](?:(?: \d\d){4}|(?:\.\d\d){4}|(?:-\d\d){4})",
        r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}",
    )
)
ALONE = r"(?<![\w+])(?<!\d[ .,/:-])(?:{})(?!\w)(?![.,:/-]\d)"  # no piece of a longer number
CALLED = (  # what a text calls a number that is none to ring, up to that number
    r"(?:#|\b(?:isbn|issn|ean|sku|id|order|invoice|ref|reference|tracking|ticket|booking|"
    r"confirmation|account|flight)\b)"
    r"[^\w\n]{0,3}(?:(?:no|nr|num|number|id|is)\b[^\w\n]{0,3}){0,2}[\d -]*$"
)
NEAR = 40  # characters before a number in which the text may say what it is


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Attributes:
        code: of its warning.
        name: in the plural.
        mask: what it is replaced by.
        hint: a pattern that is quickly searched, found in every text that holds one.
        pattern: what it looks like.
        unless: what stands right before something that looks like it and is none.
    """

    code: str
    name: str
    mask: str
    hint: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def candidates(self, texts: pd.Series) -> NDArray[np.bool_]:
        """Which texts are worth a closer look, `(N,)`."""
        return texts.str.contains(self.hint, regex=True, na=False).to_numpy(dtype=bool)

    def count(self, text: str) -> int:
        return sum(map(self._holds, self.pattern.finditer(text)))

    def masked(self, text: str) -> str:
        return self.pattern.sub(
            lambda match: self.mask if self._holds(match) else match.group(), text
        )

    def _holds(self, match: re.Match[str]) -> bool:
        before = match.string[max(match.start() - NEAR, 0) : match.start()]
        return self.unless is None or self.unless.search(before) is None


KINDS = (
    Kind(
        "mail_addresses",
        "mail addresses",
        "[mail]",
        "[A-Za-z0-9_]@[A-Za-z0-9]",
        re.compile(MAIL, re.ASCII),
    ),
    Kind(
        "phone_numbers",
        "phone numbers",
        "[phone]",
        "[0-9](?:[ ./()-]{0,2}[0-9]){8}",
        re.compile(ALONE.format(PHONE), re.ASCII),
        re.compile(CALLED, re.ASCII | re.IGNORECASE),
    ),
)


def check_personal(texts: pd.Series, source: str) -> list[DataWarning]:
    """Texts that probably hold mail addresses or phone numbers, every one counted.

    Args:
        texts: strings, some may be missing.
        source: where they come from.
    """
    warnings = []
    for kind in KINDS:
        numbers = [kind.count(text) for text in texts[kind.candidates(texts)]]
        rows = sum(number > 0 for number in numbers)
        if rows:
            message = (
                f"Texts seem to hold {kind.name} ({sum(numbers):,} in {many(rows, 'record')}): "
                "they would be stored, shown on pages and perhaps learned by heart; have them "
                "masked (mask: true in the recipe) unless you may keep them"
            )
            warnings.append(DataWarning(kind.code, source, rows, message))
    return warnings


def mask_personal(texts: pd.Series) -> pd.Series:
    """The texts with `[mail]` and `[phone]` in place of what `check_personal` counts.

    Args:
        texts: strings, some may be missing; the index may repeat.
    """
    masked = texts.copy()
    for kind in KINDS:
        chosen = kind.candidates(masked)
        if chosen.any():
            masked[chosen] = [kind.masked(text) for text in masked[chosen]]
    return masked
