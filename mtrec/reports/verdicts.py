"""What can be said of differences between lists, corrected for how many of them are looked at.

Differences between stages are one family, those from baselines another, each over all groups of
people that are large enough to tell anything of (Holm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtrec.recommend.evaluate import FEWEST, MORE_IS_NO_BETTER
from mtrec.schema import Estimate
from mtrec.stats import SIGNIFICANT, holm

TOO_FEW = "too few people to tell"
NO_DIFFERENCE = "no distinguishable difference"
HOW_TOLD = (
    "Differences are taken person by person. Whether one is more than noise is corrected for how "
    "many are looked at (Holm), over all groups of people: of many, one or another is large by "
    "chance, so that one which is more than noise only if looked at alone tells nothing."
)
APART, ALONE, ALIKE = "apart", "alone", "alike"  # what is said of two lists that can be told of


@dataclass(frozen=True)
class Verdict:
    """How the lists of the same people differ in one figure.

    Attributes:
        a, b: whose lists they are, `{recommender, stage}`.
        segment, users: which people, and how many.
        figure: such as `ndcg@10`.
        gap: of the figure, a minus b.
        looks: how many differences are looked at beside each other.
        p_value: corrected over these; None where there are too few people.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    segment: str
    users: int
    figure: str
    gap: Estimate
    looks: int
    p_value: float | None

    @property
    def among_stages(self) -> bool:
        """Whether both lists are stages; else b is a baseline."""
        return self.b["stage"] is not None

    @property
    def is_told(self) -> bool:
        """Whether there are enough people."""
        return self.p_value is not None

    @property
    def kind(self) -> str:
        """`APART` by more than noise, so only looked at `ALONE`, or `ALIKE`."""
        low, high = self.gap.low, self.gap.high
        if self.p_value is None or low is None or high is None or low <= 0 <= high:
            return ALIKE
        return APART if self.p_value < SIGNIFICANT else ALONE

    @property
    def compared(self) -> str:
        """What a is beside b, judged by the value alone: `better`, `worse`, `higher`, `lower`."""
        is_goal = self.figure.partition("@")[0] not in MORE_IS_NO_BETTER
        above, below = ("better", "worse") if is_goal else ("higher", "lower")
        return above if self.gap.value > 0 else below

    @property
    def words(self) -> str:
        """What a is beside b, in a few words."""
        if not self.is_told:
            return TOO_FEW
        if self.kind == ALIKE:
            return NO_DIFFERENCE
        if self.kind == APART:
            return f"{self.compared} by more than noise"
        return f"{NO_DIFFERENCE} ({self.compared} if looked at alone)"

    @property
    def told_gap(self) -> str:
        """The difference with its interval."""
        gap = f"{self.gap.value:+z.3f}"
        if self.gap.low is None or self.gap.high is None:
            return gap
        return f"{gap}, 95 % interval {self.gap.low:+z.3f} to {self.gap.high:+z.3f}"


def verdicts(pairs: Sequence[Mapping[str, Any]], figure: str) -> list[Verdict]:
    """What can be said of differences in one figure, in the order given.

    Args:
        pairs: as `differences` gives them.
    """
    known = [each for each in pairs if figure in each["metrics"]]
    corrected: dict[int, float] = {}
    looks: dict[bool, int] = {}
    for among_stages in (True, False):
        family = [
            place
            for place, each in enumerate(known)
            if (each["b"]["stage"] is not None) == among_stages and each["users"] >= FEWEST
        ]
        p_values = holm([known[place]["metrics"][figure]["p_value"] for place in family])
        corrected |= zip(family, p_values, strict=True)
        looks[among_stages] = len(family)
    return [
        Verdict(
            a=each["a"],
            b=each["b"],
            segment=each["segment"],
            users=each["users"],
            figure=figure,
            gap=Estimate(*(each["metrics"][figure][part] for part in ("value", "low", "high"))),
            looks=looks[each["b"]["stage"] is not None],
            p_value=corrected.get(place),
        )
        for place, each in enumerate(known)
    ]


def sentences(
    found: Iterable[Verdict], name: Callable[[Mapping[str, Any]], str], gaps: bool = True
) -> list[str]:
    """What differs by more than noise, what may, and what cannot be told apart.

    Args:
        found: of one group of people and one figure.
        name: what a list is called, marked up; what stands around it needs no escaping.
        gaps: whether each difference stands there as well.
    """
    groups: dict[tuple[str, bool, str, str], list[Verdict]] = {}
    for each in found:
        if each.is_told:
            compared = "" if each.kind == ALIKE else each.compared
            key = (name(each.a), each.among_stages, each.kind, compared)
            groups.setdefault(key, []).append(each)
    told = []
    for (ours, _, kind, compared), group in groups.items():
        beside = [f" ({each.told_gap})" if gaps else "" for each in group]
        theirs = "; ".join(
            f"{name(each.b)}{told_gap}" for each, told_gap in zip(group, beside, strict=True)
        )
        if kind == APART:
            told.append(f"{ours}: {compared} than {theirs}, by more than noise.")
        elif kind == ALONE:
            told.append(
                f"{ours}: {compared} than {theirs} if looked at alone, but one of "
                f"{group[0].looks} such looks may be so by chance."
            )
        else:
            told.append(f"{ours}: {NO_DIFFERENCE} from {theirs}.")
    return told
