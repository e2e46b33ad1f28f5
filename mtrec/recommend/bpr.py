"""BPR: factors that put what a person liked before what they did not.

Rendle, Freudenthaler, Gantner & Schmidt-Thieme (2009), *BPR: Bayesian personalized ranking from
implicit feedback*.
"""

from __future__ import annotations

from typing import Any

from mtrec.recommend.latent import SEED, Latent


class BPR(Latent):
    """Learned over pairs of an item liked and one that was not, by stochastic gradient descent."""

    name = "bpr"
    grid = tuple(
        {
            "factors": factors,
            "learning_rate": learning_rate,
            "regularization": regularization,
            "iterations": 100,
        }
        for factors in (16, 64)
        for learning_rate in (0.01, 0.03, 0.1)
        for regularization in (0.01, 0.05)
    )

    @staticmethod
    def model(**setting: Any) -> Any:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        return BayesianPersonalizedRanking(**setting, random_state=SEED, num_threads=1)
