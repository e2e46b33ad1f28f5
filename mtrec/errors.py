"""The errors a person is meant to read: what was expected, what was found, where, and the fix."""

from __future__ import annotations


class MtrecError(Exception):
    """The work could not be done. The command line ends with status 1; a page shows the sentence.

    Args:
        message: one sentence that says what went wrong, without a full stop at its end.
        expected: what would have been right.
        found: what was there instead.
        where: file, row, key or page.
        fix: what the reader can do about it.
    """

    exit_status = 1

    def __init__(
        self, message: str, *, expected: str = "", found: str = "", where: str = "", fix: str = ""
    ) -> None:
        self.message = message
        self.expected = expected
        self.found = found
        self.where = where
        self.fix = fix
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """All parts in reading order, the empty ones left out."""
        parts = [f"{self.message}."]
        for label, text in (
            ("Expected", self.expected),
            ("Found", self.found),
            ("Where", self.where),
            ("Fix", self.fix),
        ):
            if text:
                parts.append(f"{label}: {text}.")
        return " ".join(parts)


class InputError(MtrecError):
    """The input or the request is wrong. The command line ends with status 2."""

    exit_status = 2
