"""Groups of people are found by profiles and named by what sets each apart, in plain words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.groups import NOTHING, Group, Groups, Mark, find_groups
from mtrec.recommend.profiles import unit

SIZES = (90, 60, 30)
LIKES = 8


def crowd(apart: float = 3.0, seed: int = 0, order: Any = None) -> Any:
    """People of three kinds, and one of whom nothing is known.

    The first kind writes bad reviews and more of batteries than the others; the second likes the
    thing `Tent`.
    """
    rng = np.random.default_rng(seed)
    kind = np.repeat([0, 1, 2, 3], [*SIZES, 1])
    count = len(kind)
    vectors = rng.normal(size=(count, 12)).astype(np.float32) / np.sqrt(12)
    vectors[:, :3] += apart * np.eye(4, 3)[kind]
    vectors[kind == 3] = 0
    bad = np.clip(np.where(kind == 0, 0.9, 0.4) + rng.normal(size=count) * 0.1, 0, 1)
    battery = np.clip(np.where(kind == 0, 0.3, 0.1) + rng.normal(size=count) * 0.05, 0, 1)
    liked = rng.random((count, LIKES)) < 0.2
    liked[:, 0] |= kind == 1
    order = np.arange(count) if order is None else order
    vectors, bad, battery, liked, kind = (
        each[order] for each in (vectors, bad, battery, liked, kind)
    )
    rows = [
        (user, task, label, share)
        for user in np.flatnonzero(kind < 3)
        for task, label, share in (
            ("mood", "good", 1 - bad[user]),
            ("mood", "bad", bad[user]),
            ("topic", "battery", battery[user]),
            ("topic", "price", 1 - battery[user]),
        )
    ]
    counts = (kind < 3).astype(np.int64)
    source = FusedSource("text", "encoder", 1.0, vectors, counts.astype(np.float32), counts, "e")
    items = {"encoder": np.zeros((LIKES, 12), np.float32)}
    stage = FusedRecommender("adapted", {"text": source}, items, np.zeros(LIKES), count)
    traits = pd.DataFrame(rows, columns=["user", "task", "label", "predicted"])
    titles = np.array(["Tent", *(f"Thing {each}" for each in range(1, LIKES))], dtype=object)
    return SimpleNamespace(
        stage=lambda: stage,
        traits=traits.assign(observed=np.nan, n=1),
        liked=csr_matrix(liked.astype(np.float32)),
        titles=titles,
        kind=kind,
    )


@pytest.fixture(scope="module")
def found() -> Groups:
    return find_groups(crowd())


def test_kinds_of_people_are_the_groups_and_who_has_no_profile_is_in_none(found: Groups) -> None:
    assert found.of.tolist() == [0] * 90 + [1] * 60 + [2] * 30 + [-1]
    assert [each.people for each in found.groups] == list(SIZES)
    assert found.people == sum(SIZES)


def test_groups_are_called_what_sets_them_apart(found: Groups) -> None:
    names = [each.name(lambda word: f"*{word}*") for each in found.groups]
    assert names == [
        "mostly *bad* in *mood*, more *battery* in *topic*",
        "mostly *good* in *mood*, mostly *price* in *topic*, often liked *Tent*",
        "mostly *good* in *mood*, mostly *price* in *topic*",
    ]


def test_marks_hold_the_shares_that_they_name(found: Groups) -> None:
    people = crowd()
    (mark,) = [each for each in found.groups[0].marks if each.task == "mood"]
    bad = people.traits[people.traits["label"] == "bad"].set_index("user")["predicted"]
    inside = bad[bad.index < SIZES[0]]
    assert mark.share == pytest.approx(inside.mean())
    assert mark.others == pytest.approx(bad[bad.index >= SIZES[0]].mean())
    (tent,) = [each for each in found.groups[1].marks if each.task is None]
    assert tent.label == "Tent" and tent.share == 1.0 and tent.others < 0.4


def test_another_order_of_people_changes_nothing_but_that(found: Groups) -> None:
    order = np.random.default_rng(1).permutation(sum(SIZES) + 1)
    other = find_groups(crowd(order=order))
    assert other.of.tolist() == found.of[order].tolist()
    assert [each.name() for each in other.groups] == [each.name() for each in found.groups]
    assert [each.stability for each in other.groups] == [each.stability for each in found.groups]


def test_people_of_one_kind_do_not_fall_into_groups() -> None:
    found = find_groups(crowd(apart=0.0))
    assert not found.groups and set(found.of) == {-1} and found.people == sum(SIZES)


def test_a_source_that_somebody_lacks_sets_nobody_apart() -> None:
    """Half of the people liked nothing: they are not a group for that."""
    rng = np.random.default_rng(0)
    texts, likes = (
        FusedSource(
            kind,
            "encoder",
            1.0,
            unit((rng.normal(size=(120, 12)) + 5 * np.eye(12)[0]).astype(np.float32))
            * counts[:, None].astype(np.float32),
            counts.astype(np.float32),
            counts,
            "e",
        )
        for kind, counts in (
            ("text", np.ones(120, np.int64)),
            ("liked", np.repeat([0, 1], 60).astype(np.int64)),
        )
    )
    items = {"encoder": np.zeros((LIKES, 12), np.float32)}
    stage = FusedRecommender(
        "adapted", {"text": texts, "liked": likes}, items, np.zeros(LIKES), 120
    )
    nothing = pd.DataFrame(columns=["user", "task", "label", "predicted"])
    people: Any = SimpleNamespace(
        stage=lambda: stage,
        traits=nothing,
        liked=csr_matrix((120, LIKES), dtype=np.float32),
        titles=np.arange(LIKES).astype(str).astype(object),
    )
    assert not find_groups(people).groups


def test_a_name_says_mostly_only_of_more_than_half() -> None:
    marks = (Mark("mood", "bad", 0.51, 0.2), Mark("topic", "price", 0.5, 0.1))
    assert Group(3, 1.0, marks).name() == "mostly bad in mood, more price in topic"
    things = (Mark(None, "Tent", 0.3, 0.1), Mark(None, "Lamp", 0.2, 0.1))
    assert Group(3, 1.0, things).name() == "often liked Tent and Lamp"
    assert Group(3, 1.0, ()).name() == NOTHING
