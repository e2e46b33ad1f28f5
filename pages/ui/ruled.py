"""The rules that are on for a run, which its lists on the pages follow."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mtrec.recommend.arrange import Plan
from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.people import People
from mtrec.recommend.rulebook import Rulebook
from mtrec.recommend.rules import Rules
from mtrec.reports.effects import catalogue_of
from mtrec.runs.store import RunInfo
from mtrec.wording import many
from pages.ui import loaded


def book(run: RunInfo) -> Rulebook:
    """Where the rules of a run are kept."""
    return Rulebook(loaded.store().folder(run.run))


@st.cache_resource(max_entries=3, show_spinner="Reading what is known of items…")
def catalogue(key: str, folder: Path, knowledge: str | None, _people: People) -> Catalogue:
    """The items of a dataset, with the knowledge that lies beside the rules."""
    return catalogue_of(_people, loaded.whole_dataset(key), Rules(knowledge=knowledge), folder)


def plan(run: RunInfo, people: People) -> Plan | None:
    """What lists follow, said in a sentence above them; None where no rule is on."""
    kept = book(run)
    rules = kept.read()
    if not rules.in_force:
        return None
    st.caption(
        f":material/rule: These lists follow the {many(len(rules.in_force), 'rule')} that you "
        "switched on for this training. On the page Recommendations, Rules shows a list with and "
        "without them."
    )
    known = catalogue(run.key, kept.folder, rules.knowledge, people)
    return Plan.of(rules, known, "test")
