"""What if less were known of a person, or they had written more: on the page People."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import what_if
from tests.pages.conftest import Done, open_page, said

pytestmark = pytest.mark.slow


@pytest.fixture
def app(done: Done) -> AppTest:
    app = open_page("people", look="What if?")
    assert not app.exception and not app.error
    return app


def control(app: AppTest, kind: str, start: str):  # type: ignore[no-untyped-def]
    return next(each for each in app.get(kind) if each.key and each.key.startswith(start))


def test_a_source_taken_away_moves_the_profile_and_the_list(app: AppTest) -> None:
    assert "Choose something above" in said(app)
    control(app, "multiselect", "without-sources").select("liked").run()
    assert not app.exception and not app.error
    words = said(app)
    assert "With what you changed" in words and "Choose something above" not in words
    shares = next(each.value for each in app.dataframe if "before" in each.value)
    row = shares.set_index("source").loc["things they liked"]
    assert row["now"] == 0 and row["before"] > 0 and row["made from"] == 0
    assert shares["now"].sum() == pytest.approx(100)


def test_a_text_and_a_thing_taken_away_are_gone_from_the_reasons(app: AppTest) -> None:
    texts = control(app, "multiselect", "without-texts")
    texts.select(texts.options[0]).run()
    things = control(app, "multiselect", "without-things")
    things.select(things.options[0]).run()
    assert not app.exception and not app.error
    assert "With what you changed" in said(app)


@pytest.mark.parametrize(("weight", "is_seen"), [(0.004, False), (0.006, True)])
def test_what_was_added_is_seen_where_a_card_writes_more_than_zero(
    weight: float, is_seen: bool
) -> None:
    reasons = [{"weight": 1.0}, {"weight": weight, "new": True}]
    assert what_if._is_seen([{"score": 1.0 + weight, "reasons": reasons}]) is is_seen


def test_a_text_added_is_a_reason_of_the_list(app: AppTest) -> None:
    control(app, "text_area", "also").input("a wonderful tent for a week in the mountains").run()
    assert not app.exception and not app.error
    assert "what was added" in said(app)
    control(app, "multiselect", "without-sources").select("text").run()
    assert not app.exception and not app.error
    shares = next(each.value for each in app.dataframe if "before" in each.value)
    assert shares.set_index("source").loc["all their texts", "made from"] == 0
