from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mtrec.recommend.als import ALS
from mtrec.recommend.bpr import BPR
from mtrec.recommend.latent import Latent
from mtrec.recommend.profiles import ENCODER

SETTINGS: dict[type[Latent], dict[str, Any]] = {
    ALS: {"factors": 4, "alpha": 1, "regularization": 0.1},
    BPR: {"factors": 4, "learning_rate": 0.1, "regularization": 0.01, "iterations": 100},
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_two_tastes_are_told_apart(kind: type[Latent], crowd: Callable[..., Any]) -> None:
    """People like items of their half alone; their lists hold hardly any of the other."""
    made = crowd()
    data = made.test
    found = kind.fit(data, made.spaces[ENCODER], **SETTINGS[kind])
    lists = found.recommend(np.arange(60), 5, data.seen).items
    assert (lists % 2 == np.arange(60)[:, None] % 2).mean() > 0.9


@pytest.mark.parametrize("kind", SETTINGS)
def test_one_reason_holds_the_whole_score(kind: type[Latent], crowd: Callable[..., Any]) -> None:
    made = crowd()
    found = kind.fit(made.test, made.spaces[ENCODER], **SETTINGS[kind])
    scores = found.scores(np.array([3]))[0]
    told = found.terms(3, np.arange(len(scores)))
    assert [term.weight for (term,) in told] == pytest.approx(scores, abs=1e-5)
    assert {term.kind for (term,) in told} <= {"latent", "popular"}
