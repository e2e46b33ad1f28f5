"""The fused profile is nearer to the truth about the sample's people than any single activity."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.profile_truth import agreement, likeness, measure
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(EncoderConfig(method="frozen"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_fused_profile_is_nearer_to_the_truth(seed: int, encoder: Encoder) -> None:
    found = measure(seed, people=60, encoder=encoder)
    assert found.fused > found.best_single
    assert found.written > max(found.single[name] for name in found.single if name != "purchases")


def test_likeness_compares_differences_from_the_average_person() -> None:
    people = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    assert likeness(people) == pytest.approx(np.array([[1, -1, 0], [-1, 1, 0], [0, 0, 0]]))


def test_agreement_is_full_for_the_truth_itself_and_none_for_noise() -> None:
    rng = np.random.default_rng(0)
    interests = rng.dirichlet(np.ones(5), size=60)
    assert agreement(3 * interests + 1, interests) == pytest.approx(1)
    assert abs(agreement(rng.normal(size=(60, 5)), interests)) < 0.15
