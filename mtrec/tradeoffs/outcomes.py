"""How settings of λ come out on validation, with the noise that they share and that of each alone.

Two things make a figure uncertain, and each has its part in the draws here:

- which records validation happens to have: a bootstrap over people (or records), for each figure
  the same for all settings;
- luck, such as the start: how far figures move between seeds, and how far those of two settings
  move together. A task that counts for little is read from what others learned, and moves more. So
  it is told for equal weights and for each task alone. Of these a setting in between is a mixture
  (`simplex.mixtures`), and has as much of their luck. Its variance is taken as linear in between;
  what the mixture lacks of that, the more the less these move together, is luck of its own.

What differs between seeds was seen on the records there are, so it holds how well a seed's model
happens to suit these very records; the bootstrap of that model holds this, too. The variance of
what is drawn in two ways is the sum of that in either, less that in both at once (Cameron, Gelbach
& Miller, 2011, *Robust Inference With Multiway Clustering*, JBES 29). So it is taken off luck, as
large as the bootstrap shows it: how far seeds move apart when records are drawn anew.

Of few seeds a variance s² is poorly known. Every draw has one that it might as well be, s² ν / χ²
with ν degrees of freedom, so that luck is distributed as Student's t, and all of the noise as the
sum of that and of the bootstrap, which is what Behrens (1929) and Fisher (1935, *The Fiducial
Argument in Statistical Inference*) say of variances known so differently.

A difference between two settings holds nothing of what moves both alike, since every setting was
learned with the same seeds (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mtrec import stats
from mtrec.models.multitask import HeadSpec
from mtrec.schema import Estimate
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.tally import owners
from mtrec.tradeoffs.stacked import Stack
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs

Floats = NDArray[np.float64]

DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Outcomes:
    """K figures of S settings: the headline of each task, and that of recommendations.

    Attributes:
        names: what they are of: tasks, and `tastes.NAME`, `(K,)`.
        values: means over seeds, `(S, K)`.
        draws: what they might as well be, `(B, S, K)`.
        units: how many people, or records, each was scored on, `(K,)`.
        bounds: the least and the most that each can come to, `(K, 2)`.
    """

    names: tuple[str, ...]
    values: Floats
    draws: Floats
    units: Index
    bounds: Floats

    def estimate(self, setting: int, place: int) -> Estimate:
        """One figure of a setting, with its 95 % interval, which goes no further than it can."""
        units = int(self.units[place])
        drawn = self.draws[:, setting, place].clip(*self.bounds[place])
        return stats.estimate(float(self.values[setting, place]), drawn, units, units)

    def only(self, names: Sequence[str]) -> Outcomes:
        """The same of these figures alone, in this order."""
        places = [self.names.index(name) for name in names]
        return Outcomes(
            tuple(names),
            self.values[:, places],
            self.draws[:, :, places],
            self.units[places],
            self.bounds[places],
        )


@dataclass(frozen=True, eq=False)
class Scored:
    """Figures of S settings learned with one seed.

    Attributes:
        values: `(S, K)`.
        draws: of the bootstrap, `(B, S, K)`.
    """

    values: Floats
    draws: Floats

    @classmethod
    def beside(cls, parts: Sequence[Scored]) -> Scored:
        """The figures of the same settings by several judges."""
        values, draws = zip(*((each.values, each.draws) for each in parts), strict=True)
        return cls(np.concatenate(values, axis=-1), np.concatenate(draws, axis=-1))

    @classmethod
    def stacked(cls, parts: Sequence[Scored]) -> Scored:
        """The same figures of the settings of one part after those of another."""
        values, draws = zip(*((each.values, each.draws) for each in parts), strict=True)
        return cls(np.concatenate(values), np.concatenate(draws, axis=1))

    def one(self, setting: int) -> Scored:
        """The figures of one of the settings, as of S = 1."""
        chosen = slice(setting, setting + 1)
        return Scored(self.values[chosen], self.draws[:, chosen])


class Judge(Protocol):
    """Scores settings on the same validation records, and on the same draws of them.

    Attributes:
        names: what its figures are of, `(K,)`.
        units: how many people, or records, each is scored on, `(K,)`.
        bounds: the least and the most that each can come to, `(K, 2)`.
    """

    names: tuple[str, ...]
    units: Index
    bounds: Floats

    def score(self, stack: Stack) -> Scored:
        """Figures of the S settings of a stack."""


class TaskJudge:
    """Scores how well tasks are told apart, by their headline figures.

    Args:
        tasks: those to score, each with a label among the rows.
        rows: the validation records, as rows of `examples` and of `inputs`.
    """

    def __init__(
        self,
        tasks: Sequence[HeadSpec],
        inputs: Inputs,
        examples: Examples,
        rows: Index,
        draws: int = DRAWS,
    ) -> None:
        self._inputs, self._examples, self._rows = inputs, examples, rows
        self._tasks = [_Scoring(task, examples, rows, draws) for task in tasks]
        self.names = tuple(task.name for task in tasks)
        self.units = np.array([each.drawn.shape[1] for each in self._tasks], dtype=np.int64)
        self.bounds = np.array([task.task_type.bounds for task in tasks])

    def score(self, stack: Stack) -> Scored:
        return self.figures(stack.logits(self._inputs, self._examples, self._rows))

    def figures(self, logits: Mapping[str, Ragged[Tensor]]) -> Scored:
        """Figures of S settings by what each says of the records that carry a task.

        Args:
            logits: per task, rows `(U, S, out)`, in the order of the rows.
        """
        columns = [each.score(logits[each.task.name]) for each in self._tasks]
        values, draws = zip(*columns, strict=True)
        return Scored(np.stack(values, axis=-1), np.stack(draws, axis=-1))


class _Scoring:
    """One task's labelled records, and bootstrap samples of who wrote them, `(B, units)`."""

    def __init__(self, task: HeadSpec, examples: Examples, rows: Index, draws: int) -> None:
        scored = examples.labelled(task.name, rows)
        people = None if examples.people is None else examples.people[scored].tolist()
        self.task = task
        self._targets = examples.targets[task.name].take(scored).rows.numpy()
        self._truth = examples.truth[task.name][scored].tolist()
        self._units = owners(people, len(scored))
        self.drawn = stats.resample_counts(int(self._units.max()) + 1, draws).astype(np.float64)

    def score(self, logits: Ragged[Tensor]) -> tuple[Floats, Floats]:
        """Of rows `(U, S, out)` the figures `(S,)` and draws of them `(B, S)`."""
        found = [self._one(Ragged(rows, logits.counts)) for rows in logits.rows.unbind(1)]
        values, draws = zip(*found, strict=True)
        return np.array(values), np.stack(draws, axis=1)

    def _one(self, logits: Ragged[Tensor]) -> tuple[float, Floats]:
        kind, labels = self.task.task_type, self.task.labels
        shares = Ragged(kind.probabilities(logits.rows), logits.counts)
        thresholds = kind.thresholds(shares.rows, self._targets, labels)
        said = kind.predict(shares, labels, thresholds).labels.tolist()
        tally, metrics = kind.tally(self._truth, said, labels)
        metric = metrics[kind.headline]
        drawn = np.asarray(self.drawn @ tally.by_unit(self._units))
        return float(metric(tally.sums(tally.counts[None]))[0]), metric(tally.sums(drawn))


def outcomes(
    judges: Sequence[Judge], seeds: Sequence[Scored], base: Sequence[Scored], mixes: Floats
) -> Outcomes:
    """What settings come to over several seeds, with all of the noise.

    Args:
        judges: those that scored, in the order of the figures.
        seeds: of each of the R seeds, the same S settings in the same order.
        base: of each of Q seeds, at least 2, the same P settings, at least 2, from which luck is
            told.
        mixes: the S settings as mixtures of these P, `(S, P)`; each row adds up to 1.
    """
    means = np.mean([each.draws for each in seeds], axis=0)  # (B, S, K)
    return Outcomes(
        tuple(name for judge in judges for name in judge.names),
        np.mean([each.values for each in seeds], axis=0),
        means + Luck.of(base).draw(len(means), mixes) / np.sqrt(len(seeds)),
        np.concatenate([judge.units for judge in judges]),
        np.concatenate([judge.bounds for judge in judges]),
    )


@dataclass(frozen=True, eq=False)
class Luck:
    """How much figures owe to the seed they are learned with.

    Attributes:
        covariances: of that between P settings, by figure, `(K, P, P)`.
        freedom: the degrees of freedom behind them.
    """

    covariances: Floats
    freedom: int

    @classmethod
    def of(cls, base: Sequence[Scored]) -> Luck:
        """Told from the figures of P settings over Q seeds, at least 2 of either.

        What is below nothing, which differences of variances can be by chance, is taken as none.
        """
        drawn = np.stack([each.draws for each in base])  # (Q, B, P, K)
        met = _between(drawn - drawn.mean(axis=1, keepdims=True))
        values = np.stack([each.values for each in base])
        sizes, ways = np.linalg.eigh(_between(values[:, None]) - met)
        luck = ways * np.maximum(sizes, 0)[:, None] @ ways.swapaxes(1, 2)
        return cls(luck, len(base) - 1)

    def draw(self, draws: int, mixes: Floats) -> Floats:
        """So much luck, `(B, S, K)`, of settings that are mixtures of the P, `(S, P)`."""
        rng = np.random.default_rng(0)
        nothing = np.zeros(mixes.shape[1])
        drawn = [
            rng.multivariate_normal(nothing, each, draws, method="eigh")
            for each in self.covariances
        ]
        mixed = mixes @ np.stack(drawn, axis=-1)
        linear = mixes @ np.diagonal(self.covariances, axis1=1, axis2=2).T  # (S, K)
        reached = np.einsum("sp,kpr,sr->sk", mixes, self.covariances, mixes)
        own = np.sqrt(np.maximum(linear - reached, 0)) * rng.standard_normal(mixed.shape)
        known = rng.chisquare(self.freedom, size=(draws, 1, mixed.shape[-1])) / self.freedom
        return np.asarray((mixed + own) / np.sqrt(known))


def _between(figures: Floats) -> Floats:
    """How settings vary together between seeds, `(Q, N, P, K)`: the mean over N, `(K, P, P)`."""
    off = figures - figures.mean(axis=0)
    seeds, count = figures.shape[:2]
    return np.asarray(np.einsum("qnpk,qnrk->kpr", off, off, optimize=True) / (count * (seeds - 1)))
