"""Figures and their noise, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mtrec.models.multitask import HeadSpec
from mtrec.schema import VAL
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.ragged import Ragged
from mtrec.tradeoffs.outcomes import Luck, Outcomes, TaskJudge
from mtrec.training.examples import Examples

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


def test_luck_is_what_neither_setting_nor_seed_explains() -> None:
    """Two seeds, two settings: effects 0.1 and 0.04 add up, but for 0.01 in each corner."""
    base = np.array([[[0.51], [0.59]], [[0.53], [0.65]]])  # (Q, S, K)
    luck = Luck.of(base, seeds=2)
    own = 4 * 0.01**2  # residuals of 0.01, one degree of freedom
    between = 0.04**2 / 2  # the variance of the seeds' means
    assert luck.freedom == (1, 1)
    np.testing.assert_allclose(luck.own, np.sqrt(own / 2))
    np.testing.assert_allclose(luck.common, np.sqrt((between - own / 2) / 2))


def test_seeds_that_differ_by_their_settings_luck_alone_have_no_common_luck() -> None:
    base = np.array([[[0.5], [0.6]], [[0.6], [0.5]]])
    luck = Luck.of(base, seeds=1)
    assert luck.common.tolist() == [0]
    np.testing.assert_allclose(luck.own, 0.1)


def test_settings_share_the_common_luck_and_have_their_own() -> None:
    luck = Luck(np.array([0.3]), np.array([0.1]), (1000, 1000))
    drawn = luck.draw(20_000, 2, 1)[..., 0]
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt(0.3**2 + 0.1**2), rtol=0.03)
    np.testing.assert_allclose((drawn[:, 0] - drawn[:, 1]).std(), np.sqrt(2) * 0.1, rtol=0.03)


def test_an_estimate_holds_the_middle_of_its_draws() -> None:
    drawn = np.random.default_rng(0).normal(0.5, 0.1, size=(5000, 1, 1))
    figure: Any = Outcomes(("a",), np.array([[0.5]]), drawn, np.array([1000])).estimate(0, 0)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, 0.304, 0.696), abs=0.01)
