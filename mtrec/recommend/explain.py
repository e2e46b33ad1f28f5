"""Why an item is recommended: its score taken apart into the texts and likes it is a sum of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.base import AVERAGE, POPULAR, Term
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.profiles import faded

SHOWN = 5
Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Owned:
    """The parts of one source that a user has.

    Attributes:
        positions: theirs `(n,)`.
        vectors: `(n, w)`
        ages: how old each is among them, 1 for the newest `(n,)`; all 1 where that is not known.
    """

    positions: Ids
    vectors: Floats
    ages: Floats


def terms(
    recommender: FusedRecommender, user: int, items: Ids, owned: Mapping[str, Owned]
) -> list[list[Term]]:
    """For each of `items`, all summands of its score; they add up to it.

    Args:
        owned: the user's parts of each source they have.
    """
    found = [[Term(POPULAR, POPULAR, (), float(each))] for each in recommender.bias[items]]
    if recommender.sources and not recommender.weights(np.array([user])).any():
        suits = np.zeros(len(items))
        for space, mean in recommender.everyone.items():
            suits += recommender.items[space][items].astype(np.float64) @ mean
        for terms_of_item, each in zip(found, suits, strict=True):
            terms_of_item.append(Term(AVERAGE, AVERAGE, (), float(each)))
    for name, source in recommender.sources.items():
        if not source.counts[user]:
            continue
        read = source.read(owned[name].vectors.astype(np.float64))
        strength = float(source.weight) * float(source.scales[user])
        counting = strength * faded(owned[name].ages, source.fading)
        weights = counting * (recommender.items[source.space][items].astype(np.float64) @ read.T)
        for terms_of_item, row in zip(found, weights, strict=True):
            terms_of_item.extend(
                Term(source.kind, name, (int(part),), float(weight))
                for part, weight in zip(owned[name].positions, row, strict=True)
            )
    return found


def total(summands: list[Term]) -> float:
    """The score that the summands add up to."""
    return float(sum(each.weight for each in summands))


def main_reasons(
    summands: list[Term], shown: int = SHOWN, new: Callable[[Term], bool] = lambda each: False
) -> list[Term]:
    """The `shown` summands that weigh most, and the others of each source as one; the same sum.

    Args:
        new: what is told apart: as many of these stand before the others.
    """
    order = sorted(summands, key=lambda each: -abs(each.weight))
    known = [each for each in order if not new(each)]
    added = [each for each in order if new(each)]
    rest: dict[str, list[Term]] = {}
    for each in [*added[shown:], *known[shown:]]:
        rest.setdefault(each.source, []).append(each)
    return [
        *added[:shown],
        *known[:shown],
        *(
            Term(
                each[0].kind,
                name,
                tuple(part for term in each for part in term.parts),
                total(each),
            )
            for name, each in rest.items()
        ),
    ]
