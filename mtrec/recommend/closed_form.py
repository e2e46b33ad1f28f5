"""The closed form that L_T starts from: what a person liked, mentioned and wrote, and popularity.

    score(u, i) = ⟨ x_liked + m x_mentioned + t x_wrote , q_i ⟩ + p log(1 + likes of i) ,

with q of `mtrec.recommend.colikes`; x_liked and x_mentioned are sums of the items' w q over √Σw²,
with w = n^−φ for the n-th newest like and w = 1 for what is mentioned. What texts say, in the
tasks' eyes and plainly, is read so that x_wrote comes near x_liked: by one ridge regression from
all of it, over the people who wrote and liked something (Gantner, Drumond, Freudenthaler, Rendle &
Schmidt-Thieme, 2010, *Learning attribute-to-feature mappings for cold-start recommendations*).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from mtrec.recommend.base import Ids, Recommender
from mtrec.recommend.colikes import Spectrum
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.learned import Learned, summed, with_items
from mtrec.recommend.popular import likes_of
from mtrec.recommend.profiles import LIKED, MENTIONED, OF_ITEMS, Source, faded_parts, masses
from mtrec.training.reporter import Reporter, check_stop

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SPREAD = 0.3  # how far an average person's scores differ, as logits
AVERAGED = 128  # people over whom that is measured


@dataclass(frozen=True)
class Form:
    """The settings of a closed form; as they stand here where nothing can be chosen by.

    Attributes:
        ridge: the penalty λ of the items' vectors.
        fading: φ.
        popular: p.
        wrote: t.
        smoothing: the penalty of what is read of texts.
        mentioned: m.
    """

    ridge: float = 200.0
    fading: float = 0.0
    popular: float = 0.25
    wrote: float = 0.3
    smoothing: float = 30.0
    mentioned: float = 0.3


RIDGES = (20.0, 50.0, 100.0, 150.0, 200.0, 400.0, 800.0)
POPULAR = (0.0, 0.1, 0.25, 0.5, 1.0)
# What is chosen together, one after another.
STEPS: tuple[dict[str, tuple[float, ...]], ...] = (
    {"ridge": RIDGES},
    {"fading": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)},
    {"popular": POPULAR},
    {"ridge": RIDGES},
    {"wrote": (0.03, 0.1, 0.3, 1.0), "smoothing": (3.0, 30.0, 300.0)},
    {"mentioned": (0.03, 0.1, 0.3, 1.0)},
    {"popular": POPULAR},
)
TRIED = 1 + sum(prod(len(values) for values in step.values()) for step in STEPS)  # at most


class _Profiles(Recommender):
    """People's vectors `(U, d)` compared with items' `(I, d)`, and a bias `(I,)`."""

    name = "closed form"

    def __init__(self, people: Floats, items: Floats, bias: Floats) -> None:
        self.people, self.items, self.bias = people, items, bias

    def scores(self, users: Ids) -> Floats:
        scores: Floats = self.people[users] @ self.items.T + self.bias
        return scores


class Forms:
    """All closed forms of one history in which somebody liked something.

    Args:
        data: whose history it is.
        sources: built from it.
        texts: the items' text vectors of length 1 `(I, w)`.
        dimension: of the items' vectors.
    """

    def __init__(
        self,
        data: RecommendationData,
        sources: Mapping[str, Source],
        texts: Floats,
        dimension: int,
        seed: int,
    ) -> None:
        self.data, self.sources = data, sources
        self.spectrum = Spectrum.of(data.liked, texts, dimension, seed)
        self.popularity = np.log1p(likes_of(data.liked)).astype(np.float32)
        self.mentioned = _averaged(data.mentioned)
        self.read = {name: each for name, each in sources.items() if each.kind not in OF_ITEMS}
        self.means = {
            name: each.parts[np.unique(each.owners.indices)].mean(axis=0)
            for name, each in self.read.items()
        }
        sums = [summed(each, self.means[name])[0] for name, each in self.read.items()]
        self.wrote = np.concatenate([np.zeros((len(data.users), 0), np.float32), *sums], axis=1)
        # Only the last ones are kept: of many items or settings they would fill the memory.
        self._liked = lru_cache(maxsize=1)(self._find_liked)
        self._items = lru_cache(maxsize=1)(self._find_items)
        self._reading = lru_cache(maxsize=1)(self._find_reading)
        self._people = lru_cache(maxsize=1)(self._find_people)

    def choose(self, reporter: Reporter) -> tuple[Form, float]:
        """The form that is best on validation, and its NDCG@10 there; up to `TRIED` units of work.

        Without likes on validation there is nothing to choose by: the usual form, and 0.

        Raises:
            Stopped: the reporter asked to stop.
        """
        best = Form()
        if not len(self.data.judged):
            return best, 0.0
        found = {best: self.ndcg(best)}
        kinds = {each.kind for each in self.sources.values()}
        for step in STEPS:
            if "wrote" in step and not self.read:
                continue
            if "mentioned" in step and MENTIONED not in kinds:
                continue
            if "fading" in step and self.data.ages.max() <= 1:
                continue
            for values in product(*step.values()):
                form = replace(best, **dict(zip(step, values, strict=True)))
                if form not in found:
                    check_stop(reporter)
                    found[form] = self.ndcg(form)
                    reporter.advance(1)
            best = max(found, key=found.__getitem__)
        return best, found[best]

    def ndcg(self, form: Form) -> float:
        """NDCG@10 on validation."""
        items, _ = self._items(form.ridge, form.fading)
        liked, mentioned = self._people(form.ridge, form.fading)
        reading = self._reading(form.ridge, form.fading, form.smoothing)
        wrote = self.wrote[self.data.judged] @ reading
        people = liked + np.float32(form.mentioned) * mentioned + np.float32(form.wrote) * wrote
        bias = np.float32(form.popular) * self.popularity
        return mean_ndcg(_Profiles(people, items, bias), self.data.of(self.data.judged))

    def learned(self, form: Form) -> Learned:
        """The form as L_T goes on from it."""
        items, gain = self._items(form.ridge, form.fading)
        gains = {LIKED: gain, MENTIONED: gain * np.float32(form.mentioned)}
        projections, start = {}, 0
        adapted = with_items(self.sources, items, form.fading)
        means = dict(self.means)
        for name, source in adapted.items():
            width = source.parts.shape[1]
            if name in self.read:
                reading = self._reading(form.ridge, form.fading, form.smoothing)
                projections[name] = np.float32(form.wrote) * reading[start : start + width]
                start += width
            else:
                means[name] = np.zeros(width, np.float32)
                projections[name] = gains[source.kind] * np.eye(width, dtype=np.float32)
        bias = np.float32(form.popular) * self.popularity
        return Learned.of(items, bias, projections, means, form.fading, adapted)

    def _find_liked(self, fading: float) -> Any:
        """How much each like counts of its user's whole, csr `(U, I)`."""
        return _averaged(faded_parts(self.data.ages, fading))

    def _find_items(self, ridge: float, fading: float) -> tuple[Floats, np.float32]:
        """q `(I, d)`, and what its sums are multiplied by, so that scores differ by `SPREAD`."""
        items = self.spectrum.items(ridge)
        some = self._liked(fading)[self._teachers[:AVERAGED]] @ items
        spread = float((some @ items.T).std(axis=1).mean())
        return items, np.float32(SPREAD / spread if spread > 0 else 1.0)

    def _find_people(self, ridge: float, fading: float) -> tuple[Floats, Floats]:
        """x_liked and x_mentioned of the people who are judged `(J, d)`."""
        items, gain = self._items(ridge, fading)
        judged, kinds = self.data.judged, {each.kind for each in self.sources.values()}
        nothing = np.zeros((len(judged), items.shape[1]), np.float32)
        liked = gain * (self._liked(fading)[judged] @ items) if LIKED in kinds else nothing
        return liked, gain * (self.mentioned[judged] @ items) if MENTIONED in kinds else nothing

    def _find_reading(self, ridge: float, fading: float, smoothing: float) -> Floats:
        """What is read of texts `(W, d)`, all sources below one another."""
        items, gain = self._items(ridge, fading)
        wanted = gain * (self._liked(fading)[self._teachers] @ items)
        penalty = smoothing * np.eye(len(self._gram))
        if self._is_wide:
            reading = self._taught.T @ np.linalg.solve(self._gram + penalty, wanted)
        else:
            reading = np.linalg.solve(self._gram + penalty, self._taught.T @ wanted)
        return reading.astype(np.float32)

    @cached_property
    def _teachers(self) -> Ids:
        """The people who liked something `(n,)`; the others say nothing of likes."""
        return np.flatnonzero(np.diff(self.data.liked.indptr))

    @cached_property
    def _taught(self) -> Doubles:
        """What they wrote `(n, W)`."""
        return self.wrote[self._teachers].astype(np.float64)

    @cached_property
    def _is_wide(self) -> bool:
        """Whether there are fewer of them than numbers that tell what they wrote.

        Then the regression is solved between people: Xᵀ(XXᵀ + λI)⁻¹ is (XᵀX + λI)⁻¹Xᵀ.
        """
        return bool(len(self._taught) < self.wrote.shape[1])

    @cached_property
    def _gram(self) -> Doubles:
        """XXᵀ or XᵀX, the smaller one."""
        taught = self._taught
        gram: Doubles = taught @ taught.T if self._is_wide else taught.T @ taught
        return gram


def _averaged(weights: Any) -> Any:
    """Rows w over √Σw²."""
    _, squares = masses(weights)
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    return csr_matrix(diags(1 / lengths) @ weights, dtype=np.float32)
