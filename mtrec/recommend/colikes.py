"""Item vectors from who liked what and from the items' texts, in closed form.

Ridge regression from a user's likes to their likes, the linear autoencoder that EASE builds on
(Steck, 2019, *Embarrassingly shallow autoencoders for sparse data*), scores items by
X·V diag(σ² / (σ² + λ)) Vᵀ, with σ and V the singular values and right vectors of the likes X.
Split evenly over both sides, it gives each item one vector q, and a user's score of an item is
⟨Σ_liked q, q_item⟩. The items' texts stand below X as so many more rows, as if each of their
dimensions were a user: side information as in Jeunen, Van Balen & Goethals (2020), *Closed-form
models for collaborative filtering with side-information*. An item nobody liked yet has its vector
from its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TEXT_WEIGHT = 1.0  # an item's text counts as much as one person's like
OVERSAMPLED, PASSES = 16, 5


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The `d` largest singular values σ `(d,)` and right vectors V `(I, d)` of likes and texts."""

    values: Floats
    vectors: Floats

    @classmethod
    def of(cls, liked: Any, texts: Floats, dimension: int, seed: int) -> Spectrum:
        """From likes, csr `(U, I)` of ones, and the items' text vectors `(I, w)` of length 1."""
        rows = TEXT_WEIGHT * (texts - texts.mean(axis=0)).T
        return cls(*_largest(liked, rows.astype(np.float32), dimension, seed))

    def items(self, ridge: float) -> Floats:
        """q `(I, d)` under the ridge penalty λ."""
        power = self.values**2
        q: Floats = self.vectors * np.sqrt(power / (power + ridge)).astype(np.float32)
        return q


def _largest(liked: Any, rows: Floats, dimension: int, seed: int) -> tuple[Floats, Floats]:
    """σ and V of the matrix [liked; rows], by subspace iteration.

    Halko, Martinsson & Tropp (2011), *Finding structure with randomness*, algorithm 4.4.
    """
    users, items = liked.shape
    width = min(dimension + OVERSAMPLED, users + len(rows), items)
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((items, width)).astype(np.float32)
    for _ in range(PASSES):
        basis, _ = np.linalg.qr(liked.T @ (liked @ basis) + rows.T @ (rows @ basis))
    image = np.concatenate([liked @ basis, rows @ basis])
    _, values, mixed = np.linalg.svd(image, full_matrices=False)
    kept = min(dimension, len(values))
    return values[:kept], (basis @ mixed.T)[:, :kept]
