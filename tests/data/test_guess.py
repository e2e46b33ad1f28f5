"""Guessed recipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from mtrec.data.expression import parse
from mtrec.data.guess import guess_recipe
from mtrec.data.guess.column import Column
from mtrec.data.guess.liked import liked as find_liked
from mtrec.data.recipe import Recipe, dump_recipe, parse_recipe
from mtrec.errors import InputError

from .conftest import TYPES


def table(rows: int, **columns: Any) -> pd.DataFrame:
    """A column for each function of the row's number."""
    cells = {name: [str(make(n)) for n in range(rows)] for name, make in columns.items()}
    return pd.DataFrame(cells, dtype="str")


def text(n: int) -> str:
    return f"a sentence that somebody wrote, number {n}"


def guess(**files: pd.DataFrame) -> Recipe:
    named = {name.replace("__", "."): frame for name, frame in files.items()}
    recipe, guesses = guess_recipe(named, "My Shop!", TYPES)
    assert parse_recipe(recipe.model_dump(by_alias=True), "again") == recipe
    assert all(each.column in named[each.file] and each.reason for each in guesses)
    return recipe


def test_a_table_of_labelled_texts() -> None:
    frame = table(
        60,
        id=lambda n: n,
        customer_id=lambda n: n % 9,
        reviewText=text,
        ProductID=lambda n: n % 7,
        created_at=lambda n: f"2020-01-{n % 28 + 1:02}",
        overall_sentiment=lambda n: ["good", "bad"][n % 2],
        Kind=lambda n: ["x", "y", "z"][n % 3],
        fold=lambda n: ["Train", "dev", "test"][n % 3],
    )
    recipe = guess(reviews__csv=frame)
    (source,) = recipe.records
    assert recipe.name == "my-shop"
    assert (source.text, source.user, source.item) == ("reviewText", "customer_id", "ProductID")
    assert (source.time, source.split) == ("created_at", "fold")
    assert {name: task.label for name, task in source.tasks.items()} == {
        "overall_sentiment": "overall_sentiment"
    }


def test_without_a_telling_name_the_fewest_values_are_the_label() -> None:
    frame = table(60, b=lambda n: n % 2, c=lambda n: "uvw"[n % 3], a=text, d=lambda n: n)
    (source,) = guess(data__csv=frame).records
    assert source.text == "a"
    assert [task.label for task in source.tasks.values()] == ["c"]


def test_a_shop_of_four_files() -> None:
    recipe = guess(
        ratings__csv=table(
            90,
            userId=lambda n: n % 9,
            movieId=lambda n: n % 10,
            rating=lambda n: n % 5 + 1,
            timestamp=lambda n: 1_500_000_000 + n,
        ),
        movies__csv=table(10, movieId=lambda n: n, title=lambda n: f"Film {n}", genres=text),
        people__csv=table(9, userId=lambda n: n, country=lambda n: ["NL", "DE"][n % 2]),
        notes__csv=table(30, userId=lambda n: n % 9, movieId=lambda n: n % 10, note=text),
    )
    assert [source.file for source in recipe.records] == ["notes.csv"]
    assert recipe.items is not None and recipe.users is not None
    assert (recipe.items.id, recipe.items.title, recipe.users.id) == ("movieId", "title", "userId")
    assert recipe.users.attributes == ["country"]
    assert recipe.interactions is not None
    assert recipe.interactions.positive == "rating >= 4"
    assert recipe.interactions.time == "timestamp"
    assert "from" not in dump_recipe(recipe)


def test_files_named_after_splits() -> None:
    frame = table(30, text=text, label=lambda n: n % 2)
    recipe = guess(my_train__csv=frame, my_test__csv=frame)
    assert [source.split.value for source in recipe.records] == ["train", "test"]  # type: ignore[union-attr]


def test_an_ambiguous_time_is_left_to_the_person() -> None:
    frame = table(30, text=text, date=lambda n: f"0{n % 9 + 1}/04/2020")
    recipe, guesses = guess_recipe({"a.csv": frame}, "a", TYPES)
    assert recipe.records[0].time is None
    assert ("date", "left out") in {(each.column, each.role) for each in guesses}


def test_a_table_that_gives_no_hint_still_gives_a_recipe() -> None:
    (source,) = guess(x__csv=table(3, a=lambda n: n, b=lambda n: n * 1000)).records
    assert source.text == "b"


def second_best(**columns: Any) -> dict[str, tuple[str, str]]:
    """The runner-up and its reason, by role, of a table with these columns."""
    _, guesses = guess_recipe({"a.csv": table(60, **columns)}, "a", TYPES)
    return {each.role: (each.runner_up, each.runner_up_reason) for each in guesses}


def day(n: int) -> str:
    return f"2020-01-{n % 28 + 1:02}"


def verdict(n: int) -> str:
    return ["good", "bad"][n % 2]


def test_every_role_of_one_column_has_its_runner_up() -> None:
    found = second_best(
        text=text,
        user=lambda n: n % 9,
        client=lambda n: n % 8,
        product=lambda n: n % 7,
        store=lambda n: n % 6,
        time=day,
        shown_at=day,
        part=lambda n: ["train", "test"][n % 2],
        fold=lambda n: ["train", "val", "test"][n % 3],
        answer=lambda n: f"what was said about {n}",
        label=verdict,
    )
    assert found == {
        "text": ("answer", "64 different words"),
        "user": ("client", "its name"),
        "item": ("store", "its name"),
        "time": ("shown_at", "its cells are times"),
        "split": ("fold", "it holds test, train, val"),
        "label": ("multiclass", "so few"),
        "liked": ("", ""),
    }


def test_without_another_column_of_its_kind_a_role_has_no_runner_up() -> None:
    found = second_best(text=text, user=lambda n: n % 9, product=lambda n: n % 7, time=day)
    assert found == dict.fromkeys(["text", "user", "item", "time"], ("", ""))


def test_a_runner_up_is_found_by_what_stands_in_the_column_too() -> None:
    found = second_best(
        text=text,
        customer=lambda n: n % 9,
        by=lambda n: f"p{n % 25}",
        product=lambda n: n % 7,
        about=lambda n: ["sentence", "somebody", "wrote"][n % 3],
        label=verdict,  # which would be `about` otherwise
    )
    assert found["user"] == ("by", "ids that repeat")
    assert found["item"] == ("about", "its values stand in the texts")


def test_german_names_of_ids_are_known() -> None:
    frame = pd.DataFrame(
        {
            "Kunden-Nr": [f"{n % 15:05}" for n in range(80)],
            "Meinung": [f"text number {n} with some more words in it" for n in range(80)],
            "Artikel": [f"A-{n % 25:03}" for n in range(80)],
        },
        dtype="str",
    )
    found = guess(f=frame).records[0]
    assert (found.user, found.item) == ("Kunden-Nr", "Artikel")
    other = frame.set_axis(["Benutzer", "Meinung", "Artikelnummer"], axis=1)
    found = guess(f=other).records[0]
    assert (found.user, found.item) == ("Benutzer", "Artikelnummer")


def test_a_column_named_after_people_that_hardly_tells_them_apart_is_no_runner_up() -> None:
    found = second_best(
        text=text,
        user_id=lambda n: n % 30,
        user_language=lambda n: ["nl", "de", "en"][n % 3],
        label=verdict,  # which would be the language otherwise
    )
    assert found["user"] == ("", "")


def test_a_runner_up_has_no_other_role() -> None:
    found = second_best(
        text=text,
        customer=lambda n: f"c{n % 25}",
        product=lambda n: f"p{n % 20}",
        about=lambda n: ["sentence", "somebody"][n % 2],
    )
    assert (found["user"], found["item"]) == (("", ""), ("", ""))
    assert "label" in found


def test_acts_have_runners_up_too() -> None:
    found = second_best(
        user=lambda n: n % 9,
        client=lambda n: n % 8,
        product=lambda n: n % 7,
        rating=lambda n: n % 5 + 1,
        time=day,
        shown_at=day,
    )
    assert {role: name for role, (name, _) in found.items() if name} == {
        "user": "client",
        "time": "shown_at",
    }


def test_nothing_gives_nothing() -> None:
    with pytest.raises(InputError):
        guess_recipe({}, "a", TYPES)


PRAISE = ["I love this, a great one", "one of the best, perfect"]
BLAME = ["what a waste, terrible", "boring and awful, I hate it"]


def review(n: int) -> str:
    """Every second one is praise."""
    return f"{(PRAISE, BLAME)[n % 2][n // 2 % 2]}, number {n} of them"


def plain(n: int) -> str:
    return f"a sentence that says nothing of that kind, number {n}"


def liked(**columns: Any) -> tuple[str | None, list[tuple[str, str]]]:
    """The condition guessed for reviews by people of things, and the guesses behind it."""
    made = {"text": review, "user": lambda n: n % 9, "product": lambda n: n % 7} | columns
    recipe, guesses = guess_recipe({"a.csv": table(120, **made)}, "a", {"binary": TYPES["binary"]})
    acts = recipe.interactions
    assert acts is None or acts.from_ == "records"
    found = [(each.column, each.runner_up) for each in guesses if each.role == "liked"]
    return None if acts is None else acts.positive, found


def either(*values: str) -> Callable[[int], str]:
    return lambda n: values[n % len(values)]


@pytest.mark.parametrize(
    ("values", "condition"),
    [
        (("good", "bad"), "sense == 'good'"),
        (("Fresh", "Rotten"), "sense == 'Fresh'"),
        (("thumbs_up", "thumbs_down"), "sense == 'thumbs_up'"),
        (("1", "0"), "sense == 1"),
        (("yes", "no"), "sense == 'yes'"),
        (("True", "False"), "sense == 'True'"),
        (("5", "1"), "sense >= 4"),
    ],
)
def test_labels_that_speak_well_say_what_is_liked(values: tuple[str, ...], condition: str) -> None:
    assert liked(sense=either(*values)) == (condition, [("sense", "")])


@pytest.mark.parametrize(
    "values", [("0", "1"), ("no", "yes"), ("1", "5"), ("x", "y"), ("good", "z")]
)
def test_what_is_not_clear_is_left_to_the_person(values: tuple[str, ...]) -> None:
    """Praise stands with the first value: with no, with 0 or with the low number."""
    assert liked(sense=either(*values)) == (None, [])


def test_yes_and_no_of_texts_without_praise_say_nothing_of_liking() -> None:
    assert liked(text=plain, sense=either("yes", "no")) == (None, [])
    assert liked(text=plain, sense=either("5", "1"))[0] is None
    assert liked(text=plain, star_rating=either("5", "1"))[0] == "star_rating >= 4"
    assert liked(text=plain, sense=either("good", "bad"))[0] == "sense == 'good'"


def test_a_column_is_written_as_expressions_read_it() -> None:
    for name in ("my view", "in"):
        condition, _ = liked(**{name: either("good", "bad")})
        assert condition == f"`{name}` == 'good'" and parse(condition).columns == {name}


def test_without_a_person_or_a_thing_nobody_liked_anything() -> None:
    made = {"text": review, "user": lambda n: n % 9, "sense": either("good", "bad")}
    recipe, guesses = guess_recipe({"a.csv": table(60, **made)}, "a", TYPES)
    assert recipe.interactions is None and not any(each.role == "liked" for each in guesses)


def test_the_second_best_sign_of_liking_is_a_condition_too() -> None:
    columns = [
        Column(name, cells, cells)
        for name, cells in table(40, mood=either("good", "bad"), stars=either("5", "2")).items()
    ]
    first, second = find_liked(columns, table(40, t=review)["t"])
    assert (first.condition, second.condition) == ("mood == 'good'", "stars >= 4")


def test_several_words_of_praise_are_a_list() -> None:
    cells = table(60, mood=either("great", "ok", "bad", "good"))["mood"]
    (found,) = find_liked([Column("mood", cells, cells)], table(60, t=plain)["t"])
    assert found.condition == "mood in ('great', 'good')"
    assert parse(found.condition).columns == {"mood"}
