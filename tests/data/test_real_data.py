"""Public datasets as published, where they lie beside the checkout."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchmarks.guesses import described, guessed
from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.readers import read_table
from mtrec.schema import TEST, TRAIN
from mtrec.tasks import TASK_TYPES

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public datasets are not here")


NAMES = [
    "airline",
    "clinc150",
    "critics",
    "goemotions",
    "lastfm",
    "movielens",
    "relations",
    "snips",
    "tweets",
    "waimai",
    "wnut17",
]


@pytest.fixture(scope="module")
def imported() -> Callable[[str], Dataset]:
    """A set as its recipe describes it, imported once."""
    return cache(lambda name: read_dataset(DATA / name / "recipe.yaml", TASK_TYPES))


@pytest.fixture(scope="module")
def critics(imported: Callable[[str], Dataset]) -> Dataset:
    return imported("critics")


def test_critics(critics: Dataset) -> None:
    assert [len(critics.tables[table]) for table in ("records", "users", "items")] == [
        54_432 - 5_563,
        3_496,
        1_560,
    ]
    found = {warning.code: warning.rows for warning in critics.warnings}
    assert found["empty_text"] == 5_563
    assert found["missing_users"] == 2_722
    assert found["placeholder_time"] == 4_303
    assert critics.interactions["count"].sum() == 54_432 - 2_722
    assert critics.tasks["verdict"].labels and critics.tasks["verdict"].type == "binary"
    assert critics.scheme == "user-time"
    aside = critics.aside["reason"].value_counts()
    assert aside["no text"] == 5_563
    assert not aside.index.str.contains("placeholder").any()  # these rows are used


def test_every_rating_is_read_or_set_aside(critics: Dataset) -> None:
    """186 ways of writing, of which 775 cells say no rating; some stand in rows without a text."""
    stars = critics.tasks["stars"]
    assert stars.labels == ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"]
    raw = read_table(DATA / "critics" / "reviews.csv").frame
    rated = raw["rating"].notna() & raw["review"].str.strip().ne("") & raw["review"].notna()
    lost = critics.aside[critics.aside["part"] == "label: stars"]
    assert critics.records["task:stars"].notna().sum() + len(lost) == rated.sum()
    assert raw.loc[lost["row"], "rating"].tolist() == lost["written"].tolist()
    assert {"R", "N", "T", "1-5", "8"} <= set(lost["written"])


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_lost(name: str, imported: Callable[[str], Dataset]) -> None:
    dataset = imported(name)
    whole = dataset.aside[dataset.aside["part"] == "row"]
    for source in dataset.recipe.records:
        stem = Path(source.file).stem
        rows = len(read_table(DATA / name / source.file).frame)
        kept = (dataset.records["source"] == stem).sum()
        assert kept + (whole["source"] == stem).sum() == rows


def test_cold_people_leave_texts_about_other_things_alone(
    imported: Callable[[str], Dataset],
) -> None:
    dataset = imported("lastfm")
    cold = dataset.users[dataset.users["cold"].notna()]
    assert len(cold) > 20
    acts = dataset.interactions[dataset.interactions["user"].isin(cold["user"])]
    assert set(acts["split"]) == {"val", "test"}
    theirs = dataset.records[
        dataset.records["user"].isin(cold["user"]) & (dataset.records["split"] == TRAIN)
    ]
    assert len(theirs)
    assert theirs.merge(acts, on=["user", "item"]).empty


def test_no_review_of_a_held_out_film_is_trained_on(critics: Dataset) -> None:
    held = critics.interactions[critics.interactions["split"] != TRAIN]
    training = critics.records[critics.records["split"] == TRAIN]
    assert training.merge(held, on=["user", "item"]).empty
    texts = critics.records.groupby("text")["split"].nunique()
    assert texts.max() == 1


@pytest.mark.parametrize(
    ("name", "counts", "tasks", "scheme", "warned"),
    [
        (
            "airline",
            [14_640, 7_701, 6],
            {"sentiment": ("multiclass", 3), "reason": ("multiclass", 10)},
            "user-time",
            ["few_items", "task_tells_label", "near_empty_users"],
        ),
        (
            "clinc150",
            [23_700, 0, 0],
            {"intent": ("multiclass", 151), "domain": ("multiclass", 11)},
            "published",
            ["text_in_two_splits", "task_tells_label"],
        ),
        (
            "goemotions",
            [54_263, 0, 0],
            {"emotions": ("multilabel", 28)},
            "published",
            ["unbalanced_labels"],
        ),
        ("movielens", [3_683, 610, 9_742], {}, "user-time", ["left_out"]),
        ("lastfm", [52_156, 948, 12_804], {}, "random", ["unknown_items"]),
        (
            "relations",
            [10_717, 0, 0],
            {"relation": ("relation", 19)},
            "published",
            ["rare_label"],
        ),
        (
            "snips",
            [14_484, 0, 0],
            {"intent": ("multiclass", 7), "slots": ("tags", 39)},
            "published",
            ["text_in_two_splits"],
        ),
        (
            "tweets",
            [9_653, 0, 0],
            {"emotion": ("multiclass", 4), "irony": ("binary", 2)},
            "published",
            [],
        ),
        ("waimai", [11_987, 0, 0], {"sentiment": ("binary", 2)}, "random", []),
        ("wnut17", [5_690, 0, 0], {"entities": ("tags", 6)}, "published", []),
    ],
)
def test_it_imports(
    name: str,
    counts: list[int],
    tasks: dict[str, tuple[str, int]],
    scheme: str,
    warned: list[str],
    imported: Callable[[str], Dataset],
) -> None:
    dataset = imported(name)
    assert [len(dataset.tables[table]) for table in ("records", "users", "items")] == counts
    found = {name: (task.type, len(task.labels)) for name, task in dataset.tasks.items()}
    assert found == tasks
    assert dataset.scheme == scheme
    assert {warning.code for warning in dataset.warnings} >= set(warned)
    for task in dataset.tasks.values():
        assert task.labelled(TEST) > 500


@pytest.mark.slow
@pytest.mark.parametrize("hide", [False, True], ids=["as named", "without names"])
@pytest.mark.parametrize("name", NAMES)
def test_the_guess_says_what_the_recipe_says(
    name: str, hide: bool, imported: Callable[[str], Dataset]
) -> None:
    """Texts, labels and their types, by what stands in the columns."""
    known = described(imported(name))
    assert guessed(DATA / name, known, hide) == known
