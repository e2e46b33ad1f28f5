"""What speaks for a recommendation, in numbers that say something and add up."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import ruled
from pages.ui.person import summands
from tests.pages.conftest import said


def reason(source: str, weight: float, **of: int) -> dict[str, Any]:
    kind = source if source in ("liked", "text", "popular") else "task"
    return {"kind": kind, "source": source, "text": "it", "weight": weight, **of}


def test_the_parts_add_up_and_little_is_left_without_a_name() -> None:
    reasons = [
        reason("liked", 0.12, item=1),
        reason("liked", 0.11, item=2),
        reason("text", 0.09, record=3),
        reason("mood", -0.08, record=4),
        reason("liked", 0.9),
        reason("mood", 0.03),
        reason("text", -0.01),
    ]
    parts = summands({"score": 1.16, "reasons": reasons})
    assert [words for _, words in parts] == [
        "things they liked: it",
        "things they liked: it",
        "all their texts: “it”",
        "things they liked: all others",
        "everything else",
    ]
    assert [part for part, _ in parts] == pytest.approx([0.12, 0.11, 0.09, 0.9, -0.06])


def test_a_source_of_which_nothing_is_named_has_no_others() -> None:
    parts = summands({"score": 3.0, "reasons": [reason("popular", 1.0), reason("mood", 2.0)]})
    assert parts == [(1.0, "popular: it"), (2.0, "mood: all of them")]


def small_scores() -> None:
    from types import SimpleNamespace

    import pandas as pd

    from mtrec.schema import ITEM, LIKED, SPLIT, USER
    from pages.ui import person

    def recommend(user: str, k: int, stage: str, plan: None) -> list[dict[str, object]]:
        parts = [
            {"kind": "liked", "source": "liked", "text": name, "weight": weight, "item": name}
            for name, weight in (("tent", 0.00123), ("lamp", -0.0000001))
        ]
        return [{"item": "x", "title": "X", "score": 0.0012299, "reasons": parts}]

    acts = pd.DataFrame({USER: [], ITEM: [], SPLIT: [], LIKED: pd.Series([], dtype="bool")})
    people = SimpleNamespace(stages=["pretrained"], recommend=recommend)
    dataset = SimpleNamespace(interactions=acts, warnings=())
    person.recommendations(SimpleNamespace(run="r1"), people, dataset, "u")


def test_small_scores_are_told_with_as_many_decimals_as_they_need_and_none_is_minus_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ruled, "plan", lambda run, people: None)
    words = said(AppTest.from_function(small_scores).run())
    assert "+0.0012 things they liked: tent" in words
    assert "+0.0000 things they liked: lamp" in words
