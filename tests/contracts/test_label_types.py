"""What every registered label type keeps to. A newcomer is tested from its first line.

A type is tried on the first of the sample columns that no type registered before it takes; one that
takes none adds a column of its own here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.data.labels import LabelType
from mtrec.errors import InputError
from mtrec.tasks import TASK_TYPES

N = 240
MARKED = [f"the <e1>rain</e1> made the <e2>flood</e2> of {year}" for year in range(N)]
PLAIN = [f"word{i} more text" for i in range(N)]
COLUMNS = [
    (["causes(e1,e2)", "causes(e2,e1)", "Other"], MARKED),
    (["O B-who I-who", "O O O", "B-what O B-who"], PLAIN),
    (["calm|glad", "glad|calm|sad", "sad", "glad"], PLAIN),
    (["1", "2", "3", "4", "5"], PLAIN),
    (["no", "yes"], PLAIN),
    (["angry", "calm", "glad", "sad"], PLAIN),
]

Column = tuple[pd.Series, pd.Series]


def first_match(written: pd.Series, texts: pd.Series) -> str | None:
    return next((name for name, kind in TASK_TYPES.items() if kind.recognise(written, texts)), None)


@pytest.fixture(params=TASK_TYPES.values(), ids=TASK_TYPES.keys())
def kind(request: pytest.FixtureRequest) -> LabelType:
    return request.param


@pytest.fixture
def column(kind: LabelType) -> Column:
    for cells, texts in COLUMNS:
        written = pd.Series(np.random.default_rng(0).choice(cells, N), dtype="str")
        if first_match(written, pd.Series(texts, dtype="str")) == kind.type:
            return written, pd.Series(texts, dtype="str")
    pytest.fail(f"no sample column is taken for {kind.type}: add one to COLUMNS")


@pytest.fixture
def values(kind: LabelType, column: Column) -> pd.Series:
    return kind.read(*column)


def test_is_registered_under_its_name_and_describes_itself(kind: LabelType) -> None:
    assert TASK_TYPES[kind.type] is kind
    assert kind.description


def test_every_label_of_the_sample_is_read(column: Column, values: pd.Series) -> None:
    assert values.index.equals(column[0].index)
    assert values.notna().all()


def test_the_index_may_be_any(kind: LabelType, column: Column, values: pd.Series) -> None:
    written, texts = (each.sample(frac=0.5, random_state=1) for each in column)
    pd.testing.assert_series_equal(kind.read(written, texts), values[written.index])


def test_what_is_kept_reads_as_itself(kind: LabelType, column: Column, values: pd.Series) -> None:
    pd.testing.assert_series_equal(kind.read(values, column[1]), values)


def test_an_unreadable_cell_is_missing_and_not_dropped(kind: LabelType, column: Column) -> None:
    """The cell says nothing, and its text has no marks; a type that takes any cell keeps it."""
    written, texts = (each.copy() for each in column)
    written[::5], texts[::5] = "|", "a text without marks"
    read = kind.read(written, texts)
    assert read.index.equals(written.index)
    changed = written.index % 5 == 0
    assert read[~changed].notna().all()
    assert read[changed].isna().all() or read[changed].equals(written[changed])


def test_labels_are_the_ones_that_occur_in_a_lasting_order(
    kind: LabelType, values: pd.Series
) -> None:
    labels = kind.labels(values)
    assert labels == kind.labels(values.sample(frac=1, random_state=0))
    assert len(labels) == len(set(labels))
    assert set(labels) == set(kind.occurrences(values))


def test_occurrences_belong_to_records(kind: LabelType, values: pd.Series) -> None:
    occurrences = kind.occurrences(values)
    assert set(occurrences.index) <= set(values.index)
    assert occurrences.notna().all()
    if not kind.several and len(occurrences) == len(values):
        assert occurrences.index.equals(values.index)


def test_no_value_is_nothing_to_learn(kind: LabelType) -> None:
    nothing = pd.Series([], dtype="str")
    assert kind.read(nothing, nothing).empty
    assert kind.occurrences(nothing).empty
    with pytest.raises(InputError) as caught:
        kind.labels(nothing)
    assert caught.value.expected
    assert caught.value.found


def test_checks_name_the_task_and_say_something(kind: LabelType, values: pd.Series) -> None:
    assert kind.checks("mood", pd.Series([], dtype="str")) == []
    for some in (values, values.head(1), values.head(3)):
        for warning in kind.checks("mood", some):
            assert warning.source == "mood"
            assert warning.code.replace("_", "").islower()
            assert warning.rows > 0
            assert "'mood'" in warning.message


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [f"user_{i}" for i in range(N)],
        [str(i) for i in range(N)],
        [f"{i:08x}" for i in range(N)],
        [f"{i % 50}.{i:03}" for i in range(N)],
        [f"2018-{1 + i % 12:02}-{1 + i // 12:02} {i % 24:02}:30" for i in range(N)],
        [f"{1 + i // 12}/{1 + i % 12}/20{i:02}" for i in range(N)],
        [f"{i} Long Street, Springfield, IL {60000 + i}" for i in range(N)],
        [f"Smith-{i}, John" for i in range(N)],
        [f"good food, slow staff; {i} would / would not come again | {i}" for i in range(N)],
        [f"O what a day {i}" for i in range(N)],
        [f"https://site.org/a/{i}" for i in range(N)],
        [f'{{"a": {i}}}' for i in range(N)],
    ],
    ids=lambda cells: cells[0] if cells else "nothing",
)
def test_what_is_no_label_is_not_taken_for_one(kind: LabelType, cells: list[str]) -> None:
    written = pd.Series(cells, dtype="str")
    assert kind.recognise(written, written) is None
    assert kind.recognise(written, pd.Series(MARKED[: len(cells)], dtype="str")) is None


CELLS = st.text(alphabet="ABFIO-+ab e12()|;,/.½%★☆ ", min_size=1, max_size=12).map(str.strip)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=12))
@pytest.mark.parametrize("name", TASK_TYPES)
def test_any_cell_is_read_once_and_for_all(name: str, rows: list[tuple[str, str]]) -> None:
    written = pd.Series([cell for cell, _ in rows], dtype="str")
    texts = pd.Series([text for _, text in rows], dtype="str")
    kept = TASK_TYPES[name].read(written, texts)
    assert kept.index.equals(written.index)
    assert kept.dtype == written.dtype
    values = kept.dropna()
    pd.testing.assert_series_equal(TASK_TYPES[name].read(values, texts[values.index]), values)
