from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.recommend.closed_form import Form, Forms
from mtrec.recommend.explain import Owned
from mtrec.recommend.guest import NewTexts, of_person, read_with_model
from mtrec.recommend.imagined import LeftOut
from mtrec.recommend.people import People
from mtrec.recommend.profiles import OF_ITEMS
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.stored import FOLDER
from mtrec.schema import STAGES, TEXT
from mtrec.tasks import TASK_TYPES
from mtrec.training.checkpoint import load_model
from tests.recommend.conftest import Run


def test_a_profile_has_the_contracts_keys_and_weights_that_add_up(people: People) -> None:
    for stage in STAGES:
        for user in people.users[:5]:
            said = people.profile(user, stage)
            assert set(said) == {
                "user",
                "records",
                "interactions",
                "sources",
                "traits",
                "vector",
                "neighbours",
            }
            assert sum(each["weight"] for each in said["sources"].values()) == pytest.approx(1)
            assert user not in [each["user"] for each in said["neighbours"]]
            json.dumps(said, allow_nan=False)


def test_traits_are_shares_with_their_number(people: People) -> None:
    said = people.profile("u00")
    assert set(said["traits"]) == {"sentiment", "topic"}
    for labels in said["traits"].values():
        assert sum(each["predicted"] for each in labels.values()) == pytest.approx(1, abs=1e-5)
        assert sum(each["observed"] for each in labels.values()) == pytest.approx(1, abs=1e-5)
    topics = said["traits"]["topic"]
    assert topics["film"]["observed"] == 1
    assert topics["film"]["n"] == said["sources"]["topic"]["n"]


@pytest.mark.parametrize("name", [*STAGES, "fused", *RECOMMENDERS])
def test_reasons_add_up_to_the_score(people: People, name: str) -> None:
    for user in people.users[:4]:
        for each in people.recommend(user, 10, name):
            added = sum(reason["weight"] for reason in each["reasons"])
            assert added == pytest.approx(each["score"], abs=1e-6)
            assert {"kind", "text", "weight"} <= set(each["reasons"][0])
            assert {reason["kind"] for reason in each["reasons"]} <= {
                "task",
                "text",
                "liked",
                "popular",
                "similar",
                "latent",
            }
            json.dumps(each, allow_nan=False)


def test_where_likes_fade_reasons_still_add_up(
    run: Run, tiny_recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fading = Form(fading=1.0)
    monkeypatch.setattr(Forms, "choose", lambda self, reporter: (fading, 1.0))
    people = People(run(tiny_recipe) / FOLDER)
    assert people.stage().sources["liked"].fading == 1
    several = np.flatnonzero(np.diff(people.liked.indptr) > 2)
    for user in people.users[several[:4]]:
        told = people.recommend(user, 60)
        for each in told:
            added = sum(reason["weight"] for reason in each["reasons"])
            assert added == pytest.approx(each["score"], abs=1e-6)
        imagined = people.imagine(user, LeftOut(), k=60)["items"]
        scores = {each["item"]: each["score"] for each in told}
        assert {each["item"]: each["score"] for each in imagined} == pytest.approx(scores, abs=1e-5)
    ages = people._ages[several[0]].data
    assert ages.min() == 1 < ages.max() <= len(ages)


@pytest.mark.parametrize("name", [*STAGES, *RECOMMENDERS])
def test_shown_scores_are_those_that_rank(people: People, name: str) -> None:
    recommender = people.recommender(name)
    said = people.recommend("u03", 60, name)
    position = people.users.tolist().index("u03")
    scores = recommender.scores(np.array([position]))[0]
    titles = {f"Thing i{index:02d}": score for index, score in enumerate(scores)}
    assert [each["score"] for each in said] == pytest.approx(
        [titles[each["title"]] for each in said], abs=1e-4
    )


def test_reasons_name_the_record_or_the_item(people: People, tiny_recipe: Path) -> None:
    dataset = read_dataset(tiny_recipe, TASK_TYPES)
    reasons = [r for each in people.recommend("u01", 10, "multitask") for r in each["reasons"]]
    records = [reason for reason in reasons if "record" in reason]
    assert records
    for reason in records:
        row = dataset.records.iloc[reason["record"]]
        assert (row["text"], row["user"]) == (reason["text"], "u01")
        assert row["split"] != "test"
    liked = dataset.interactions
    mine = liked[(liked["user"] == "u01") & liked["liked"] & (liked["split"] != "test")]
    assert {reason["item"] for reason in reasons if "item" in reason} <= set(mine["item"])
    several = [r["text"] for r in reasons if "record" not in r and "item" not in r]
    assert any(text.endswith(" of their texts together") for text in several)


def test_unknown_users_stages_and_recommenders_are_refused(people: People) -> None:
    with pytest.raises(InputError, match="Nobody"):
        people.profile("nobody")
    with pytest.raises(InputError, match="Nobody"):
        people.recommend("nobody")
    with pytest.raises(InputError, match=r"no recommender best.*item-knn"):
        people.recommend("u01", recommender="best")
    with pytest.raises(InputError, match=r"stage final.*adapted"):
        people.profile("u01", "final")


@pytest.mark.parametrize("method", ["frozen", "top"])
def test_texts_read_anew_are_as_those_of_the_data(run: Run, method: str, tiny_recipe: Path) -> None:
    folder = run(tiny_recipe, method)
    people = People(folder / FOLDER)
    texts = people._records[TEXT].tolist()
    found = read_with_model(load_model(folder / "model"), texts)
    for source in people.stage().sources.values():
        if source.kind != "liked":
            stored = people._parts[people._table(people.stage(), source.parts)]
            assert found[source.parts] == pytest.approx(stored.astype(np.float32), abs=2e-3)


@pytest.fixture(scope="module")
def new(folder: Path) -> Callable[..., NewTexts]:
    """Texts that are in no data, as the run reads them."""
    model = load_model(folder / "model")

    def read(*texts: str, activity: str | None = None) -> NewTexts:
        return NewTexts(texts, read_with_model(model, texts), activity)

    return read


def test_somebody_known_with_nothing_to_add_is_recommended_the_same(people: People) -> None:
    for user in people.users[:6]:
        before, after = people.recommend(user), people.recommend_with(None, user=user)
        assert [each["item"] for each in after] == [each["item"] for each in before]
        for one, other in zip(before, after, strict=True):
            assert other["score"] == pytest.approx(one["score"], abs=1e-5)
            assert [each["text"] for each in other["reasons"]] == [
                each["text"] for each in one["reasons"]
            ]


@pytest.fixture
def plain(folder: Path) -> People:
    """People whose furthest stage is before L_T, which learns nothing of so few texts."""
    people = People(folder / FOLDER)
    people.stages.remove("adapted")
    return people


def test_somebody_new_is_recommended_from_their_texts_with_these_as_reasons(
    plain: People, new: Callable[..., NewTexts]
) -> None:
    told = plain.recommend_with(new("the film was good", "a very fine song"), 60)
    assert len(told) == 60  # nothing is left out, as nothing is known to have been seen
    other = plain.recommend_with(new("it was not a book"), 60)
    assert [each["score"] for each in told] != [each["score"] for each in other]
    for each in told:
        assert sum(reason["weight"] for reason in each["reasons"]) == pytest.approx(each["score"])
        assert not any("record" in reason for reason in each["reasons"])
        words = {reason["text"] for reason in each["reasons"] if reason["kind"] != "popular"}
        assert words <= {"the film was good", "a very fine song", "2 of their texts together"}
        json.dumps(each, allow_nan=False)


def test_a_text_of_an_activity_is_read_by_the_tasks_of_that_activity(
    plain: People, new: Callable[..., NewTexts]
) -> None:
    assert plain.activities == {
        "notes": ["topic", "text"],
        "reviews": ["sentiment", "text"],
    }
    (note,) = plain.recommend_with(new("the film was good", activity="notes"), 1)
    assert {each["source"] for each in note["reasons"]} == {"topic", "text", "popular"}
    (unsaid,) = plain.recommend_with(new("the film was good"), 1)
    assert {each["source"] for each in unsaid["reasons"]} >= {"topic", "sentiment", "text"}
    with pytest.raises(InputError, match=r"activity letters.*notes, reviews"):
        plain.recommend_with(new("the film was good", activity="letters"))


def test_what_somebody_known_adds_counts_beside_what_is_known(
    plain: People, new: Callable[..., NewTexts]
) -> None:
    before = {each["item"]: each["score"] for each in plain.recommend("u01", 60)}
    after = plain.recommend_with(new("q7 & x9"), 60, "u01")
    assert {each["item"] for each in after} == set(before)  # what they had stays left out
    assert any(abs(before[each["item"]] - each["score"]) > 1e-3 for each in after)
    reasons = [reason for each in after for reason in each["reasons"]]
    assert any(each["text"] == "q7 & x9" and "record" not in each for each in reasons)
    assert any("record" in each for each in reasons)
    for each in after:
        assert sum(reason["weight"] for reason in each["reasons"]) == pytest.approx(each["score"])


def test_a_source_left_out_is_as_if_it_had_never_been(people: People) -> None:
    for name in people.stage().sources:
        imagined = people.imagine("u01", LeftOut(sources=frozenset({name})), k=60)
        without = people.stage().without(name)
        scores = without.scores(np.array([people.users.tolist().index("u01")]))[0]
        for each in imagined["items"]:
            place = people._items["item"].tolist().index(each["item"])
            assert each["score"] == pytest.approx(scores[place], abs=1e-3)
        assert imagined["sources"][name] | {"kind": ""} == {"kind": "", "weight": 0.0, "n": 0}


def test_a_record_or_an_item_left_out_takes_its_part_of_every_score(people: People) -> None:
    """The list is that of the parts that are left, and no reason names what is gone."""
    whole = people.imagine("u01", LeftOut(), k=60)
    reasons = [reason for each in whole["items"] for reason in each["reasons"]]
    record = next(each["record"] for each in reasons if "record" in each)
    item = next(each["item"] for each in reasons if "item" in each)
    less = people.imagine(
        "u01", LeftOut(records=frozenset({record}), items=frozenset({item})), k=60
    )
    for each in less["items"]:
        assert each["score"] == pytest.approx(sum(r["weight"] for r in each["reasons"]), abs=1e-6)
        assert not any(r.get("record") == record or r.get("item") == item for r in each["reasons"])
    assert {each["item"] for each in less["items"]} == {each["item"] for each in whole["items"]}
    before, after = (sum(s["n"] for s in each["sources"].values()) for each in (whole, less))
    seen_by = sum(s.kind != "liked" and s.counts.any() for s in people.stage().sources.values())
    assert 2 <= before - after <= 1 + seen_by


def test_nothing_left_out_and_nothing_added_changes_nothing(people: People) -> None:
    whole = people.imagine("u01", LeftOut(), k=6)
    assert whole["items"] == people.recommend_with(None, 6, "u01")
    said = people.profile("u01")["sources"]
    for name, each in whole["sources"].items():
        assert each["n"] == said[name]["n"]
        assert each["weight"] == pytest.approx(said[name]["weight"], abs=1e-6)
    with pytest.raises(InputError, match="Nobody"):
        people.imagine("nobody", LeftOut())


def test_of_whom_nothing_is_known_gets_what_suits_everyone(people: People) -> None:
    told = people.recommend_with(None, 5)
    assert len(told) == 5
    kinds = {reason["kind"] for each in told for reason in each["reasons"]}
    assert kinds == {"popular", "average"}


def test_answers_come_quickly_and_without_torch(folder: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from mtrec.recommend.people import People\n"
        f"start = time.monotonic(); people = People(Path({str(folder / FOLDER)!r}))\n"
        "people.profile('u01'); people.recommend('u01'); print(time.monotonic() - start)\n"
        "assert 'torch' not in sys.modules, 'torch was imported'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 3  # a second on a machine with nothing else to do


def test_a_run_without_recommendations_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no profiles and recommendations"):
        People(tmp_path)


def test_a_profile_comes_to_what_it_is_part_by_part(people: People) -> None:
    """At the last day it is today's; on the first, that of the parts of that day alone."""
    records = people.records
    stage = people.stage()
    days = pd.date_range("2024-01-01", periods=len(records), tz="UTC")
    written = pd.Series(days, index=records)
    undated = pd.Series(dtype=days.dtype)
    for user in people.users[:6]:
        position = people.users.tolist().index(user)
        near = people.moved(user, written, undated)
        own = stage.sources["text"].counts[position]
        assert len(near) == own
        if not own:
            continue
        assert near.iloc[-1] == pytest.approx(1, abs=1e-5)
        later = set(records[np.isin(days, near.index[1:])].tolist())
        owned = {
            name: Owned(each.positions[kept], each.vectors[kept], each.ages[kept])
            for name, each in people._owned(stage, position).items()
            for kept in [
                np.ones(len(each.positions), bool)
                if stage.sources[name].kind in OF_ITEMS
                else ~np.isin(records[each.positions], list(later))
            ]
        }
        first = of_person(stage, owned)
        mean = np.concatenate(list(stage.everyone.values()))
        then = first.vectors(np.array([0]))[0] - mean
        today = stage.vectors(np.array([position]))[0] - mean
        cosine = then @ today / np.linalg.norm(then) / np.linalg.norm(today)
        assert near.iloc[0] == pytest.approx(cosine, abs=2e-3)
    assert people.moved("u01", pd.Series(dtype=days.dtype), undated).empty
    with pytest.raises(InputError, match="Nobody"):
        people.moved("nobody", written, undated)


def test_many_days_are_told_by_some_of_them(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtrec.recommend.people.STEPS", 2)
    written = pd.Series(
        pd.date_range("2024-01-01", periods=len(people.records), tz="UTC"), index=people.records
    )
    near = people.moved("u01", written, pd.Series(dtype=written.dtype))
    assert len(near) == 2 and near.iloc[-1] == pytest.approx(1, abs=1e-5)
