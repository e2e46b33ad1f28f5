"""What a search wants to be as large as possible, read off a run's figures on validation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from mtrec.recommend.pipeline import CHOSEN_BY
from mtrec.schema import VAL

LISTS = "recommendations"  # what the figure of recommended lists is called beside tasks
Figures = Mapping[str, float]  # by `<split>/<task>/<metric>`, as a run keeps them


class Objective(ABC):
    """One way to judge a run.

    Attributes:
        words: what it is, for people.
        recommends: whether it takes recommendations.

    Args:
        headlines: the headline metric of each task that is learned.
        weights: how much each of these tasks matters to who searches; 1 where left out. This is
            not λ, which says how much a task counts while it is learned.
    """

    words: ClassVar[str]
    recommends: ClassVar[bool] = False

    def __init__(self, headlines: Mapping[str, str], weights: Mapping[str, float]) -> None:
        self._headlines = dict(headlines)
        self._weights = {task: weights.get(task, 1.0) for task in headlines}

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """What each of its values is of."""

    @abstractmethod
    def values(self, figures: Figures) -> list[float]:
        """What a finished run comes to, one value a name, higher is better.

        Raises:
            KeyError: the run has no such figure.
        """

    def on_the_way(self, headlines: Mapping[str, float]) -> float | None:
        """What a run comes to after an epoch, from each task's headline; None: not known yet.

        Where it is known, a run that lags behind the others is ended before it is finished.
        """
        return None

    def _mean(self, headlines: Mapping[str, float]) -> float:
        total = sum(self._weights.values())
        return sum(self._weights[task] * headlines[task] for task in self._weights) / total

    def _of_tasks(self, figures: Figures) -> dict[str, float]:
        return {task: figures[f"{VAL}/{task}/{metric}"] for task, metric in self._headlines.items()}


class Tasks(Objective):
    """The mean of the tasks' headlines, each counted as much as it matters."""

    words = "the mean over the tasks"

    @property
    def names(self) -> Sequence[str]:
        return ("mean",)

    def values(self, figures: Figures) -> list[float]:
        return [self._mean(self._of_tasks(figures))]

    def on_the_way(self, headlines: Mapping[str, float]) -> float | None:
        return self._mean(headlines) if headlines.keys() >= self._weights.keys() else None


class Recommendations(Objective):
    """NDCG@10 of lists made of what the tasks read, before anything is learned from likes.

    It is there only when a run is finished, so no run is ended early.
    """

    words = "the recommendations"
    recommends = True

    @property
    def names(self) -> Sequence[str]:
        return (LISTS,)

    def values(self, figures: Figures) -> list[float]:
        return [figures[CHOSEN_BY]]


class Each(Objective):
    """Each task's headline by itself: what is found are all runs that no other beats in every one.

    Nobody can say of an unfinished run that it will be worst in all, so none is ended early.
    """

    words = "every task by itself"

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._headlines)

    def values(self, figures: Figures) -> list[float]:
        return list(self._of_tasks(figures).values())


OBJECTIVES: dict[str, type[Objective]] = {
    "tasks": Tasks,
    "recommendations": Recommendations,
    "each": Each,
}
"""The ways to judge, by the name that the command line knows them under."""
