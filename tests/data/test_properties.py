"""What holds of every import, whatever the files: no row is lost, and nothing leaks."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.readers import read_table
from mtrec.errors import InputError
from mtrec.schema import TEST, TRAIN, VAL
from mtrec.tasks import TASK_TYPES

RECIPE = """
name: any
records:
  - file: records.csv
    text: text
    user: user
    item: item
    time: time
    tasks: {mood: {label: label, type: multiclass}}
splits: {scheme: %s}
"""
COLUMNS = ["text", "user", "item", "time", "label"]

texts = st.one_of(
    st.sampled_from(["", " ", "good", "bad", "so so", "a, b", 'say "x"', "two\nlines"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)
rows = st.fixed_dictionaries(
    {
        "text": texts,
        "user": st.sampled_from(["", "ann", "bob", "cyn", "dan"]),
        "item": st.sampled_from(["", *"abcdefgh"]),
        "time": st.one_of(
            st.just("never"),
            st.integers(1, 28).map(lambda day: f"2024-01-{day:02} 12:00:00"),
            st.integers(1, 28).map(lambda day: f"2024-02-{day:02} 12:00:00"),
        ),
        "label": st.sampled_from(["", "x", "y", "z"]),
    }
)
ragged = st.sampled_from([[], ["one"], ["a"] * 9])


def read(table: list[dict[str, str]], broken: list[list[str]], scheme: str) -> tuple[Dataset, Any]:
    """An import of these rows, and the file as it is read."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        content = io.StringIO()
        writer = csv.writer(content)
        writer.writerow(COLUMNS)
        writer.writerows([[row[column] for column in COLUMNS] for row in table])
        writer.writerows([cells for cells in broken if cells])
        (folder / "records.csv").write_text(content.getvalue(), encoding="utf-8", newline="")
        (folder / "recipe.yaml").write_text(RECIPE % scheme, encoding="utf-8")
        return read_dataset(folder / "recipe.yaml", TASK_TYPES), read_table(folder / "records.csv")


def attempt(
    table: list[dict[str, str]], broken: list[list[str]], scheme: str
) -> tuple[Dataset, Any] | None:
    """None where the rows are refused with a sentence."""
    try:
        return read(table, broken, scheme)
    except InputError as error:
        assert error.message and error.expected and error.found
        return None


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=8, max_size=30), st.lists(ragged, max_size=4))
def test_every_row_is_a_record_or_set_aside(
    table: list[dict[str, str]], broken: list[list[str]]
) -> None:
    made = attempt(table, broken, "auto")
    if made is None:
        return
    dataset, file = made
    whole = dataset.aside[dataset.aside["part"] == "row"]
    numbers = [*dataset.records["row"], *whole["row"]]
    assert sorted(numbers) == list(range(1, len(file.frame) + len(file.broken) + 1))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(rows, min_size=12, max_size=60),
    st.sampled_from(["auto", "global-time", "user-time", "random"]),
)
def test_nothing_of_the_test_is_learned_from(table: list[dict[str, str]], scheme: str) -> None:
    made = attempt(table, [], scheme)
    if made is None:
        return
    dataset, _ = made
    records, acts = dataset.records, dataset.interactions
    assert not acts.duplicated(["user", "item"]).any()
    order = {TRAIN: 0, VAL: 1, TEST: 2}
    held = acts[acts["split"].isin([VAL, TEST])]
    about = records.merge(held, on=["user", "item"], suffixes=("", "_act"))
    placed = about[about["split"].notna()]
    assert (placed["split"].map(order) >= placed["split_act"].map(order)).all()
    assert (records.groupby("text")["split"].nunique() <= 1).all()
    if dataset.scheme == "global-time":
        training = acts.loc[acts["split"] == TRAIN, "time"].dropna()
        later = acts.loc[acts["split"].isin([VAL, TEST]) & ~_is_cold(dataset, acts), "time"]
        assert training.empty or later.dropna().empty or training.max() <= later.min()


def _is_cold(dataset: Dataset, acts: pd.DataFrame) -> pd.Series:
    """Cold people's acts are all held out, whenever they were."""
    return acts["user"].isin(dataset.users.loc[dataset.users["cold"].notna(), "user"])
