"""What each part of what is known adds to the lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.errors import InputError
from mtrec.recommend import contributions as module
from mtrec.recommend.adapt import Chosen, choose
from mtrec.recommend.closed_form import Form
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.contributions import contributions
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.people import People
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import ENCODER
from mtrec.recommend.stored import FOLDER
from mtrec.reports.evaluation import evaluation
from mtrec.schema import ADAPTED
from mtrec.tasks import TASK_TYPES
from mtrec.training.reporter import SilentReporter, Stopped
from tests.recommend.conftest import Run

CONFIG = RecommendConfig(dimension=8, epochs=2)  # as the run was made


@pytest.fixture(scope="module")
def dataset(tiny_recipe: Path) -> Dataset:
    return read_dataset(tiny_recipe, TASK_TYPES)


@pytest.fixture(scope="module")
def rows(people: People, dataset: Dataset) -> list[dict[str, Any]]:
    return contributions(people, dataset, CONFIG, 0, SilentReporter())


def test_everything_is_left_out_in_turn(
    rows: list[dict[str, Any]], people: People, dataset: Dataset
) -> None:
    left = {(row["without"], row["kind"]) for row in rows if row["segment"] == "all"}
    sources = {(name, each.kind) for name, each in people.stage(ADAPTED).sources.items()}
    activities = {(name, "activity") for name in dataset.records["source"].unique()}
    assert left == sources | activities
    assert {"task", "text", "liked", "activity"} <= {kind for _, kind in left}


def test_what_it_adds_is_the_whole_minus_what_is_left(
    rows: list[dict[str, Any]], people: People, dataset: Dataset
) -> None:
    whole = {
        row["segment"]: row["metrics"]
        for row in evaluation(people, dataset)
        if row["stage"] == ADAPTED
    }
    for row in rows:
        for name, adds in row["adds"].items():
            left = row["metrics"][name]["value"]
            assert adds["value"] == pytest.approx(
                whole[row["segment"]][name]["value"] - left, abs=1e-9
            )


def test_with_nothing_left_out_the_stage_comes_out_again(people: People, dataset: Dataset) -> None:
    run = module._Run.of(people)
    val, test = run.known(dataset, "val"), run.known(dataset, "test")
    found = choose(val.data, val.sources, run.item_texts, CONFIG, 0, SilentReporter())
    assert found is not None
    again = module._learned(test, run.item_texts, CONFIG, found[0], 0, SilentReporter())
    everyone = np.arange(len(people.users))
    assert again.scores(everyone) == pytest.approx(people.stage(ADAPTED).scores(everyone), abs=1e-4)


def test_a_run_of_before_this_was_kept_chooses_again(
    rows: list[dict[str, Any]], people: People, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people.description["chosen"]
    monkeypatch.delitem(people.description, "chosen")
    assert contributions(people, dataset, CONFIG, 0, SilentReporter()) == rows


def test_p_values_are_corrected_over_all_that_is_left_out() -> None:
    found = module._corrected(
        [
            {"segment": "all", "adds": {"ndcg@10": {"p_value": 0.01}}},
            {"segment": "all", "adds": {"ndcg@10": {"p_value": 0.04}}},
            {"segment": "warm", "adds": {"ndcg@10": {"p_value": 0.04}}},
        ]
    )
    assert [each["adds"]["ndcg@10"]["p_value"] for each in found] == [0.02, 0.04, 0.04]


def test_without_anything_left_lists_are_what_is_popular(people: People, dataset: Dataset) -> None:
    run = module._Run.of(people)
    nothing = replace(run.known(dataset, "test"), sources={})
    chosen = Chosen(Form(), passes=1)
    alone = module._learned(nothing, run.item_texts, CONFIG, chosen, 0, SilentReporter())
    popular = Popular.fit(nothing.data, run.spaces[ENCODER])
    assert mean_ndcg(alone, nothing.data) == mean_ndcg(popular, nothing.data)


def test_an_activity_left_out_leaves_none_of_its_texts(people: People, dataset: Dataset) -> None:
    run = module._Run.of(people)
    test = run.known(dataset, "test")
    activities = [name for name, kind in run.parts(test) if kind == "activity"]
    assert activities == ["notes", "reviews"]
    for name in activities:
        known = run.without(name, "activity", dataset, test)
        assert name not in set(known.data.activities)
        assert (known.data.seen != test.data.seen).nnz == 0
        left = test.data.records[test.data.activities != name]
        assert known.data.records.tolist() == left.tolist()


def test_it_counts_its_work_and_stops_when_asked(people: People, dataset: Dataset) -> None:
    class Counting(SilentReporter):
        total = done = 0

        def phase(self, name: str, total: int) -> None:
            self.total = total

        def advance(self, n: int) -> None:
            self.done += n

        def should_stop(self) -> bool:
            return self.done > self.total / 2

    counting = Counting()
    with pytest.raises(Stopped):
        contributions(people, dataset, CONFIG, 0, counting)
    assert counting.total / 2 < counting.done < counting.total


def test_a_run_that_learned_nothing_from_likes_says_so(
    run: Run, dataset: Dataset, tmp_path: Path
) -> None:
    acts = dataset.interactions.assign(liked=False)
    blind = replace(dataset, tables={**dataset.tables, "interactions": acts})
    people = People(run(blind) / FOLDER)
    with pytest.raises(InputError, match="Nothing was learned"):
        contributions(people, blind, CONFIG, 0, SilentReporter())
