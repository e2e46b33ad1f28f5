"""Learning by a strategy what settings of λ are tried on, and the weights that one finds so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mtrec.schema import TRAIN
from mtrec.strategies.base import Strategy
from mtrec.strategies.uncertainty import Uncertainty
from mtrec.tradeoffs.instrument import Instrument
from mtrec.tradeoffs.stacked import Lambdas
from mtrec.training.batches import token_batches
from mtrec.training.losses import wanted_units
from mtrec.training.reporter import Reporter, check_stop
from mtrec.training.step import Updater

WEIGHING = "Learning how much tasks count"
PASSES = 3  # as many as a setting is tried for, since weights move in steps of one size


def by_uncertainty(instrument: Instrument, reporter: Reporter) -> Lambdas:
    """λ of each task as `Uncertainty` leaves them: 1 on average over the tasks that steer.

    Raises:
        Stopped: the reporter asked to stop.
    """
    epochs = PASSES * instrument.trials.epochs
    reporter.phase(WEIGHING, epochs * instrument.records)
    strategy = Uncertainty(dict.fromkeys(instrument.steering, 1.0))
    for _ in learning(instrument, strategy, 0, epochs, reporter):
        pass
    weights = np.array([strategy.weights()[task] for task in instrument.steering])
    return instrument.lambdas(weights / weights.sum())


def learning(
    instrument: Instrument, strategy: Strategy, seed: int, epochs: int, reporter: Reporter
) -> Iterator[int]:
    """Learns what settings are tried on, in steps as theirs; gives the epoch of each step."""
    config = instrument.trials.config(epochs)
    inputs, examples = instrument.inputs, instrument.examples
    model = instrument.beginning(seed).train()
    watching = [task for task in instrument.tasks if task not in instrument.steering]
    updater = Updater(model, strategy, watching, config)
    rows, rng, seen = examples.rows[TRAIN], np.random.default_rng(seed), 0
    for epoch in range(epochs):
        for batch in token_batches(inputs.lengths[rows], config.batch_tokens, rng):
            check_stop(reporter)
            index = rows[batch]
            read = partial(inputs.read, index, wanted_units(model, examples, index))
            updater.update(read, examples, index, (seen + len(index) / 2) / (epochs * len(rows)))
            seen += len(index)
            reporter.advance(len(index))
            yield epoch
