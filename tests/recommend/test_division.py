"""Points that fall into groups are told from those of one cloud, whatever order they come in."""

from __future__ import annotations

import numpy as np
import pytest

from mtrec.recommend.directions import aligned, principal_axes
from mtrec.recommend.division import STABLE, Division, divide
from mtrec.recommend.profiles import Floats, unit


def blobs(sizes: tuple[int, ...], apart: float, seed: int = 0, width: int = 40) -> Floats:
    """Directions about so many centres, group by group."""
    rng = np.random.default_rng(seed)
    centres = apart * np.eye(width)[: len(sizes)]
    points = [
        centre + rng.normal(size=(size, width)) / np.sqrt(width)
        for centre, size in zip(centres, sizes, strict=True)
    ]
    return unit(np.concatenate(points).astype(np.float32))


def cloud(count: int, seed: int = 0, stretched: float = 1.0, width: int = 40) -> Floats:
    """Directions of one cloud, longer along its first axis."""
    points = np.random.default_rng(seed).normal(size=(count, width))
    points[:, 0] *= stretched
    return unit(points.astype(np.float32))


@pytest.fixture(scope="module")
def three() -> Division:
    return divide(blobs((300, 200, 100), 2.0))


def test_blobs_are_found_with_who_is_in_them_the_largest_first(three: Division) -> None:
    assert three.labels.tolist() == [0] * 300 + [1] * 200 + [2] * 100
    assert three.p_value is not None and three.p_value < 0.05
    assert len(three.stability) == 3 and min(three.stability) > 0.95


def test_another_order_of_points_changes_nothing_but_that_of_the_labels(three: Division) -> None:
    shuffled = np.random.default_rng(1).permutation(600)
    other = divide(blobs((300, 200, 100), 2.0)[shuffled])
    assert other.labels.tolist() == three.labels[shuffled].tolist()
    assert (other.stability, other.p_value) == (three.stability, three.p_value)


@pytest.mark.parametrize("stretched", [1.0, 3.0, 20.0])
def test_one_cloud_is_not_divided_however_long_it_is(stretched: float) -> None:
    found = divide(cloud(300, stretched=stretched))
    assert not found.is_found and not found.labels.any()
    assert found.p_value is not None


def test_in_clouds_groups_are_found_as_seldom_as_the_level_says() -> None:
    found = [divide(cloud(60, seed)).is_found for seed in range(8)]
    assert sum(found) <= 1


def test_groups_that_lie_in_each_other_are_told_only_where_they_are_stable() -> None:
    for apart in (0.6, 1.0):
        found = divide(blobs((200, 200), apart))
        assert not found.is_found or min(found.stability) >= STABLE


def test_too_few_points_are_not_divided() -> None:
    for count in (0, 1, 19):
        assert divide(cloud(count)).p_value is None


def test_points_that_are_all_the_same_are_one_group() -> None:
    assert not divide(np.ones((50, 4), np.float32) / 2).is_found


def test_axes_are_those_of_most_spread_with_their_shares() -> None:
    """Points on a cross: twice as long along the second number as along the first."""
    points = np.array([[1, 0, 5], [-1, 0, 5], [0, 2, 5], [0, -2, 5]], np.float32)
    axes = principal_axes(points, 2)
    assert axes.shares == pytest.approx([0.8, 0.2])
    assert np.abs(axes.points[:, 0]) == pytest.approx([0, 0, 2, 2])
    assert axes.points.max(axis=0) == pytest.approx([2, 1])
    assert principal_axes(points, 9).points.shape == (4, 3)


def test_points_are_turned_onto_others_without_changing_distances() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 2))
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, -1])
    rows = np.arange(5, 20)
    turned = aligned(points, rows, (points @ turn)[rows] + 3)
    assert turned == pytest.approx(points @ turn)
