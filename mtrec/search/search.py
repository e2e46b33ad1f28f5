"""A search at work: settings are proposed, tried and judged, one after the other.

Settings are proposed by the tree-structured Parzen estimator (Bergstra et al., 2011, *Algorithms
for Hyper-Parameter Optimization*), and a trial that after a third of its epochs or later is below
the median of those finished before it at that epoch is ended early (Golovin et al., 2017, *Google
Vizier*), both by Optuna (Akiba et al., 2019, arXiv:1907.10902). All judging is on validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from optuna.trial import Trial, TrialState

from mtrec.config import RunConfig
from mtrec.errors import MtrecError
from mtrec.search.space import shown, with_values
from mtrec.search.store import FAILED, REASON, RUN, SETTINGS, UNDER_WAY, Search

FAILURES = 3  # trials that fail at the beginning, after which a search gives up

Epochs = Sequence[Mapping[str, float]]
"""Of each epoch that is over, each task's headline on validation."""


@dataclass(frozen=True)
class Ended:
    """How a training ended.

    Args:
        figures: of one that is finished, by `<split>/<task>/<metric>`; None otherwise.
        reason: why it failed, in a sentence.
    """

    figures: Mapping[str, float] | None
    reason: str = ""


class Trainer(Protocol):
    """What tries settings: the queue of runs, a benchmark, a test."""

    def begin(self, config: RunConfig, name: str) -> str:
        """Begins a training and gives its id."""

    def wait(self, run: str, look: Callable[[Epochs], bool]) -> Ended:
        """Waits until it ends, going on with one that was stopped; `look` says when to end it."""

    def forget(self, run: str) -> None:
        """Deletes a training, if it is still there."""


class Stopped(Exception):
    """A search was stopped because someone asked for it. What was found is kept."""


def go_on(search: Search, trainer: Trainer, stopped: Callable[[], bool]) -> None:
    """Goes on with a search until it has as many trials as were asked for.

    The runs of the best trials are kept, and of the settings as they were; those of all others are
    deleted once they are judged. A trial that is under way when the search stops, or is killed,
    goes on when the search does.

    Args:
        stopped: asked often; where true, the search stops.

    Raises:
        Stopped: it was asked to stop.
        MtrecError: somebody else works on it, or its first trials all failed.
    """
    with search.worked_on():
        for left in search.study.get_trials(states=(TrialState.RUNNING,)):
            _finish(search, Trial(search.study, left._trial_id), trainer, stopped)
        while search.done < search.asked:
            if stopped():
                raise Stopped
            trial = search.study.ask(dict(search.plan.space))
            _finish(search, trial, trainer, stopped)
            _check_failures(search)


def _finish(search: Search, trial: Trial, trainer: Trainer, stopped: Callable[[], bool]) -> None:
    """Sees a trial to its end, begins it where that was not done, and keeps what it came to."""
    run = trial.user_attrs.get(RUN)
    if run is None:
        values = {
            key: float(shown(each)) if isinstance(each, float) else each
            for key, each in trial.params.items()
        }
        trial.set_user_attr(SETTINGS, values)
        config = with_values(search.plan.config, values)
        run = trainer.begin(config, f"{search.name}, trial {trial.number + 1}")
        trial.set_user_attr(RUN, run)
    told = len(search.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
    lags = False
    judge = search.plan.judge

    def look(epochs: Epochs) -> bool:
        nonlocal told, lags
        for epoch, headlines in enumerate(epochs[told:], told + 1):
            value = judge.on_the_way(headlines)
            if value is not None:
                trial.report(value, epoch)
                lags = lags or trial.should_prune()
        told = max(told, len(epochs))
        return lags or stopped()

    ended = trainer.wait(run, look)
    if ended.figures is not None:
        _judge(search, trial, ended.figures)
    elif lags:
        search.study.tell(trial, state=TrialState.PRUNED)
    elif stopped():
        raise Stopped
    else:
        _fail(search, trial, ended.reason)
    _keep_the_best(search, trainer)


def _judge(search: Search, trial: Trial, figures: Mapping[str, float]) -> None:
    try:
        values = search.plan.judge.values(figures)
    except KeyError as missing:
        _fail(search, trial, f"The training has no figure {missing.args[0]} to judge it by.")
    else:
        search.study.tell(trial, values)


def _fail(search: Search, trial: Trial, reason: str) -> None:
    trial.set_user_attr(REASON, reason)
    search.study.tell(trial, state=TrialState.FAIL)


def _keep_the_best(search: Search, trainer: Trainer) -> None:
    for each in search.trials:
        if each.run and each.state != UNDER_WAY and not (each.best or each.as_set):
            trainer.forget(each.run)


def _check_failures(search: Search) -> None:
    trials = search.trials
    if len(trials) >= FAILURES and all(each.state == FAILED for each in trials):
        raise MtrecError(
            f"The first {FAILURES} trainings of this search all failed, so it was ended",
            found=trials[-1].reason.removesuffix("."),
            fix="train once with these settings, and search when that works",
        )
