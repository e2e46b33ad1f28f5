"""Rules for lists, and what they do to them, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mtrec.recommend.evaluate import FEWEST, K
from mtrec.recommend.rules import Boost, Diversify, Exclude, Limit, Pin, Rule
from mtrec.reports.effects import Effect
from mtrec.reports.verdicts import TOO_FEW
from mtrec.wording import listed, many, number


def rule_in_words(rule: Rule, titles: Mapping[str, str], name: Callable[[str], str] = str) -> str:
    """A rule as a sentence without its full stop.

    Args:
        titles: of items, by id.
        name: how a title, an attribute or a value is written; what stands around it needs no
            escaping.
    """

    def items(ids: Sequence[str]) -> str:
        return listed([name(titled(each, titles)) for each in ids])

    def which(choosing: Exclude | Boost) -> str:
        if choosing.items is not None:
            return items(choosing.items)
        values = " or ".join(name(each) for each in choosing.values or [])
        return f"items whose {name(str(choosing.attribute))} is {values}"

    if isinstance(rule, Exclude):
        return f"Leave out {which(rule)}"
    if isinstance(rule, Pin):
        return f"Put on top, in this order: {items(rule.items)}"
    if isinstance(rule, Boost):
        verb = "Lift" if rule.by > 0 else "Lower"
        return f"{verb} {which(rule)}, by {abs(rule.by):g}"
    if isinstance(rule, Limit):
        return f"At most {number(rule.at_most)} of the same {name(rule.attribute)} in a list"
    if isinstance(rule, Diversify):
        return f"Prefer items unlike those above them, strength {rule.strength:g}"
    told = f", as {name(rule.attribute)} says" if rule.attribute else ""
    return f"Move newer items up{told}, by up to {rule.by:g}"


def titled(item: str, titles: Mapping[str, str]) -> str:
    """An item's title with its id, or the id alone where that says all."""
    title = titles.get(item, item)
    return title if title == item else f"{title} ({item})"


def effect_in_words(effect: Effect | None, figure: str) -> str:
    """What a rule does to lists, in a sentence or two.

    Args:
        effect: None where nobody can be judged.
        figure: what NDCG is called.
    """
    if effect is None:
        return "nobody liked anything there, so nothing can be said."
    if effect.people < FEWEST:
        return f"{many(effect.people, 'person', 'people')}: {TOO_FEW}."
    if not effect.lists:
        return f"no list changes, of {many(effect.people, 'person', 'people')}."
    gap = effect.difference.estimate
    verdict = "more than noise" if effect.difference.distinguishable else "within the noise"
    interval = (
        f" (95 % interval {gap.low:+z.3f} to {gap.high:+z.3f}), {verdict}"
        if gap.low is not None and gap.high is not None
        else ""
    )
    return (
        f"{figure} {effect.before:.3f} → {effect.after:.3f}, "
        f"{gap.value:+z.3f}{interval}. {effect.lists / effect.people:.0%} of "
        f"{many(effect.people, 'list')} change; {effect.items:.1f} of {K} items are new."
    )
