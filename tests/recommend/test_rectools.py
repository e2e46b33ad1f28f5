"""Figures of lists are RecTools', which were worked out apart: `benchmarks/rectools_values.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtrec.recommend import metrics
from mtrec.recommend.data import ones
from mtrec.recommend.evaluate import PER_USER

KEPT: dict[str, Any] = json.loads(Path(__file__).with_name("rectools.json").read_text("utf-8"))


def matrix(name: str) -> Any:
    rows = KEPT[name]
    users = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    return ones(users, np.concatenate(rows), (len(rows), KEPT["items"]))


LISTS = np.array([each + [-1] * (10 - len(each)) for each in KEPT["lists"]])
RELEVANT, BEFORE = matrix("relevant"), matrix("before")


@pytest.mark.parametrize("figure", list(KEPT["figures"]))
def test_a_figure_is_rectools(figure: str) -> None:
    name, _, length = figure.partition("@")
    k = int(length)
    theirs = KEPT["figures"][figure]
    if name == "coverage":
        assert metrics.coverage(LISTS, KEPT["items"], k) == pytest.approx(theirs, abs=1e-12)
        return
    if name == "novelty":
        likes = np.asarray(BEFORE.sum(axis=0), np.float32).ravel()
        ours = metrics.novelty(LISTS, likes, BEFORE.shape[0], k)
    else:
        hits = metrics.hits_of(LISTS, RELEVANT)
        ours = PER_USER[name](hits, np.diff(RELEVANT.indptr).astype(np.int64), k)
    assert ours == pytest.approx(np.array(theirs), abs=1e-12)


def test_every_figure_per_user_is_held_against_them() -> None:
    assert {each.partition("@")[0] for each in KEPT["figures"]} >= set(PER_USER)
