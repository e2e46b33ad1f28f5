"""A few steps of each method on a few texts, to say what a whole training would take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, get_args

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from mtrec.data.dataset import labelled
from mtrec.errors import InputError
from mtrec.models.config import SCRATCH, EncoderConfig, TrunkConfig
from mtrec.models.encoder import Encoder, Reading, load_encoder
from mtrec.models.multitask import HeadSpec, MultiTaskModel, reads_marks
from mtrec.models.scratch import scratch
from mtrec.schema import LIKED, SPLIT, TEXT, TRAIN, USER, VAL
from mtrec.strategies import STRATEGIES
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks.base import Unit
from mtrec.tasks.config import TaskConfig
from mtrec.tasks.ragged import Index
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig, check_applicable
from mtrec.training.device import pick_device, pick_precision
from mtrec.training.embeddings import Change, ChangedInputs
from mtrec.training.examples import Examples
from mtrec.training.inputs import Inputs, StateInputs, TokenInputs
from mtrec.training.loop import heads
from mtrec.training.losses import wanted_units
from mtrec.training.making import RATE
from mtrec.training.paces import BYTES, Counts, Measurement, Pace
from mtrec.training.pretraining import Pretraining
from mtrec.training.reporter import Reporter, SilentReporter
from mtrec.training.snapshot import Keeper
from mtrec.training.step import Updater
from mtrec.training.validation import validate

if TYPE_CHECKING:
    import pandas as pd

    from mtrec.data.dataset import Dataset

SAMPLE = 400  # texts whose lengths stand for those of all
# The most word pieces of a step that is measured, since each step costs something whatever its
# size; how many are measured, and how many texts of one come before, to warm up.
PIECES, STEPS, WARM = 2048, 2, 16
CHECKED = 1000  # texts whose answers are scored
METHODS: tuple[str, ...] = get_args(EncoderConfig.model_fields["method"].annotation)


class Measuring:
    """A few of a dataset's texts, and the settings that every method is measured with.

    Attributes:
        counts: how much there is of everything.
        device: where it is measured.

    Raises:
        InputError: no text to learn from has a label, or the encoder can't be loaded.
    """

    def __init__(
        self,
        dataset: Dataset,
        encoder_config: EncoderConfig,
        trunk_config: TrunkConfig,
        tasks: Mapping[str, TaskConfig],
        strategy_config: StrategyConfig,
        train_config: TrainConfig,
    ) -> None:
        self._encoder_config = encoder_config
        self._trunk_config = trunk_config
        self._strategy_config = strategy_config
        self._train_config = train_config
        self._specs = heads(dataset, tasks)
        self._lambdas = {spec.name: tasks[spec.name].lambda_ for spec in self._specs}
        self.device = pick_device()
        self._precision = pick_precision(train_config.precision, self.device)
        learned, self.counts = _counted(dataset, self._specs)
        some = learned.sample(min(SAMPLE, len(learned)), random_state=0)
        items = dataset.items[TEXT]
        self._items = items.sample(min(SAMPLE, len(items)), random_state=0).tolist()
        self._texts = some[TEXT].tolist()
        self._base = self._encoder("frozen")
        lengths = self._base.tokenize(self._texts).lengths
        self._pieces = float(lengths.mean())
        few = max(1, int(np.searchsorted(np.cumsum(lengths), PIECES * STEPS)))
        shown = replace(dataset, tables={"records": some.iloc[:few]})
        self._examples = Examples.of(shown, self._specs)

    def measure(self, reporter: Reporter | None = None) -> Measurement:
        """How long reading and learning take by each method.

        Methods that cannot be used with the other settings are left out. torch's random numbers are
        left where they stood.

        Args:
            reporter: whoever watches.

        Raises:
            InputError: no method can be used.
        """
        with torch.random.fork_rng():
            paces = self._paces(reporter or SilentReporter())
            return Measurement(paces, self.counts, self._guessing(), str(self.device))

    def _paces(self, reporter: Reporter) -> dict[str, Pace]:
        """The pace of each method that can be used.

        Raises:
            InputError: none can.
        """
        reporter.phase("Trying every way on a few texts", len(METHODS) + 1)
        read, scored = self._reading(self._base), self._scoring()
        reporter.advance(1)
        found: dict[str, Pace] = {}
        refused: list[InputError] = []
        for method in METHODS:
            config = self._encoder_config.model_copy(update={"method": method})
            try:
                check_applicable(self._train_config, config, self._trunk_config)
                found[method] = self._pace(self._encoder(method), read, scored)
            except InputError as error:
                refused.append(error)
            reporter.advance(1)
        if not found:
            raise refused[0]
        return found

    def _guessing(self) -> float:
        """Seconds for each text from which hidden words are guessed; 0 where none are."""
        if not self._encoder_config.epochs_of_guessing:
            return 0.0
        texts = list(dict.fromkeys(self._examples.texts))
        settings = self._train_config.model_copy(update={"batch_tokens": PIECES})
        reporter, keeper = SilentReporter(), Keeper(None)
        encoder = self._encoder("full")
        learning = Pretraining(encoder, texts, 1, RATE, settings, reporter, keeper)
        return self._seconds(learning.run) / len(texts)

    def _encoder(self, method: str) -> Encoder:
        """As it came; one that is made of the training texts, made of these few."""
        config = self._encoder_config.model_copy(update={"method": method, "pretrain_epochs": 0})
        marks = reads_marks(self._specs)
        if config.name == SCRATCH:
            made = scratch(self._texts, self._train_config.seed, marks)
            return Encoder(*made, config, self._precision, marks).to(self.device)
        return load_encoder(config, self._precision, marks).to(self.device)

    def _pace(self, encoder: Encoder, read: float, scored: float) -> Pace:
        """
        Args:
            read: seconds a word piece, where the encoder rests.
            scored: seconds a text, from its states to figures.
        """
        model = MultiTaskModel(encoder, self._trunk_config, self._specs).to(self.device)
        numbers = [(each.numel(), each.requires_grad) for each in model.parameters()]
        pieces, kept, check = self._pieces, 0.0, scored
        inputs: Inputs
        if encoder.learns:
            inputs = TokenInputs(encoder, self._examples.texts, model.units, SilentReporter())
            own = self._reading(encoder)
            check += own * pieces
            if encoder.prompts is not None:
                read = own
        else:
            inputs = self._states(model)
            pieces = float(inputs.lengths.mean())
            rows = sum(each.rows.numel() for each in inputs.known.values())
            kept = BYTES * rows / len(inputs.lengths)
        learn, held = self._learning(model, inputs)
        lengths = self._base.tokenize(self._items).lengths if self._items else np.zeros(1)
        return Pace(
            learns=sum(size for size, learns in numbers if learns),
            weights=sum(size for size, _ in numbers),
            learn=learn * pieces,
            check=check,
            read=read * self._pieces,
            item=read * float(lengths.mean()),
            held=held,
            kept=kept,
        )

    def _learning(self, model: MultiTaskModel, inputs: Inputs) -> tuple[float, float]:
        """Seconds and bytes held for each word piece of a step's texts."""
        weighted = {task: value for task, value in self._lambdas.items() if value > 0}
        kind = STRATEGIES[self._strategy_config.name]
        strategy = kind(weighted, **self._strategy_config.params)
        watching = self._lambdas.keys() - weighted.keys()
        updater = Updater(model.train(), strategy, watching, self._train_config)

        def step(index: Index) -> None:
            def read(change: Change | None = None) -> Reading:
                changed = inputs if change is None else ChangedInputs(inputs, encoder, change)
                return changed.read(index, wanted_units(model, self._examples, index))

            updater.update(read, self._examples, index, 0.5)

        encoder = model.encoder
        first, *batches = self._batches(inputs)
        with _Held(model) as held:
            step(first)
        return (
            self._fastest(step, batches, inputs.lengths),
            held.bytes / int(inputs.lengths[first].sum()),
        )

    def _batches(self, inputs: Inputs) -> list[Index]:
        """One to warm up, and others of a size that stands for that of real ones."""
        rows = np.arange(len(inputs.lengths))
        if isinstance(inputs, StateInputs):
            # Cheap, and what each step costs anyhow would stand out in smaller ones.
            size = max(1, self._train_config.batch_tokens // int(inputs.lengths[0]))
            return [np.resize(rows, size)] * (STEPS + 1)
        batches = token_batches(inputs.lengths, min(PIECES, self._train_config.batch_tokens))
        return [batches[-1][:WARM], *batches]

    def _states(self, model: MultiTaskModel) -> StateInputs:
        texts, units = self._examples.texts, model.units
        return StateInputs(self._base, texts, units, None, SilentReporter())

    @torch.no_grad()
    def _reading(self, encoder: Encoder) -> float:
        """Seconds a word piece, where nothing is learned from it."""
        encoder.eval()
        tokens = encoder.tokenize(self._examples.texts)
        batches = token_batches(tokens.lengths, PIECES)

        def read(index: Index) -> None:
            wanted = {Unit.TEXT: np.ones(len(index), dtype=bool)}
            encoder.read(tokens, index, wanted)

        read(batches[-1][:WARM])
        return self._fastest(read, batches, tokens.lengths)

    def _scoring(self) -> float:
        """Seconds a validation text takes from its states to figures."""
        model = MultiTaskModel(self._base, self._trunk_config, self._specs).to(self.device)
        inputs = self._states(model)
        rows = np.resize(np.arange(len(inputs.lengths)), max(1, min(self.counts.val, CHECKED)))
        budget = self._train_config.batch_tokens
        examples, silent = self._examples, SilentReporter()
        return self._seconds(lambda: validate(model, inputs, examples, rows, budget, silent)) / len(
            rows
        )

    def _fastest(
        self, work: Callable[[Index], object], batches: Sequence[Index], lengths: Index
    ) -> float:
        """Seconds a word piece in the fastest batch, which other programs held up least."""
        return min(
            self._seconds(partial(work, index)) / int(lengths[index].sum()) for index in batches
        )

    def _seconds(self, work: Callable[[], object]) -> float:
        self._wait()
        started = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - started

    def _wait(self) -> None:
        """Until a GPU has done what it was asked to."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class _Held:
    """Counts the bytes that autograd holds for the way back, weights left out."""

    def __init__(self, model: MultiTaskModel) -> None:
        self._known = {each.untyped_storage().data_ptr() for each in model.parameters()}
        self._hooks = saved_tensors_hooks(self._count, lambda each: each)
        self.bytes = 0

    def _count(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._known:
            self._known.add(storage.data_ptr())
            self.bytes += storage.nbytes()
        return tensor

    def __enter__(self) -> _Held:
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.__exit__(*error)


def _counted(dataset: Dataset, specs: Sequence[HeadSpec]) -> tuple[pd.DataFrame, Counts]:
    """The records to learn from, and how much there is of everything.

    Raises:
        InputError: there is nothing to learn from.
    """
    records, interactions = dataset.records, dataset.interactions
    used = labelled(records, (spec.name for spec in specs))
    learned = records[used & (records[SPLIT] == TRAIN)]
    if learned.empty:
        raise InputError(
            "There is nothing to measure on",
            expected="labels in the train split",
            found="none",
            where="tasks",
        )
    return learned, Counts(
        train=len(learned),
        val=int((used & (records[SPLIT] == VAL)).sum()),
        records=len(records),
        items=len(dataset.items),
        people=interactions.loc[interactions[LIKED], USER].nunique(),
    )
