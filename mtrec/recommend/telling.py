"""Recommendations in words: items with their scores, and what the reasons for them are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.recommend.base import AVERAGE, LATENT, SIMILAR, Term
from mtrec.recommend.explain import main_reasons, total
from mtrec.recommend.profiles import LIKED, MENTIONED, OF_ITEMS
from mtrec.schema import ITEM, RECORD, TEXT, TITLE
from mtrec.wording import many

TOGETHER = {LIKED: "things they liked", MENTIONED: "things they wrote about"}


@dataclass(frozen=True, eq=False)
class Telling:
    """What is needed to tell a recommendation.

    Attributes:
        items: id and title, a row per item.
        records: the dataset's row and the text, a row per record that parts are made of.
        likes: how many people liked each item `(I,)`.
        new: texts whose positions follow the records'; what they add is told apart.
    """

    items: pd.DataFrame
    records: pd.DataFrame
    likes: NDArray[np.float32]
    new: Sequence[str] = ()

    def recommendations(
        self, items: NDArray[np.int64], split: Sequence[list[Term]]
    ) -> list[dict[str, Any]]:
        """Items with their scores and reasons, as in the `recommend` contract.

        Args:
            items: positions `(n,)`.
            split: for each of them all summands of its score.
        """
        return [
            {
                "item": self.items[ITEM].iloc[item],
                "title": self.items[TITLE].iloc[item],
                "score": total(summands),
                "reasons": [
                    self._reason(term, item) for term in main_reasons(summands, new=self._is_new)
                ],
            }
            for item, summands in zip(items, split, strict=True)
        ]

    def _is_new(self, term: Term) -> bool:
        if not self.new or term.kind in (*OF_ITEMS, SIMILAR):
            return False
        return any(part >= len(self.records) for part in term.parts)

    def _reason(self, term: Term, item: int) -> dict[str, Any]:
        reason: dict[str, Any] = {
            "kind": term.kind,
            "text": self._words(term, item),
            "weight": term.weight,
            "source": term.source,
        }
        if len(term.parts) == 1 and term.kind != SIMILAR:
            if term.kind in OF_ITEMS:
                reason["item"] = self.items[ITEM].iloc[term.parts[0]]
            elif term.parts[0] < len(self.records):
                reason["record"] = int(self.records[RECORD].iloc[term.parts[0]])
            else:
                reason["new"] = True
        return reason

    def _words(self, term: Term, item: int) -> str:
        if term.kind == AVERAGE:
            return "goes with what everybody left, taken together"
        if term.kind == LATENT:
            return "goes with what they liked"
        if term.kind == SIMILAR:
            return f"liked by {many(len(term.parts), 'person', 'people')} with similar tastes"
        if not term.parts:
            return f"liked by {many(int(self.likes[item]), 'person', 'people')}"
        if len(term.parts) > 1:
            return f"{len(term.parts):,} {TOGETHER.get(term.kind, 'of their texts')} together"
        if term.kind in OF_ITEMS:
            return str(self.items[TITLE].iloc[term.parts[0]])
        known = len(self.records)
        if term.parts[0] >= known:
            return self.new[term.parts[0] - known]
        return str(self.records[TEXT].iloc[term.parts[0]])
