"""Figures and their noise, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import t as students

from mtrec import stats
from mtrec.models.multitask import HeadSpec
from mtrec.schema import VAL
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Ragged
from mtrec.tradeoffs.outcomes import Luck, Outcomes, Scored, TaskJudge, outcomes
from mtrec.training.examples import Examples

BOUNDS = np.array([[-1.0, 1.0]])
YES_NO = HeadSpec("mood", "binary", ("no", "yes"))


def examples(labels: list[str | None], people: list[str] | None = None) -> Examples:
    kind = TASK_TYPES["binary"]
    encoded = kind.encode(pd.Series(labels, dtype="str"), YES_NO.labels)
    return Examples(
        texts=[""] * len(labels),
        rows={VAL: np.arange(len(labels))},
        targets={"mood": Ragged(torch.from_numpy(encoded.rows), encoded.counts)},
        weights={},
        truth={"mood": np.array(labels, dtype=object)},
        people=None if people is None else np.array(people, dtype=object),
    )


def answers(*settings: list[float]) -> dict[str, Ragged[torch.Tensor]]:
    """Logits of each setting for the records that carry the task."""
    rows = torch.tensor(settings).T[..., None]  # (U, S, 1)
    return {"mood": Ragged.single(rows)}


def judge(known: Examples, draws: int = 1000) -> TaskJudge:
    nothing_read: Any = None
    return TaskJudge([YES_NO], nothing_read, known, known.rows[VAL], draws)


def test_each_setting_is_scored_on_the_records_that_carry_the_task() -> None:
    known = examples(["yes", None, "no", "yes", "no"])
    scored = judge(known).figures(answers([1.0, -1, 1, -1], [1.0, -1, -1, -1]))
    truth = ["yes", "no", "yes", "no"]
    for place, said in enumerate((["yes", "no", "yes", "no"], ["yes", "no", "no", "no"])):
        report = TASK_TYPES["binary"].scores(truth, said, YES_NO.labels)
        assert scored.values[place, 0] == pytest.approx(report.metrics["macro_f1"].value)
    assert judge(known).units.tolist() == [4]


def test_settings_that_say_the_same_have_the_same_draws() -> None:
    known = examples(["yes", "no"] * 20)
    said = np.random.default_rng(0).standard_normal(40).tolist()
    drawn = judge(known).figures(answers(said, said)).draws
    assert drawn.shape == (1000, 2, 1) and drawn.std(axis=0).min() > 0.02
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 1])


def test_records_of_one_person_are_drawn_together() -> None:
    """Ten people who are right or wrong in all of their ten records, against a hundred people."""
    labels: list[str | None] = ["yes", "no"] * 50
    wrong = np.repeat(np.arange(10) < 3, 10)
    said = np.where(np.tile([True, False], 50) != wrong, 1.0, -1.0).tolist()
    alone = judge(examples(labels)).figures(answers(said)).draws.std()
    together = judge(examples(labels, [f"p{row // 10}" for row in range(100)]))
    assert together.units.tolist() == [10]
    assert together.figures(answers(said)).draws.std() > 2 * alone


def scored(*figures: float, moved: Sequence[float] = (0.0,)) -> Scored:
    """Of one seed a figure under some settings, and draws in which all are moved by so much."""
    values = np.array(figures)[:, None]  # (S, K)
    return Scored(values, values + np.array(moved)[:, None, None])


def test_luck_is_how_far_settings_move_and_move_together() -> None:
    """From seed to seed the first setting gains 0.04, the second 0.06, the third nothing."""
    luck = Luck.of([scored(0.5, 0.6, 0.7), scored(0.54, 0.66, 0.7)])
    assert luck.freedom == 1
    moved = np.array([0.04, 0.06, 0])
    np.testing.assert_allclose(luck.covariances, np.outer(moved, moved)[None] / 2, atol=1e-12)


def test_what_records_do_to_seeds_apart_is_no_luck_and_what_they_do_to_all_takes_nothing() -> None:
    seeds = [(0.5, 0.5), (0.6, 0.6)]
    alike = Luck.of([scored(*each, moved=[0.03, -0.03]) for each in seeds])
    np.testing.assert_allclose(alike.covariances, 0.1**2 / 2)
    ways = [[0.03, -0.03], [-0.03, 0.03]]
    apart = Luck.of([scored(*each, moved=way) for each, way in zip(seeds, ways, strict=True)])
    np.testing.assert_allclose(apart.covariances, 0.1**2 / 2 - 0.06**2 / 2)


def test_where_records_do_more_than_seeds_there_is_no_luck() -> None:
    ways = [[0.03, -0.03], [-0.03, 0.03]]
    found = Luck.of(
        [scored(each, each, moved=way) for each, way in zip((0.5, 0.51), ways, strict=True)]
    )
    np.testing.assert_allclose(found.covariances, 0, atol=1e-12)


def test_a_mixture_has_the_luck_of_its_parts_and_some_of_its_own() -> None:
    luck = Luck(np.array([[[0.04, 0.01], [0.01, 0.09]]]), 10_000)
    drawn = luck.draw(40_000, np.array([[1.0, 0], [0, 1], [0.5, 0.5]]))[..., 0]
    linear = (0.04 + 0.09) / 2
    expected = [
        [0.04, 0.01, (0.04 + 0.01) / 2],
        [0.01, 0.09, (0.01 + 0.09) / 2],
        [(0.04 + 0.01) / 2, (0.01 + 0.09) / 2, linear],
    ]
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.0015)


def test_settings_whose_luck_is_one_do_not_differ_by_it() -> None:
    luck = Luck(np.full((1, 2, 2), 0.04), 4)
    drawn = luck.draw(1000, np.array([[1.0, 0], [0, 1], [0.3, 0.7]]))
    assert drawn.std() > 0.2
    np.testing.assert_allclose(drawn, np.broadcast_to(drawn[:, :1], drawn.shape), atol=1e-7)


def test_luck_told_from_few_seeds_is_students() -> None:
    drawn = Luck(np.array([[[0.01]]]), 4).draw(40_000, np.ones((1, 1)))
    ends = np.quantile(drawn / 0.1, [0.025, 0.5, 0.975])
    np.testing.assert_allclose(ends, students.ppf([0.025, 0.5, 0.975], 4), atol=0.12)


def test_intervals_hold_the_truth_whatever_the_noise_is_due_to() -> None:
    """A figure that is a mean over records, with effects of records, seeds, settings, and of these
    together; the settings do not differ. Intervals of a figure, and of a difference."""
    records, repeats, settings = 60, 400, 3
    drawn = stats.resample_counts(records) / records
    known: Any = SimpleNamespace(names=("a",), units=np.array([records]), bounds=BOUNDS)
    rng = np.random.default_rng(0)
    held = np.zeros(2)
    for _ in range(repeats):
        of_records = rng.standard_normal(records)
        seeds = []
        for _ in range(5):
            luck = 0.05 * rng.standard_normal() + 0.05 * rng.standard_normal((settings, 1))
            found = of_records + luck + rng.standard_normal((settings, records))
            seeds.append(Scored(found.mean(axis=1)[:, None], (drawn @ found.T)[..., None]))
        came = outcomes([known], seeds[:2], seeds, np.eye(settings)).draws[..., 0]
        for place, each in enumerate((came[:, 0], came[:, 0] - came[:, 1])):
            low, high = np.quantile(each, [0.025, 0.975])
            held[place] += low <= 0 <= high
    assert (np.abs(held / repeats - 0.955) < 0.025).all()


def figure(value: float, within: tuple[float, float]) -> Any:
    drawn = np.random.default_rng(0).normal(value, 0.1, size=(5000, 1, 1))
    known = Outcomes(
        ("a",), np.array([[value]]), drawn, np.array([1000]), np.array([[*within]], dtype=float)
    )
    return known.estimate(0, 0)


def test_an_estimate_holds_the_middle_of_its_draws() -> None:
    found = figure(0.5, (0, 1))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.304, 0.696), abs=0.01)


def test_an_interval_goes_no_further_than_its_figure_can() -> None:
    assert figure(0.05, (0, 1)).low == 0 and figure(0.95, (0, 1)).high == 1
    assert figure(0.05, (-1, 1)).low == pytest.approx(-0.146, abs=0.01)


def test_a_task_says_what_its_figure_can_come_to() -> None:
    assert judge(examples(["yes", "no"])).bounds.tolist() == [[0, 1]]
