"""How settings of λ come out on validation, with the noise that they share and that of each alone.

Three things make a figure uncertain, and each has its part in the draws here:

- which records validation happens to have: a bootstrap over people (or records), for each task the
  same for all settings;
- luck that all settings have in common, such as the start: between seeds, by Student's t with as
  many degrees of freedom as the seeds allow;
- luck that is a setting's own: what is left of a figure once its setting's and its seed's means are
  taken off, likewise.

A difference between two settings holds none of the common luck, since every setting was learned
with the same seeds (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mtrec import stats
from mtrec.models.multitask import HeadSpec
from mtrec.schema import Estimate
from mtrec.tasks.ragged import Index, Ragged
from mtrec.tasks.tally import owners
from mtrec.training.examples import Examples

Floats = NDArray[np.float64]

DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The headline figures of S settings for K tasks.

    Attributes:
        tasks: their names, `(K,)`.
        values: means over seeds, `(S, K)`.
        draws: what they might as well be, `(B, S, K)`.
        units: how many people, or records, each task was scored on, `(K,)`.
    """

    tasks: tuple[str, ...]
    values: Floats
    draws: Floats
    units: Index

    def estimate(self, setting: int, task: int) -> Estimate:
        """A setting's figure for a task, with its 95 % interval."""
        drawn, units = self.draws[:, setting, task], int(self.units[task])
        return stats.estimate(float(self.values[setting, task]), drawn, units, units)


@dataclass(frozen=True, eq=False)
class Scored:
    """Figures of S settings learned with one seed.

    Attributes:
        values: `(S, K)`.
        draws: of the bootstrap, `(B, S, K)`.
    """

    values: Floats
    draws: Floats


class Judge:
    """Scores settings on the same validation records, and on the same draws of them.

    Attributes:
        units: how many people, or records, each task is scored on, `(K,)`.

    Args:
        tasks: those to score, each with a label among the rows.
        rows: the validation records, as rows of `examples`.
    """

    def __init__(
        self, tasks: Sequence[HeadSpec], examples: Examples, rows: Index, draws: int = DRAWS
    ) -> None:
        self._tasks = [_Scoring(task, examples, rows, draws) for task in tasks]
        self.units = np.array([each.drawn.shape[1] for each in self._tasks], dtype=np.int64)

    def score(self, logits: Mapping[str, Ragged[Tensor]]) -> Scored:
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
    judge: Judge, tasks: Sequence[str], seeds: Sequence[Scored], centre: Floats
) -> Outcomes:
    """What settings come to over several seeds, with all of the noise.

    Args:
        seeds: of each of the R seeds, the same S settings in the same order.
        centre: figures of one setting over more seeds, `(Q, K)`, at least 2.
    """
    values = np.stack([each.values for each in seeds])  # (R, S, K)
    luck = Luck.of(values, centre)
    means = np.mean([each.draws for each in seeds], axis=0)  # (B, S, K)
    return Outcomes(tuple(tasks), values.mean(axis=0), means + luck.draw(*means.shape), judge.units)


@dataclass(frozen=True, eq=False)
class Luck:
    """How much figures that are means over R seeds owe to the seeds, as standard deviations.

    Attributes:
        common: of what all settings share, `(K,)`.
        own: of what each setting has for itself, `(K,)`.
        freedom: the degrees of freedom behind either.
    """

    common: Floats
    own: Floats
    freedom: tuple[int, int]

    @classmethod
    def of(cls, values: Floats, centre: Floats) -> Luck:
        """Of figures `(R, S, K)`, and of one setting's over more seeds, `(Q, K)`.

        With one seed or one setting nothing is left over to tell a setting's own luck by; all of
        the luck between seeds then counts as its own, which is the most that it can be.
        """
        seeds, settings, _ = values.shape
        total = centre.var(axis=0, ddof=1)
        spare = (seeds - 1) * (settings - 1)
        if not spare:
            return cls(np.zeros_like(total), np.sqrt(total / seeds), (1, len(centre) - 1))
        left = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True)
        left += values.mean(axis=(0, 1))
        own = (left**2).sum(axis=(0, 1)) / spare
        common = np.maximum(total - own, 0)
        return cls(np.sqrt(common / seeds), np.sqrt(own / seeds), (len(centre) - 1, spare))

    def draw(self, draws: int, settings: int, tasks: int) -> Floats:
        """So much luck, `(B, S, K)`."""
        rng = np.random.default_rng(0)
        common = rng.standard_t(self.freedom[0], size=(draws, 1, tasks))
        own = rng.standard_t(self.freedom[1], size=(draws, settings, tasks))
        return common * self.common + own * self.own
