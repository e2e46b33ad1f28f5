"""Many settings of λ learned at once come to what each comes to alone, for every task type."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import MultiTaskModel
from mtrec.schema import TRAIN, VAL
from mtrec.strategies.sum import Sum
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.config import TaskConfig
from mtrec.tasks.ragged import Ragged
from mtrec.tradeoffs.stacked import Stack
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.examples import Examples
from mtrec.training.inputs import StateInputs
from mtrec.training.loop import heads
from mtrec.training.losses import wanted_units
from mtrec.training.reporter import SilentReporter
from mtrec.training.step import Updater
from tests.contracts.test_learning import made

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = [
    dict.fromkeys(TASK_TYPES, 1.0),
    {name: 0.25 * (place + 1) for place, name in enumerate(TASK_TYPES)},
    {name: float(place % 2) for place, name in enumerate(TASK_TYPES)},
    {name: float(name == "binary") for name in TASK_TYPES},
]
EPOCHS = 2


class Learned:
    """One model's learning by itself, as a training does it."""

    def __init__(self, model: MultiTaskModel, lambdas: Mapping[str, float], config: TrainConfig):
        weighted = {task: value for task, value in lambdas.items() if value > 0}
        self.model = copy.deepcopy(model)
        self.updater = Updater(self.model, Sum(weighted), lambdas.keys() - weighted.keys(), config)

    def learn(self, inputs: StateInputs, examples: Examples, seed: int) -> None:
        rows, rng = examples.rows[TRAIN], np.random.default_rng(seed)
        seen = 0
        self.model.train()
        for _ in range(EPOCHS):
            for batch in token_batches(inputs.lengths[rows], self.updater.config.batch_tokens, rng):
                index = rows[batch]
                reading = inputs.read(index, wanted_units(self.model, examples, index))
                progress = (seen + len(index) / 2) / (EPOCHS * len(rows))
                self.updater.update(partial(dict, reading), examples, index, progress)
                seen += len(index)


def prepared(folder: Path, kind: str) -> tuple[MultiTaskModel, StateInputs, Examples]:
    """A model in float64 and records of every type, some of whose labels are missing.

    Of the binary task so many are that some steps have no label of it.
    """
    dataset: Any = made()
    config = EncoderConfig(name=str(folder), method="frozen", max_length=48)
    specs = heads(dataset, {name: TaskConfig() for name in dataset.tasks})
    examples = Examples.of(dataset, specs, balanced=["binary"])
    torch.manual_seed(0)
    encoder = load_encoder(config, "fp32", marks=True)
    model = MultiTaskModel(encoder, TrunkConfig(kind=kind, width=16, dropout=0.2), specs)
    inputs = StateInputs(encoder, examples.texts, model.units, None, SilentReporter())
    inputs.known = {
        unit: Ragged(each.rows.double(), each.counts) for unit, each in inputs.known.items()
    }
    rare = np.random.default_rng(0).random(len(examples.texts)) < 0.3
    targets = {**examples.targets, "binary": examples.targets["binary"].only(rare)}
    balanced = {"binary": examples.weights["binary"].double()}
    return model.double(), inputs, replace(examples, targets=targets, weights=balanced)


@pytest.mark.parametrize("kind", ["shared", "mmoe", "cgc"])
def test_settings_learned_at_once_come_to_what_each_comes_to_alone(
    tiny_encoder_folder: Path, kind: str
) -> None:
    model, inputs, examples = prepared(tiny_encoder_folder, kind)
    config = TrainConfig(batch_tokens=64, head_learning_rate=0.01, clip=0.5)  # 8 records a step
    stack = Stack(model, SETTINGS, config)
    torch.manual_seed(1)
    stack.learn(inputs, examples, EPOCHS, 3, SilentReporter())
    said = stack.logits(inputs, examples, examples.rows[VAL])
    for place, lambdas in enumerate(SETTINGS):
        alone = Learned(model, lambdas, config)
        torch.manual_seed(1)
        alone.learn(inputs, examples, 3)
        moved = 0.0
        for name, parameter in alone.model.named_parameters():
            if name.startswith("encoder."):
                continue
            torch.testing.assert_close(
                stack.parameters[name][place].detach(), parameter.detach(), rtol=0, atol=1e-9
            )
            change = parameter.detach() - model.get_parameter(name).detach()
            moved = max(moved, float(change.abs().max()))
        assert moved > 0.01
        alone.model.eval()
        for task in model.tasks:
            index = examples.labelled(task, examples.rows[VAL])
            reading = inputs.read(index, wanted_units(model, examples, index))
            with torch.no_grad():
                expected = alone.model(reading)[task].rows
            torch.testing.assert_close(said[task].rows[:, place], expected, rtol=0, atol=1e-9)


def learned(
    folder: Path,
    settings: list[dict[str, float]],
    config: TrainConfig,
    change: Callable[[Stack], None] = lambda _: None,
) -> Stack:
    model, inputs, examples = prepared(folder, "shared")
    stack = Stack(model, settings, config)
    change(stack)
    torch.manual_seed(1)
    stack.learn(inputs, examples, EPOCHS, 3, SilentReporter())
    return stack


def test_as_lambda_goes_to_0_a_model_becomes_the_one_without_the_task(
    tiny_encoder_folder: Path,
) -> None:
    """In all that other tasks read; the task's own head learns as if it were alone."""
    shares = [0.0, 1e-1, 1e-3, 1e-7]
    settings = [dict.fromkeys(TASK_TYPES, 1.0) | {"multiclass": share} for share in shares]
    stack = learned(tiny_encoder_folder, settings, TrainConfig(batch_tokens=128))
    place = list(stack.model.tasks).index("multiclass")
    without, *others = [
        torch.cat(
            [
                parameter[row].detach().flatten()
                for name, parameter in stack.parameters.items()
                if not name.startswith(f"heads.task_{place}.")
            ]
        )
        for row in range(len(shares))
    ]
    far, nearer, nearest = (float((each - without).abs().max()) for each in others)
    assert far > 1e-4 and nearer < far / 50 and nearest < 1e-8


def test_lambdas_larger_by_as_much_as_steps_are_smaller_change_nothing(
    tiny_encoder_folder: Path,
) -> None:
    """Under plain steps down the slope, with neither decay nor clipping."""

    def plain(stack: Stack) -> None:
        rows = [row for group in stack._optimizer.param_groups for row in group["params"]]
        stack._optimizer = torch.optim.SGD(rows, lr=1.0)

    settings = SETTINGS[1]
    found = [
        learned(
            tiny_encoder_folder,
            [{task: factor * value for task, value in settings.items()}],
            TrainConfig(batch_tokens=128, head_learning_rate=0.1 / factor, clip=1000),
            plain,
        ).parameters
        for factor in (1, 8)
    ]
    for name, parameter in found[0].items():
        torch.testing.assert_close(parameter, found[1][name], rtol=0, atol=1e-9)
    start = prepared(tiny_encoder_folder, "shared")[0].get_parameter("trunk.1.weight")
    assert float((found[0]["trunk.1.weight"][0] - start).detach().abs().max()) > 0.01
