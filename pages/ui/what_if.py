"""What if less were known of a person, or they had written more: how profile and list move."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mtrec.data.dataset import Dataset
from mtrec.errors import MtrecError
from mtrec.recommend.guest import NewTexts
from mtrec.recommend.imagined import LeftOut
from mtrec.recommend.people import People
from mtrec.runs.store import RunInfo
from mtrec.schema import ITEM, LIKED, SOURCE, SPLIT, TEXT, TITLE, TRAIN, USER, VAL
from mtrec.wording import many
from pages.ui import loaded, person, ruled, shell
from pages.ui.text import shortened
from pages.ui.words import SOURCES

LENGTH = 8
LONGEST = 2000  # letters of a text
QUOTED = 60  # letters of a text in a list of choices
ANY = "any"
WHY = (
    "Everything about a person is a sum of parts, so a part can be taken out exactly, without "
    "learning anything again. Things they had before are not recommended, whatever is taken out."
)


@st.fragment
def draw(run: RunInfo, people: People, dataset: Dataset, chosen: str) -> None:
    """Controls that take parts away or add a text, and what that does to profile and list."""
    st.subheader("What if?", help=WHY)
    with shell.guard():
        if ruled.book(run).read().in_force:
            st.caption(":material/rule: Rules that are on are left aside here.")
        before = people.imagine(chosen, LeftOut(), k=LENGTH)
        sources = [name for name, each in before["sources"].items() if each["n"]]
        left_out, new = _asked(run, people, dataset, chosen, sources)
        if left_out == LeftOut() and new is None:
            st.caption("Choose something above: profile and list answer at once.")
            return
        try:
            after = people.imagine(chosen, left_out, new, LENGTH)
        except MtrecError as error:
            shell.problem(error)
            return
        _shares(before["sources"], after["sources"])
        if new is not None and not _is_seen(after["items"]):
            st.markdown("In each score, what was added is less than the cards show.")
        _lists(run, before["items"], after["items"])


def _asked(
    run: RunInfo, people: People, dataset: Dataset, chosen: str, sources: list[str]
) -> tuple[LeftOut, NewTexts | None]:
    """What is to be left out, and what was written.

    Args:
        sources: those that they left something in.
    """
    texts = _texts(dataset, chosen)
    things = _things(dataset, chosen)
    key = f"{run.run}-{chosen}"
    left, right = st.columns(2)
    with left:
        no_sources = st.multiselect(
            "Without these sources",
            sources,
            format_func=lambda name: SOURCES.get(name, name),
            key=f"without-sources-{key}",
            help="A task is what their texts say to that task.",
            placeholder="All are there",
        )
        no_texts = st.multiselect(
            f"Without these of their {many(len(texts), 'text')}",
            list(texts),
            format_func=texts.__getitem__,
            key=f"without-texts-{key}",
            help="Texts from before the test part. One that is left out counts for no source.",
            placeholder="All are there",
        )
    with right:
        no_things = st.multiselect(
            f"Without these of {many(len(things), 'thing')} they liked or wrote about",
            list(things),
            format_func=things.__getitem__,
            key=f"without-things-{key}",
            help="Things from before the test part.",
            placeholder="All are there",
        )
        written = st.text_area(
            "And if they had also written",
            key=f"also-{key}",
            max_chars=LONGEST,
            height=68,
            placeholder="A text as people would leave it",
            help="Read as the texts of the data are. Nothing of it is kept. Leave the field to see "
            "what it does.",
        )
        activity = ANY
        if len(people.activities) > 1:
            activity = st.selectbox(
                "as one of their",
                [ANY, *people.activities],
                key=f"as-{key}",
                help="Tasks look at the texts of their own activities. As any, all look at it.",
            )
    text = " ".join(written.split())
    new = None
    if text:
        with st.spinner("Reading the text…"):
            vectors = loaded.read_texts(run, [text])
        new = NewTexts((text,), vectors, None if activity == ANY else activity)
    return LeftOut(frozenset(no_sources), frozenset(no_texts), frozenset(no_things)), new


def _texts(dataset: Dataset, chosen: str) -> dict[int, str]:
    """Their texts of before the test part, by the rows that records are asked by."""
    records = dataset.records
    theirs = records[(records[USER] == chosen) & records[SPLIT].isin([TRAIN, VAL])]
    return {
        int(row): f"{source}: {shortened(str(text), QUOTED)}"
        for row, source, text in zip(theirs.index, theirs[SOURCE], theirs[TEXT], strict=True)
    }


def _things(dataset: Dataset, chosen: str) -> dict[str, str]:
    """What they liked or wrote about before the test part, by id."""
    acts, records = dataset.interactions, dataset.records
    liked = acts[(acts[USER] == chosen) & acts[LIKED] & acts[SPLIT].isin([TRAIN, VAL])][ITEM]
    wrote = records[(records[USER] == chosen) & records[SPLIT].isin([TRAIN, VAL])][ITEM].dropna()
    acted = set(acts[acts[USER] == chosen][ITEM])
    ids = dict.fromkeys([*liked, *(each for each in wrote if each not in acted)])
    titles = dataset.items.set_index(ITEM)[TITLE]
    return {each: shortened(str(titles[each]), QUOTED) for each in ids if each in titles.index}


def _shares(before: dict[str, Any], after: dict[str, Any]) -> None:
    """How the profile's sources count now, beside before."""
    table = pd.DataFrame(
        {
            "source": [SOURCES.get(name, name) for name in before],
            "before": [each["weight"] * 100 for each in before.values()],
            "now": [after[name]["weight"] * 100 for name in before],
            "made from": [after[name]["n"] for name in before],
        }
    )
    share = st.column_config.NumberColumn(format="%.0f %%", help="Its share of the profile.")
    st.dataframe(
        table,
        hide_index=True,
        width="content",
        column_config={"before": share, "now": share},
        alt="Sources of the profile before and now",
    )


def _is_seen(listed: list[dict[str, Any]]) -> bool:
    """Whether what was added is more than 0 in any score, as the cards write it."""
    decimals = person.decimals_of(listed)
    sums = [sum(part["weight"] for part in each["reasons"] if "new" in part) for each in listed]
    return any(round(each, decimals) for each in sums)


def _lists(run: RunInfo, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Both lists, the second with how far each item moved."""
    places = {each["item"]: place for place, each in enumerate(before, 1)}
    now = {each["item"] for each in after}
    gone = [each for each in before if each["item"] not in now]
    new = len([each for each in after if each["item"] not in places])
    st.markdown(
        f"{many(new, 'thing')} came in, {len(gone)} dropped out."
        if new or gone
        else "The same things, if in another order."
    )
    for column, title, listed in zip(
        st.columns(2), ("As it is", "With what you changed"), (before, after), strict=True
    ):
        with column:
            st.markdown(f"**{title}**")
            if not listed:
                st.markdown("There is nothing left to list.")
            for place, each in enumerate(listed, 1):
                marks = [] if listed is before else [_moved(place, places.get(each["item"]))]
                if listed is before and each["item"] not in now:
                    marks = [":material/remove: *drops out*"]
                side = "as-it-is" if listed is before else "changed"
                person.card(run, place, each, marks, person.decimals_of(listed), f"{side}-{place}")


def _moved(here: int, there: int | None) -> str:
    """Where an item stood before."""
    if there is None:
        return ":material/add: *new*"
    if there == here:
        return "*as before*"
    arrow = "arrow_upward" if here < there else "arrow_downward"
    return f":material/{arrow}: *was {there}.*"
