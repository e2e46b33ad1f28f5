"""Settings of λ: shares of one, the same ones first, spread evenly."""

from __future__ import annotations

import numpy as np
import pytest

from mtrec.tradeoffs.simplex import mixtures, spread


@pytest.mark.parametrize("tasks", [2, 3, 5])
def test_equal_shares_stand_first_then_each_task_alone(tasks: int) -> None:
    shares = spread(tasks, 32)
    assert shares.shape == (32, tasks)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares[0], 1 / tasks)
    np.testing.assert_allclose(shares[1 : tasks + 1], np.eye(tasks))


@pytest.mark.parametrize("tasks", [2, 4])
def test_more_settings_are_the_same_and_some_more(tasks: int) -> None:
    np.testing.assert_allclose(spread(tasks, 40)[:17], spread(tasks, 17))


def test_of_two_tasks_no_stretch_is_left_out() -> None:
    gaps = np.diff(np.sort(spread(2, 32)[:, 0]))
    assert gaps.min() > 0.004 and gaps.max() < 0.08  # 31 even ones would be .032


def test_of_three_tasks_every_part_of_the_triangle_has_its_share() -> None:
    """A uniform share exceeds one half with probability (1/2)²."""
    shares = spread(3, 128)[4:]
    np.testing.assert_allclose(shares.mean(axis=0), 1 / 3, atol=0.02)
    np.testing.assert_allclose((shares > 0.5).mean(axis=0), 0.25, atol=0.03)


@pytest.mark.parametrize("tasks", [2, 3, 5])
def test_a_setting_is_a_mixture_of_equal_shares_and_of_each_task_alone(tasks: int) -> None:
    shares = spread(tasks, 32)
    mixed = mixtures(shares)
    assert (mixed >= 0).all()
    np.testing.assert_allclose(mixed.sum(axis=1), 1)
    np.testing.assert_allclose(mixed @ shares[: tasks + 1], shares)
    np.testing.assert_allclose(mixed[: tasks + 1], np.eye(tasks + 1), atol=1e-12)


@pytest.mark.parametrize("tasks, settings", [(1, 32), (3, 3)])
def test_too_few_are_refused(tasks: int, settings: int) -> None:
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(tasks, settings)
