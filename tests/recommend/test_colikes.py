from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend.colikes import Spectrum

RNG = np.random.default_rng(0)
LIKES = (RNG.random((30, 12)) < 0.3).astype(np.float32)
TEXTS = RNG.normal(size=(12, 5)).astype(np.float32)


def test_scores_are_those_of_ridge_regression() -> None:
    """⟨Σ q, q⟩ = x (G + λ)⁻¹ G, with G the Gram matrix of likes and centred texts."""
    spectrum = Spectrum.of(csr_matrix(LIKES), TEXTS, 12, seed=0)
    q = spectrum.items(ridge=3.0)
    centred = TEXTS - TEXTS.mean(axis=0)
    gram = LIKES.T @ LIKES + centred @ centred.T
    expected = LIKES @ np.linalg.solve(gram + 3.0 * np.eye(12), gram)
    assert LIKES @ q @ q.T == pytest.approx(expected, abs=1e-4)


def test_the_largest_singular_values_are_found() -> None:
    stacked = np.concatenate([LIKES, (TEXTS - TEXTS.mean(axis=0)).T])
    expected = np.linalg.svd(stacked, compute_uv=False)[:4]
    found = Spectrum.of(csr_matrix(LIKES), TEXTS, 4, seed=0)
    assert found.values == pytest.approx(expected, rel=1e-4)
    assert found.vectors.shape == (12, 4)


def test_more_dimensions_than_there_are_become_as_many_as_there_are() -> None:
    assert Spectrum.of(csr_matrix(LIKES), TEXTS, 500, seed=0).vectors.shape == (12, 12)
    assert Spectrum.of(csr_matrix(LIKES[:1, :1]), TEXTS[:1], 500, seed=0).vectors.shape == (1, 1)


def test_an_item_nobody_liked_is_near_the_one_with_its_text() -> None:
    likes, texts = LIKES.copy(), TEXTS.copy()
    likes[:, 11] = 0
    texts[11] = texts[0]
    q = Spectrum.of(csr_matrix(likes), texts, 12, seed=0).items(ridge=1.0)
    assert np.argsort(-(q @ q[11]))[:2].tolist() in ([11, 0], [0, 11])
