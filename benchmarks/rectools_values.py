"""Figures of lists by RecTools, which the tests hold ours against.

    python benchmarks/rectools_values.py > tests/recommend/rectools.json

Run it in an environment of its own that holds RecTools (`pip install rectools==0.19.0`): mtrec does
not need it. The lists are drawn; some are shorter than k, some hold nothing relevant.

Conventions: NDCG is divided by what can be achieved, and MAP by the number of relevant items, which
is how mtrec counts where these fit into a list.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.metrics import MAP, MRR, NDCG, CatalogCoverage, MeanInvUserFreq, Recall

USERS, ITEMS, LONGEST = 40, 60, 10
KS = (1, 3, 10)


def drawn() -> dict[str, list[list[int]]]:
    """Lists, what is relevant, and what was liked before, one row a user."""
    rng = np.random.default_rng(0)
    before = [rng.choice(ITEMS, rng.integers(1, 20), replace=False) for _ in range(USERS)]
    left = [np.setdiff1d(np.arange(ITEMS), each) for each in before]
    lists = [rng.choice(each, rng.integers(2, LONGEST + 1), replace=False) for each in left]
    relevant = [rng.choice(each, rng.integers(1, 9), replace=False) for each in left]
    named = {"before": before, "lists": lists, "relevant": relevant}
    return {name: [each.tolist() for each in rows] for name, rows in named.items()}


def pairs(rows: list[list[int]]) -> pd.DataFrame:
    """A row per user and item, in order."""
    table = pd.DataFrame(
        [(user, item, place) for user, row in enumerate(rows) for place, item in enumerate(row, 1)],
        columns=[Columns.User, Columns.Item, Columns.Rank],
    )
    return table.assign(**{Columns.Weight: 1.0, Columns.Datetime: "2000-01-01"})


def main() -> None:
    """Prints the lists and the figures as JSON."""
    data = drawn()
    lists, relevant, before = (pairs(data[name]) for name in ("lists", "relevant", "before"))
    figures: dict[str, Any] = {}
    for k in KS:
        kinds = {
            "ndcg": NDCG(k, divide_by_achievable=True),
            "recall": Recall(k),
            "mrr": MRR(k),
        }
        if k == LONGEST:
            kinds["map"] = MAP(k)
        for name, metric in kinds.items():
            found = metric.calc_per_user(lists, relevant)
            figures[f"{name}@{k}"] = found.reindex(range(USERS)).tolist()
        novelty = MeanInvUserFreq(k).calc_per_user(lists, before)
        figures[f"novelty@{k}"] = novelty.reindex(range(USERS)).tolist()
        catalogue = range(ITEMS)
        figures[f"coverage@{k}"] = CatalogCoverage(k, normalize=True).calc(lists, catalogue)
    made = {"rectools": version("rectools"), "items": ITEMS, **data, "figures": figures}
    print(json.dumps(made))


if __name__ == "__main__":
    main()
