"""What is said of a cell of the confusion matrix."""

from __future__ import annotations

import pytest

from mtrec.tasks.base import NOTHING
from pages.ui.matrix import cell_told


@pytest.mark.parametrize(
    ("truth", "predicted", "words"),
    [
        ("a", "a", "truly a, rightly taken for a"),
        ("a", "*b*", "truly a, wrongly taken for \\*b\\*"),
        ("a", NOTHING, "truly a, missed"),
        (NOTHING, "a", "a, found where none is"),
    ],
)
def test_a_cell_in_words(truth: str, predicted: str, words: str) -> None:
    assert cell_told(truth, predicted) == words
