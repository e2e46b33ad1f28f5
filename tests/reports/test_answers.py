"""Requests are understood as meant or refused with a sentence; who answers is not asked here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.recommend.guest import NewTexts
from mtrec.reports.answers import Answers


class Recorder:
    """People of whom two are known, and who note what was asked of them."""

    users = np.array(["007", "ann"], dtype=object)

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def check_activity(self, activity: str) -> None:
        if activity != "notes":
            raise InputError(f"No text is of the activity {activity}")

    def recommend(self, user: str, k: int) -> list[dict[str, Any]]:
        self.asked.append(("known", user, k))
        return [{"item": "a"}]

    def recommend_with(
        self, new: NewTexts | None, k: int, user: str | None
    ) -> list[dict[str, Any]]:
        self.asked.append((new and new.texts, user, k, new and new.activity))
        return [{"item": "b"}]


@pytest.fixture
def people() -> Recorder:
    return Recorder()


@pytest.fixture
def answers(people: Recorder) -> Answers:
    def read(texts: Sequence[str]) -> dict[str, Any]:
        return {"encoder": np.zeros((len(texts), 2), np.float32)}

    return Answers(people, read)  # type: ignore[arg-type]


def test_somebody_known_gets_their_list(people: Recorder, answers: Answers) -> None:
    told = answers.answer([{"user": "ann", "k": 3}, {"user": "007"}])
    assert told == [{"known": True, "note": None, "items": [{"item": "a"}]}] * 2
    assert people.asked == [("known", "ann", 3), ("known", "007", 10)]


def test_somebody_new_is_known_by_their_texts(people: Recorder, answers: Answers) -> None:
    rows = [{"text": " one "}, {"text": ["one", " ", "two"], "activity": "notes", "k": 2}]
    told = answers.answer(rows)
    assert told == [{"known": False, "note": None, "items": [{"item": "b"}]}] * 2
    assert people.asked == [(("one",), None, 10, None), (("one", "two"), None, 2, "notes")]


def test_somebody_unknown_gets_what_suits_everyone_and_is_told(
    people: Recorder, answers: Answers
) -> None:
    told = answers.answer([{"user": "bob"}, {"user": "bob", "text": "one"}])
    assert [each["known"] for each in told] == [False, False]
    assert told[0]["note"].startswith("Nobody in this data is called bob,")
    assert "everyone" in told[0]["note"] and "texts" in told[1]["note"]
    assert people.asked == [(None, None, 10, None), (("one",), None, 10, None)]


def test_somebody_known_can_have_more_to_say(people: Recorder, answers: Answers) -> None:
    assert answers.answer([{"user": "ann", "text": "one"}])[0]["known"]
    assert people.asked == [(("one",), "ann", 10, None)]


def test_rows_come_as_a_table_or_a_list(people: Recorder, answers: Answers) -> None:
    """A table has empty cells where rows differ, and makes 3 of k 3.0; a list may hold arrays."""
    rows = [{"user": "ann", "k": 3}, {"text": ["one", "two"]}, {"text": "one", "k": 2}]
    answers.answer(pd.DataFrame(rows))
    arrays = [{key: np.array(value) for key, value in row.items()} for row in rows]
    answers.answer(arrays)
    assert people.asked[:3] == people.asked[3:]
    assert people.asked[0] == ("known", "ann", 3)
    assert people.asked[1:3] == [(("one", "two"), None, 10, None), (("one",), None, 2, None)]
    assert answers.answer([]) == answers.answer(pd.DataFrame()) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "neither a user nor a text"),
        ({"k": 3}, "neither a user nor a text"),
        ({"text": " "}, "neither a user nor a text"),
        ({"text": []}, "neither a user nor a text"),
        ({"user": ""}, "user: "),
        ({"user": 7}, "user: Input should be a valid string"),
        ({"user": "ann", "k": 0}, "k: Input should be greater than or equal to 1"),
        ({"user": "ann", "k": 1001}, "k: "),
        ({"user": "ann", "k": "ten"}, "k: Input should be a valid integer"),
        ({"user": "ann", "k": 2.5}, "k: "),
        ({"text": [1]}, "text.0: Input should be a valid string"),
        ({"text": {"a": "b"}}, "text: Input should be a valid list"),
        ({"usr": "ann"}, "usr: Extra inputs are not permitted"),
        ("ann", "Input should be a valid dictionary"),
        ({"text": "one", "activity": "letters"}, "activity letters"),
    ],
)
def test_what_cannot_be_understood_is_refused_before_anything_is_answered(
    people: Recorder, answers: Answers, row: Any, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        answers.answer([{"user": "ann"}, row])
    assert said in refused.value.sentence()
    assert "activity" in said or "Where: row 2." in refused.value.sentence()
    assert people.asked == []


@pytest.mark.parametrize("request_", [{"user": np.array(["ann"])}, "ann", None, 3])
def test_what_is_no_list_of_rows_is_refused(answers: Answers, request_: object) -> None:
    with pytest.raises(InputError, match=r"no list of rows.*dataframe_records"):
        answers.answer(request_)
