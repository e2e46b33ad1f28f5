"""The page Recommendations on a small shop: lists beside each other, what they show, rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mtrec.recommend.people import People
from mtrec.recommend.rulebook import Rulebook
from mtrec.recommend.rules import Diversify, parse_rules
from mtrec.recommend.stored import FOLDER
from mtrec.reports import contributions
from mtrec.runs.store import RunStore
from mtrec.schema import ADAPTED
from mtrec.workspace import Workspace
from pages.ui import rules
from pages.ui.text import plain
from tests.pages.conftest import Done, offered, open_page, said

pytestmark = pytest.mark.slow


@pytest.fixture
def book(done: Done) -> Iterator[Rulebook]:
    """The rules of the trained run, none before and after each test."""
    found = Rulebook(RunStore(done.workspace).folder(done.run.run))
    yield found
    if found.folder.exists():
        for each in found.folder.iterdir():
            each.unlink()


def opened(side: str, **choices: str) -> AppTest:
    app = open_page("recommendations", side=side, **choices)
    assert not app.exception and not app.error, said(app)
    return app


def button(app: AppTest, start: str, end: str = "") -> Any:
    """The one button whose key begins and ends so."""
    (found,) = (
        each for each in app.button if each.key.startswith(start) and each.key.endswith(end)
    )
    return found


def test_without_a_training_the_page_says_what_to_do(workspace: Workspace) -> None:
    app = open_page("recommendations")
    assert "no recommendations yet" in said(app) and "Start a training" in offered(app)


def test_lists_are_compared_by_figures_and_by_people(done: Done) -> None:
    app = opened("Compare")
    words = said(app)
    assert "further right is better" in words
    assert "By how much was known of people" in words
    app.selectbox(key="list-figure").select("How little known (novelty), first 10").run()
    assert "further right is more, not better" in said(app)
    assert "further right is better" not in said(app)


def test_of_few_people_and_of_nobody_no_figure_is_told(done: Done) -> None:
    path = RunStore(done.workspace).fetch(done.run.run) / "evaluation.json"
    kept = path.read_text(encoding="utf-8")
    try:
        rows = [{**row, "users": 9} for row in json.loads(kept)]
        path.write_text(json.dumps(rows), encoding="utf-8")
        words = said(opened("Compare"))
        assert "9 people: too few people to tell. It takes 10." in words
        assert "further right" not in words
        path.write_text("[]", encoding="utf-8")
        assert "Nobody liked anything in the test part" in said(opened("Compare"))
        assert "Nobody liked anything in the test part" in said(opened("What is shown"))
    finally:
        path.write_text(kept, encoding="utf-8")


def test_two_lists_of_one_person_stand_beside_each_other(done: Done) -> None:
    app = opened("One person", left="What is popular, the same for all")
    assert app.selectbox(key="left").value == app.selectbox(key="right").value
    words = said(app)
    assert "10 items stand in both lists" in words
    assert words.count("in both, there at the same place") == 20
    app.selectbox(key="right").select("Factors of likes, by pairs (BPR)").run()
    assert not app.exception and not app.error
    assert "stand in both lists" in said(app) or "stands in both lists" in said(app)


def test_lists_of_one_person_follow_the_rules_that_are_on(done: Done, book: Rulebook) -> None:
    people = People(RunStore(done.workspace).folder(done.run.run) / FOLDER)
    user = str(people.users[0])
    best = people.recommend(user, 1, ADAPTED)[0]
    said_of_rules = "These lists follow the 1 rule that you switched on"
    rule = {"rules": [{"kind": "exclude", "items": [best["item"]]}]}
    out = parse_rules(rule, "rules.yaml")
    for rules_kept, follows in ((out.switched(0, False), False), (out, True)):
        book.keep(rules_kept)
        for app in (opened("One person", person=user), open_page("people", person=user)):
            assert not app.exception and not app.error, said(app)
            words = said(app)
            assert (f"1. **{plain(best['title'], 80)}**" in words) is not follows
            assert (said_of_rules in words) is follows
    words = said(open_page("people", person=user, look="What if?"))
    assert "Rules that are on are left aside here" in words


def test_how_much_and_how_popular_what_is_shown_is(done: Done) -> None:
    app = opened("What is shown")
    words = said(app)
    assert "How much of the catalogue is shown" in words
    assert "items stand in at least one list" in words or "item stands in" in words
    assert "those who liked something in the test part" in words
    assert "Over all 25 people, those without likes in the test part too" in words


def test_what_lists_rest_on_is_worked_out_once(done: Done) -> None:
    kept = RunStore(done.workspace).fetch(done.run.run) / contributions.FILE
    kept.unlink(missing_ok=True)
    app = opened("What it rests on")
    assert "Not worked out yet" in said(app)
    app.button(key="adds").click().run(timeout=300)
    assert not app.exception and not app.error
    words = said(app).replace("\\", "")
    assert "things they liked" in words and "(task)" in words and "(activity)" in words
    assert "can be told from chance" in words or "makes lists" in words
    assert kept.exists()
    assert "Not worked out yet" not in said(opened("What it rests on"))


def test_a_rule_is_made_tried_switched_on_and_kept(done: Done, book: Rulebook) -> None:
    app = opened("Rules")
    assert "There is no rule yet" in said(app)
    add = app.button(key="new-rule-0-add")
    assert add.disabled  # nothing was chosen yet
    values = app.multiselect(key="new-rule-0-exclude-values-category")
    values.select("cooking").run()
    app.button(key="new-rule-0-add").click().run()
    assert not app.exception and not app.error, said(app)
    (rule,) = book.read().rules
    assert rule.kind == "exclude" and not rule.enabled
    words = said(app)
    assert "On validation" in words and "On test" not in words
    (switch,) = app.toggle
    assert "Leave out items whose category is cooking" in words and not switch.value
    switch.set_value(True).run()
    assert not app.exception and not app.error
    assert book.read().rules[0].enabled
    assert "On test" in said(app) and "With the rules that are on" in said(app)

    again = opened("Rules")
    assert again.toggle[0].value
    (gone,) = (each for each in again.button if each.key.startswith("rule-gone"))
    gone.click().run()
    assert not book.read().rules and "There is no rule yet" in said(again)


KINDS = [
    {"kind": "exclude", "attribute": "category", "values": ["cooking"]},
    {"kind": "exclude", "items": ["p003"]},
    {"kind": "pin", "items": ["p001", "p002"]},
    {"kind": "boost", "items": ["p004"], "by": -0.4},
    {"kind": "limit", "attribute": "category", "at_most": 7},
    {"kind": "diversify", "strength": 0.7},
    {"kind": "fresh", "by": 0.35},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: f"{each['kind']}-{len(each)}")
def test_a_rule_is_opened_as_it_is_and_saved_switched_off(
    done: Done, book: Rulebook, kind: dict[str, Any]
) -> None:
    before = parse_rules({"rules": [kind]}, "rules.yaml")
    book.keep(before)
    app = opened("Rules")
    button(app, "rule-change").click().run()
    assert button(app, "rule-change").label == "Leave it as it is"
    button(app, "edit-rule", "-save").click().run()
    assert not app.exception and not app.error, said(app)
    assert book.read() == before.switched(0, False)
    assert not [each for each in app.button if each.key.startswith("edit-rule")]


def test_what_a_rule_says_is_changed_in_its_place(done: Done, book: Rulebook) -> None:
    book.keep(parse_rules({"rules": [KINDS[2], KINDS[5], KINDS[6]]}, "rules.yaml"))
    app = opened("Rules")
    button(app, "rule-change-1").click().run()
    (strength,) = (each for each in app.slider if each.key.startswith("edit-rule"))
    strength.set_value(0.2).run()
    button(app, "edit-rule", "-save").click().run()
    assert not app.exception and not app.error, said(app)
    assert [each.kind for each in book.read().rules] == ["pin", "diversify", "fresh"]
    changed = book.read().rules[1]
    assert isinstance(changed, Diversify) and changed.strength == 0.2 and not changed.enabled


def test_rules_are_moved(done: Done, book: Rulebook) -> None:
    book.keep(parse_rules({"rules": [KINDS[2], KINDS[5], KINDS[6]]}, "rules.yaml"))
    app = opened("Rules")
    assert button(app, "rule-up-0").disabled and button(app, "rule-down-2").disabled
    button(app, "rule-down-0").click().run()
    assert [each.kind for each in book.read().rules] == ["diversify", "pin", "fresh"]
    button(app, "rule-up-2").click().run()
    assert [each.kind for each in book.read().rules] == ["diversify", "fresh", "pin"]
    assert not app.exception and not app.error, said(app)


def test_trying_rules_stops_when_asked_and_begins_again_only_when_asked(
    done: Done, book: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.keep(parse_rules({"rules": [KINDS[2]]}, "rules.yaml"))

    begun: list[bool] = []

    def cut_off(*args: object) -> None:
        """A click meanwhile ends what the page does, wherever it stands."""
        begun.append(True)
        st.stop()

    with monkeypatch.context() as patched:
        patched.setattr(rules, "effects", cut_off)
        app = opened("Rules")
        assert begun == [True]
        assert not button(app, "stop-try-rules").disabled
        button(app, "stop-try-rules").click().run()
        assert begun == [True]
    assert "On validation" not in said(app) and button(app, "stop-try-rules").disabled
    button(app, "try-rules").click().run()
    assert not app.exception and not app.error, said(app)
    assert "On validation" in said(app)
    monkeypatch.setattr(rules, "effects", cut_off)
    assert "On validation" in said(opened("Rules"))  # what was kept is not tried again
    assert begun == [True]


@pytest.mark.parametrize("kind", ["pin", "boost", "limit", "diversify", "fresh"])
def test_every_kind_of_rule_can_be_made(done: Done, book: Rulebook, kind: str) -> None:
    app = opened("Rules")
    app.selectbox(key="new-rule-0-kind").select(kind).run()
    if kind == "pin":
        app.multiselect(key="new-rule-0-pin-items").select("p001").run()
    if kind == "boost":
        app.multiselect(key="new-rule-0-boost-values-category").select("cooking").run()
    app.button(key="new-rule-0-add").click().run()
    assert not app.exception and not app.error, said(app)
    assert [each.kind for each in book.read().rules] == [kind]
    assert "On validation" in said(app)


def test_files_are_taken_over_after_a_check(done: Done, book: Rulebook) -> None:
    pinned = parse_rules({"rules": [{"kind": "pin", "items": ["p001"]}]}, "rules.yaml")
    book.keep(pinned)
    app = opened("Rules")
    place = app.get("file_uploader")[0]
    place.upload("mine.yaml", b"rules: [{kind: pin, items: [p999]}]", "application/yaml").run()
    app.button(key="rules-take").click().run()
    assert "There is no item p999" in said(app)
    assert book.read() == pinned

    app = opened("Rules")
    place = app.get("file_uploader")[0]
    facts = b"item,relation,entity\np001,maker,Hollis\np002,maker,Hollis\n"
    place.upload("facts.csv", facts, "text/csv").run()
    app.button(key="rules-take").click().run()
    assert not app.exception and not app.error, said(app)
    kept = book.read()
    assert kept.rules == pinned.rules and kept.knowledge is not None
    assert (book.folder / kept.knowledge).read_bytes() == facts


def test_a_file_that_somebody_broke_is_told_in_a_sentence(done: Done, book: Rulebook) -> None:
    book.keep(parse_rules({"rules": []}, "rules.yaml"))
    book.path.write_text("rules: [{kind: pni}]", encoding="utf-8")
    app = open_page("recommendations", side="Rules")
    assert not app.exception and "Found: pni" in said(app)
