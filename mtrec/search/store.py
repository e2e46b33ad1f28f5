"""Searches that were begun, and what their trials came to.

The only module that knows where Optuna keeps them: an SQLite file of the workspace. A search has a
lock that whoever works on it holds, so that two never do, and so that one which was killed is
known to rest.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock, Timeout
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.importance import get_param_importances
from optuna.pruners import MedianPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from mtrec.config import RunConfig, parse_config
from mtrec.data.checked import nearest
from mtrec.errors import InputError, MtrecError
from mtrec.runs import processes
from mtrec.runs.progress import LiveFiles
from mtrec.runs.store import LONGEST_NAME, STOPPED
from mtrec.schema import VAL
from mtrec.search.objective import OBJECTIVES, Objective
from mtrec.search.space import Space, as_it_is
from mtrec.tasks import TASK_TYPES
from mtrec.workspace import Workspace

optuna.logging.set_verbosity(optuna.logging.ERROR)

FINISHED, ENDED_EARLY, FAILED, UNDER_WAY = "finished", "ended early", "failed", "under way"
_STATES = {
    TrialState.COMPLETE: FINISHED,
    TrialState.PRUNED: ENDED_EARLY,
    TrialState.FAIL: FAILED,
    TrialState.RUNNING: UNDER_WAY,
}
# Attributes of a study.
_PLAN, _FOLDER, _CREATED, _ASKED, _SAID = "plan", "folder", "created", "asked", "said"
# Attributes of a trial.
RUN, SETTINGS, REASON, _AS_SET = "run", "settings", "reason", "as_set"
TRIED_FIRST = 5  # trials at random, and finished before any other is ended early
TOO_SOON = 1 / 3  # of a training, in which a slow start says little about its end
FEWEST_FOR_IMPORTANCE = 8  # finished trials
WAIT = 60.0  # seconds for another process to let go of the file


@dataclass(frozen=True)
class Plan:
    """What a search does.

    Args:
        dataset: `name@version`.
        config: the settings that stay, with one entry for each task.
        types: each task's type.
        space: the settings that change.
        objective: a name in `OBJECTIVES`.
        weights: how much each task matters to who searches.
    """

    dataset: str
    config: RunConfig
    types: dict[str, str]
    space: Space
    objective: str
    weights: dict[str, float]

    @property
    def judge(self) -> Objective:
        """What its runs are judged by."""
        headlines = {
            name: TASK_TYPES[self.types[name]].headline
            for name, task in self.config.tasks.items()
            if task.enabled and task.lambda_ > 0
        }
        return OBJECTIVES[self.objective](headlines, self.weights)

    def json(self) -> dict[str, Any]:
        return asdict(self) | {
            "config": self.config.model_dump(mode="json"),
            "space": {key: distribution_to_json(each) for key, each in self.space.items()},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Plan:
        return cls(
            **value
            | {
                "config": parse_config(value["config"], "the search's settings"),
                "space": {key: json_to_distribution(each) for key, each in value["space"].items()},
            }
        )


@dataclass(frozen=True)
class TrialInfo:
    """One set of settings that was tried.

    Args:
        trial: its number, from 1.
        state: finished, ended early, failed or under way.
        values: what it came to, by what the objective calls them; of one that was ended early what
            it had come to by then, empty where nothing is known.
        settings: the values of what is searched.
        run: the run that tried it; it may be deleted by now.
        best: whether no other beats it.
        as_set: whether these are the settings as they were before the search.
        reason: why it failed, in a sentence.
    """

    trial: int
    state: str
    values: dict[str, float]
    settings: dict[str, Any]
    run: str
    seconds: float | None
    best: bool
    as_set: bool
    reason: str

    def json(self, at_work: bool) -> dict[str, Any]:
        return asdict(self) | {"state": self.standing(at_work)}

    def standing(self, at_work: bool) -> str:
        """Its state as people read it: one is stopped where nobody is at work on its search."""
        return STOPPED if self.state == UNDER_WAY and not at_work else self.state


class Search:
    """One search and its trials."""

    def __init__(
        self, study: optuna.Study, workspace: Workspace, sampler: BaseSampler | None = None
    ) -> None:
        self.name = study.study_name
        self.plan = Plan.from_json(study.user_attrs[_PLAN])
        self.created: str = study.user_attrs[_CREATED]
        self.study = study
        folder: str = study.user_attrs[_FOLDER]
        self.live = LiveFiles(workspace.searching / folder)
        self._lock = FileLock(workspace.locks / f"search-{folder}.lock")
        # Another start than the last time, or a search that goes on would begin as it did before.
        seed = self.plan.config.train.seed + len(study.get_trials(deepcopy=False))
        study.sampler = sampler or TPESampler(seed=seed, n_startup_trials=TRIED_FIRST)
        epochs = self.plan.config.train.epochs_for(self.plan.config.encoder.method)
        study.pruner = MedianPruner(TRIED_FIRST, n_warmup_steps=round(epochs * TOO_SOON))

    @property
    def trials(self) -> list[TrialInfo]:
        """Every trial, the first first."""
        best = {each.number for each in self._best()}
        return [
            TrialInfo(
                trial=each.number + 1,
                state=_STATES[each.state],
                values=self._values(each),
                settings=each.user_attrs.get(SETTINGS, {}),
                run=each.user_attrs.get(RUN, ""),
                seconds=each.duration.total_seconds() if each.duration is not None else None,
                best=each.number in best,
                as_set=each.user_attrs.get(_AS_SET, False),
                reason=each.user_attrs.get(REASON, ""),
            )
            for each in self._frozen()
        ]

    @property
    def done(self) -> int:
        """How many trials are over."""
        return sum(each.state.is_finished() for each in self._frozen())

    @property
    def asked(self) -> int:
        """How many trials it is to have."""
        return int(self.study.user_attrs.get(_ASKED, 0))

    def ask_for(self, trials: int) -> None:
        """Says how many trials it is to have; what was said of it before no longer holds."""
        self.study.set_user_attr(_ASKED, trials)
        self.say("")

    @property
    def said(self) -> str:
        """Why it ended before it was done, in a sentence; empty where it did not."""
        return str(self.study.user_attrs.get(_SAID, ""))

    def say(self, reason: str) -> None:
        """Keeps why it ended before it was done."""
        self.study.set_user_attr(_SAID, reason)

    def importance(self) -> dict[str, float]:
        """The share of what differed that each setting is behind, the largest first.

        By PED-ANOVA (Watanabe et al., 2023, arXiv:2304.10255). Empty where there are several
        values to judge by, and while there are too few finished trials to tell.
        """
        finished = [each for each in self._frozen() if each.state == TrialState.COMPLETE]
        if len(self.plan.judge.names) > 1 or len(finished) < FEWEST_FOR_IMPORTANCE:
            return {}
        if len({each.value for each in finished}) < 2:
            return {}
        return get_param_importances(self.study)

    def seconds_left(self) -> float | None:
        """About how long the trials that are left will take; None while nothing can be said."""
        took = [each.seconds for each in self.trials if each.seconds and each.state != UNDER_WAY]
        return sum(took) / len(took) * max(0, self.asked - self.done) if took else None

    def json(self) -> dict[str, Any]:
        dataset, _, version = self.plan.dataset.partition("@")
        trials, at_work = self.trials, self.is_worked_on()
        return {
            "search": self.name,
            "dataset": dataset,
            "version": version,
            "split": VAL,
            "objective": self.plan.objective,
            "trials": [each.json(at_work) for each in trials],
            "best": [each.trial for each in trials if each.best],
            "importance": self.importance(),
        }

    def is_worked_on(self) -> bool:
        """Whether some process works on it now, or was just started to."""
        process = processes.started(self.live)
        if process is not None and process.find() is not None:
            return True
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    @contextmanager
    def worked_on(self) -> Iterator[None]:
        """Held by who works on it.

        Raises:
            MtrecError: somebody else does.
        """
        try:
            with self._lock.acquire(timeout=2):
                yield
        except Timeout:
            raise MtrecError(
                f"The search {self.name} is under way already",
                fix="wait for it, or stop it where it was started",
            ) from None

    def _best(self) -> list[FrozenTrial]:
        if all(each.state != TrialState.COMPLETE for each in self._frozen()):
            return []
        if len(self.plan.judge.names) > 1:
            return self.study.best_trials
        return [self.study.best_trial]

    def _frozen(self) -> list[FrozenTrial]:
        return [
            each
            for each in self.study.get_trials(deepcopy=False)
            if each.state != TrialState.WAITING
        ]

    def _values(self, trial: FrozenTrial) -> dict[str, float]:
        names = self.plan.judge.names
        if trial.state == TrialState.COMPLETE:
            return dict(zip(names, trial.values, strict=True))
        if len(names) == 1 and trial.intermediate_values:
            return {names[0]: max(trial.intermediate_values.values())}
        return {}


class Searches:
    """The searches of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def begin(self, name: str, plan: Plan) -> Search:
        """A new search, or the one of that name where it is the same.

        Raises:
            InputError: another search has that name, or the name is empty or long.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise InputError(
                "A search cannot be called that",
                expected=f"a name of 1 to {LONGEST_NAME} characters",
                found=f"{len(name)}" if name else "an empty one",
                where="the name",
                fix="give another name",
            )
        if name in self.names():
            known = self.get(name)
            if known.plan != plan:
                raise InputError(
                    f"There is a search {name} already, and it is another one",
                    expected="the same dataset, settings and ranges, to go on with it",
                    found=f"a search on {known.plan.dataset} for {known.plan.judge.words}",
                    where="--name",
                    fix="give this one another name, or go on with what that one searches",
                )
            return known
        study = optuna.create_study(
            storage=self._storage,
            study_name=name,
            directions=["maximize"] * len(plan.judge.names),
        )
        study.set_user_attr(_FOLDER, uuid.uuid4().hex)
        study.set_user_attr(_CREATED, time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()))
        study.set_user_attr(_PLAN, plan.json())
        first = as_it_is(plan.config, plan.space)
        if first is not None:
            study.enqueue_trial(first, user_attrs={_AS_SET: True})
        return Search(study, self.workspace)

    def get(self, name: str, sampler: BaseSampler | None = None) -> Search:
        """The search of that name.

        Raises:
            InputError: there is none.
        """
        if name not in self.names():
            close = nearest(name, self.names())
            raise InputError(
                f"There is no search {name}",
                expected="the name of a search",
                found=name,
                fix=f"write {close}" if close else "begin one: python -m mtrec search DATASET",
            )
        study = optuna.load_study(study_name=name, storage=self._storage)
        return Search(study, self.workspace, sampler)

    def names(self, dataset: str | None = None) -> list[str]:
        """Of every search, or those on any version of a dataset, the newest first."""
        if not self._path.exists():
            return []
        known = optuna.get_all_study_summaries(storage=self._storage)
        ready = [
            each
            for each in known
            if _PLAN in each.user_attrs
            and dataset in (None, each.user_attrs[_PLAN]["dataset"].partition("@")[0])
        ]
        return [
            each.study_name
            for each in sorted(ready, key=lambda each: each.user_attrs[_CREATED], reverse=True)
        ]

    def delete(self, name: str) -> None:
        """Forgets a search; the runs that it kept stay.

        Raises:
            InputError: there is none.
            MtrecError: somebody works on it.
        """
        with self.get(name).worked_on():
            optuna.delete_study(study_name=name, storage=self._storage)

    @property
    def _path(self) -> Path:
        return self.workspace.searches

    @cached_property
    def _storage(self) -> RDBStorage:
        self.workspace.root.mkdir(parents=True, exist_ok=True)
        self.workspace.locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self.workspace.locks / "searches.lock"):  # two must not make it at once
            return RDBStorage(
                f"sqlite:///{self._path}", engine_kwargs={"connect_args": {"timeout": WAIT}}
            )
