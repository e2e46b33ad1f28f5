"""A dataset's labelled texts as a frozen encoder reads them, on which settings of λ are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.models.encoder import load_encoder
from mtrec.models.multitask import MultiTaskModel, reads_marks
from mtrec.schema import TRAIN, VAL
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.config import TaskConfig
from mtrec.tradeoffs.outcomes import Judge, Outcomes, TaskJudge
from mtrec.tradeoffs.simplex import spread
from mtrec.tradeoffs.stacked import Lambdas
from mtrec.tradeoffs.tastes import TasteJudge, recommendable
from mtrec.tradeoffs.trials import SEEDS, Trials
from mtrec.training.config import TrainConfig
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.examples import Examples
from mtrec.training.inputs import StateInputs
from mtrec.training.loop import check_learnable, heads
from mtrec.training.reporter import Reporter

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset

MOST = 12_000  # training records that are learned from; of more, a sample
DIGITS = 3  # of λ behind the point, where it is told from a share


class Settings(Protocol):
    """What is read here of a training's settings, with an entry for each of the dataset's tasks."""

    @property
    def encoder(self) -> EncoderConfig: ...
    @property
    def trunk(self) -> TrunkConfig: ...
    @property
    def tasks(self) -> Mapping[str, TaskConfig]: ...
    @property
    def strategy(self) -> StrategyConfig: ...
    @property
    def train(self) -> TrainConfig: ...


class Instrument:
    """Tries settings of λ, many at once, and says how each comes out on validation.

    What is learned is everything above the encoder, whatever the settings say of how the encoder
    learns: its states are read once.

    Attributes:
        tasks: all that are learned, in the dataset's order; `specs` are their heads.
        steering: those whose λ is above 0; the others watch in every setting.
        records: how many training records are learned from.
        of: how many there are.
        examples: their records, and those to judge by.
        inputs: what the encoder gives of these.
        trials: how settings are learned, and those that were.
        tastes: who is recommended to; None where too few people liked something.

    Args:
        settings: those of a training, as `config.for_dataset` fills them in.
        cache: a folder for states of texts.

    Raises:
        InputError: there are no two tasks to weigh against each other, one has no labels where it
            needs them, or the settings name something that settings of λ can't be tried with.
        Stopped: the reporter asked to stop.
    """

    def __init__(
        self,
        dataset: Dataset,
        settings: Settings,
        cache: Path,
        reporter: Reporter,
    ) -> None:
        frozen = settings.encoder.model_copy(update={"method": "frozen"})
        _check_settings(frozen, settings.strategy, settings.train)
        tasks = settings.tasks
        specs = heads(dataset, tasks)
        lambdas = {spec.name: tasks[spec.name].lambda_ for spec in specs}
        balanced = [spec.name for spec in specs if tasks[spec.name].balanced]
        every = Examples.of(dataset, specs, balanced)
        check_learnable(lambdas, every)
        _check_tasks(lambdas, every)
        self.tasks = tuple(lambdas)
        self.steering = tuple(task for task, value in lambdas.items() if value > 0)
        self.of = len(every.rows[TRAIN])
        self.examples = _sampled(every, lambdas)
        self.records = len(self.examples.rows[TRAIN])
        self.specs, self._trunk = specs, settings.trunk
        self._reporter = reporter
        device = pick_device()
        precision = pick_precision(settings.train.precision, device)
        self._encoder = load_encoder(frozen, precision, reads_marks(specs)).to(device)
        units = MultiTaskModel(self._encoder, settings.trunk, specs).units
        self.inputs = StateInputs(self._encoder, self.examples.texts, units, cache, reporter)
        judges: list[Judge] = [
            TaskJudge(specs, self.inputs, self.examples, self.examples.rows[VAL])
        ]
        data = recommendable(dataset)
        self.tastes = (
            None if data is None else TasteJudge(dataset, data, self._encoder, cache, reporter)
        )
        if self.tastes is not None:
            judges.append(self.tastes)
        count = len(self.steering)
        self.trials = Trials(
            self.inputs,
            self.examples,
            self.beginning,
            [self.lambdas(shares) for shares in spread(count, count + 1)],
            judges,
            settings.train,
        )

    def lambdas(self, shares: Sequence[float]) -> Lambdas:
        """λ of each task where those that steer have these shares: 1 on average, where they do."""
        scaled = {
            task: round(float(share) * len(self.steering), DIGITS)
            for task, share in zip(self.steering, shares, strict=True)
        }
        return {task: scaled.get(task, 0.0) for task in self.tasks}

    def outcomes(
        self,
        settings: Sequence[Lambdas],
        seeds: int = SEEDS,
        reporter: Reporter | None = None,
    ) -> Outcomes:
        """How settings come out on validation, the mean over seeds, with its noise.

        Args:
            reporter: who watches, if not the one that watched the texts being read.

        Raises:
            Stopped: the reporter asked to stop; what was tried before is kept.
        """
        return self.trials.outcomes(settings, reporter or self._reporter, seeds)

    def beginning(self, seed: int) -> MultiTaskModel:
        """The model that every setting begins with; torch's random numbers start with the seed."""
        torch.manual_seed(seed)
        return MultiTaskModel(self._encoder, self._trunk, self.specs).to(self._encoder.device)


def _sampled(examples: Examples, tasks: Mapping[str, float]) -> Examples:
    """With at most `MOST` training records, of which each task keeps its share, by a fixed seed."""
    rows = examples.rows[TRAIN]
    if len(rows) <= MOST:
        return examples
    kept = np.random.default_rng(0).choice(rows, MOST, replace=False)
    sampled = examples.take(np.sort(np.concatenate([kept, examples.rows[VAL]])))
    check_learnable(tasks, sampled)
    return sampled


def _check_settings(encoder: EncoderConfig, strategy: StrategyConfig, train: TrainConfig) -> None:
    if not STRATEGIES[strategy.name].linear:
        raise InputError(
            "Settings of λ cannot be tried with this strategy",
            expected="one that weighs every loss by its λ",
            found=f"{strategy.name}: {STRATEGIES[strategy.name].reason}",
            where="strategy.name",
            fix="set strategy.name=sum",
        )
    if encoder.is_made:
        raise InputError(
            "Settings of λ cannot be tried with a language model that a training makes first",
            expected="a language model that is there already",
            found=f"{encoder.name}, which first guesses words for {encoder.epochs_of_guessing} "
            "epochs",
            where="encoder",
            fix="set encoder.name=minilm and encoder.pretrain_epochs=0",
        )
    for switch, on in (
        ("adversarial.fgm", train.adversarial.fgm),
        ("adversarial.rdrop", train.adversarial.rdrop),
        ("augment.words", train.augment.words),
    ):
        if on:
            raise InputError(
                "Settings of λ are tried on texts that are read once, as they are",
                expected=f"train.{switch}=false",
                found="true",
                where=f"train.{switch}",
                fix="switch it off here; a training of the chosen λ may have it",
            )


def _check_tasks(lambdas: Mapping[str, float], examples: Examples) -> None:
    steering = [task for task, value in lambdas.items() if value > 0]
    if len(steering) < 2:
        raise InputError(
            "There is nothing to weigh against each other",
            expected="two enabled tasks or more with a λ above 0",
            found=", ".join(steering),
            where="tasks",
            fix="switch another task on, or train this one",
        )
    for task in lambdas:
        if not len(examples.labelled(task, examples.rows[VAL])):
            raise InputError(
                f"How the task '{task}' comes out cannot be told",
                expected="labels in the validation split",
                found="none",
                where=f"tasks.{task}",
                fix=f"set tasks.{task}.enabled=false, or import the data with other splits",
            )
