"""Settings of λ as they are tried: each learned anew with the same few seeds, and only once.

Going on from where equal weights came would be quicker, and shows a fraction of what settings
really change. So a setting begins where all begin, and what makes it quick is fewer and larger
steps, at rates as much higher, so that all steps together go as far (for larger steps: Goyal et
al., 2017, *Accurate, Large Minibatch SGD*, arXiv:1706.02677). At the rates of a whole training they
would stop half way, where settings lie further apart than in the end. `benchmarks/quicker.py` holds
these ways against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock

import numpy as np

from mtrec.models.multitask import MultiTaskModel
from mtrec.models.randomness import seeded
from mtrec.schema import TRAIN
from mtrec.tradeoffs.outcomes import Floats, Judge, Outcomes, Scored, outcomes
from mtrec.tradeoffs.simplex import mixtures
from mtrec.tradeoffs.stacked import Lambdas, Stack
from mtrec.training.beside import beside, places
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs
from mtrec.training.reporter import Reporter

SEEDS = 2  # with which a setting is tried
BASE_SEEDS = 10  # with which the few are tried that luck is told from
EPOCHS = 3  # where the settings don't say
FEWEST_STEPS = 20  # of an epoch, where there are as many
LARGEST = 2  # times the records of a step in the settings
LEARNING = "Trying settings of λ"

Key = tuple[tuple[str, float], ...]


class Trials:
    """Settings tried on the same records with the same seeds; what was tried once is kept.

    Attributes:
        epochs: how often each goes through the records.

    Args:
        inputs, examples: what is learned from.
        begin: gives the model that a seed begins with, and sets torch's random numbers by it.
        base: equal weights, then each task that steers alone; luck is told from these.
        judges: score what was learned.
    """

    def __init__(
        self,
        inputs: Inputs,
        examples: Examples,
        begin: Callable[[int], MultiTaskModel],
        base: Sequence[Lambdas],
        judges: Sequence[Judge],
        config: TrainConfig,
    ) -> None:
        self._inputs, self._examples = inputs, examples
        self._begin, self._base, self._judges = begin, base, judges
        self._config = config
        self._tokens = int(inputs.lengths[examples.rows[TRAIN]].sum())
        self.epochs = config.epochs or EPOCHS
        self._known: dict[int, dict[Key, Scored]] = defaultdict(dict)
        self._beginning = Lock()  # torch's own random numbers are drawn by one at a time

    def outcomes(
        self, settings: Sequence[Lambdas], reporter: Reporter, seeds: int = SEEDS
    ) -> Outcomes:
        """How settings come out, the mean over seeds, with its noise.

        Args:
            settings: in each a task that steers has a λ above 0.

        Raises:
            Stopped: the reporter asked to stop; what was tried before is kept.
        """
        wanted: dict[int, list[Lambdas]] = defaultdict(list)
        for seed in range(max(seeds, BASE_SEEDS)):
            wanted[seed] += self._base if seed < BASE_SEEDS else ()
            wanted[seed] += settings if seed < seeds else ()
        self._try(wanted, reporter)
        return outcomes(
            self._judges,
            [self._scored(seed, settings) for seed in range(seeds)],
            [self._scored(seed, self._base) for seed in range(BASE_SEEDS)],
            self._mixtures(settings),
        )

    def config(self, epochs: int) -> TrainConfig:
        """How the records are learned when they are gone through so many times."""
        return quick(self._config, self._tokens, epochs)

    def _mixtures(self, settings: Sequence[Lambdas]) -> Floats:
        """Settings as mixtures of the base, `(S, P)`."""
        steering = [task for task, value in self._base[0].items() if value > 0]
        lambdas = np.array([[each[task] for task in steering] for each in settings])
        return mixtures(lambdas / lambdas.sum(axis=1, keepdims=True))

    def _scored(self, seed: int, settings: Sequence[Lambdas]) -> Scored:
        return Scored.stacked([self._known[seed][_key(each)] for each in settings])

    def _try(self, wanted: Mapping[int, Sequence[Lambdas]], reporter: Reporter) -> None:
        """Tries what was not tried yet, by seed."""
        new: dict[int, list[Lambdas]] = {}
        for seed, settings in wanted.items():
            known = self._known[seed]
            unknown = {_key(each): each for each in settings if _key(each) not in known}
            new[seed] = list(unknown.values())
        count = sum(map(len, new.values()))
        if not count:
            return
        reporter.phase(LEARNING, count * self.epochs * len(self._examples.rows[TRAIN]))
        size = -(-count // places())
        pieces = [
            partial(self._learn, seed, settings[start : start + size])
            for seed, settings in new.items()
            for start in range(0, len(settings), size)
        ]
        beside(pieces, reporter)

    def _learn(self, seed: int, settings: Sequence[Lambdas], reporter: Reporter) -> None:
        """Learns settings with one seed and keeps what they come to."""
        with self._beginning:
            model = self._begin(seed)
        with seeded(seed):
            stack = Stack(model, settings, self.config(self.epochs))
            stack.learn(self._inputs, self._examples, self.epochs, seed, reporter)
        scored = Scored.beside([judge.score(stack) for judge in self._judges])
        for place, each in enumerate(settings):
            self._known[seed][_key(each)] = scored.one(place)


def quick(config: TrainConfig, tokens: int, epochs: int) -> TrainConfig:
    """The same in fewer steps, which together go as far as those of a whole training.

    A step has as many records as leave `FEWEST_STEPS` of an epoch.

    Args:
        tokens: the length of all that is learned from.
        epochs: how often it is gone through.
    """
    larger = float(np.clip(tokens / (FEWEST_STEPS * config.batch_tokens), 1, LARGEST))
    fewer = larger * config.epochs_for("frozen") / epochs
    return config.model_copy(
        update={
            "batch_tokens": round(larger * config.batch_tokens),
            "head_learning_rate": fewer * config.head_learning_rate,
        }
    )


def _key(lambdas: Lambdas) -> Key:
    return tuple(sorted(lambdas.items()))
