"""The share right in parts of the records against the rest of them, where people repeat.

Intervals of a share right follow Korn and Graubard (1998), *Confidence intervals for proportions
with small expected number of positive counts estimated from survey data*, Survey Methodology 24:
the exact interval of Clopper and Pearson on an effective number of records, which is smaller where
records of one person turn out alike (Rao and Scott, 1992, *A simple method for the analysis of
clustered binary data*, Biometrics 48), and on as many degrees of freedom as people weigh in.
Differences join two of them as in Zou and Donner (2008), *Construction of confidence limits about
effect measures: a general approach*, Statistics in Medicine 27. A p-value is 1 less the highest
level whose interval excludes no difference.

Throughout: N records, G people, M parts (slices).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import betaincinv, ndtr, ndtri, stdtrit

from mtrec import stats
from mtrec.reports.sureness import Verdicts
from mtrec.schema import Estimate
from mtrec.tasks.ragged import Index

CERTAIN = 8.0  # standard errors beyond which p-values are not told apart
HALVINGS = 25

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """The share right in a slice and in the rest, in one split.

    Attributes:
        records, others: how many are in the slice, and in the rest.
        share, rest: what share of them is right.
        difference: `share - rest`.
        p_value: two-sided.
    """

    records: int
    others: int
    share: Estimate
    rest: Estimate
    difference: Estimate
    p_value: float


@dataclass(frozen=True, eq=False)
class Side:
    """M sets of records: those in each slice, or those in the rest. All arrays are `(M,)`.

    Attributes:
        n: how many records.
        people: of how many people.
        share: what share is right.
        effective: of how many independent records the share would be as uncertain.
        freedom: of how many people the same would be known, less one, if all wrote equally much.
    """

    n: Array
    people: Array
    share: Array
    effective: Array
    freedom: Array

    def interval(self, errors: Array) -> tuple[Array, Array]:
        """Lower and upper ends, of the level that so many standard errors would give, `(M,)`."""
        tail = ndtr(-errors)
        wider = stdtrit(np.maximum(self.n - 1, 1), tail) / stdtrit(self.freedom, tail)
        trials = self.effective * np.where(errors > 0, wider, 1) ** 2
        hits = self.share * trials
        misses = trials - hits
        some, others = hits > 0, misses > 0
        low = betaincinv(np.where(some, hits, 1), misses + 1, tail)
        high = 1 - betaincinv(np.where(others, misses, 1), hits + 1, tail)
        return np.where(some, low, 0.0), np.where(others, high, 1.0)


@dataclass(frozen=True, eq=False)
class Contrast:
    """M slices, each against the rest.

    Attributes:
        opposed: how much a person who is more often right in the slice is less often so in the
            rest, a correlation without its sign, `(M,)`. That people are alike in both would make
            differences surer; it is not counted on.
    """

    inside: Side
    rest: Side
    opposed: Array

    @property
    def difference(self) -> Array:
        return self.inside.share - self.rest.share

    @property
    def records(self) -> Array:
        """How many there are on the smaller side."""
        return np.minimum(self.inside.n, self.rest.n)

    @property
    def people(self) -> Array:
        """How many there are on the side with fewer."""
        return np.minimum(self.inside.people, self.rest.people)

    def interval(self, errors: Array) -> tuple[Array, Array]:
        """Of the differences, of the level that so many standard errors would give, `(M,)`."""
        (low, high), (rest_low, rest_high) = (
            side.interval(errors) for side in (self.inside, self.rest)
        )
        down = self._joined(self.inside.share - low, rest_high - self.rest.share)
        up = self._joined(high - self.inside.share, self.rest.share - rest_low)
        return self.difference - down, self.difference + up

    def standard_errors(self) -> Array:
        """How many a normal difference as surely other than 0 would lie from it, `(M,)`.

        The greatest number whose interval excludes 0, found by halving; not above `CERTAIN`.
        """
        lower = np.zeros_like(self.difference)
        upper = np.full_like(self.difference, CERTAIN)
        for _ in range(HALVINGS):
            middle = (lower + upper) / 2
            low, high = self.interval(middle)
            excluded = np.where(self.difference < 0, high < 0, low > 0)
            lower, upper = np.where(excluded, middle, lower), np.where(excluded, upper, middle)
        return lower

    def gaps(self, errors: Array) -> list[Gap]:
        """What is known of each slice that has records on both sides; `errors` as above."""
        usual = np.full_like(errors, -ndtri((1 - stats.LEVEL) / 2))
        ends = [each.interval(usual) for each in (self.inside, self.rest, self)]
        values = (self.inside.share, self.rest.share, self.difference)
        estimates = [
            [Estimate(*map(float, row)) for row in zip(value, low, high, strict=True)]
            for value, (low, high) in zip(values, ends, strict=True)
        ]
        counts = zip(self.inside.n.astype(int), self.rest.n.astype(int), strict=True)
        p_values = 2 * ndtr(-errors)
        return [
            Gap(int(n), int(others), share, rest, difference, float(p_value))
            for (n, others), share, rest, difference, p_value in zip(
                counts, *estimates, p_values, strict=True
            )
        ]

    def _joined(self, a: Array, b: Array) -> Array:
        return np.sqrt(a**2 + b**2 + 2 * self.opposed * a * b)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over people of products of how many records each has, n, and how many right, y."""

    yy: Array
    yn: Array
    nn: Array

    def spread(self, share: Array) -> Array:
        """Σ (y - share · n)²."""
        return np.maximum(self.yy - 2 * share * self.yn + share**2 * self.nn, 0)


def contrast(members: Any, right: Verdicts, people: Index) -> Contrast:
    """Slices against the rest, taking in that people repeat.

    Args:
        members: 1 where a record belongs to a slice, csc `(N, M)`.
        right: whether each record is right, `(N,)`.
        people: whose each is, as numbers 0 to G - 1, `(N,)`.

    How alike records of one person are is estimated within each side and over all records, and the
    larger counts: within a small side it can come out as nothing by chance.
    """
    size = len(right)
    correct = right.astype(np.float64)
    by_person = sparse.csr_array((np.ones(size), (people, np.arange(size))))  # (G, N)
    n_in = sparse.csc_array(by_person @ members)  # (G, M)
    y_in = sparse.csc_array(by_person @ (sparse.diags_array(correct) @ members))
    n_all, y_all = by_person @ np.ones(size), by_person @ correct  # (G,)
    inside = _Sums(_product(y_in, y_in), _product(y_in, n_in), _product(n_in, n_in))
    every = _Sums(*(np.array([a @ b]) for a, b in ((y_all, y_all), (y_all, n_all), (n_all, n_all))))
    y_y, y_n, n_y, n_n = (a.T @ b for a in (y_in, n_in) for b in (y_all, n_all))  # (M,)
    rest = _Sums(
        every.yy - 2 * y_y + inside.yy,
        every.yn - y_n - n_y + inside.yn,
        every.nn - 2 * n_n + inside.nn,
    )
    n, hits = n_in.sum(axis=0), y_in.sum(axis=0)
    wholly = np.repeat(np.arange(n.size), np.diff(n_in.indptr))[n_in.data == n_all[n_in.indices]]
    inside_people = np.diff(n_in.indptr).astype(np.float64)
    others = len(n_all) - np.bincount(wholly, minlength=n.size)
    totals = np.array([float(size)]), np.array([correct.sum()]), np.array([float(len(n_all))])
    alike = _alike(*totals, every)
    here = _side(n, hits, inside_people, inside, alike)
    there = _side(size - n, correct.sum() - hits, others.astype(np.float64), rest, alike)
    p, q = here.share, there.share
    shared = (y_y - inside.yy) - q * (y_n - inside.yn)
    shared -= p * (n_y - inside.yn) - p * q * (n_n - inside.nn)
    opposed = _ratio(-shared, np.sqrt(inside.spread(p) * rest.spread(q)), 0.0)
    return Contrast(here, there, np.clip(opposed, 0, 1))


def _product(a: Any, b: Any) -> Array:
    """Of each column of one with that of the other, `(M,)`."""
    return np.asarray(a.multiply(b).sum(axis=0), dtype=np.float64)


def _side(n: Array, hits: Array, people: Array, sums: _Sums, alike: float) -> Side:
    share = _ratio(hits, n, np.nan)
    usual = 1 + (_ratio(sums.nn, n, 1.0) - 1) * alike
    effect = np.maximum(np.maximum(_design_effect(n, share, people, sums), usual), 1)
    freedom = np.maximum(_ratio(n**2, sums.nn, 1.0) - 1, 0.1)
    return Side(n, people, share, n / effect, freedom)


def _design_effect(n: Array, share: Array, people: Array, sums: _Sums) -> Array:
    """By how much a share varies more over people than over independent records; 1 if unknown."""
    over_people = sums.spread(share) * _ratio(people, people - 1, np.nan) / np.maximum(n, 1)
    over_records = share * (1 - share) * _ratio(n, n - 1, np.nan)
    effect = _ratio(over_people, over_records, 1.0)
    return np.where(np.isfinite(effect), effect, 1.0)


def _alike(n: Array, hits: Array, people: Array, sums: _Sums) -> float:
    """The correlation of two records of one person, of all records; not below 0."""
    effect = _design_effect(n, hits / n, people, sums)
    return float(np.clip(_ratio(effect - 1, sums.nn / n - 1, 0.0), 0, 1)[0])


def _ratio(a: Array, b: Array, otherwise: float) -> Array:
    """`a / b`, and something else where `b` is not above 0."""
    return np.divide(a, b, out=np.full_like(a, otherwise), where=b > 0)
