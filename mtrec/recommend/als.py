"""ALS: factors of who liked what, in which what was not liked counts as a weak no.

Hu, Koren & Volinsky (2008), *Collaborative filtering for implicit feedback datasets*.
"""

from __future__ import annotations

from typing import Any

from mtrec.recommend.latent import SEED, Latent


class ALS(Latent):
    """Alternating least squares: `alpha` is how much more a like counts than a missing one."""

    name = "als"
    grid = tuple(
        {"factors": factors, "alpha": alpha, "regularization": regularization}
        for factors in (16, 64)
        for alpha in (1, 5)
        for regularization in (0.1, 3, 10, 30)
    )

    @staticmethod
    def model(**setting: Any) -> Any:
        from implicit.cpu.als import AlternatingLeastSquares

        return AlternatingLeastSquares(**setting, random_state=SEED, num_threads=1)
