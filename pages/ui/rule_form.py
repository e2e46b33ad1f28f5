"""A rule made of controls, for people who write no YAML; and a rule in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.rules import (
    Boost,
    Diversify,
    Exclude,
    Limit,
    Pin,
    Rule,
    Rules,
    parse_rules,
)
from mtrec.wording import listed, number
from pages.ui.text import plain
from pages.ui.words import RULE_HELP, RULES

MADE = "rules-made"  # in the session: how many were made here, so that each begins anew
MOST = 1_000  # entries of a list to choose from; longer ones are searched first
ITEMS, VALUE = "Items that I choose", "All items of a kind"
FIRST_ACT = "the first act on it"


def new_rule(catalogue: Catalogue, rules: Rules) -> Rules | None:
    """Controls for one more rule; the rules with it, still off, once somebody adds it.

    Raises:
        InputError: no such rule can stand beside those there are.
    """
    key = f"new-rule-{st.session_state.get(MADE, 0)}"
    kind = st.selectbox(
        "What it does",
        list(RULES),
        format_func=lambda each: RULES[each],
        key=f"{key}-kind",
        help="  \n".join(f"**{RULES[each]}**: {words}" for each, words in RULE_HELP.items()),
    )
    st.caption(RULE_HELP[kind])
    made = {"kind": kind, "enabled": False} | _FIELDS[kind](catalogue, f"{key}-{kind}")
    is_whole = all(each not in ([], None) for each in made.values())
    if not st.button(
        "Add this rule",
        type="primary",
        icon=":material/add:",
        key=f"{key}-add",
        disabled=not is_whole,
        help="It is added switched off, so that you see what it would do before anything changes.",
    ):
        return None
    held = rules.model_dump(mode="json", exclude_defaults=True)
    added = parse_rules({**held, "rules": [*held.get("rules", []), made]}, "the new rule")
    st.session_state[MADE] = st.session_state.get(MADE, 0) + 1
    return added


def in_words(rule: Rule, catalogue: Catalogue) -> str:
    """A rule as a sentence without its full stop, as Markdown."""
    if isinstance(rule, Exclude):
        return f"Leave out {_which(rule, catalogue)}"
    if isinstance(rule, Pin):
        return f"Put on top, in this order: {_titles(rule.items, catalogue)}"
    if isinstance(rule, Boost):
        verb = "Lift" if rule.by > 0 else "Lower"
        return f"{verb} {_which(rule, catalogue)}, by {abs(rule.by):g}"
    if isinstance(rule, Limit):
        return f"At most {number(rule.at_most)} of the same {plain(rule.attribute)} in a list"
    if isinstance(rule, Diversify):
        return f"Prefer items unlike those above them, strength {rule.strength:g}"
    told = f", as {plain(rule.attribute)} says" if rule.attribute else ""
    return f"Move newer items up{told}, by up to {rule.by:g}"


def _which(rule: Exclude | Boost, catalogue: Catalogue) -> str:
    if rule.items is not None:
        return _titles(rule.items, catalogue)
    values = " or ".join(plain(each) for each in rule.values or [])
    return f"items whose {plain(rule.attribute)} is {values}"


def _titles(items: Sequence[str], catalogue: Catalogue) -> str:
    return listed([plain(_title(catalogue)(each), 60) for each in items])


def _title(catalogue: Catalogue) -> Callable[[str], str]:
    titles = catalogue.titles_by_id

    def words(item: str) -> str:
        title = titles.get(item, item)
        return title if title == item else f"{title} ({item})"

    return words


def _choosing(catalogue: Catalogue, key: str) -> dict[str, Any]:
    """Items by themselves, or those that share a value; the second only where items have any."""
    ways = [VALUE, ITEMS] if catalogue.attributes else [ITEMS]
    way = st.segmented_control(
        "Which items",
        ways,
        default=ways[0],
        required=True,
        key=f"{key}-way",
        help="All items of a kind share a value, such as a category; what is known of items comes "
        "from your data, and from knowledge that you add below.",
    )
    return _items(catalogue, key) if way == ITEMS else _values(catalogue, key)


def _items(catalogue: Catalogue, key: str) -> dict[str, Any]:
    return {
        "items": _several(
            "Items",
            [str(each) for each in catalogue.items],
            _title(catalogue),
            f"{key}-items",
            "Type to find an item by its title or id.",
        )
    }


def _values(catalogue: Catalogue, key: str) -> dict[str, Any]:
    attribute = _attribute(catalogue, key)["attribute"]
    known = catalogue.attributes[attribute].values
    values = _several(
        "Values",
        [str(each) for each in known],
        str,
        f"{key}-values-{attribute}",
        "Items that have one of these are meant.",
    )
    return {"attribute": attribute, "values": values}


def _attribute(catalogue: Catalogue, key: str) -> dict[str, Any]:
    """The attribute that a rule is about; None where items have none."""
    chosen = st.selectbox(
        "By what",
        list(catalogue.attributes),
        key=f"{key}-attribute",
        help="What is known of items: columns of your data, relations of your knowledge.",
        placeholder="Nothing is known of items: add knowledge below",
        disabled=not catalogue.attributes,
    )
    return {"attribute": chosen}


def _several(
    label: str, options: list[str], words: Callable[[str], str], key: str, help: str
) -> list[str]:
    """A picker of several options; of very many, those that hold what is searched for."""
    if len(options) > MOST:
        wanted = st.text_input(
            f"Find {label.lower()}",
            key=f"{key}-find",
            help=f"There are {number(len(options))}; those that hold these letters are offered.",
            placeholder="some letters of it",
        ).casefold()
        chosen = st.session_state.get(key, [])
        found = [each for each in options if wanted in words(each).casefold()]
        options = list(dict.fromkeys([*chosen, *found[:MOST]]))
    return st.multiselect(
        label, options, format_func=words, key=key, help=help, placeholder="Choose"
    )


def _by(key: str, low: float, value: float, help: str) -> float:
    return st.slider("How far", low, 1.0, value, 0.05, key=f"{key}-by", help=help)


def _boost(catalogue: Catalogue, key: str) -> dict[str, Any]:
    chosen = _choosing(catalogue, key)
    by = _by(
        key,
        -1.0,
        0.25,
        "1 is the way from a person's 100th best item to the best one; below 0, items are lowered.",
    )
    return chosen | {"by": by or None}


def _limit(catalogue: Catalogue, key: str) -> dict[str, Any]:
    chosen = _attribute(catalogue, key)
    most = st.number_input(
        "How many at most",
        1,
        100,
        3,
        key=f"{key}-most",
        help="Of each value in one list. Items of which nothing is known are not counted.",
    )
    return chosen | {"at_most": int(most)}


def _diversify(catalogue: Catalogue, key: str) -> dict[str, Any]:
    strength = st.slider(
        "How much",
        0.05,
        1.0,
        0.3,
        0.05,
        key=f"{key}-strength",
        help="At 1 only how unlike an item is counts, no longer how well it suits.",
    )
    return {"strength": strength}


def _fresh(catalogue: Catalogue, key: str) -> dict[str, Any]:
    says = st.selectbox(
        "What says how new an item is",
        [FIRST_ACT, *catalogue.attributes],
        key=f"{key}-says",
        help="A year, a number or a date that is known of items; or the first time that somebody "
        "acted on it, where items that nobody acted on yet are the newest.",
    )
    by = _by(key, 0.05, 0.2, "How far the newest move up; 1 is from the 100th best to the best.")
    return {"by": by} | ({} if says == FIRST_ACT else {"attribute": says})


_FIELDS: dict[str, Callable[[Catalogue, str], dict[str, Any]]] = {
    "exclude": _choosing,
    "pin": _items,
    "boost": _boost,
    "limit": _limit,
    "diversify": _diversify,
    "fresh": _fresh,
}
