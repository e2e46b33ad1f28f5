"""The page Search: a search is begun, watched, stopped, gone on with, and its best is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from mtrec.config import RunConfig, with_settings
from mtrec.data.dataset import find_dataset
from mtrec.runs import processes
from mtrec.search import worker
from mtrec.search.runs import plan
from mtrec.search.search import Ended, Epochs, go_on
from mtrec.search.store import Search, Searches
from tests.pages.conftest import Done, open_page, said

FROZEN = ("encoder.method=frozen",)


class Dice:
    """A trainer whose figures are those of its λ of intent."""

    def __init__(self, tasks: list[str]) -> None:
        self._tasks = tasks
        self._configs: dict[str, RunConfig] = {}

    def begin(self, config: RunConfig, name: str) -> str:
        self._configs[name] = config
        return name

    def wait(self, run: str, look: Callable[[Epochs], bool]) -> Ended:
        worth = 1 / (1 + self._configs[run].tasks["intent"].lambda_)
        return Ended({f"val/{task}/macro_f1": worth for task in self._tasks})

    def forget(self, run: str) -> None:
        pass


@pytest.fixture
def searches(done: Done) -> Iterator[Searches]:
    """The searches of the workspace, all forgotten afterwards."""
    found = Searches(done.workspace)
    yield found
    for name in found.names():
        found.delete(name)


@pytest.fixture
def sleeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that works on nothing, in place of one that searches."""
    monkeypatch.setattr(worker, "WORKER", (sys.executable, "-c", "import time; time.sleep(60)"))
    yield
    for child in processes._children:
        child.kill()
        child.wait()
    processes._children.clear()


def searched(searches: Searches, name: str, trials: int, objective: str = "tasks") -> Search:
    dataset = find_dataset("shop", searches.workspace)
    made = plan(dataset, with_settings(RunConfig(), FROZEN), objective)
    search = searches.begin(name, made)
    search.ask_for(trials)
    go_on(search, Dice(list(dataset.tasks)), lambda: False)
    return search


def link(app: AppTest, label: str) -> dict[str, str]:
    (found,) = [each.proto for each in app.get("page_link") if each.proto.label == label]
    return dict(parse_qsl(found.query_string))


def test_a_search_is_begun_and_watched_though_its_process_has_only_just_started(
    searches: Searches, sleeper: None
) -> None:
    app = open_page("search")
    assert not app.exception and not app.error
    app.number_input(key="search-trials").set_value(3)
    app.text_input(key="search-name").set_value("mine")
    app = app.button(key="begin-search").click().run()
    assert not app.exception and not app.error
    found = searches.get("mine")
    assert found.asked == 3 and found.is_worked_on()
    assert found.plan.config.encoder.method == "frozen"
    assert app.button(key="stop-search") and "It goes on without this page" in said(app)

    app = app.button(key="stop-search").click().run()
    assert found.live.stop.exists() and app.button(key="stop-search").disabled
    assert "asked to stop" in said(app)


def test_the_best_goes_to_a_training(searches: Searches) -> None:
    search = searched(searches, "done", 9)
    (best,) = [each for each in search.trials if each.best]
    app = open_page("search")
    assert not app.exception and not app.error
    assert "9 of 9 trials done" in said(app) and "The best so far" in said(app)
    values = link(app, "Train with it")
    assert values["encoder.method"] == "frozen"
    for key, value in best.settings.items():
        assert float(values[key]) == value
    assert "share of the difference" in said(app)


def test_of_several_results_all_that_nothing_beats_are_told(searches: Searches) -> None:
    searched(searches, "each", 4, "each")
    app = open_page("search")
    assert not app.exception and not app.error
    assert "that no other beats at every task" in said(app)


def test_a_trial_that_rests_reads_stopped(searches: Searches) -> None:
    search = searched(searches, "rests", 1)
    search.study.ask(dict(search.plan.space))
    assert states(open_page("search")) == ["finished", "stopped"]
    with search.worked_on():
        assert states(open_page("search")) == ["finished", "under way"]


def states(app: AppTest) -> list[str]:
    """Of every trial, as the table of all has it."""
    assert not app.exception and not app.error
    (table,) = [each.value for each in app.dataframe if "state" in each.value]
    found: list[str] = table["state"].tolist()
    return found


def test_it_goes_on_and_is_forgotten(searches: Searches, sleeper: None) -> None:
    searched(searches, "done", 2)
    app = open_page("search")
    more = app.number_input(key="more-done-2")
    assert more.min == 3 and more.value == 12
    more.set_value(5).run()
    app = app.button(key="continue-search").click().run()
    assert not app.exception and not app.error
    assert searches.get("done").asked == 5 and searches.get("done").is_worked_on()
    for child in processes._children:
        child.kill()
        child.wait()
    app = open_page("search")
    app = app.button(key="forget-done").click().run()
    assert not app.exception and not app.error and searches.names() == []


def test_of_a_stopped_search_the_trials_it_was_to_have_are_offered(searches: Searches) -> None:
    """However many the command line asked for."""
    searched(searches, "done", 2).ask_for(600)
    app = open_page("search")
    assert not app.exception and not app.error
    assert app.number_input(key="more-done-2").value == 600


def test_why_it_ended_is_told(searches: Searches) -> None:
    searched(searches, "done", 1).say("The first 3 trainings of this search all failed.")
    app = open_page("search")
    assert "all failed" in app.error[0].value.replace("\\", "")


def test_that_the_first_weight_stays_is_said_where_others_may_change(
    searches: Searches,
) -> None:
    app = open_page("search")
    assert "λ of sentiment stays 1" in said(app)
    (space,) = [each for each in app.multiselect if each.label == "What may change"]
    app = space.set_value(["trunk.dropout"]).run()
    assert not app.exception and "stays 1" not in said(app)


def test_without_anything_to_change_there_is_nothing_to_begin(searches: Searches) -> None:
    app = open_page("search")
    (what,) = [each for each in app.multiselect if each.label == "What may change"]
    app = what.set_value([]).run()
    assert app.button(key="begin-search").disabled
    assert "nothing to search" in app.warning[0].value


def test_what_matters_is_asked_only_where_tasks_are_judged_together(searches: Searches) -> None:
    app = open_page("search")
    assert app.number_input(key="search-matters-topic").value == 1.0
    app = app.radio(key="search-goal").set_value("recommendations").run()
    assert not [each for each in app.number_input if str(each.key).startswith("search-matters")]


def test_another_search_of_the_same_name_is_refused(searches: Searches) -> None:
    searched(searches, "done", 1)
    app = open_page("search")
    app.text_input(key="search-name").set_value("done")
    app.number_input(key="search-matters-topic").set_value(3.0)
    app = app.button(key="begin-search").click().run()
    assert "it is another one" in app.error[0].value.replace("\\", "")
