"""How far what settings come to on resting states tells what they come to when all is trained.

What counts for a choice is the order of the settings: Spearman's rank correlation between both,
beside that between full trainings with different seeds, above which nothing can be expected.
Its interval is by Fisher's z with the variance of Bonett & Wright (2000), *Sample Size Requirements
for Estimating Pearson, Kendall and Spearman Correlations*, Psychometrika 65.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, spearmanr

from mtrec.schema import Estimate
from mtrec.stats import LEVEL

if TYPE_CHECKING:
    from mtrec.tradeoffs.outcomes import Floats, Outcomes
    from mtrec.tradeoffs.stacked import Lambdas

FEWEST = 4  # settings, of fewer no order is worth a word


@dataclass(frozen=True)
class Trained:
    """What a training of the whole came to on validation.

    Attributes:
        figures: by what they are of, as in `Outcomes.names`.
    """

    lambdas: Lambdas
    seed: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Trust:
    """How alike the order of settings is, for one figure.

    Attributes:
        name: what it is of.
        settings: how many were trained.
        alike: between what was tried and trainings, the mean over seeds; None where all settings
            come to the same.
        ceiling: between trainings with different seeds, the mean over pairs; None where there is
            one seed.
    """

    name: str
    settings: int
    alike: Estimate | None
    ceiling: Estimate | None


def settings_of(trained: Sequence[Trained]) -> list[Lambdas]:
    """The settings that were trained with every seed there is, as first met."""
    seeds = {each.seed for each in trained}
    met: dict[tuple[tuple[str, float], ...], set[int]] = {}
    for each in trained:
        met.setdefault(_key(each.lambdas), set()).add(each.seed)
    return [dict(key) for key, known in met.items() if known == seeds]


def trust(trained: Sequence[Trained], outcomes: Outcomes) -> list[Trust]:
    """How alike the orders are, by figure.

    Args:
        outcomes: of `settings_of(trained)`, in that order.
    """
    settings = [_key(each) for each in settings_of(trained)]
    if len(settings) < FEWEST:
        return []
    seeds = sorted({each.seed for each in trained})
    came = {(_key(each.lambdas), each.seed): each.figures for each in trained}
    found = []
    for place, name in enumerate(outcomes.names):
        if any(name not in came[setting, seed] for setting in settings for seed in seeds):
            continue
        truth = np.array(
            [[came[setting, seed][name] for setting in settings] for seed in seeds]
        )  # (seeds, settings)
        found.append(
            Trust(
                name,
                len(settings),
                _mean([(outcomes.values[:, place], each) for each in truth]),
                _mean([*combinations(truth, 2)]),
            )
        )
    return found


def _mean(pairs: Sequence[tuple[Floats, Floats]]) -> Estimate | None:
    """The mean rank correlation of pairs of figures of the same settings."""
    if not pairs or any(not np.ptp(each) for pair in pairs for each in pair):
        return None
    value = float(np.mean([spearmanr(*pair).statistic for pair in pairs]))
    count = len(pairs[0][0])
    inside = min(max(value, -0.9999), 0.9999)  # its z is a number
    off = float(norm.ppf((1 + LEVEL) / 2)) * sqrt((1 + inside**2 / 2) / (count - 3))
    return Estimate(value, tanh(atanh(inside) - off), tanh(atanh(inside) + off))


def _key(lambdas: Lambdas) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(lambdas.items()))
