"""All people of a run at once: into which groups they fall, and a map of them, before and after."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.recommend.directions import Axes, aligned, directions, principal_axes
from mtrec.recommend.groups import Groups
from mtrec.recommend.people import People
from mtrec.runs.store import RunInfo
from mtrec.wording import many, number
from pages.ui import charts, grouping, loaded, person, state
from pages.ui.words import STAGES

GROUP, NOBODY = "Group", "in no group"
NO_GROUPS = "everybody"
REST, NONE = "other labels", "no text of this task"
NAMED = 7  # labels of a task that have a colour
DRAWN = 3000  # people on a map at most
MAP_HELP = (
    "Each point is a person. The two axes are those along which profiles differ most (principal "
    "components), so people far from each other here differ; people close to each other may still "
    "differ in what the map does not show. The map before training is turned so that it lies like "
    "the other one."
)


@dataclass(frozen=True, eq=False)
class _Map:
    """Where the people who have a profile lie.

    Attributes:
        people: positions `(n,)`.
        axes: of their points.
    """

    people: NDArray[np.int64]
    axes: Axes


@st.cache_resource(
    max_entries=4,
    show_spinner="Drawing the map…",
    hash_funcs={RunInfo: operator.attrgetter("run")},
)
def _maps(run: RunInfo) -> dict[str, _Map]:
    """The map of the first stage and that of the furthest one, where these are two."""
    whole = loaded.whole_people(run)
    if whole is None:
        raise TypeError(f"the run {run.run} has no profiles")
    found: dict[str, _Map] = {}
    for stage in dict.fromkeys((whole.stages[-1], whole.stages[0])):
        known, vectors = directions(whole.stage(stage))
        found[stage] = _Map(known, principal_axes(vectors, 2))
    after, *before = found.values()
    for each in before:
        both, here, there = np.intersect1d(each.people, after.people, return_indices=True)
        if len(both):
            turned = aligned(each.axes.points, here, after.axes.points[there])
            found[whole.stages[0]] = _Map(each.people, Axes(turned, each.axes.shares))
    return dict(reversed(found.items()))


def draw(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """The groups in words, and the maps."""
    groups = grouping.found(run)
    grouping.tell(groups)
    st.markdown("**Map of people**", help=MAP_HELP)
    maps = _maps(run)
    if min(each.axes.points.shape[1] for each in maps.values()) < 2:
        st.markdown("Too little is known of these people for a map.")
        return
    kinds = _choose_colour(people, groups)
    for column, (stage, each) in zip(st.columns(len(maps)), maps.items(), strict=True):
        with column:
            _draw(people, stage, each, kinds, chosen)
    if chosen not in people.users[maps[people.stages[-1]].people]:
        st.caption("The person above left nothing before the test part, and so stands on no map.")
    st.caption("**Click a point** to open that person.")


def _choose_colour(people: People, groups: Groups) -> pd.Series:
    """What people are told apart by: a value for each position, as ordered categories."""
    tasks = [str(each) for each in people.traits["task"].unique()]
    colour = state.pick(
        "colour",
        "Colour and mark show",
        [*([GROUP] if groups.groups else []), *tasks] or [NO_GROUPS],
        None,
        help="The group of each person, or the label of a task that most of their texts carry as "
        "the model reads them.",
    )
    if colour in tasks:
        return _commonest(people.traits[people.traits["task"] == colour], len(groups.of))
    if not groups.groups:
        return pd.Series(pd.Categorical([NO_GROUPS] * len(groups.of)))
    numbered = [f"group {place}" for place in range(1, len(groups.groups) + 1)]
    of = pd.Series(groups.of).map(dict(enumerate(numbered))).fillna(NOBODY)
    return pd.Series(pd.Categorical(of, [*numbered, NOBODY]))


def _commonest(theirs: pd.DataFrame, users: int) -> pd.Series:
    """Everyone's label with the largest predicted share, rare ones together."""
    best = theirs.sort_values("predicted", ascending=False, kind="stable").drop_duplicates("user")
    label = best.set_index("user")["label"].astype("str")
    named = label.value_counts().index[:NAMED].tolist()
    told = label.where(label.isin(named), REST).reindex(range(users)).fillna(NONE)
    return pd.Series(pd.Categorical(told, [*named, REST, NONE]))


def _draw(people: People, stage: str, here: _Map, kinds: pd.Series, chosen: str) -> None:
    """One map."""
    frame = pd.DataFrame(
        {
            "x": here.axes.points[:, 0],
            "y": here.axes.points[:, 1],
            "person": people.users[here.people],
            "kind": kinds.iloc[here.people].to_numpy(),
        }
    )
    frame["kind"] = pd.Categorical(frame["kind"], kinds.cat.categories)
    names = frame["person"].astype("str").map(charts.words)
    frame["told"] = names + "<br>" + frame["kind"].astype("str").map(charts.words)
    marked = frame[frame["person"] == chosen]
    shown = frame
    if len(frame) > DRAWN:
        shown = frame.iloc[np.sort(np.random.default_rng(0).permutation(len(frame))[:DRAWN])]
    shown = shown.sort_values(["kind", "person"])
    st.markdown(f"*{STAGES[stage]}*")
    key = f"map-{stage}"
    some = f" {number(DRAWN)} of {many(len(frame), 'person', 'people')}, drawn at random."
    caption = f"The map shows {here.axes.shares.sum():.0%} of how profiles differ." + (
        some if len(frame) > DRAWN else ""
    )
    st.plotly_chart(
        charts.plane(shown, "kind", marked),
        key=key,
        on_select=partial(_clicked, key),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Map of people: {STAGES[stage]}",
    )
    st.caption(caption)


def _clicked(key: str) -> None:
    """Opens the person whose point was clicked."""
    points = st.session_state[key].selection.points
    people = [each["customdata"] for each in points if each.get("customdata") is not None]
    if people:
        first = people[0]
        person.open_profile(str(first[0] if isinstance(first, list | tuple) else first))
