"""Recipes: what is read, what is refused, and the round trip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.checked import nearest
from mtrec.data.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from mtrec.errors import InputError

FULL = """
name: shop
records:
  - file: reviews.csv
    text: [headline, review]
    user: user_id
    item: product_id
    time: created_at
    timezone: Europe/Berlin
    split: split
    tasks:
      sentiment: {label: label}
      Тема: {label: topic, type: multiclass}
  - {file: old/notes.tsv, format: csv, delimiter: ";", text: note, split: {value: test}}
users: {file: users.csv, id: user_id, attributes: [country]}
items: {file: products.csv, id: product_id, title: name, text: [name], attributes: [category]}
interactions: {from: records, positive: "label == 'good'"}
splits: {scheme: user-time, fractions: [0.6, 0.2, 0.2], seed: 3}
"""


def test_every_part_is_read(write: Callable[..., Path]) -> None:
    recipe = load_recipe(write(FULL))
    first, second = recipe.records
    assert first.text_columns == ["headline", "review"]
    assert second.text_columns == ["note"]
    assert list(first.tasks) == ["sentiment", "Тема"]
    assert recipe.interactions is not None and recipe.interactions.from_ == "records"
    assert recipe.splits.fractions == (0.6, 0.2, 0.2)


def test_it_is_written_as_it_is_read(write: Callable[..., Path]) -> None:
    recipe = load_recipe(write(FULL))
    again = load_recipe(write(dump_recipe(recipe)))
    assert again == recipe


@given(
    st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,39}\Z"),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    st.integers(0, 10**6),
)
def test_any_names_survive_the_round_trip(name: str, column: str, seed: int) -> None:
    recipe = Recipe.model_validate(
        {
            "name": name,
            "records": [{"file": "a.csv", "text": column, "tasks": {"t": {"label": column}}}],
            "splits": {"seed": seed},
        }
    )

    assert parse_recipe(yaml.safe_load(dump_recipe(recipe)), "r") == recipe


RECORD = {"file": "a.csv", "text": "t"}


@pytest.mark.parametrize(
    ("change", "where", "fix"),
    [
        ({"recrods": []}, "recipe.yaml", "write records instead of recrods"),
        ({"records": [RECORD | {"tex": "t"}]}, "recipe.yaml: records[0]", "write text instead"),
        (
            {"records": [RECORD | {"tasks": {"a": {"lable": "b"}}}]},
            "recipe.yaml: records[0].tasks.a",
            "write label instead of lable",
        ),
        ({"interactions": {"frm": "records"}}, "recipe.yaml: interactions", "write from instead"),
        ({"items": {"file": "i.csv"}}, "recipe.yaml: items.id", "add id:"),
        ({"name": 7}, "recipe.yaml: name", "put it in quotes"),
        ({"name": "My Shop"}, "recipe.yaml: name", "expected above"),
        ({"name": "a" * 41}, "recipe.yaml: name", "expected above"),
        ({"records": [RECORD | {"tasks": {"a.b": {"label": "c"}}}]}, "recipe.yaml: records", ""),
        ({"records": [RECORD | {"file": "../a.csv"}]}, "recipe.yaml: records[0].file", ""),
        ({"records": [RECORD | {"file": "/etc/passwd"}]}, "recipe.yaml: records[0].file", ""),
        ({"records": [RECORD | {"file": "a\\b.csv"}]}, "recipe.yaml: records[0].file", ""),
        ({"records": [RECORD | {"format": "pdf"}]}, "recipe.yaml: records[0].format", ""),
        ({"records": [RECORD | {"delimiter": "x"}]}, "recipe.yaml: records[0].delimiter", ""),
        ({"records": RECORD}, "recipe.yaml: records", ""),
        ({"records": []}, "recipe.yaml", ""),
        ({"interactions": {"from": "records", "file": "a.csv"}}, "recipe.yaml: interactions", ""),
        ({"interactions": {"from": "records", "user": "u"}}, "recipe.yaml: interactions", ""),
        ({"interactions": {"file": "a.csv", "user": "u"}}, "recipe.yaml: interactions", ""),
        ({"splits": {"scheme": "sometimes"}}, "recipe.yaml: splits.scheme", ""),
        ({"splits": {"fractions": [0.8, 0.1, 0.2]}}, "recipe.yaml: splits", ""),
        ({"splits": {"fractions": [0.9, 0.1, 0]}}, "recipe.yaml: splits", ""),
        ({"splits": {"fractions": [0.2, 0.4, 0.4]}}, "recipe.yaml: splits", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(change: dict[str, Any], where: str, fix: str) -> None:
    data = {"name": "shop", "records": [RECORD]} | change
    with pytest.raises(InputError) as caught:
        parse_recipe(data, "recipe.yaml")
    assert caught.value.where.startswith(where)
    assert fix in caught.value.fix
    assert caught.value.expected and caught.value.found


def test_what_was_found_is_shown_as_a_recipe_writes_it() -> None:
    with pytest.raises(InputError) as caught:
        parse_recipe({"name": "shop", "splits": {"scheme": "auto"}}, "recipe.yaml")
    assert caught.value.found == "{name: shop, splits: {scheme: auto}}"


@pytest.mark.parametrize(
    "content",
    [
        "name: [unclosed",
        "just words",
        "- a\n- list",
        "",
        "name: shop\n\trecords: []",
        "when: 2020-13-45",
        "[" * 3000,
        "a: &a [*a]",
        "name: \0",
    ],
)
def test_what_is_no_recipe_is_refused(write: Callable[..., Path], content: str) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(write(content))
    assert "recipe.yaml" in caught.value.where


def test_a_missing_recipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_recipe(path)


def test_the_nearest_word_keeps_its_own_spelling() -> None:
    assert nearest("USERid", ["userId", "item"]) == "userId"
    assert nearest("xyz", ["userId", "item"]) is None
