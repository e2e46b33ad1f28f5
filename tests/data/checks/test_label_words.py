from __future__ import annotations

import numpy as np
import pandas as pd

from mtrec.data.checks import check_label_words
from mtrec.schema import DataWarning

N = 300
LABELS = pd.Series(np.resize(["billing", "lost_card", "7"], N), dtype="str")
FILL = pd.Series([f"text {n} on my account" for n in range(N)], dtype="str")


def check(texts: pd.Series, labels: pd.Series = LABELS) -> list[DataWarning]:
    return check_label_words(texts, {"intent": labels})


def test_a_form_that_writes_the_label_into_the_text() -> None:
    (found,) = check("[" + LABELS.str.upper() + "] " + FILL)
    assert (found.code, found.source, found.rows) == ("label_in_text", "intent", 200)
    assert "2 labels (billing, lost_card)" in found.message  # a number is no word


def test_all_words_of_a_label_must_stand_there() -> None:
    card = LABELS == "lost_card"
    assert check(FILL.where(~card, FILL + " card")) == []
    (found,) = check(FILL.where(~card, "Card " + FILL + " was LOST."))
    assert "the label lost_card" in found.message
    assert found.rows == 100


def test_a_word_that_others_use_too_is_no_leak() -> None:
    texts = FILL.where(LABELS != "billing", FILL + " billing")
    texts = texts.where((LABELS != "lost_card") | (np.arange(N) % 2 == 0), texts + " billing")
    assert check(texts) == []


def test_a_part_of_a_word_is_no_word() -> None:
    assert check(FILL.where(LABELS != "billing", FILL + " rebillings")) == []


def test_a_small_label_does_not_make_a_task_trivial() -> None:
    labels = pd.Series(["weather"] * 20 + ["a", "b"] * 140, dtype="str")
    assert check(FILL.where(labels != "weather", FILL + " weather"), labels) == []


def test_texts_without_labels_say_nothing() -> None:
    assert check(FILL, LABELS[:0]) == []
