"""Two lists of recommendations for one person, beside each other; what stands in both is marked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mtrec.recommend.people import People
from mtrec.runs.store import RunInfo
from mtrec.wording import many
from pages.ui import loaded, person, ruled, shell, state
from pages.ui.text import plain
from pages.ui.words import RECOMMENDERS, STAGE_HELP, recommender

LENGTH = 10
LEFT, RIGHT, MAKER = "left", "right", "maker"  # in the URL: whose lists
SCORES = (
    "The numbers are parts of an item's score and add up to it; a minus speaks against the item. "
    "Each kind of list has a scale of its own, so compare numbers within one list only."
)

Listed = list[dict[str, Any]]


def names(people: People) -> dict[str, str]:
    """Stages, the furthest first, then what they are compared with, by what they are called."""
    known = [*reversed(people.stages), *(each for each in RECOMMENDERS if each in people.baselines)]
    return {recommender(each): each for each in known}


def choose(people: People, key: str, label: str, preferred: int = 0) -> str:
    """A picker of whose lists to show, bound to the URL; gives the recommender's name."""
    known = names(people)
    first = None if preferred == 0 else list(known)[min(preferred, len(known) - 1)]
    return known[state.pick(key, label, list(known), first, help=STAGE_HELP)]


def whom(run: RunInfo) -> str | None:
    """A picker of a person; None, and a sentence, where the data names nobody."""
    known = person.everyone(run.key, loaded.presenting())
    if not known:
        shell.empty("This data does not say who wrote or did what.", shell.DATA, "Bring other data")
        return None
    return person.find(known)


def draw(run: RunInfo, people: People) -> None:
    """What two recommenders list for the same person."""
    chosen = whom(run)
    if chosen is None:
        return
    kinds = []
    pickers = ((LEFT, "Left list", 0), (RIGHT, "Right list", len(people.stages)))
    for column, (key, label, preferred) in zip(st.columns(2), pickers, strict=True):
        with column:
            kinds.append(choose(people, key, label, preferred))
    plan = ruled.plan(run, people)
    with st.spinner("Making the lists…"):
        lists = [people.recommend(chosen, LENGTH, kind, plan) for kind in kinds]
    left, right = ((recommender(kind), each) for kind, each in zip(kinds, lists, strict=True))
    beside(run, chosen, left, right)


def beside(run: RunInfo, chosen: str, left: tuple[str, Listed], right: tuple[str, Listed]) -> None:
    """Two lists of one person, each with its title."""
    later = person.liked_later(loaded.open_dataset(run.key), chosen)
    pair = (left, right)
    places = [{each["item"]: place for place, each in enumerate(one, 1)} for _, one in pair]
    both = len(places[0].keys() & places[1].keys())
    found = [len(later & each.keys()) for each in places]
    shared = f"{many(both, 'item')} {'stands' if both == 1 else 'stand'} in both lists"
    told = (
        f"Later they liked {many(len(later), 'thing')} that no training has seen: the left list "
        f"found {found[0]}, the right one {found[1]}"
        if later
        else "Nothing is known of what they liked later"
    )
    st.markdown(f"{shared}, marked :material/join_inner:. {told}.")
    sides = zip((LEFT, RIGHT), st.columns(2), pair, places[::-1], strict=True)
    for side, column, (title, listed), other in sides:
        with column:
            st.markdown(f"**{plain(title)}**")
            if not listed:
                st.markdown("There is nothing left to list.")
            for place, each in enumerate(listed, 1):
                marks = []
                if each["item"] in other:
                    marks.append(_in_both(place, other[each["item"]]))
                if each["item"] in later:
                    marks.append(person.LATER)
                person.card(run, place, each, marks, person.decimals_of(listed), f"{side}-{place}")
    st.caption(SCORES)


def _in_both(here: int, there: int) -> str:
    where = "the same place" if here == there else f"place {there}"
    return f":material/join_inner: *in both, there at {where}*"
