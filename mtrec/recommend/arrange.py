"""Lists under rules: what a recommender says, rearranged for each person by itself.

At each place of a list stands the best of the next `WINDOW` items in order of relevance

    r(u, i) = (s(u, i) − s_last(u)) / (s_best(u) − s_last(u)) + lift(i)

that no limit bars, with s a recommender's score, s_best the best of the items that are left to a
person, s_last the `WINDOW`-th best, and lift what boosts and freshness add. On whatever scale a
recommender scores, 1 is the way from the last of these to the best. The best item of a window is
that of the largest (1 − d) · r(u, i) − d · max_j cos(i, j) over the items j above it, with d the
strength of `diversify` (maximal marginal relevance, Carbonell & Goldstein, 1998); without it, the
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.base import Floats, Ids, Recommender
from mtrec.recommend.catalogue import Catalogue, shared
from mtrec.recommend.ranking import CELLS, Ranking, top
from mtrec.recommend.rules import FILE, Boost, Diversify, Exclude, Fresh, Limit, Pin, Rules

WINDOW = 100  # items that one is chosen from
WIDER = 4  # times as many are looked at where limits bar too many
COPIES = 4  # of a block's scores that are held at once

Doubles = NDArray[np.float64]
RULE, KNOWLEDGE = "rule", "knowledge"  # kinds of reasons


@dataclass(frozen=True, eq=False)
class Plan:
    """Rules that are in force, in positions of a catalogue.

    Attributes:
        barred: which items are never listed `(I,)`.
        pinned: those that come first, in this order.
        lift: what is added to an item's relevance `(I,)`.
        limits: for each limit csr and csc `(I, V)`, who has which value, and how many are listed.
        diversity: d.
        catalogue: what is known of the items.
        said: what was done to an item, in words, by its position.
    """

    barred: NDArray[np.bool_]
    pinned: Ids
    lift: Doubles
    limits: Sequence[tuple[Any, Any, int]]
    diversity: float
    catalogue: Catalogue
    said: dict[int, list[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rules: Rules, catalogue: Catalogue, split: Literal["val", "test"], file: str = FILE
    ) -> Plan:
        """What the rules in force say of the items; those that are not are checked as well.

        Args:
            split: the split that lists are judged on; how new items are is as of before it.
            file: what the file of rules is called, for messages.

        Raises:
            InputError: a rule names an item, an attribute or a value that is not there.
        """
        count = len(catalogue.items)
        barred, lift = np.zeros(count, dtype=bool), np.zeros(count)
        pinned: list[int] = []
        limits: list[tuple[Any, Any, int]] = []
        diversity = 0.0
        said: dict[int, list[str]] = {}
        for place, rule in enumerate(rules.rules):
            where = f"{file}: rules[{place}]"
            if isinstance(rule, Fresh):
                newness = catalogue.newness(rule.attribute, split, where)
                lift += rule.enabled * rule.by * newness.astype(np.float64)
            elif isinstance(rule, Limit):
                held = catalogue.attribute(rule.attribute, where).held
                if rule.enabled:
                    limits.append((held, held.tocsc(), rule.at_most))
            elif isinstance(rule, Diversify):
                diversity = max(diversity, rule.enabled * rule.strength)
            else:
                items = _chosen(rule, catalogue, where)
                if not rule.enabled:
                    continue
                if isinstance(rule, Exclude):
                    barred[items] = True
                    continue
                if isinstance(rule, Pin):
                    pinned += items.tolist()
                else:
                    lift[items] += rule.by
                for item in items.tolist():
                    said.setdefault(item, []).append(_words(rule))
        return cls(
            barred=barred,
            pinned=np.array(list(dict.fromkeys(pinned)), np.int64),
            lift=lift,
            limits=limits,
            diversity=diversity,
            catalogue=catalogue,
            said=said,
        )

    def reasons(self, item: int, liked: Ids) -> list[dict[str, Any]]:
        """What rules did to an item, and which facts it shares with things that somebody liked.

        Reasons as `People` gives them, of weight 0: they are no part of a score.
        """
        found: list[dict[str, Any]] = [
            {"kind": RULE, "text": each, "weight": 0.0, "source": RULE}
            for each in self.said.get(item, [])
        ]
        known = self.catalogue
        for relation, entity, other in shared(known, item, liked):
            text = f"same {relation}, {entity}, as {known.titles[other]}, which they liked"
            found.append(
                {
                    "kind": KNOWLEDGE,
                    "text": text,
                    "weight": 0.0,
                    "source": relation,
                    "item": known.items[other],
                }
            )
        return found


class Ruled(Recommender):
    """A recommender whose lists follow rules; its scores stay what they are.

    An item that a person has had is never listed, pinned or not, nor is one that is excluded.
    Limits count pinned items and do not bar them. A list is shorter where too little is left.
    """

    name = "ruled"

    def __init__(self, recommender: Recommender, plan: Plan) -> None:
        self.recommender = recommender
        self.stage = recommender.stage
        self.plan = plan

    def scores(self, users: Ids) -> Floats:
        return self.recommender.scores(users)

    def recommend(self, users: Ids, k: int, seen: Any) -> Ranking:
        """Lists of `k` in the order that the rules make of them; scores need not fall."""
        width = min(k, seen.shape[1])
        items = np.full((len(users), width), -1, np.int64)
        values = np.full((len(users), width), -np.inf, np.float32)
        block = max(1, CELLS // (COPIES * max(1, seen.shape[1])))
        for start in range(0, len(users), block):
            part = users[start : start + block]
            scores = self.scores(part)
            lists = self._lists(self._relevance(scores, seen[part]), width)
            items[start : start + len(part)] = lists
            picked = np.take_along_axis(scores, np.maximum(lists, 0), axis=1)
            values[start : start + len(part)] = np.where(lists >= 0, picked, -np.inf)
        return Ranking(items, values)

    def _relevance(self, scores: Floats, seen: Any) -> Doubles:
        """r `(B, I)`, above all others where an item is pinned, -inf where it may not be listed."""
        left = scores.astype(np.float64)
        left[seen.nonzero()] = -np.inf
        left[:, self.plan.barred] = -np.inf
        best = top(left, WINDOW).scores
        highest = best.max(axis=1, keepdims=True, initial=-np.inf)
        last = np.where(np.isfinite(best), best, np.inf).min(axis=1, keepdims=True, initial=np.inf)
        last = np.where(np.isfinite(last), last, 0)
        span = np.where(highest > last, highest - last, 1)
        relevance: Doubles = (left - last) / span + self.plan.lift
        pinned = self.plan.pinned
        if len(pinned):
            above = relevance.max(axis=1, keepdims=True) + len(pinned) - np.arange(len(pinned))
            mine = relevance[:, pinned]
            relevance[:, pinned] = np.where(np.isfinite(mine), above, mine)
        return relevance

    def _lists(self, relevance: Doubles, k: int) -> Ids:
        """Lists `(B, k)` by relevance `(B, I)`, -1 where one is shorter."""
        if not self.plan.limits and not self.plan.diversity:
            return top(relevance, k).items
        lists = np.full((len(relevance), k), -1, np.int64)
        for row, each in enumerate(relevance):
            pool, found = k + WINDOW, None
            while found is None:
                best = top(each[None], pool).items[0]
                best = best[best >= 0]
                found = self._walk(best, each, k, pool == len(best) < len(each))
                pool *= WIDER
            lists[row, : len(found)] = found
        return lists

    def _walk(self, pool: Ids, relevance: Doubles, k: int, is_part: bool) -> list[int] | None:
        """Goes down one person's items, place by place.

        Args:
            pool: those that are looked at, by falling relevance `(P,)`.
            relevance: of every item `(I,)`.
            is_part: whether there are more.

        Returns:
            None where more must be looked at to be sure.
        """
        plan = self.plan
        pins = int(np.isfinite(relevance[plan.pinned]).sum())
        window = WINDOW if plan.diversity else 1
        texts = plan.catalogue.texts[pool] if plan.diversity else np.empty((0, 0), np.float32)
        alike = np.zeros(len(pool))
        free = np.ones(len(relevance), dtype=bool)
        held = [np.zeros(csr.shape[1], np.int64) for csr, _, _ in plan.limits]
        listed: list[int] = []
        while len(listed) < k:
            ahead = np.flatnonzero(free[pool])[:window]
            if is_part and len(ahead) < window:
                return None
            if len(listed) < pins:
                best = len(listed)
            elif len(ahead):
                marginal = (1 - plan.diversity) * relevance[pool[ahead]]
                best = int(ahead[np.argmax(marginal - plan.diversity * alike[ahead])])
            else:
                break
            item = int(pool[best])
            free[item] = False
            if plan.diversity:
                cosine = texts @ texts[best]
                alike = np.maximum(alike, cosine) if listed else cosine.astype(np.float64)
            for counts, (csr, csc, most) in zip(held, plan.limits, strict=True):
                values = csr.indices[csr.indptr[item] : csr.indptr[item + 1]]
                counts[values] += 1
                for full in values[counts[values] == most]:
                    free[csc.indices[csc.indptr[full] : csc.indptr[full + 1]]] = False
            listed.append(item)
        return listed


def _chosen(rule: Exclude | Pin | Boost, catalogue: Catalogue, where: str) -> Ids:
    if isinstance(rule, Pin) or rule.items is not None:
        return catalogue.named(rule.items or [], f"{where}.items")
    return catalogue.having(rule.attribute or "", rule.values or [], where)


def _words(rule: Pin | Boost) -> str:
    """What such a rule did to an item that it is about."""
    if isinstance(rule, Pin):
        return "put on top by a rule"
    which = f": {rule.attribute} is {' or '.join(rule.values)}" if rule.values else ""
    return f"{'lifted' if rule.by > 0 else 'lowered'} by a rule{which}"
