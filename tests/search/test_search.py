"""A search proposes, judges, ends early, keeps the best, and can be stopped and gone on with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from mtrec.config import with_settings
from mtrec.errors import InputError, MtrecError
from mtrec.search.search import Stopped, go_on
from mtrec.search.store import Plan, Search, Searches
from tests.search.conftest import EPOCHS, Formula, worth


def never() -> bool:
    return False


def test_the_best_is_better_than_the_settings_as_they_were_and_both_are_kept(begun: Search) -> None:
    trainer = Formula()
    go_on(begun, trainer, never)

    trials = begun.trials
    assert len(trials) == 12 and [each.trial for each in trials] == list(range(1, 13))
    (best,) = [each for each in trials if each.best]
    assert trials[0].as_set and trials[0].settings == {"tasks.topic.lambda": 1.0}
    assert best.values["mean"] > trials[0].values["mean"]
    finished = [each for each in trials if each.state == "finished"]
    assert best.values["mean"] == max(each.values["mean"] for each in finished)
    assert sorted(trainer.kept) == sorted({trials[0].run, best.run})


def test_a_trial_is_trained_with_what_is_shown_of_it(begun: Search) -> None:
    trainer = Formula()
    go_on(begun, trainer, never)
    for each in begun.trials:
        value = each.settings["tasks.topic.lambda"]
        assert trainer.configs[each.run].tasks["topic"].lambda_ == value
        assert float(f"{value:.3g}") == value


def test_one_below_the_median_at_an_epoch_is_ended_early(begun: Search) -> None:
    trainer = Formula()
    go_on(begun, trainer, never)
    trials = begun.trials
    assert {each.state for each in trials[:5]} == {"finished"}
    early = [each for each in trials if each.state == "ended early"]
    assert early
    for each in early:
        # The formula grows alike from epoch to epoch, so the last epochs compare as all do.
        before = [other for other in trials[: each.trial - 1] if other.state == "finished"]
        median = np.median([worth(trainer.configs[other.run])["mood"] for other in before])
        assert worth(trainer.configs[each.run])["mood"] < median
        assert not each.best


def test_none_is_ended_within_the_first_third_of_its_epochs(searches: Searches, plan: Plan) -> None:
    config = with_settings(plan.config, [f"train.epochs={2 * EPOCHS}"])  # so that a third is 3
    search = searches.begin("late", replace(plan, config=config))
    search.ask_for(12)
    go_on(search, Formula(), never)
    early = [
        len(each.intermediate_values)
        for each, told in zip(search.study.trials, search.trials, strict=True)
        if told.state == "ended early"
    ]
    assert early and min(early) == 3


def test_how_much_a_task_matters_decides_what_is_best(searches: Searches, plan: Plan) -> None:
    def best(name: str, weights: dict[str, float]) -> float:
        search = searches.begin(name, replace(plan, weights=weights))
        search.ask_for(30)
        go_on(search, Formula(), never)
        (found,) = [each for each in search.trials if each.best]
        return float(found.settings["tasks.topic.lambda"])

    assert best("mood", {"mood": 1.0, "topic": 0.0}) == pytest.approx(3, rel=0.5)
    assert best("topic", {"mood": 0.0, "topic": 1.0}) > 8


def test_of_each_task_by_itself_all_that_no_other_beats_are_kept(
    searches: Searches, plan: Plan
) -> None:
    search = searches.begin("each", replace(plan, objective="each"))
    search.ask_for(15)
    trainer = Formula()
    go_on(search, trainer, never)
    trials = search.trials
    assert {each.state for each in trials} == {"finished"}
    for each in trials:
        beaten = any(
            all(other.values[task] >= each.values[task] for task in each.values)
            and other.values != each.values
            for other in trials
        )
        assert each.best is not beaten
    assert search.importance() == {}
    assert set(trainer.kept) == {each.run for each in trials if each.best or each.as_set}


def test_one_that_is_stopped_goes_on_with_the_trial_that_was_under_way(
    begun: Search, searches: Searches
) -> None:
    trainer = Formula()
    with pytest.raises(Stopped):
        go_on(begun, trainer, lambda: len(trainer.waited) == 3)
    assert [each.state for each in begun.trials] == ["finished", "finished", "under way"]
    assert begun.json()["trials"][2]["state"] == "stopped"
    with begun.worked_on():
        assert searches.get("first").json()["trials"][2]["state"] == "under way"

    go_on(begun, trainer, never)
    assert trainer.waited[2] == trainer.waited[3]  # the same run, taken up again
    assert begun.done == 12 and len(trainer.configs) == 12


def test_after_it_is_done_more_can_be_asked_for(begun: Search, searches: Searches) -> None:
    trainer = Formula()
    go_on(begun, trainer, never)
    begun.ask_for(14)
    again = searches.get("first")
    go_on(again, trainer, never)
    assert again.done == 14


def test_a_failed_trial_says_why_and_counts(begun: Search) -> None:
    trainer = Formula()
    trainer.fails = lambda number: number == 2
    go_on(begun, trainer, never)
    trial = begun.trials[1]
    assert (trial.state, trial.reason, trial.values) == ("failed", "It broke.", {})
    assert trial.run not in trainer.kept and begun.done == 12


def test_where_the_first_trials_all_fail_it_gives_up(begun: Search) -> None:
    trainer = Formula()
    trainer.fails = lambda number: True
    with pytest.raises(MtrecError, match="It broke"):
        go_on(begun, trainer, never)
    assert begun.done == 3


def test_a_figure_that_a_run_lacks_fails_its_trial(searches: Searches, plan: Plan) -> None:
    search = searches.begin("lists", replace(plan, objective="recommendations"))
    search.ask_for(3)
    with pytest.raises(MtrecError, match="ndcg@10"):
        go_on(search, Formula(), never)


def test_two_never_work_on_one_search(begun: Search, searches: Searches) -> None:
    other = searches.get("first")
    assert not other.is_worked_on()
    with begun.worked_on():
        assert other.is_worked_on()
        with pytest.raises(MtrecError, match="under way already"):
            go_on(other, Formula(), never)
    assert not other.is_worked_on()


def test_a_name_stands_for_one_search(searches: Searches, plan: Plan, begun: Search) -> None:
    assert searches.begin("first", plan).live.root == begun.live.root
    wider = {"tasks.topic.lambda": FloatDistribution(0.1, 20, log=True)}
    with pytest.raises(InputError, match="it is another one"):
        searches.begin("first", replace(plan, space=wider))
    searches.begin("second", replace(plan, space={"train.epochs": IntDistribution(1, 5)}))
    assert set(searches.names()) == {"first", "second"}
    searches.delete("first")
    assert searches.names() == ["second"]
    with pytest.raises(InputError, match="write second"):
        searches.get("secnd")
    for wrong in ("", "  ", "x" * 121):
        with pytest.raises(InputError, match="cannot be called that"):
            searches.begin(wrong, plan)


def test_what_makes_the_difference_is_told_once_there_is_enough(
    searches: Searches, plan: Plan
) -> None:
    space = dict(plan.space) | {"trunk.dropout": FloatDistribution(0, 0.5)}
    search = searches.begin("both", replace(plan, space=space))
    search.ask_for(5)
    trainer = Formula()
    go_on(search, trainer, never)
    assert search.importance() == {}
    search.ask_for(40)
    go_on(search, trainer, never)
    shares = search.importance()
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["tasks.topic.lambda"] > shares["trunk.dropout"]  # which the formula never reads


def test_how_long_it_will_take_is_known_after_the_first(begun: Search) -> None:
    assert begun.seconds_left() is None
    begun.ask_for(2)
    go_on(begun, Formula(), never)
    assert begun.seconds_left() == 0
