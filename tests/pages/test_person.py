"""What speaks for a recommendation, in numbers that say something and add up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mtrec.schema import ITEM, TEXT, TITLE
from pages.ui import loaded, ruled
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


@pytest.fixture
def no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run is there whose rules could be read."""
    monkeypatch.setattr(ruled, "plan", lambda run, people: None)


def small_scores() -> None:
    from types import SimpleNamespace

    import pandas as pd

    from mtrec.schema import ITEM, LIKED, SPLIT, USER
    from pages.ui import person

    def recommend(user: str, k: int, stage: str, plan: None) -> list[dict[str, object]]:
        parts = [
            {"kind": "liked", "source": "liked", "text": name, "weight": weight, "item": name}
            for name, weight in (("tent", 0.00123), ("lamp", -0.0000001), ("rope", -0.0000002))
        ]
        return [
            {"item": "x", "title": "X", "score": 0.0012299, "reasons": parts[:2]},
            {"item": "y", "title": "Y", "score": -0.0000002, "reasons": parts[2:]},
        ]

    acts = pd.DataFrame({USER: [], ITEM: [], SPLIT: [], LIKED: pd.Series([], dtype="bool")})
    people = SimpleNamespace(stages=["pretrained"], recommend=recommend)
    dataset = SimpleNamespace(interactions=acts, warnings=())
    person.recommendations(SimpleNamespace(run="r1"), people, dataset, "u")


def test_small_scores_are_told_with_as_many_decimals_as_they_need_and_none_is_minus_zero(
    no_rules: None,
) -> None:
    words = said(AppTest.from_function(small_scores).run())
    assert "+0.0012 things they liked: tent" in words
    assert "+0.0000 things they liked: rope" in words


def test_a_part_that_is_zero_as_written_stands_only_where_all_are(no_rules: None) -> None:
    words = said(AppTest.from_function(small_scores).run())
    assert "lamp" not in words and "rope" in words


def full_reasons() -> None:
    from types import SimpleNamespace

    from pages.ui import reasons

    liked = {"kind": "liked", "source": "liked"}
    wrote = {"kind": "mentioned", "source": "mentioned"}
    parts = [
        {**liked, "text": "A", "weight": 0.1, "item": "a"},
        {**liked, "text": "B", "weight": 0.097, "item": "b"},
        {**wrote, "text": "7 things they wrote about together", "weight": 0.77},
        {**liked, "text": "9 things they liked together", "weight": 0.25},
        {"kind": "popular", "source": "popular", "text": "liked by 4 people", "weight": 0.3},
    ]
    listed = {"item": "x", "title": "X", "score": 1.517, "reasons": parts}
    reasons._show(SimpleNamespace(key="k", run="r"), listed, 2)


def test_a_recommendation_in_full_holds_all_parts_of_its_score_written_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    things = pd.DataFrame({ITEM: ["x", "a", "b"], TITLE: ["X", "A", "B"], TEXT: ["X", "A", "B"]})
    monkeypatch.setattr(loaded, "open_dataset", lambda key: SimpleNamespace(items=things))
    app = AppTest.from_function(full_reasons).run()
    assert not app.exception and not app.error
    heads = [each.label.replace("\\", "") for each in app.expander]
    assert heads == ["+0.10 · things they liked: A", "+0.10 · things they liked: B"]
    words = said(app)
    assert "+0.77 things they wrote about: all of them" in words
    assert "+0.25 things they liked: all others" in words
    assert "+0.30 popular: liked by 4 people" in words
