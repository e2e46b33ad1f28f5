"""Trials as runs: each waits its turn in the queue as any other training does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from mtrec.config import RunConfig, for_dataset
from mtrec.data.dataset import DatasetSummary
from mtrec.errors import InputError
from mtrec.runs import launcher
from mtrec.runs.progress import Progress, read_epochs
from mtrec.runs.store import FINISHED, STOPPED, RunInfo, RunStore
from mtrec.search.objective import OBJECTIVES
from mtrec.search.search import Ended, Epochs
from mtrec.search.space import Space, usual
from mtrec.search.store import Plan

Watch = Callable[[RunInfo, Progress], None]


class QueuedRuns:
    """Tries settings on a dataset through the queue.

    Args:
        dataset: `name@version`.
        watch: called about twice a second with the run of a trial and where it stands.
    """

    def __init__(self, store: RunStore, dataset: str, watch: Watch = lambda *_: None) -> None:
        self._store = store
        self._dataset = dataset
        self._watch = watch

    def begin(self, config: RunConfig, name: str) -> str:
        return launcher.submit(self._store, self._dataset, config, name)

    def wait(self, run: str, look: Callable[[Epochs], bool]) -> Ended:
        try:
            if self._store.get(run).status == STOPPED:
                launcher.resume(self._store, run)
            ended = launcher.wait(self._store, run, self._until(run, look))
        except InputError as error:  # somebody deleted the run, or its data
            return Ended(None, error.sentence())
        if ended.status == FINISHED:
            return Ended(ended.metrics)
        return Ended(None, ended.reason)

    def forget(self, run: str) -> None:
        with suppress(InputError):  # somebody else deleted it
            self._store.delete(run)

    def _until(self, run: str, look: Callable[[Epochs], bool]) -> Watch:
        folder = self._store.folder(run)
        asked = False

        def watch(info: RunInfo, progress: Progress) -> None:
            nonlocal asked
            self._watch(info, progress)
            epochs = [_headlines(each["metrics"]) for each in read_epochs(folder)]
            if look(epochs) and not asked and not info.ended:
                launcher.stop(self._store, run)
                asked = True

        return watch


def _headlines(metrics: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """Each task's headline after an epoch, which is the first of its figures."""
    return {task: next(iter(each.values()))["value"] for task, each in metrics.items() if each}


def plan(
    dataset: DatasetSummary,
    config: RunConfig,
    objective: str = "tasks",
    weights: Mapping[str, float] | None = None,
    space: Space | None = None,
) -> Plan:
    """What a search on a dataset does.

    Args:
        config: tasks it doesn't mention get the default settings.
        weights: how much each task matters; 1 where left out.
        space: what changes; the usual settings where left out.

    Raises:
        InputError: the settings don't fit the dataset, leave no task, or it lacks what the
            objective takes.
    """
    types = {name: task.type for name, task in dataset.tasks.items()}
    config = for_dataset(config, types)
    launcher.check_learnable(config, dataset)
    made = Plan(
        dataset=dataset.key,
        config=config,
        types=types,
        space=usual(config) if space is None else space,
        objective=objective,
        weights=_weights(weights or {}, list(types)),
    )
    if not types:
        raise InputError(
            "There is nothing to judge settings by",
            expected="a dataset with a task",
            found="no task",
            where=dataset.key,
            fix="name labels in the recipe, and import again",
        )
    if OBJECTIVES[objective].recommends and not (config.recommend.enabled and dataset.interactions):
        raise InputError(
            "There are no recommendations to judge settings by",
            expected="data that says what people liked, and recommend.enabled",
            found=f"{dataset.interactions:,} acts, recommend.enabled={config.recommend.enabled}",
            where=dataset.key,
            fix="search for the tasks, or bring data with acts",
        )
    return made


def _weights(weights: Mapping[str, float], tasks: Sequence[str]) -> dict[str, float]:
    for task, weight in weights.items():
        if task not in tasks or weight < 0:
            raise InputError(
                "This says not how much a task matters",
                expected=f"one of {', '.join(tasks)}, and a number from 0 on",
                found=f"{task}={weight:g}",
                where="--weigh",
                fix=f"write, for example, {tasks[0]}=2" if tasks else "leave it out",
            )
    full = {task: float(weights.get(task, 1.0)) for task in tasks}
    if tasks and not any(full.values()):
        raise InputError(
            "No task matters, so there is nothing to search for",
            expected="a weight above 0",
            found=", ".join(f"{task}=0" for task in tasks),
            where="--weigh",
            fix=f"write, for example, {tasks[0]}=1",
        )
    return full
