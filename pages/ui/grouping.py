"""Into which groups a run's people fall: found once, named, and told with how sure that is."""

from __future__ import annotations

import operator

import pandas as pd
import streamlit as st

from mtrec.recommend.division import STABLE
from mtrec.recommend.groups import Groups, find_groups
from mtrec.runs.store import RunInfo
from mtrec.wording import many
from pages.ui import loaded
from pages.ui.text import plain

HELP = (
    "People whose profiles differ from everyone's in a similar way, found without any label. A "
    "division is told only where it is clearer than chance would make it, and where each group is "
    "found again when people are drawn anew. Stability is how much of a group is then the same: "
    f"1 is all of it, and from {STABLE} on a group counts as stable (Hennig 2007). The names are "
    "the traits by which a group stands out."
)


@st.cache_resource(
    max_entries=4,
    show_spinner="Looking for groups of people…",
    hash_funcs={RunInfo: operator.attrgetter("run")},
)
def found(run: RunInfo) -> Groups:
    """The groups of a run that has profiles: labels, titles of items and positions of people."""
    whole = loaded.whole_people(run)
    if whole is None:
        raise TypeError(f"the run {run.run} has no profiles")
    return find_groups(whole)


def names(groups: Groups) -> list[str]:
    """What each group is called, one unlike the other: `1: mostly good in mood`."""
    return [f"{place}: {each.name()}" for place, each in enumerate(groups.groups, 1)]


def of_each(groups: Groups) -> pd.Series:
    """What the group of each person is called; missing where they are in none."""
    called = dict(enumerate(names(groups)))
    return pd.Series(groups.of).map(called).astype("str")


def tell(groups: Groups) -> None:
    """The groups, one a line, or why there are none."""
    st.markdown("**Groups of people**", help=HELP)
    if groups.p_value is None:
        st.markdown(
            f"{many(groups.people, 'person has', 'people have')} a profile of their own: too few, "
            "or too much alike, to be divided."
        )
        return
    if not groups.groups:
        st.markdown(
            "These people do not fall into groups: their profiles shade into each other, and any "
            "division of them would be arbitrary or come out otherwise with other people."
        )
        return
    st.markdown(
        "\n".join(
            f"1. {each.name(lambda word: f'*{plain(word, 40)}*')}: "
            f"{many(each.people, 'person', 'people')}, stability {each.stability:.2f}"
            for each in groups.groups
        )
    )
