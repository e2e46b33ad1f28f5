"""Everyone of a run as a table, narrowed by group, by what is known of them, or by a trait."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.recommend.groups import Groups
from mtrec.recommend.people import People
from mtrec.runs.store import RunInfo
from mtrec.schema import USER
from mtrec.wording import many, number
from pages.ui import evaluation, grouping, person, shell, state
from pages.ui.words import SHORT

ANY_GROUP, ANY_TASK = "Any group", "Any trait"
MODEL, DATA = "By the model", "In the data"
BY = {MODEL: "predicted", DATA: "observed"}
LEAST = ("10 %", "25 %", "50 %", "75 %", "90 %")
SHARE, GROUP, KNOWN = "share", "group", "in training"


def draw(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """Controls that narrow down who is shown, and a table of them that opens a person."""
    groups = grouping.found(run)
    whole = _everyone(people, groups)
    shown = whole
    left, right = st.columns(2)
    with left:
        group = _choose_group(groups)
        if group is not None:
            shown = shown[shown[GROUP] == group]
    with right:
        segment = evaluation.choose_segment([evaluation.ALL, *people.table["segment"]])
        if segment != evaluation.ALL:
            shown = shown[shown[KNOWN] == SHORT[segment]]
    asked = _choose_trait(people.traits)
    main = _main_traits(people.folder, people.traits)
    if asked is None:
        shown = shown.sort_values(["texts", "person"], ascending=[False, True])
    else:
        label, shares, least = asked
        shown = shown.assign(**{SHARE: shown.index.map(shares) * 100})
        shown = shown[shown[SHARE] >= least]
        shown = shown.sort_values([SHARE, "texts", "person"], ascending=[False, False, True])
    matches = "matches" if len(shown) == 1 else "match"
    st.markdown(f"**{number(len(shown))}** of {many(len(whole), 'person', 'people')} {matches}.")
    if shown.empty:
        st.markdown("Ask for less above.")
        return
    _table(shown.join(main, suffixes=("", " (task)")), "" if asked is None else label)


def _everyone(people: People, groups: Groups) -> pd.DataFrame:
    """A row per person, by position."""
    table = people.table
    everyone = pd.DataFrame(
        {
            "person": table[USER].to_numpy(),
            "texts": table["records"].to_numpy(),
            "acts": table["interactions"].to_numpy(),
            KNOWN: table["segment"].map(SHORT).to_numpy(),
        }
    )
    return everyone.assign(**{GROUP: grouping.of_each(groups)}) if groups.groups else everyone


def _choose_group(groups: Groups) -> str | None:
    if not groups.groups:
        st.selectbox(
            "Group",
            ["These people do not fall into groups"],
            disabled=True,
            help=grouping.HELP,
        )
        return None
    named = grouping.names(groups)
    group = state.pick("group", "Group", [ANY_GROUP, *named], None, help=grouping.HELP)
    return None if group == ANY_GROUP else group


def _choose_trait(traits: pd.DataFrame) -> tuple[str, pd.Series, int] | None:
    """Controls for a label and its share in somebody's texts.

    Returns:
        The label, everyone's share of it (of 1, by position), and the least share in percent; None
        where no trait is asked for.
    """
    tasks = [str(each) for each in traits["task"].unique()]
    if not tasks:
        return None
    columns = st.columns(4)
    with columns[0]:
        task = state.pick(
            "trait",
            "Trait",
            [ANY_TASK, *tasks],
            None,
            help="A task whose labels say something of a person's texts.",
        )
    if task == ANY_TASK:
        return None
    theirs = traits[traits["task"] == task]
    with columns[1]:
        label = state.pick(
            f"trait-{task}",
            "Label",
            [str(each) for each in theirs["label"].unique()],
            None,
            help="Which of the task's labels their texts are to carry.",
        )
    with columns[2]:
        least = state.pick(
            "least",
            "In at least",
            LEAST,
            LEAST[2],
            help="The share of their texts that carries the label, at least. From one or two "
            "texts it says little: the table tells how many there are.",
        )
    with columns[3]:
        by = state.pick(
            "share-by",
            "Counted",
            list(BY),
            None,
            help="All their texts as the model reads them, or only those that are labelled.",
        )
    shares = theirs[theirs["label"] == label].set_index("user")[BY[by]]
    return label, shares, int(least.partition(" ")[0])


@st.cache_data(max_entries=4, show_spinner=False)
def _main_traits(folder: Path, _traits: pd.DataFrame) -> pd.DataFrame:
    """Each person's commonest label of each task with its share, by position; a column per task."""
    best = _traits.assign(most=_traits["observed"].fillna(_traits["predicted"]))
    best = best.sort_values("most", ascending=False, kind="stable")
    best = best.drop_duplicates(["user", "task"])
    percent = (best["most"] * 100).round().astype("int64").astype("str")
    best = best.assign(words=best["label"].astype("str") + " " + percent + " %")
    return best.pivot(index="user", columns="task", values="words")


def _table(shown: pd.DataFrame, label: str) -> None:
    """The people that match; a click opens one."""
    ids = shown["person"].tolist()
    order = ["person", SHARE, "texts", "acts", KNOWN, GROUP]
    first = [column for column in order if column in shown]
    traits = [column for column in shown if column not in order]
    told = shown[[*first, *traits]]
    key = f"found-{pd.util.hash_pandas_object(told['person'], index=False).sum()}"
    trait = "Their commonest label of this task and its share of their texts."
    st.dataframe(
        told,
        hide_index=True,
        placeholder="",
        key=key,
        selection_mode="single-row",
        on_select=partial(_open, key, ids),
        column_config={
            "person": st.column_config.TextColumn(pinned=True),
            SHARE: st.column_config.ProgressColumn(
                label,
                width=110,
                format="%.0f %%",
                min_value=0,
                max_value=100,
                help="The share of their texts with the label that was asked for.",
            ),
            "texts": st.column_config.NumberColumn(
                width=60, format="localized", help="From the training and validation parts."
            ),
            "acts": st.column_config.NumberColumn(
                width=60, format="localized", help="From the training and validation parts."
            ),
            KNOWN: st.column_config.TextColumn(
                width=90,
                help="How many acts the training part alone has of them; those of the validation "
                "part count under acts, and not here.",
            ),
            GROUP: st.column_config.TextColumn(help=grouping.HELP),
            **{name: st.column_config.TextColumn(help=trait) for name in traits},
        },
        alt="People who match",
    )
    st.caption(
        "Click the box at the left of a row to open that person, and the head of a column to sort."
    )
    shell.download(told, "people", f"{key}-csv")


def _open(key: str, ids: list[str]) -> None:
    """Opens the person of the selected row."""
    rows = st.session_state[key].selection.rows
    if rows:
        person.open_profile(ids[rows[0]])
