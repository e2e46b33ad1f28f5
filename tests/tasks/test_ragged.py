"""Records with different numbers of rows, held against plain lists of lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtrec.tasks.ragged import Ragged

Model = list[list[int]]
MODELS = st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=8)


def ragged(model: Model, tensor: bool = False) -> Ragged[Any]:
    flat = np.array([row for record in model for row in record], dtype=np.int64)
    counts = np.array([len(record) for record in model], dtype=np.int64)
    return Ragged(torch.from_numpy(flat) if tensor else flat, counts)


def model_of(records: Ragged[Any]) -> Model:
    ends = np.cumsum(records.counts)
    return [
        records.rows[end - count : end].tolist()
        for end, count in zip(ends, records.counts, strict=True)
    ]


@given(MODELS, st.data(), st.booleans())
def test_records_are_taken_in_any_order_and_any_number_of_times(
    model: Model, data: st.DataObject, tensor: bool
) -> None:
    most = 10 if model else 0
    index = data.draw(st.lists(st.integers(0, max(len(model) - 1, 0)), max_size=most))
    taken = ragged(model, tensor).take(np.array(index, dtype=np.int64))
    assert model_of(taken) == [model[place] for place in index]
    assert len(taken.rows) == taken.counts.sum()
    assert isinstance(taken.rows, torch.Tensor) == tensor


@given(MODELS, st.data(), st.booleans())
def test_records_that_are_not_chosen_stay_without_rows(
    model: Model, data: st.DataObject, tensor: bool
) -> None:
    chosen = data.draw(st.lists(st.booleans(), min_size=len(model), max_size=len(model)))
    only = ragged(model, tensor).only(np.array(chosen, dtype=np.bool_))
    assert model_of(only) == [
        record if here else [] for record, here in zip(model, chosen, strict=True)
    ]
    assert isinstance(only.rows, torch.Tensor) == tensor


@given(st.lists(MODELS, min_size=1, max_size=4), st.booleans())
def test_stacked_records_follow_each_other(parts: list[Model], tensor: bool) -> None:
    stacked = Ragged.stacked([ragged(part, tensor) for part in parts])
    assert model_of(stacked) == [record for part in parts for record in part]
    assert isinstance(stacked.rows, torch.Tensor) == tensor


@given(MODELS)
def test_owners_and_presence_are_those_of_the_rows(model: Model) -> None:
    records = ragged(model)
    assert len(records) == len(model)
    assert records.present.tolist() == [bool(record) for record in model]
    assert records.owners.tolist() == [i for i, record in enumerate(model) for _ in record]


@pytest.mark.parametrize("rows", [np.arange(6.0).reshape(3, 2), torch.arange(6.0).reshape(3, 2)])
def test_a_single_row_each_is_taken_whole(rows: Any) -> None:
    records = Ragged.single(rows)
    assert records.counts.tolist() == [1, 1, 1]
    assert records.take(np.array([2, 0])).rows.tolist() == [[4, 5], [0, 1]]
