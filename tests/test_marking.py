"""What the other tests look for is found, also cut short, and never where it is not."""

from __future__ import annotations

import base64

from tests.marking import ID, WORD, marks


def test_marks_are_found_however_they_are_written() -> None:
    assert marks(f"a {WORD}12, {WORD[:5]}…", f"{ID.lower()}07".encode()) == {
        f"{WORD}12",
        WORD[:5],
        f"{ID.lower()}07",
    }


def test_numbers_of_a_chart_are_no_marks() -> None:
    numbers = base64.b64decode("AAZyxb8A")
    assert marks(base64.b64encode(numbers)) == set()
