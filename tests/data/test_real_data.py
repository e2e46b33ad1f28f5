"""Public datasets as published, where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mtrec.data.dataset import Dataset
from mtrec.data.guess import guess_recipe
from mtrec.data.importer import read_dataset
from mtrec.data.readers import read_table
from mtrec.errors import InputError
from mtrec.schema import TEST, TRAIN
from mtrec.tasks import TASK_TYPES

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public datasets are not here")


@pytest.fixture(scope="module")
def critics(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The film reviews with the verdict alone."""
    folder = tmp_path_factory.mktemp("critics")
    recipe = yaml.safe_load((DATA / "critics" / "recipe.yaml").read_text("utf-8"))
    del recipe["records"][0]["tasks"]["stars"]
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    for name in ("reviews.csv", "movies.csv"):
        (folder / name).write_bytes((DATA / "critics" / name).read_bytes())
    return read_dataset(folder / "recipe.yaml", TASK_TYPES)


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


def test_no_review_of_a_held_out_film_is_trained_on(critics: Dataset) -> None:
    held = critics.interactions[critics.interactions["split"] != TRAIN]
    training = critics.records[critics.records["split"] == TRAIN]
    assert training.merge(held, on=["user", "item"]).empty
    texts = critics.records.groupby("text")["split"].nunique()
    assert texts.max() == 1


@pytest.mark.parametrize(
    ("name", "counts", "tasks", "scheme", "warned"),
    [
        ("airline", [14_640, 7_701, 6], {"sentiment": 3, "reason": 10}, "user-time", "few_items"),
        (
            "clinc150",
            [23_700, 0, 0],
            {"intent": 151, "domain": 11},
            "published",
            "text_in_two_splits",
        ),
        ("movielens", [3_683, 610, 9_742], {}, "user-time", "left_out"),
        ("lastfm", [52_156, 948, 12_804], {}, "random", "unknown_items"),
        ("tweets", [9_653, 0, 0], {"emotion": 4, "irony": 2}, "published", None),
        ("waimai", [11_987, 0, 0], {"sentiment": 2}, "random", None),
    ],
)
def test_it_imports(
    name: str, counts: list[int], tasks: dict[str, int], scheme: str, warned: str | None
) -> None:
    dataset = read_dataset(DATA / name / "recipe.yaml", TASK_TYPES)
    assert [len(dataset.tables[table]) for table in ("records", "users", "items")] == counts
    assert {name: len(task.labels) for name, task in dataset.tasks.items()} == tasks
    assert dataset.scheme == scheme
    assert warned is None or warned in {warning.code for warning in dataset.warnings}
    for task in dataset.tasks.values():
        assert task.labelled(TEST) > 500


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("snips", "tags"),
        ("goemotions", "multilabel"),
        ("relations", "relation"),
        ("wnut17", "conll"),
    ],
)
def test_what_cannot_be_learned_yet_is_refused_with_what_can(name: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        read_dataset(DATA / name / "recipe.yaml", TASK_TYPES)
    assert caught.value.found == found
    assert "binary, multiclass" in caught.value.expected or "csv" in caught.value.expected


@pytest.mark.parametrize("name", ["airline", "clinc150", "movielens", "lastfm", "tweets", "waimai"])
def test_the_guess_finds_the_columns_of_the_recipe(name: str) -> None:
    files = {path.name: read_table(path) for path in (DATA / name).glob("*.csv")}
    guessed, _ = guess_recipe(files, name, TASK_TYPES)
    published = yaml.safe_load((DATA / name / "recipe.yaml").read_text("utf-8"))
    texts = {source["file"]: source["text"] for source in published["records"]}
    assert {source.file: source.text for source in guessed.records} == texts
    labels = {
        task["label"]
        for source in published["records"]
        for task in source.get("tasks", {}).values()
    }
    assert {task.label for source in guessed.records for task in source.tasks.values()} >= labels
