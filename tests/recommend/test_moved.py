"""How profiles came about: at each step that of somebody who left only what had come by then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtrec.recommend.adapt import Chosen, adapt
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.explain import Owned
from mtrec.recommend.guest import of_person
from mtrec.recommend.moved import likeness
from mtrec.recommend.profiles import ENCODER, ages_among, build_sources
from mtrec.training.reporter import SilentReporter


def test_an_older_like_counted_as_new_while_it_was_the_newest(crowd: Any, one_thread: None) -> None:
    data = crowd()
    sources = build_sources(data.val, data.spaces, {})
    texts = data.spaces[ENCODER].items
    chosen = Chosen(Form(fading=1.0), passes=0)
    learned = adapt(data.val, sources, texts, RecommendConfig(), chosen, 0, SilentReporter())
    recommender = learned.recommender(sources, 60)
    positions, ages = data.val.liked[[3]].indices, data.val.ages[[3]].data
    owned = {"liked": Owned(positions, recommender.items["adapted"][positions], ages)}
    count = len(positions)
    near = likeness(recommender, owned, {"liked": (count - ages).astype(np.int64)}, count)
    mean = recommender.everyone["adapted"]
    differences = []
    for oldest in range(count):
        there = ages >= count - oldest
        kept = Owned(positions[there], owned["liked"].vectors[there], ages_among(ages[there]))
        differences.append(of_person(recommender, {"liked": kept}).vectors(np.array([0]))[0] - mean)
    lengths = np.linalg.norm(differences, axis=1)
    expected = (differences @ differences[-1]) / lengths / lengths[-1]
    assert near == pytest.approx(expected, abs=1e-4)
    assert near[0] < near[-1] == pytest.approx(1)
