"""How alike orders are: hand-worked ranks."""

from __future__ import annotations

import numpy as np
import pytest

from mtrec.tradeoffs.outcomes import Outcomes
from mtrec.tradeoffs.trust import FEWEST, Trained, settings_of, trust

SETTINGS = [{"a": share, "b": 1 - share} for share in (0.0, 0.25, 0.5, 0.75, 1.0)]


def came(*seeds: list[float], of: str = "a") -> list[Trained]:
    return [
        Trained(lambdas, seed, {of: value})
        for seed, values in enumerate(seeds)
        for lambdas, value in zip(SETTINGS, values, strict=True)
    ]


def tried(values: list[float]) -> Outcomes:
    columns = np.column_stack([values, values])
    return Outcomes(
        ("a", "b"), columns, columns[None], np.array([10, 10]), np.array([[0, 1], [0, 1]])
    )


def test_the_same_order_is_one_and_the_opposite_minus_one() -> None:
    (found,) = trust(came([1, 2, 3, 4, 5]), tried([0.1, 0.2, 0.3, 0.4, 0.9]))
    assert (found.name, found.settings, found.ceiling) == ("a", 5, None)
    assert found.alike is not None and found.alike.value == pytest.approx(1)
    (found,) = trust(came([5, 4, 3, 2, 1]), tried([0.1, 0.2, 0.3, 0.4, 0.9]))
    assert found.alike is not None and found.alike.value == pytest.approx(-1)


def test_the_ceiling_is_between_seeds_and_the_rest_their_mean() -> None:
    (found,) = trust(came([1, 2, 3, 4, 5], [2, 1, 3, 4, 5]), tried([1, 2, 3, 4, 5]))
    assert found.ceiling is not None and found.ceiling.value == pytest.approx(0.9)
    assert found.alike is not None and found.alike.value == pytest.approx((1 + 0.9) / 2)
    assert found.alike.low < 0.6 < found.alike.value < found.alike.high <= 1


def test_where_all_come_to_the_same_there_is_no_order() -> None:
    (found,) = trust(came([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]), tried([1, 2, 3, 4, 5]))
    assert found.alike is None and found.ceiling is None


def test_only_settings_with_every_seed_count_and_few_say_nothing() -> None:
    trained = came([1, 2, 3, 4, 5], [2, 1, 3, 4, 5])[:-1]
    assert settings_of(trained) == SETTINGS[:-1]
    few = [each for each in trained if each.lambdas in SETTINGS[: FEWEST - 1]]
    assert trust(few, tried([1, 2, 3])) == []
