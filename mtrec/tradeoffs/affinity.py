"""Which tasks help and which hurt each other, and which would better be learned apart.

Measured two ways: by learning groups of tasks without the others, after Standley et al. (2020),
*Which Tasks Should Be Learned Together in Multi-task Learning?*, arXiv:1905.07553; and by the
angle between the tasks' gradients on what they share, as in Yu et al. (2020), *Gradient Surgery for
Multi-Task Learning*, arXiv:2001.06782. The first is what counts, the second is cheaper.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as students

from mtrec.schema import TRAIN, Estimate
from mtrec.stats import LEVEL
from mtrec.strategies.gradients import GradientStrategy
from mtrec.tradeoffs.front import chance
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.learned import learning
from mtrec.tradeoffs.outcomes import Floats
from mtrec.tradeoffs.trials import BASE_SEEDS
from mtrec.training.reporter import Reporter

if TYPE_CHECKING:
    from torch import Tensor

Group = tuple[str, ...]
Pair = tuple[str, str]

MOST_TASKS = 5  # of which all groups are learned; of more, each task alone and all others
COSINE_SEEDS = 3
COMPARING = "Comparing how tasks pull"


@dataclass(frozen=True, eq=False)
class Affinity:
    """What tasks do to each other, on validation.

    Attributes:
        tasks: those that steer.
        names: the figures, those of tasks and of recommendations.
        effects: by task and figure, what the figure owes to the task being learned with the others:
            all together − all but this one. The intervals of all effects, and of those of `apart`,
            hold at once in 95 of 100 cases.
        groups: the tasks in groups that would be learned apart; one where that would gain nothing
            beyond the noise.
        apart: by task, what it comes to in its group − in all together; empty for one group.
        cosines: by pair of tasks, that of their gradients, the mean over a training by equal
            weights; between seeds it lies in the interval.
            Pairs without texts of both in every epoch are left out.
        course: the same by epoch, the means over seeds.
    """

    tasks: Group
    names: tuple[str, ...]
    effects: dict[Pair, Estimate]
    groups: list[Group]
    apart: dict[str, Estimate]
    cosines: dict[Pair, Estimate]
    course: dict[Pair, list[float]]


def measure(instrument: Instrument, reporter: Reporter) -> Affinity:
    """Learns groups of tasks, and compares gradients; what was tried before is not learned anew.

    Raises:
        Stopped: the reporter asked to stop; groups learned before are kept.
    """
    tasks = instrument.steering
    groups = learned(tasks)
    settings = [{task: float(task in group) for task in instrument.tasks} for group in groups]
    found = instrument.outcomes(settings, BASE_SEEDS, reporter)
    whole = groups.index(tasks)
    others = [name for name in found.names if name not in instrument.tasks]
    wanted = [
        (place, found.names.index(name))
        for place, group in enumerate(groups)
        if place != whole
        for name in (*group, *(others if len(group) == len(tasks) - 1 else ()))
    ]
    rows, columns = (np.array(each) for each in zip(*wanted, strict=True))
    gaps = found.values[whole, columns] - found.values[rows, columns]
    spreads, largest = chance(found.draws[:, whole, columns] - found.draws[:, rows, columns])
    far = np.quantile(largest, LEVEL) * spreads
    together = {
        (groups[row], found.names[column]): Estimate(float(gap), float(gap - off), float(gap + off))
        for row, column, gap, off in zip(rows, columns, gaps, far, strict=True)
    }
    chosen, apart = grouped(tasks, together)
    pairs = [*combinations(sorted(tasks), 2)]
    means = _courses(instrument, pairs, reporter)
    courses = {
        pair: means[..., place]  # (seeds, epochs)
        for place, pair in enumerate(pairs)
        if not np.isnan(means[..., place]).any()
    }
    return Affinity(
        tasks=tasks,
        names=found.names,
        effects={
            (task, name): together[rest, name]
            for task in tasks
            for rest in [tuple(each for each in tasks if each != task)]
            for name in (*rest, *others)
        },
        groups=chosen,
        apart=apart,
        cosines={pair: _over_seeds(np.mean(each, axis=1)) for pair, each in courses.items()},
        course={pair: np.mean(each, axis=0).tolist() for pair, each in courses.items()},
    )


def learned(tasks: Group) -> list[Group]:
    """The groups that are learned, each in the order of the tasks."""
    count = len(tasks)
    sizes = range(1, count + 1) if count <= MOST_TASKS else (1, count - 1, count)
    return [group for size in sizes for group in combinations(tasks, size)]


def grouped(
    tasks: Group, together: dict[tuple[Group, str], Estimate]
) -> tuple[list[Group], dict[str, Estimate]]:
    """The best way to learn tasks apart, if it gains beyond the noise and nothing is lost by it.

    Args:
        together: by group and task of it, the task's figure in all together − in this group.

    Returns:
        The groups, as few as gain as much, and by task its figure in its group − in all together;
        one group and nothing where no way is better.
    """
    best, most = [tasks], 0.0
    for parts in ways(tasks):
        gaps = [together[part, task] for part in parts for task in part]
        gains = [gap.high is not None and gap.high < 0 for gap in gaps]
        losses = [gap.low is not None and gap.low > 0 for gap in gaps]
        gain = -sum(gap.value for gap in gaps)
        if any(gains) and not any(losses) and gain > most:
            best, most = parts, gain
    if len(best) == 1:
        return best, {}
    return best, {task: _negative(together[part, task]) for part in best for task in part}


def ways(tasks: Group) -> list[list[Group]]:
    """The ways to learn tasks apart of which all groups are learned, those in few groups first."""
    if len(tasks) > MOST_TASKS:
        return [[(task,), tuple(each for each in tasks if each != task)] for task in tasks]
    return sorted((parts for parts in partitions(tasks) if len(parts) > 1), key=len)


def partitions(tasks: Group) -> Iterator[list[Group]]:
    """All ways to put tasks into groups."""
    if not tasks:
        yield []
        return
    first, rest = tasks[0], tasks[1:]
    for size in range(len(rest) + 1):
        for beside in combinations(rest, size):
            left = tuple(task for task in rest if task not in beside)
            for others in partitions(left):
                yield [(first, *beside), *others]


def _negative(estimate: Estimate) -> Estimate:
    low, high = estimate.low, estimate.high
    return Estimate(-estimate.value, None if high is None else -high, None if low is None else -low)


class _Compared(GradientStrategy):
    """The weighted sum, which tells how the tasks' gradients lie to each other."""

    reads_lambda = True

    def weigh(self, tasks: Sequence[str], gramian: Tensor, values: Tensor) -> Tensor:
        return gramian.new_tensor(self.prior(tasks))


def _courses(instrument: Instrument, pairs: Sequence[Pair], reporter: Reporter) -> Floats:
    """Cosines, the mean of each epoch of trainings by equal weights, `(seeds, epochs, pairs)`.

    No number where no step of an epoch had texts of both.
    """
    trials = instrument.trials
    count = COSINE_SEEDS * trials.epochs * len(instrument.examples.rows[TRAIN])
    reporter.phase(COMPARING, count)
    means = np.full((COSINE_SEEDS, trials.epochs, len(pairs)), np.nan)
    for seed in range(COSINE_SEEDS):
        strategy = _Compared(dict.fromkeys(instrument.steering, 1.0))
        found: list[dict[Pair, list[float]]] = [defaultdict(list) for _ in range(trials.epochs)]
        for epoch in learning(instrument, strategy, seed, trials.epochs, reporter):
            for pair, cosine in strategy.cosines().items():
                found[epoch][pair].append(cosine)
        for epoch, cosines in enumerate(found):
            for place, pair in enumerate(pairs):
                if pair in cosines:
                    means[seed, epoch, place] = np.mean(cosines[pair])
    return means


def _over_seeds(values: Floats) -> Estimate:
    """Their mean, and where it lies between seeds, by Student's t."""
    mean, count = float(np.mean(values)), len(values)
    off = float(students.ppf((1 + LEVEL) / 2, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return Estimate(mean, max(mean - off, -1.0), min(mean + off, 1.0))
