from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.recommend.adapt import choose
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.contributions import _Run
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import judge, mean_ndcg, table
from mtrec.recommend.people import People
from mtrec.recommend.pipeline import CHOSEN_BY
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.stored import FOLDER, load_stage, save_stage
from mtrec.reports.evaluation import differences, evaluation
from mtrec.schema import SPLIT, STAGES, TEST, task_space
from mtrec.tasks import TASK_TYPES
from mtrec.training.reporter import SilentReporter
from tests.recommend.conftest import Run


def test_evaluation_holds_every_stage_beside_the_baseline(folder: Path) -> None:
    rows = json.loads((folder / "evaluation.json").read_text())
    everyone = [(row["recommender"], row["stage"]) for row in rows if row["segment"] == "all"]
    baselines = [(name, None) for name in RECOMMENDERS]
    assert everyone == [*baselines, *(("fused", stage) for stage in STAGES)]
    assert len({row["users"] for row in rows if row["segment"] == "all"}) == 1
    for row in rows:
        assert row["segment"] in ("all", "cold", "few", "warm")
        assert set(row["metrics"]) == {
            f"{name}@10"
            for name in ("ndcg", "recall", "mrr", "map", "coverage", "novelty", "diversity")
        }


def test_settings_can_be_chosen_by_a_figure_that_takes_nothing_from_test(
    run: Run, folder: Path, tiny_recipe: Path
) -> None:
    """With every like of the test part taken away, that figure stays as it is."""
    metrics = json.loads((folder / "metrics.json").read_text())
    assert CHOSEN_BY == "val/multitask/ndcg@10" and 0 < metrics[CHOSEN_BY] <= 1
    dataset = read_dataset(tiny_recipe, TASK_TYPES)
    acts = dataset.interactions
    kept = acts[acts[SPLIT] != TEST].reset_index(drop=True)
    blind = replace(dataset, tables={**dataset.tables, "interactions": kept})
    other = json.loads((run(blind) / "metrics.json").read_text())
    assert other[CHOSEN_BY] == metrics[CHOSEN_BY]
    assert any(other.get(key) != value for key, value in metrics.items())


def test_before_validation_a_recommender_knows_what_it_knew_then(
    folder: Path, people: People, tiny_recipe: Path
) -> None:
    """Stages from stored parts come to the figure of the run, baselines to that of their tuning."""
    dataset = read_dataset(tiny_recipe, TASK_TYPES)
    val = RecommendationData.from_dataset(dataset, "val")
    metrics = json.loads((folder / "metrics.json").read_text())
    found = mean_ndcg(people.before("multitask", val), val)
    assert found == pytest.approx(metrics[CHOSEN_BY], abs=1e-3)
    for name, said in people.description["baselines"].items():
        assert mean_ndcg(people.before(name, val), val) == pytest.approx(said["ndcg"], abs=1e-3)
    with pytest.raises(InputError, match="no recommender magic"):
        people.before("magic", val)


def test_before_validation_the_adapted_stage_is_as_it_was_judged_there(
    people: People, tiny_recipe: Path
) -> None:
    """It comes of what was known then alone: learned again from that history, it is the same."""
    dataset = read_dataset(tiny_recipe, TASK_TYPES)
    kept = _Run.of(people)
    known = kept.known(dataset, "val")
    config = RecommendConfig(dimension=8, epochs=2)
    found = choose(known.data, known.sources, kept.item_texts, config, 0, SilentReporter())
    assert found is not None
    everybody = np.arange(len(people.users))
    learned = found[1].recommender(known.sources, len(everybody))
    before = people.before("adapted", known.data)
    assert before.scores(everybody) == pytest.approx(learned.scores(everybody), abs=1e-4)
    assert before.scores(everybody) != pytest.approx(
        people.stage("adapted").scores(everybody), abs=1e-2
    )


def test_stages_that_learned_nothing_of_likes_can_be_made_again(
    people: People, tiny_recipe: Path
) -> None:
    test = RecommendationData.from_dataset(read_dataset(tiny_recipe, TASK_TYPES), "test")
    everybody = np.arange(len(test.users))
    for stage in ("pretrained", "multitask"):
        again = people.before(stage, test).scores(everybody)
        assert again == pytest.approx(people.stage(stage).scores(everybody), abs=2e-3)


def test_the_best_baseline_on_validation_is_compared_with_the_furthest_stage(
    folder: Path, people: People
) -> None:
    tuned = people.description["baselines"]
    assert set(tuned) == set(RECOMMENDERS)
    for name, said in tuned.items():
        assert said["setting"] in [dict(each) for each in RECOMMENDERS[name].grid]
        assert said["ndcg"] == max(said["tried"])
    best = max(tuned, key=lambda name: tuned[name]["ndcg"])
    rows = json.loads((folder / "paired.json").read_text())
    against = [row["b"]["recommender"] for row in rows if row["b"]["stage"] is None]
    assert against[0] == best


def test_stages_are_compared_user_by_user(folder: Path, people: People) -> None:
    rows = json.loads((folder / "paired.json").read_text())
    pairs = {
        (row["a"]["stage"], row["b"]["stage"] or row["b"]["recommender"])
        for row in rows
        if row["segment"] == "all"
    }
    assert pairs == {
        ("adapted", "pretrained"),
        ("adapted", "multitask"),
        ("multitask", "pretrained"),
        *(("adapted", name) for name in people.baselines),
    }


def test_differences_are_the_kept_ones_and_agree_with_the_evaluation(
    folder: Path, people: People, tiny_recipe: Path
) -> None:
    found = differences(people)
    assert found == json.loads((folder / "paired.json").read_text())
    means = {
        (row["stage"] or row["recommender"], row["segment"]): row["metrics"]["ndcg@10"]["value"]
        for row in evaluation(people, read_dataset(tiny_recipe, TASK_TYPES))
    }
    for row in found:
        a, b = (row[side]["stage"] or row[side]["recommender"] for side in ("a", "b"))
        expected = means[a, row["segment"]] - means[b, row["segment"]]
        assert row["metrics"]["ndcg@10"]["value"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_a_baseline_answers_later_as_it_was_judged(
    people: People, tiny_recipe: Path, name: str
) -> None:
    data = RecommendationData.from_dataset(read_dataset(tiny_recipe, TASK_TYPES), "test")
    found = judge(people.recommender(name), data, texts=people.item_texts)
    rows = json.loads((people.folder.parent / "evaluation.json").read_text())
    kept = [row for row in rows if row["recommender"] == name]
    assert table(found, data) == kept


def test_a_run_from_before_there_were_other_baselines_has_what_is_popular(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    said = json.loads((tmp_path / FOLDER / "people.json").read_text())
    del said["baselines"]
    (tmp_path / FOLDER / "people.json").write_text(json.dumps(said))
    old = People(tmp_path / FOLDER)
    assert list(old.baselines) == ["popular"]
    assert old.recommend("u01", recommender="popular")
    with pytest.raises(InputError, match="no recommender ease"):
        old.recommender("ease")


def test_lists_leave_out_train_and_val_and_may_hold_test(people: People, tiny_recipe: Path) -> None:
    acts = read_dataset(tiny_recipe, TASK_TYPES).interactions
    for user in people.users[:6]:
        mine = acts[acts["user"] == user]
        listed = {each["item"] for each in people.recommend(user, 100)}
        assert not listed & set(mine[mine["split"] != "test"]["item"])
        assert set(mine[mine["split"] == "test"]["item"]) <= listed
        assert len(listed) == 60 - (mine["split"] != "test").sum()


def test_a_stage_saved_and_loaded_scores_the_same(people: People, tmp_path: Path) -> None:
    for stage in STAGES:
        recommender = people.stage(stage)
        save_stage(recommender, tmp_path)
        loaded = load_stage(tmp_path, stage)
        users = np.arange(len(people.users))
        assert (loaded.scores(users) == recommender.scores(users)).all()
        assert (loaded.weights(users) == recommender.weights(users)).all()


def test_an_encoder_that_learned_keeps_its_former_vectors_for_before(
    run: Run, tiny_recipe: Path
) -> None:
    people = People(run(tiny_recipe, "top") / FOLDER)
    for stage in STAGES:
        for each in people.recommend("u02", 5, stage):
            added = sum(reason["weight"] for reason in each["reasons"])
            assert added == pytest.approx(each["score"], abs=1e-6)
            position = people.users.tolist().index("u02")
            scores = people.stage(stage).scores(np.array([position]))[0]
            assert each["score"] == pytest.approx(float(scores[int(each["item"][1:])]), abs=1e-4)


@pytest.mark.parametrize("kind", ["mmoe", "cgc"])
def test_tasks_that_mix_experts_have_profiles_and_reasons(
    run: Run, kind: str, tiny_recipe: Path
) -> None:
    people = People(run(tiny_recipe, kind=kind) / FOLDER)
    assert people.stages == list(STAGES)
    tasks = ("sentiment", "topic")
    assert [people.stage("multitask").sources[task].space for task in tasks] == [
        task_space(task) for task in tasks
    ]
    users = np.arange(len(people.users))
    for stage in STAGES:
        said = people.profile("u02", stage)
        assert sum(each["weight"] for each in said["sources"].values()) == pytest.approx(1)
        json.dumps(said, allow_nan=False)
        scores = people.stage(stage).scores(users)[people.users.tolist().index("u02")]
        for each in people.recommend("u02", 5, stage):
            added = sum(reason["weight"] for reason in each["reasons"])
            assert added == pytest.approx(each["score"], abs=1e-6)
            assert each["score"] == pytest.approx(float(scores[int(each["item"][1:])]), abs=1e-4)
    without = people.stage("multitask").without("topic")
    assert not np.allclose(without.scores(users), people.stage("multitask").scores(users))


SMALL = {
    "no tasks": (
        "a,x,one,2024-01-01\na,y,two,2024-01-02\nb,x,three,2024-01-03\n",
        "records: [{file: r.csv, text: text, user: user, item: item, time: time}]\n",
    ),
    "one user": (
        "a,x,one,2024-01-01\na,y,two,2024-01-02\na,z,three,2024-01-03\n",
        "records: [{file: r.csv, text: text, user: user, item: item, time: time}]\n",
    ),
    "one act": (
        "a,x,one,2024-01-01\n",
        "records: [{file: r.csv, text: text, user: user, item: item, time: time}]\n",
    ),
    "no records": (
        "a,x,one,2024-01-01\na,y,two,2024-01-02\nb,x,three,2024-01-03\nc,z,o,2024-01-04\n",
        "interactions: {file: r.csv, user: user, item: item, time: time}\n",
    ),
    "texts but no acts": (
        "a,x,one,2024-01-01\na,y,two,2024-01-02\nb,x,three,2024-01-03\n",
        "records: [{file: r.csv, text: text, user: user}]\n",
    ),
}


@pytest.mark.parametrize("case", SMALL)
def test_small_data_gives_sensible_lists(run: Run, case: str, tmp_path: Path) -> None:
    rows, recipe = SMALL[case]
    (tmp_path / "r.csv").write_text("user,item,text,time\n" + rows)
    (tmp_path / "recipe.yaml").write_text("name: small\n" + recipe)
    folder = run(tmp_path / "recipe.yaml")
    json.loads((folder / "evaluation.json").read_text())
    json.loads((folder / "paired.json").read_text())
    people = People(folder / FOLDER)
    for user in people.users:
        for stage in people.stages:
            json.dumps(people.profile(user, stage), allow_nan=False)
        for name in people.baselines:
            json.dumps(people.recommend(user, 100, name), allow_nan=False)
        listed = people.recommend(user, 100)
        assert len({each["item"] for each in listed}) == len(listed)


AIRLINE = Path(__file__).parents[3] / "shared" / "data" / "airline" / "recipe.yaml"


@pytest.mark.slow
@pytest.mark.skipif(not AIRLINE.exists(), reason="the airline data is not here")
def test_six_items_and_thousands_of_users_make_lists_of_what_is_left(run: Run) -> None:
    folder = run(AIRLINE)
    people = People(folder / FOLDER)
    assert people.stages == list(STAGES)
    rows = json.loads((folder / "evaluation.json").read_text())
    assert all(0 <= row["metrics"]["ndcg@10"]["value"] <= 1 for row in rows)
    for user in people.users[:3]:
        listed = people.recommend(user, 10)
        seen = people.profile(user)["interactions"]
        assert len(listed) == 6 - seen
