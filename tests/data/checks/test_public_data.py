"""The checks on public datasets as published, where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mtrec.data.checks import (
    check_columns,
    check_duplicates,
    check_ids,
    check_label_words,
    check_people,
    check_personal,
    check_related_tasks,
)
from mtrec.data.recipe import RecordSource, TaskSpec
from mtrec.data.sampling import text_numbers
from mtrec.schema import DataWarning

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public datasets are not here")


def read(file: str) -> pd.DataFrame:
    return pd.read_csv(DATA / file, dtype="str", keep_default_na=False, na_values=[""])


def related(frame: pd.DataFrame, **tasks: str) -> list[tuple[str, int]]:
    """What is found of tasks that tell each other's labels: the task told, and its records."""
    records = pd.DataFrame({f"task:{task}": frame[column] for task, column in tasks.items()})
    labels = {task: frame[column].dropna() for task, column in tasks.items()}
    found = check_related_tasks(records.assign(source="file"), labels)
    return [(each.source, each.rows) for each in found]


def leaks(frame: pd.DataFrame, label: str) -> list[DataWarning]:
    spec = RecordSource(file="f.csv", text="text", tasks={"t": TaskSpec(label=label)})
    return check_columns(frame, spec, {"t": frame[label].dropna()}, "f")


def test_the_domain_follows_from_the_intent() -> None:
    frame = read("clinc150/queries.csv")
    assert related(frame, intent="intent", domain="domain") == [("domain", 23_700)]


def test_only_complaints_have_a_reason() -> None:
    frame = read("airline/tweets.csv")
    assert related(frame, sentiment="airline_sentiment", reason="negativereason") == [
        ("sentiment", 9_178)
    ]
    (found,) = leaks(frame, "airline_sentiment")
    assert found.rows == 9_178
    assert "the label negative" in found.message and "negativereason" in found.message


def test_most_passengers_wrote_once() -> None:
    frame = read("airline/tweets.csv")
    acts = frame[["user_id", "airline"]].drop_duplicates().rename(columns={"user_id": "user"})
    (found,) = check_people(frame.rename(columns={"user_id": "user"}), acts)
    assert found.rows == 4_701


def test_reviews_of_films_give_nothing_away_and_hold_no_personal_data() -> None:
    frame = read("critics/reviews.csv").rename(columns={"review": "text"})
    frame = frame[frame["text"].notna()]
    labels = {"verdict": frame["fresh"].dropna()}
    assert check_personal(frame["text"], "reviews") == []
    assert check_label_words(frame["text"], labels) == []
    assert leaks(frame, "fresh") == []
    assert related(frame, verdict="fresh", stars="rating") == []
    assert check_ids(frame["movie_id"], "items") == []
    records = frame.rename(columns={"fresh": "task:verdict"})
    (found,) = check_duplicates(records, text_numbers(records["text"]), ["verdict"])
    assert (found.code, found.rows) == ("contradicting_labels", 51)


def test_phone_numbers_and_addresses_in_messages_to_airlines() -> None:
    found = check_personal(read("airline/tweets.csv")["text"], "tweets")
    assert {each.code: each.rows for each in found} == {"mail_addresses": 16, "phone_numbers": 24}


@pytest.mark.parametrize(
    ("file", "user", "item"),
    [("movielens/ratings.csv", "userId", "movieId"), ("lastfm/plays.csv", "user", "artist")],
)
def test_numbers_that_are_ids_are_sound(file: str, user: str, item: str) -> None:
    frame = read(file)
    assert check_ids(frame[user], "users") == check_ids(frame[item], "items") == []
