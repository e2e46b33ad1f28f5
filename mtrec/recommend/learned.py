"""What L_T learned, ready for any history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.profiles import OF_ITEMS, Source, masses
from mtrec.schema import ADAPTED

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned, from training alone.

    Attributes:
        items: q `(I, d)`.
        bias: b `(I,)`.
        projections: P_s `(w, d)` by source.
        means: μ_s `(w,)` by source.
        fading: φ of sources whose parts have ages.
        strengths: how long P_s (z − μ_s) summed and scaled is among the training's users, by
            source: what a source counts beside the others.
    """

    items: Floats
    bias: Floats
    projections: dict[str, Floats]
    means: dict[str, Floats]
    fading: float
    strengths: dict[str, float]

    @classmethod
    def of(
        cls,
        items: Floats,
        bias: Floats,
        projections: Mapping[str, Floats],
        means: Mapping[str, Floats],
        fading: float,
        sources: Mapping[str, Source],
    ) -> Learned:
        """With the strengths that the projections have on `sources`, as `with_items` gives them."""
        strengths = {}
        for name, source in sources.items():
            vectors, _ = summed(source, means[name])
            known = vectors[source.counts > 0] @ projections[name]
            strengths[name] = max(float(np.sqrt((known**2).sum(axis=1).mean())), 1e-6)
        return cls(items, bias, dict(projections), dict(means), fading, strengths)

    def recommender(self, sources: Mapping[str, Source], users: int) -> FusedRecommender:
        """The recommender for a history; a source unknown in training tells it nothing."""
        fused = {}
        for name, source in with_items(sources, self.items, self.fading).items():
            if name not in self.projections:
                continue
            projection = self.projections[name] / self.strengths[name]
            sums, scales = summed(source, self.means[name])
            fused[name] = FusedSource(
                kind=source.kind,
                space=ADAPTED,
                weight=self.strengths[name],
                vectors=sums @ projection,
                scales=scales,
                counts=source.counts,
                parts=source.space,
                projection=projection,
                shift=self.means[name] @ projection,
                fading=0.0 if source.ages is None else self.fading,
            )
        return FusedRecommender(ADAPTED, fused, {ADAPTED: self.items}, self.bias, users)


def with_items(sources: Mapping[str, Source], items: Floats, fading: float) -> dict[str, Source]:
    """The sources, items standing for their adapted vectors and no longer for their texts, and
    older parts counting less where ages are known."""
    found = {}
    for name, source in sources.items():
        adapted = replace(source, parts=items, space=ADAPTED)
        found[name] = (adapted if source.kind in OF_ITEMS else source).faded(fading)
    return found


def summed(source: Source, mean: Floats) -> tuple[Floats, Floats]:
    """Σ w (z − μ) / √Σw² of each user `(U, w)`, and the 1 / √Σw² `(U,)`, 0 without parts."""
    mass, squares = masses(source.owners)
    scales = np.divide(1, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
    sums: Floats = (source.sums() - mass[:, None] * mean) * scales[:, None]
    return sums, scales
