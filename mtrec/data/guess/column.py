"""What a column looks like from its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from mtrec.data.expression import numbers
from mtrec.data.tables import SPLIT_NAMES
from mtrec.data.times import parse_times
from mtrec.errors import InputError

LOOKED_AT = 5000  # rows
MOSTLY = 0.9
EPOCHS = (1e8, 1e14)  # between these a number may be a time, in seconds or milliseconds since 1970
ID = r"(?=.*\d)[\w.:@-]+"  # one word with a digit in it
CJK = r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"  # scripts that are written without spaces


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a file.

    Attributes:
        cells: all of it.
        seen: up to `LOOKED_AT` of its cells, in random order; every column of a file has the same.
    """

    name: str
    cells: pd.Series
    seen: pd.Series

    @cached_property
    def known(self) -> pd.Series:
        """The cells seen that are not empty, stripped."""
        cells = self.seen.dropna().str.strip()
        return cells[cells != ""]

    @cached_property
    def distinct(self) -> int:
        return int(self.cells.nunique())

    @cached_property
    def length(self) -> float:
        """How many characters a cell has on average, empty ones counted."""
        return float(self.seen.str.len().fillna(0).mean())

    @cached_property
    def numeric(self) -> float:
        """The share of known cells that are numbers."""
        return float(numbers(self.known).notna().mean()) if len(self.known) else 0.0

    @cached_property
    def words(self) -> int:
        """How many different words stand in the cells seen; 0 where they are numbers or ids."""
        if not len(self.known) or self.numeric > 1 - MOSTLY or self.is_id:
            return 0
        spaced = self.known.str.replace(CJK, r" \1 ", regex=True)
        return int(spaced.str.split().explode().str.lower().nunique())

    @cached_property
    def is_id(self) -> bool:
        """Whether the cells are single words with digits in them, and no numbers."""
        if not len(self.known) or self.numeric > 1 - MOSTLY:
            return False
        return bool(self.known.str.fullmatch(ID).mean() > MOSTLY)

    @cached_property
    def is_unique(self) -> bool:
        return bool(self.cells.is_unique and self.cells.notna().all())

    @cached_property
    def time_problem(self) -> str | None:
        """Why these times cannot be read without help; None where they can, or are none."""
        return self._times[1]

    @cached_property
    def is_time(self) -> bool:
        return self._times[0] > MOSTLY

    @cached_property
    def is_split(self) -> bool:
        values = set(self.cells.dropna().str.strip().str.lower().unique())
        return len(values) > 1 and values <= set(SPLIT_NAMES)

    @cached_property
    def _times(self) -> tuple[float, str | None]:
        """The share of cells that read as times, and what stands in the way."""
        if not len(self.known):
            return 0.0, None
        if self.numeric > MOSTLY:
            size = numbers(self.known).abs()
            if not size.between(*EPOCHS).mean() > MOSTLY:
                return 0.0, None
        elif not self.known.str.contains(r"\d", regex=True).mean() > MOSTLY:
            return 0.0, None
        try:
            return float(parse_times(self.known).notna().mean()), None
        except InputError as error:
            return 0.0, error.message if "two ways" in error.message else None

    def hint(self, words: str) -> int | None:
        """Which of the words the column's name holds, the earliest counting; None without any."""
        ranks = [rank for rank, word in enumerate(words.split()) if _hints_at(word, self.name)]
        return min(ranks, default=None)


def _hints_at(hint: str, column: str) -> bool:
    """Whether a word of the column is the hint, or ends with it where it is long enough to tell."""
    return any(word == hint or (len(hint) >= 5 and word.endswith(hint)) for word in _parts(column))


def _parts(column: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column)
    return [word for word in re.split(r"[\W_]+", spaced.lower()) if word]
