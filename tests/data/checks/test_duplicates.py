from __future__ import annotations

import pandas as pd

from mtrec.data.checks import check_duplicates
from mtrec.data.sampling import text_numbers
from mtrec.schema import DataWarning


def check(rows: list[tuple[str, str | None, str | None]]) -> dict[str, DataWarning]:
    records = pd.DataFrame(rows, columns=["text", "task:mood", "task:topic"]).astype("str")
    return {
        each.source: each
        for each in check_duplicates(records, text_numbers(records["text"]), ["mood", "topic"])
    }


def test_repeats_and_contradictions_are_counted_apart() -> None:
    found = check(
        [
            ("good", "yes", "film"),
            ("good", "yes", "book"),
            ("good", "no", None),
            ("bad", "no", "film"),
            ("bad", None, "film"),
            ("alone", "yes", "film"),
            ("unlabelled", None, None),
            ("unlabelled", None, None),
        ]
    )
    assert set(found) == {"records", "mood", "topic"}
    assert (found["records"].code, found["records"].rows) == ("repeated_texts", 3)
    assert (found["mood"].code, found["mood"].rows) == ("contradicting_labels", 3)
    assert "at least 1 of them" in found["mood"].message  # of yes, yes, no
    assert found["topic"].rows == 2
    assert "at least 1 of them" in found["topic"].message


def test_texts_that_differ_say_nothing() -> None:
    assert not check([(str(n), "yes", None) for n in range(20)])


def test_a_slip_among_thousands_says_nothing() -> None:
    rows: list[tuple[str, str | None, str | None]] = [(str(n), "yes", None) for n in range(2999)]
    assert not check([*rows, ("0", "no", None)])


def test_no_task_has_nothing_to_contradict() -> None:
    records = pd.DataFrame({"text": ["a", "a"]})
    assert check_duplicates(records, text_numbers(records["text"]), []) == []
