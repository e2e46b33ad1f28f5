"""How much of the catalogue lists show, and how popular that is beside what people liked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.recommend.evaluate import K
from mtrec.recommend.fused import blocks
from mtrec.recommend.people import People
from mtrec.training.reporter import Reporter, check_stop

LISTING = "Making everyone's lists"
SHARES = (0.1, 0.3, 0.6, 1.0)  # of the catalogue, the most liked first: where groups end

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Reach:
    """Everyone's lists, counted item by item.

    Attributes:
        shown: in how many lists each item stands `(I,)`.
        liked: how many people liked each item in the history `(I,)`.
    """

    shown: Counts
    liked: Counts

    @property
    def covered(self) -> int:
        """How many items stand in anybody's list."""
        return int((self.shown > 0).sum())

    def groups(self) -> pd.DataFrame:
        """Items from the most to the least liked, in groups that end at `SHARES` of the catalogue.

        Returns:
            A row per group that holds items: `to` (the share of the catalogue it ends at), `items`,
            `covered` (how many of them stand in a list), `shown` and `liked` (the group's shares of
            all places in lists and of all likes; 0 where there are none).
        """
        order = np.argsort(-self.liked, kind="stable")
        ends = np.round(np.array(SHARES) * len(order)).astype(int)
        rows = []
        for share, start, end in zip(SHARES, [0, *ends[:-1]], ends, strict=True):
            group = order[start:end]
            if not len(group):
                continue
            rows.append(
                {
                    "to": share,
                    "items": len(group),
                    "covered": int((self.shown[group] > 0).sum()),
                    "shown": float(self.shown[group].sum() / max(self.shown.sum(), 1)),
                    "liked": float(self.liked[group].sum() / max(self.liked.sum(), 1)),
                }
            )
        return pd.DataFrame(rows)


def reach(people: People, recommender: str, reporter: Reporter, k: int = K) -> Reach:
    """Counts the lists of everyone whom the data knows, a block of people at a time.

    Raises:
        InputError: there is no such recommender.
        Stopped: the reporter asked to stop.
    """
    users, items = len(people.users), len(people.likes)
    shown = np.zeros(items, np.int64)
    reporter.phase(LISTING, users)
    for block in blocks(users):
        check_stop(reporter)
        listed = people.lists(block, k, recommender).items
        shown += np.bincount(listed[listed >= 0], minlength=items)
        reporter.advance(len(block))
    return Reach(shown, people.likes.astype(np.int64))
