"""How people write ratings, read by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mtrec.tasks.ratings import GRADES, Rating, parse_rating


def on(number: str, top: str) -> Rating:
    return Rating(Decimal(number), (Decimal(0), Decimal(top)))


@pytest.mark.parametrize(
    ("cell", "rating"),
    [
        ("3/5", on("3", "5")),
        ("2.5 / 4", on("2.5", "4")),
        ("3 out of 5", on("3", "5")),
        ("3.5 Stars out of 5", on("3.5", "5")),
        ("4 of 5 stars", on("4", "5")),
        ("3½/5", on("3.5", "5")),
        ("3 1/2 / 5", on("3.5", "5")),
        ("85%", on("85", "100")),
        ("4 stars", on("4", "5")),
        ("1 star", on("1", "5")),
        ("★★★½", on("3.5", "5")),
        ("★★★☆☆", on("3", "5")),
        ("★★½☆", on("2.5", "4")),
        ("☆☆☆☆☆", on("0", "5")),
        ("8", Rating(Decimal(8))),
        ("-2", Rating(Decimal(-2))),
        ("−2", Rating(Decimal(-2))),
        ("3 1/2", Rating(Decimal("3.5"))),
        ("½", Rating(Decimal("0.5"))),
        ("1/2", on("1", "2")),
    ],
)
def test_a_rating(cell: str, rating: Rating) -> None:
    assert parse_rating(cell) == rating


@pytest.mark.parametrize(
    "cell",
    ["5/4", "1-5", "R", "T", "E", "A++", "0/0", "120%", "7 stars", "★★★★★★", "3,5", "", "good"],
)
def test_no_rating(cell: str) -> None:
    assert parse_rating(cell) is None


@pytest.mark.parametrize(
    ("grade", "hundred"),
    [("A+", 100), ("A", 100), ("B+", 83), ("B-", 67), ("C", 50), ("D", 25), ("F", 0), ("F-", 0)],
)
def test_grades_stand_where_metacritic_puts_them(grade: str, hundred: int) -> None:
    rating = parse_rating(grade.lower())
    assert rating is not None and rating.scale is not None
    assert rating.grade == grade
    assert round(100 * rating.number / rating.scale[1]) == hundred


def test_no_grade_counts_more_than_a_better_one() -> None:
    stars = [float(rating.stars) for grade in GRADES if (rating := parse_rating(grade))]
    assert stars == sorted(stars)
    assert len(stars) == 15


@pytest.mark.parametrize(
    ("cell", "stars"),
    [
        ("3/5", "3"),
        ("7/10", "3.5"),
        ("3/4", "4"),  # 3.75 lies between 3.5 and 4: a tie goes to the whole star
        ("1/4", "1"),  # and so does 1.25, the mirror image
        ("2.5/4", "3"),
        ("68%", "3.5"),
        ("0/6", "0"),
        ("4/6", "3.5"),
        ("C", "2.5"),
    ],
)
def test_half_stars_of_five(cell: str, stars: str) -> None:
    rating = parse_rating(cell)
    assert rating is not None
    assert rating.stars == stars


def test_a_number_alone_is_no_share_of_anything() -> None:
    with pytest.raises(ValueError, match="no scale"):
        _ = Rating(Decimal(8)).stars
