from __future__ import annotations

import numpy as np
import pandas as pd

from mtrec.data.checks import check_columns, check_related_tasks
from mtrec.data.recipe import RecordSource, TaskSpec

N = 400
RNG = np.random.default_rng(3)
MOOD = pd.Series(RNG.choice(["good", "bad"], N), dtype="str")
FRAME = pd.DataFrame(
    {
        "text": [f"text {n}" for n in range(N)],
        "mood": MOOD,
        "stars": MOOD.map({"good": "5", "bad": "1"}),
        "user": RNG.integers(0, 50, N),
        "row": range(N),
    }
).astype("str")


def source(text: str | list[str]) -> RecordSource:
    return RecordSource(file="r.csv", text=text, tasks={"mood": TaskSpec(label="mood")})


def test_a_column_that_gives_the_label_away() -> None:
    (found,) = check_columns(FRAME, source("text"), {"mood": MOOD}, "r")
    assert (found.code, found.source, found.rows) == ("column_tells_label", "r", N)
    assert "mood: every label follows almost always from the column stars" in found.message
    assert "is no part of the text. Do not choose it as text" in found.message


def test_a_part_of_the_text_that_gives_the_label_away() -> None:
    (found,) = check_columns(FRAME, source(["text", "stars"]), {"mood": MOOD}, "r")
    assert "part of the text" in found.message and "take it out of text:" in found.message


def test_the_text_itself_and_the_labels_column_may_tell() -> None:
    frame = FRAME.assign(text=FRAME["stars"]).drop(columns="stars")
    assert check_columns(frame, source("text"), {"mood": MOOD}, "r") == []


def tasks(**columns: pd.Series) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    records = pd.DataFrame({f"task:{name}": column for name, column in columns.items()})
    return records.astype("str").assign(source="r"), {
        name: column.dropna().astype("str") for name, column in columns.items()
    }


def test_the_coarse_task_follows_from_the_fine_one() -> None:
    fine = pd.Series(RNG.choice(["a1", "a2", "b1", "b2"], N))
    (found,) = check_related_tasks(*tasks(domain=fine.str[0], intent=fine))
    assert (found.code, found.source, found.rows) == ("task_tells_label", "domain", N)
    assert "domain: every label follows almost always from the task intent" in found.message
    assert "not two" in found.message


def test_a_task_that_is_labelled_only_where_another_has_one_label() -> None:
    mood = pd.Series(["bad"] * 300 + ["good", "so-so"] * 50)
    reason = pd.Series(RNG.choice(list("xyz"), N)).where(mood == "bad")
    (found,) = check_related_tasks(*tasks(mood=mood, reason=reason))
    assert (found.source, found.rows) == ("mood", 300)
    assert "the label bad follows almost always from the task reason" in found.message


def test_a_label_that_is_a_small_part_of_its_task_is_no_matter() -> None:
    mood = pd.Series(["bad"] * 100 + ["good", "so-so"] * 150)
    reason = pd.Series(RNG.choice(list("xyz"), N)).where(mood == "bad")
    assert check_related_tasks(*tasks(mood=mood, reason=reason)) == []


def test_tasks_that_have_nothing_in_common_say_nothing() -> None:
    other = pd.Series(RNG.choice(list("xyz"), N))
    assert check_related_tasks(*tasks(mood=MOOD, other=other)) == []


def test_tasks_of_different_sources_are_not_compared() -> None:
    first = pd.Series(["x"] * 100 + ["y"] * 100 + [None] * 200)
    second = pd.Series([None] * 200 + ["u", "v"] * 100)
    third = pd.Series(["x"] * 200 + ["z"] * 200)  # which source it is, by its label
    records, labels = tasks(first=first, second=second, third=third)
    records["source"] = ["a"] * 200 + ["b"] * 200
    assert check_related_tasks(records, labels) == []
