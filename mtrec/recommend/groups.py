"""Groups of people, and what they are called: the traits by which each stands out.

Names are made of the very people that the groups were made of, so what they say describes a group
and proves nothing: whether there are groups at all is for `mtrec.recommend.division` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mtrec.recommend.directions import directions
from mtrec.recommend.division import Division, divide
from mtrec.recommend.people import People
from mtrec.recommend.profiles import Ids
from mtrec.schema import USER
from mtrec.stats import SIGNIFICANT

TRAITS, THINGS = 2, 2  # at most in a name
NOTICED = 0.2  # standard deviations by which a trait differs at least, to be one of a name
NOTHING = "nothing stands out"

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """By what a group stands out.

    Attributes:
        task: None where it is a thing that they liked.
        label: of the task, or what the thing is called.
        share: in the group: how likely the label is in their texts, or how many liked the thing.
        others: the same among everybody else.
    """

    task: str | None
    label: str
    share: float
    others: float


@dataclass(frozen=True)
class Group:
    """One group of people.

    Attributes:
        people: how many they are.
        stability: of `mtrec.recommend.division`.
        marks: by what it stands out, traits first.
    """

    people: int
    stability: float
    marks: tuple[Mark, ...]

    def name(self, said: Callable[[str], str] = str) -> str:
        """What sets it apart, in words: `mostly bad in mood, often liked Tent`.

        Args:
            said: how a word from the data is written.
        """
        words = [
            f"{'mostly' if each.share > 0.5 else 'more'} {said(each.label)} in {said(each.task)}"
            for each in self.marks
            if each.task is not None
        ]
        things = [said(each.label) for each in self.marks if each.task is None]
        if things:
            words.append(f"often liked {' and '.join(things)}")
        return ", ".join(words) or NOTHING


@dataclass(frozen=True, eq=False)
class Groups:
    """Into which groups a run's people fall.

    Attributes:
        of: the group of each person `(U,)`; -1 where there is none.
        groups: the largest first; none where people do not fall into groups.
        people: how many were divided.
        p_value: of the division; None where they were too few.
    """

    of: Ids
    groups: tuple[Group, ...]
    people: int
    p_value: float | None


def find_groups(people: People) -> Groups:
    """The groups of a run's people by their profiles at the furthest stage."""
    recommender = people.stage()
    known, vectors = directions(recommender)
    division = divide(vectors)
    of = np.full(recommender.users, -1, np.int64)
    if division.is_found:
        of[known] = division.labels
    shares = (
        people.traits.pivot(index=USER, columns=["task", "label"], values="predicted")
        .reindex(range(recommender.users))
        .astype(np.float64)
    )
    named = [
        _traits_of(of, group, shares) + _things_of(of, group, people.liked, people.titles)
        for group in range(len(division.stability))
    ]
    return Groups(of, _described(division, named), len(known), division.p_value)


def _described(division: Division, named: list[tuple[Mark, ...]]) -> tuple[Group, ...]:
    sizes = np.bincount(division.labels)
    return tuple(
        Group(int(size), stability, marks)
        for size, stability, marks in zip(sizes, division.stability, named, strict=False)
    )


def _traits_of(of: Ids, group: int, shares: pd.DataFrame) -> tuple[Mark, ...]:
    """The labels that are more likely in a group's texts than in others' by more than noise.

    One label of a task, those first that differ by most standard deviations.
    """
    values = shares.to_numpy()
    if not values.size:
        return ()
    inside, outside = values[of == group], values[(of != group) & (of >= 0)]
    means, counts, noise = _summed(inside)
    others, _, other_noise = _summed(outside)
    spread = _summed(values[of >= 0])[2] * np.sqrt(_summed(values[of >= 0])[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        far = (means - others) / np.hypot(noise, other_noise)
        strength = (means - others) / spread
    held = (far > _beyond(of, values.shape[1])) & (strength >= NOTICED) & (counts > 1)
    found: dict[str, Mark] = {}
    for place in np.argsort(-np.nan_to_num(strength), kind="stable"):
        task, label = (str(each) for each in shares.columns[place])
        if held[place] and task not in found:
            found[task] = Mark(task, label, float(means[place]), float(others[place]))
    return tuple(found.values())[:TRAITS]


def _things_of(of: Ids, group: int, liked: Any, titles: NDArray[np.object_]) -> tuple[Mark, ...]:
    """The things that more people of a group liked than of the others, by more than noise."""
    inside, outside = of == group, (of != group) & (of >= 0)
    sizes = np.array([inside.sum(), outside.sum()], dtype=np.float64)
    likes = np.stack([liked.T @ each.astype(np.float64) for each in (inside, outside)])
    share, others = likes / sizes[:, None]
    together = likes.sum(axis=0) / sizes.sum()
    noise = np.sqrt(together * (1 - together) * (1 / sizes).sum())
    far = np.divide(share - others, noise, out=np.zeros_like(noise), where=noise > 0)
    best = np.argsort(-far, kind="stable")[:THINGS]
    return tuple(
        Mark(None, str(titles[place]), float(share[place]), float(others[place]))
        for place in best
        if far[place] > _beyond(of, len(far))
    )


def _beyond(of: Ids, compared: int) -> float:
    """How many standard errors are more than noise where so much is looked at in every group."""
    looks = compared * (int(of.max()) + 1)
    return float(-ndtri(SIGNIFICANT / max(looks, 1)))


def _summed(values: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Mean, count and standard error of each column, without what is missing."""
    there = np.isfinite(values)
    counts = there.sum(axis=0).astype(np.float64)
    known = np.where(there, values, 0)
    means = known.sum(axis=0) / np.maximum(counts, 1)
    squares = (np.where(there, values - means, 0) ** 2).sum(axis=0)
    return means, counts, np.sqrt(squares / np.maximum(counts - 1, 1) / np.maximum(counts, 1))
