"""Lists counted item by item, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mtrec.recommend import fused
from mtrec.recommend.ranking import Ranking
from mtrec.reports.reach import Reach, reach
from mtrec.training.reporter import SilentReporter


def test_groups_from_the_most_to_the_least_liked() -> None:
    liked = np.array([0, 8, 4, 2, 2, 2, 1, 1, 0, 0])
    shown = np.array([1, 6, 0, 3, 0, 0, 0, 0, 0, 0])
    groups = Reach(shown, liked).groups()
    assert groups["items"].tolist() == [1, 2, 3, 4]
    assert groups["to"].tolist() == [0.1, 0.3, 0.6, 1.0]
    # the most liked is item 1; then 2 and, first of equals, 3; then 4, 5, 6; then 7, 0, 8, 9
    assert groups["shown"].tolist() == pytest.approx([0.6, 0.3, 0, 0.1])
    assert groups["liked"].tolist() == pytest.approx([0.4, 0.3, 0.25, 0.05])
    assert groups["covered"].tolist() == [1, 1, 0, 1]
    assert Reach(shown, liked).covered == 3


def test_few_items_and_no_likes_make_no_trouble() -> None:
    groups = Reach(np.array([0, 0]), np.array([0, 0])).groups()
    assert groups["items"].sum() == 2
    assert groups["shown"].tolist() == groups["liked"].tolist() == [0] * len(groups)


def test_everyone_is_counted_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def lists(users: Any, k: int, name: str) -> Ranking:
        items = np.stack([[user % 3, -1] for user in users]).astype(np.int64)
        return Ranking(items, np.zeros(items.shape, np.float32))

    people: Any = SimpleNamespace(users=np.arange(5), likes=np.float32([1, 2, 3]), lists=lists)
    for block in (2, 100):
        monkeypatch.setattr(fused, "BLOCK", block)
        found = reach(people, "any", SilentReporter())
        assert found.shown.tolist() == [2, 2, 1] and found.liked.tolist() == [1, 2, 3]
