"""The people of the sample shop: since when they are here, how they type, how busy they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

START = pd.Timestamp("2024-01-01")
DAYS = 546  # a year and a half

LATE_JOINERS = 0.45  # share of people who came after the first day


@dataclass(frozen=True)
class Person:
    """A customer; `joined` and every other moment is in days after `START`."""

    user: str
    joined: float
    haste: float  # how carelessly they type, 0 to 1


def draw_crowd(rng: np.random.Generator, users: Sequence[str]) -> list[Person]:
    """One person a user id."""
    late = rng.random(len(users)) < LATE_JOINERS
    joined = np.where(late, rng.uniform(0, 0.97 * DAYS, len(users)), 0.0)
    haste = rng.beta(1, 5, len(users))
    return [Person(*person) for person in zip(users, joined, haste, strict=True)]


def shares_of_acts(
    rng: np.random.Generator, crowd: list[Person], spread: float
) -> NDArray[np.float64]:
    """Each person's share of all acts, `(U,)`: by temperament, and by how long they are here."""
    here = np.array([DAYS - person.joined for person in crowd])
    eagerness = here * rng.lognormal(sigma=spread, size=len(crowd))
    shares: NDArray[np.float64] = eagerness / eagerness.sum()
    return shares


def draw_moment(rng: np.random.Generator, earliest: float) -> float:
    """A moment from `earliest` on, by day or in the evening, to the second."""
    day = np.floor(rng.uniform(earliest, DAYS))
    moment = max(earliest, float(day + rng.triangular(7, 19, 23) / 24))
    return round(moment * 86_400) / 86_400


def time_stamp(moment: float) -> str:
    """The moment as it stands in the tables."""
    return f"{START + pd.Timedelta(seconds=round(moment * 86_400)):%Y-%m-%d %H:%M:%S}"
