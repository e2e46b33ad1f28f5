"""The baselines that every run is compared with. A new one is one file and one line here."""

from __future__ import annotations

from mtrec.recommend.als import ALS
from mtrec.recommend.base import Baseline
from mtrec.recommend.bpr import BPR
from mtrec.recommend.content import Content
from mtrec.recommend.ease import Ease
from mtrec.recommend.item_knn import ItemKNN
from mtrec.recommend.popular import Popular
from mtrec.recommend.user_knn import UserKNN

RECOMMENDERS: dict[str, type[Baseline]] = {
    each.name: each for each in (Popular, Content, ItemKNN, UserKNN, Ease, ALS, BPR)
}
