"""Everyone on the page People: found by a trait, over time, in groups and on a map."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.data.dataset import Dataset, load_dataset
from mtrec.recommend.directions import directions
from mtrec.recommend.people import People
from mtrec.recommend.stored import FOLDER
from mtrec.reports.classification import COLUMNS
from mtrec.runs.store import RunStore
from mtrec.schema import SOURCE, SPLIT, TEST, TEXT, TIME, USER, task_column
from pages.ui import crowd, finding, loaded, person, state, timeline
from pages.ui.words import SHORT
from tests.pages.conftest import Done, open_page, said

pytestmark = pytest.mark.slow


@pytest.fixture
def people(done: Done) -> People:
    return People(RunStore(done.workspace).folder(done.run.run) / FOLDER)


@pytest.fixture
def dataset(done: Done) -> Dataset:
    return load_dataset("shop", done.workspace)


def look(which: str, **choices: str) -> AppTest:
    app = open_page("people", look=which, **choices)
    assert not app.exception and not app.error
    return app


def matching(app: AppTest) -> pd.DataFrame:
    return next(each.value for each in app.dataframe if "person" in each.value)


def test_a_recommendation_opens_with_the_texts_and_things_behind_it(
    people: People, dataset: Dataset
) -> None:
    def rests_on(user: str) -> set[str]:
        return {key for each in people.recommend(user)[0]["reasons"] for key in each}

    chosen = next(user for user in people.users if {"record", "item"} <= rests_on(user))
    best = people.recommend(chosen, 8)[0]
    app = look("Profile", person=chosen)
    app.button(key="open-adapted-1").click().run()
    assert not app.exception and not app.error
    items = dataset.items.set_index("item")
    assert items.loc[best["item"], TEXT] in said(app)
    for reason in best["reasons"]:
        if "record" in reason:
            assert dataset.records.loc[reason["record"], TEXT] in said(app)
        if "item" in reason:
            assert items.loc[reason["item"], TEXT] in said(app)
    assert any("the data says" in str(each.proto) for each in app.dataframe)


def test_without_a_filter_everyone_is_there_with_what_is_known(
    people: People, dataset: Dataset
) -> None:
    app = look("Find people")
    count = len(people.users)
    assert f"**{count}** of {count} people match." in said(app)
    table = matching(app).set_index("person")
    assert set(table.index) == set(people.users)
    known = people.table.set_index(USER)
    assert table["texts"].to_dict() == known["records"].to_dict()
    assert table["texts"].is_monotonic_decreasing
    assert table["in training"].to_dict() == known["segment"].map(SHORT).to_dict()
    assert set(dataset.tasks) <= set(table.columns)


@pytest.mark.parametrize(
    ("by", "column"), [(finding.MODEL, "predicted"), (finding.DATA, "observed")]
)
def test_a_trait_finds_those_who_have_it_the_most_of_it_first(
    by: str, column: str, people: People
) -> None:
    choices = {"trait": "sentiment", "trait-sentiment": "bad", "least": "25 %"}
    traits = people.traits
    theirs = traits[(traits["task"] == "sentiment") & (traits["label"] == "bad")]
    expected = theirs[theirs[column] >= 0.25].set_index("user")[column]
    app = look("Find people", **choices, **{"share-by": by})
    assert f"**{len(expected)}** of {len(people.users)} people match." in said(app)
    table = matching(app)
    assert set(table["person"]) == set(people.users[expected.index])
    assert table["share"].is_monotonic_decreasing and table["share"].min() >= 25


def test_people_are_found_by_how_much_is_known_of_them(people: People) -> None:
    few = people.table[people.table["segment"] == "few"]
    app = look("Find people", segment="Few acts (1 to 4)")
    assert set(matching(app)["person"]) == set(few[USER])


def test_every_control_of_the_page_says_what_it_is_for(done: Done) -> None:
    for which in ("Find people", "Groups and map", "Texts and acts"):
        app = look(which, trait="sentiment")
        assert all(each.help for each in app.selectbox)


def clicked(monkeypatch: pytest.MonkeyPatch, **selection: Any) -> dict[str, str]:
    """What a click on `table` or `map` chooses."""
    wished: dict[str, str] = {}
    held = {"it": SimpleNamespace(selection=SimpleNamespace(**selection))}
    monkeypatch.setattr(st, "session_state", held)
    monkeypatch.setattr(state, "wish", lambda **choices: wished.update(choices))
    return wished


def test_a_row_and_a_point_open_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    wished = clicked(monkeypatch, rows=[1], points=[{"customdata": ["ann"]}])
    finding._open("it", ["ann", "bob"])
    assert wished == {"person": "bob", "look": "Profile"}
    crowd._clicked("it")
    assert wished == {"person": "ann", "look": "Profile"}
    nobody = clicked(monkeypatch, rows=[], points=[{"customdata": None}])
    finding._open("it", ["ann"])
    crowd._clicked("it")
    assert nobody == {}


def test_texts_and_acts_of_before_the_test_part_stand_by_day(dataset: Dataset) -> None:
    records, acts = dataset.records, dataset.interactions
    person = records[USER].value_counts().index[0]
    app = look("Texts and acts", person=person)
    table = next(each.value for each in app.dataframe if "text or thing" in each.value)
    mine = records[(records[USER] == person) & (records[SPLIT] != TEST) & records[TIME].notna()]
    theirs = acts[(acts[USER] == person) & (acts[SPLIT] != TEST) & acts[TIME].notna()]
    written = table[table["from"] == "in the data"]
    labels = sum(int(mine[task_column(task)].notna().sum()) for task in dataset.tasks)
    assert len(written) == labels > 0
    assert (table["task"] == "acts").sum() == len(theirs) > 0
    assert table["time"].max() == max(each[TIME].max() for each in (mine, theirs)).tz_convert(None)
    assert "Since " in said(app)
    near = next(each.value for each in app.dataframe if "like today's" in each.value)
    assert near["like today's"].iloc[-1] == pytest.approx(1, abs=1e-4)


def test_parts_of_texts_and_acts_are_called_as_on_other_pages(dataset: Dataset) -> None:
    records = dataset.records
    person = records[USER].value_counts().index[0]
    app = look("Texts and acts", person=person)
    parts = set(next(each.value for each in app.dataframe if TEXT in each.value)[SPLIT])
    assert "training" in parts and parts <= {"training", "validation", "test", "none"}
    assert "rest on the parts training and validation" in said(app)


def test_every_person_with_a_profile_stands_on_both_maps_and_the_chosen_one_by_a_star(
    people: People,
) -> None:
    known, _ = directions(people.stage())
    person = people.users[known[3]]
    app = look("Groups and map", person=person)
    specs = [json.loads(each.proto.spec)["data"] for each in app.get("plotly_chart")]
    assert len(specs) == 2
    for traces in specs:
        *crowds, star = traces
        assert star["name"] == "the person above"
        assert sum(len(each["text"]) for each in crowds) == len(known)
        assert star["text"][0].startswith(person)
    words = said(app)
    assert "Before training" in words and "After learning what they like" in words
    assert words.count("of how profiles differ.") == 2


def test_a_link_to_a_person_leads_to_their_profile(people: People) -> None:
    """Whatever was looked at when the page was left, which is what its name in the menu opens."""

    def opened(**choices: str) -> str:
        app = open_page("people", {state.LAST + state.LOOK: "Find people"}, **choices)
        return str(app.session_state[state.LOOK])

    assert opened() == "Find people"
    assert opened(person=people.users[0]) == state.PROFILE
    assert opened(person=people.users[0], look="What if?") == "What if?"


def test_texts_that_no_task_speaks_of_stand_by_their_activity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two notes, one of them without a date, in data without any task."""
    monkeypatch.setattr(timeline, "load_answers", lambda *asked: pd.DataFrame(columns=COLUMNS))
    monkeypatch.setattr(loaded, "store", lambda: SimpleNamespace(fetch=lambda run: None))
    days = pd.to_datetime(["2024-01-02", None], utc=True)
    written = pd.DataFrame({TIME: days, SOURCE: "notes", TEXT: ["one", "two"]})
    data: Any = SimpleNamespace(tasks={}, records=written)
    run: Any = SimpleNamespace(run="r1")
    told = timeline._labels(run, data, written)
    assert told[["task", "label", "what"]].to_numpy().tolist() == [["texts", "notes", "one"]]


def test_someone_else_is_never_the_same_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"person": "ann"})
    assert {person._another(["ann", "bob"]) for _ in range(20)} == {"bob"}
    assert person._another(["ann"]) == "ann"
