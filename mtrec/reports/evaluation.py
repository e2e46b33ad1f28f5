"""How good a run's recommendations are, for lists of any length."""

from __future__ import annotations

import json
from typing import Any

from mtrec.data.dataset import Dataset
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import K, judge, table
from mtrec.recommend.people import People
from mtrec.recommend.stored import EVALUATION, PAIRED

NOBODY = "Nobody liked anything in the test part, so lists cannot be judged."


def evaluation(people: People, dataset: Dataset, k: int = K) -> list[dict[str, Any]]:
    """The `evaluate` contract's value: as kept with the run, or judged anew for another length.

    Args:
        people: of the run's `recommend` folder.
        dataset: the run's.
    """
    if k == K:
        return _kept(people, EVALUATION)
    data = RecommendationData.from_dataset(dataset, "test")
    recommenders = [people.recommender(name) for name in (*people.baselines, *people.stages)]
    texts = people.item_texts
    return [row for each in recommenders for row in table(judge(each, data, k, texts), data, k)]


def differences(people: People) -> list[dict[str, Any]]:
    """How stages differ from one another and from a baseline, person by person, for lists of 10.

    Returns:
        `[{a, b, segment, users, metrics: {name: {value, low, high, p_value}}}]`, with a and b
        `{recommender, stage}` and values of a minus b.
    """
    return _kept(people, PAIRED)


def _kept(people: People, name: str) -> list[dict[str, Any]]:
    path = people.folder.parent / name
    kept: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return kept
