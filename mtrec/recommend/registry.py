"""The baselines that every run is compared with. A new one is one file and one line here."""

from __future__ import annotations

from mtrec.recommend.base import Baseline
from mtrec.recommend.popular import Popular

RECOMMENDERS: dict[str, type[Baseline]] = {each.name: each for each in (Popular,)}
