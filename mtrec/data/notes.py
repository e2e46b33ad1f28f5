"""What an import has to say: warnings for people, and each row or cell that it could not use."""

from __future__ import annotations

from functools import reduce

import pandas as pd

from mtrec.schema import ASIDE, PART, REASON, ROW, SOURCE, WRITTEN, DataWarning

WHOLE_ROW = "row"
LONGEST = 1000  # characters of what was written that are kept


class Notes:
    """Gathers warnings and what is set aside while the tables are built.

    Attributes:
        warnings: in the order in which they came up.
    """

    def __init__(self) -> None:
        self.warnings: list[DataWarning] = []
        self._aside: list[pd.DataFrame] = []

    def warn(self, code: str, source: str, rows: int, message: str) -> None:
        """A warning, unless it concerns no row; `{n}` in it stands for how many."""
        if rows:
            self.warnings.append(
                DataWarning(code, source, rows, message.replace("{n}", f"{rows:,}"))
            )

    def set_aside(
        self,
        code: str,
        source: str,
        written: pd.Series,
        reason: str | pd.Series,
        message: str,
        part: str = WHOLE_ROW,
    ) -> None:
        """Keeps what could not be used, and warns of it.

        Args:
            written: the row or cell as it stands in the file, by its number there.
            reason: why, in a few words, for all of them or for each.
            message: the warning; `{n}` stands for how many they are.
            part: `row`, or which cell of it.
        """
        self.warn(code, source, len(written), message)
        if len(written):
            kept = pd.DataFrame(
                {
                    SOURCE: pd.Series(source, index=written.index, dtype="str"),
                    ROW: written.index.to_numpy(dtype="int64"),
                    PART: part,
                    REASON: reason,
                    WRITTEN: written.str.slice(0, LONGEST),
                }
            )
            self._aside.append(kept.astype(ASIDE))

    def aside(self) -> pd.DataFrame:
        """Everything set aside, in the columns of `schema.ASIDE`."""
        if not self._aside:
            return pd.DataFrame({column: [] for column in ASIDE}).astype(ASIDE)
        return pd.concat(self._aside, ignore_index=True)


def as_written(frame: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    """The cells of each chosen row as one string, by its number."""
    frame = frame[chosen] if chosen.any() else frame.iloc[:0]
    cells = [frame[column].fillna("") for column in frame.columns]
    return reduce(lambda left, right: left + " | " + right, cells)
