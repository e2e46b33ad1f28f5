"""A rule made of controls, for people who write no YAML; and a rule in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.rules import Rule, Rules, parse_rules
from mtrec.reports.rules import rule_in_words, titled
from mtrec.wording import number
from pages.ui.text import plain
from pages.ui.words import RULE_HELP, RULES

MADE = "rules-made"  # in the session: how many were made here, so that each begins anew
MOST = 1_000  # entries of a list to choose from; longer ones are searched first
MOST_OF_A_KIND = 100
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
    made = {"kind": kind, "enabled": False} | _FIELDS[kind](catalogue, f"{key}-{kind}", {})
    if not st.button(
        "Add this rule",
        type="primary",
        icon=":material/add:",
        key=f"{key}-add",
        disabled=not _is_whole(made),
        help="It is added switched off, so that you see what it would do before anything changes.",
    ):
        return None
    added = _with(rules, len(rules.rules), made, "the new rule")
    st.session_state[MADE] = st.session_state.get(MADE, 0) + 1
    return added


def changed_rule(catalogue: Catalogue, rules: Rules, place: int) -> Rules | None:
    """Controls that begin with what a rule says; the rules with it changed, and off, once saved.

    Raises:
        InputError: no such rule can stand beside the others.
    """
    rule = rules.rules[place]
    key = f"edit-rule-{place}-{rule!r}"
    st.caption(RULE_HELP[rule.kind])
    said = _FIELDS[rule.kind](catalogue, key, rule.model_dump())
    made = {"kind": rule.kind, "enabled": False} | said
    if not st.button(
        "Save the change",
        type="primary",
        icon=":material/save:",
        key=f"{key}-save",
        disabled=not _is_whole(made),
        help="It is saved switched off, so that you see what it would do before anything changes.",
    ):
        return None
    return _with(rules, place, made, "the changed rule")


def _is_whole(made: Mapping[str, Any]) -> bool:
    return all(each not in ([], None) for each in made.values())


def _with(rules: Rules, place: int, made: dict[str, Any], where: str) -> Rules:
    """The rules with one in this place that controls made, where there may be another one."""
    held = rules.model_dump(mode="json", exclude_defaults=True)
    others: list[Any] = held.get("rules", [])
    return parse_rules({**held, "rules": [*others[:place], made, *others[place + 1 :]]}, where)


def in_words(rule: Rule, catalogue: Catalogue) -> str:
    """A rule as a sentence without its full stop, as Markdown."""
    return rule_in_words(rule, catalogue.titles_by_id, lambda name: plain(name, 60))


def _title(catalogue: Catalogue) -> Callable[[str], str]:
    titles = catalogue.titles_by_id
    return lambda item: titled(item, titles)


def _choosing(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    """Items by themselves, or those that share a value; the second only where items have any."""
    ways = [VALUE, ITEMS] if catalogue.attributes else [ITEMS]
    way = st.segmented_control(
        "Which items",
        ways,
        default=ITEMS if held.get("items") else ways[0],
        required=True,
        key=f"{key}-way",
        help="All items of a kind share a value, such as a category; what is known of items comes "
        "from your data, and from knowledge that you add below.",
    )
    return _items(catalogue, key, held) if way == ITEMS else _values(catalogue, key, held)


def _items(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "items": _several(
            "Items",
            [str(each) for each in catalogue.items],
            _title(catalogue),
            f"{key}-items",
            "Type to find an item by its title or id.",
            held.get("items") or [],
        )
    }


def _values(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    attribute = _attribute(catalogue, key, held)["attribute"]
    known = catalogue.attributes[attribute].values
    values = _several(
        "Values",
        [str(each) for each in known],
        str,
        f"{key}-values-{attribute}",
        "Items that have one of these are meant.",
        held.get("values") or [],
    )
    return {"attribute": attribute, "values": values}


def _attribute(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    """The attribute that a rule is about; None where items have none."""
    there = list(catalogue.attributes)
    chosen = st.selectbox(
        "By what",
        there,
        index=_place(there, held.get("attribute")),
        key=f"{key}-attribute",
        help="What is known of items: columns of your data, relations of your knowledge.",
        placeholder="Nothing is known of items: add knowledge below",
        disabled=not there,
    )
    return {"attribute": chosen}


def _place(there: Sequence[str], held: str | None) -> int:
    """Where a list stands open: at what is held, or at its beginning."""
    return there.index(held) if held in there else 0


def _several(
    label: str,
    options: list[str],
    words: Callable[[str], str],
    key: str,
    help: str,
    held: Sequence[str],
) -> list[str]:
    """A picker of several options; of very many, those that hold what is searched for."""
    first = [each for each in held if each in options]
    if len(options) > MOST:
        wanted = st.text_input(
            f"Find {label.lower()}",
            key=f"{key}-find",
            help=f"There are {number(len(options))}; those that hold these letters are offered.",
            placeholder="some letters of it",
        ).casefold()
        chosen = st.session_state.get(key, first)
        found = [each for each in options if wanted in words(each).casefold()]
        options = list(dict.fromkeys([*chosen, *found[:MOST]]))
    return st.multiselect(
        label, options, first, format_func=words, key=key, help=help, placeholder="Choose"
    )


def _by(key: str, low: float, value: float, help: str) -> float:
    return st.slider("How far", low, 1.0, value, 0.05, key=f"{key}-by", help=help)


def _boost(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    chosen = _choosing(catalogue, key, held)
    by = _by(
        key,
        -1.0,
        held.get("by", 0.25),
        "1 is the way from a person's 100th best item to the best one; below 0, items are lowered.",
    )
    return chosen | {"by": by or None}


def _limit(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    chosen = _attribute(catalogue, key, held)
    most = st.number_input(
        "How many at most",
        1,
        max(MOST_OF_A_KIND, held.get("at_most", 0)),
        held.get("at_most", 3),
        key=f"{key}-most",
        help="Of each value in one list. Items of which nothing is known are not counted.",
    )
    return chosen | {"at_most": int(most)}


def _diversify(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    strength = st.slider(
        "How much",
        min(0.05, held.get("strength", 0.05)),
        1.0,
        held.get("strength", 0.3),
        0.05,
        key=f"{key}-strength",
        help="At 1 only how unlike an item is counts, no longer how well it suits.",
    )
    return {"strength": strength}


def _fresh(catalogue: Catalogue, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    ways = [FIRST_ACT, *catalogue.attributes]
    says = st.selectbox(
        "What says how new an item is",
        ways,
        index=_place(ways, held.get("attribute")),
        key=f"{key}-says",
        help="A year, a number or a date that is known of items; or the first time that somebody "
        "acted on it, where items that nobody acted on yet are the newest.",
    )
    by = _by(
        key,
        min(0.05, held.get("by", 0.05)),
        held.get("by", 0.2),
        "How far the newest move up; 1 is from the 100th best to the best.",
    )
    return {"by": by} | ({} if says == FIRST_ACT else {"attribute": says})


_FIELDS: dict[str, Callable[[Catalogue, str, Mapping[str, Any]], dict[str, Any]]] = {
    "exclude": _choosing,
    "pin": _items,
    "boost": _boost,
    "limit": _limit,
    "diversify": _diversify,
    "fresh": _fresh,
}
