"""Learning to guess hidden words of the training texts, before any label is learned.

Masked language modelling (Devlin et al., 2019, arXiv:1810.04805); on the texts of the task at hand
as in Gururangan et al. (2020), *Don't Stop Pretraining*, arXiv:2004.10964.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module, Parameter, functional
from torch.nn.utils import clip_grad_norm_

from mtrec.errors import InputError, MtrecError
from mtrec.models.encoder import Encoder
from mtrec.models.guessing import Guesser
from mtrec.tasks.moving import moved, told
from mtrec.tasks.ragged import Index
from mtrec.training.batches import token_batches
from mtrec.training.config import TrainConfig
from mtrec.training.inputs import TokenInputs
from mtrec.training.masking import Masking
from mtrec.training.reporter import Reporter, Stopped, check_stop
from mtrec.training.snapshot import (
    Keeper,
    Snapshot,
    random_states,
    set_random_states,
    versions,
)
from mtrec.training.step import parameter_groups, schedule

GUESSING = "Learning to guess words of your texts"
APART, MOST_APART = 0.05, 500  # share and number of texts that are only measured on
LEARNING, MOMENTS, LOSSES = "learning:", "moments:", "losses"


class Pretraining:
    """The epochs in which an encoder learns to guess hidden pieces of texts.

    Some of the texts are kept apart: how well their hidden pieces are guessed is measured after
    each epoch, always at the same places. What is hidden, and in which order texts are read, comes
    from seed, epoch and batch alone.

    Attributes:
        epoch: how many are over.
        losses: of every update so far.
        measured: the step and the loss on texts kept apart, after each epoch.
    """

    def __init__(
        self,
        encoder: Encoder,
        texts: Sequence[str],
        epochs: int,
        rate: float,
        config: TrainConfig,
        reporter: Reporter,
        keeper: Keeper,
    ) -> None:
        """Reads the texts.

        Args:
            encoder: all of it must learn; on the device where it does.
            texts: different ones, at least one.

        Raises:
            InputError: the encoder has no piece for what is hidden.
            Stopped: someone asked to stop.
        """
        if encoder.tokenizer.mask_token_id is None:
            raise InputError(
                f"The encoder '{encoder.config.name}' can't learn to guess hidden words",
                expected="an encoder with a sign for what is hidden, such as BERT",
                found="none in its vocabulary",
                where="encoder.pretrain_epochs",
                fix="set encoder.pretrain_epochs=0",
            )
        self.encoder = encoder
        self.epochs = epochs
        self.config = config
        self.reporter = reporter
        self.keeper = keeper
        self.epoch = 0
        self.losses: list[float] = []
        self.measured: list[tuple[int, float]] = []
        self._seen = 0
        self._batch = 0  # the next one of this epoch
        self._guesser = Guesser(encoder).to(encoder.device)
        self._learning = dict(_named_parameters(encoder=encoder, guesser=self._guesser))
        self._optimizer = torch.optim.AdamW(
            parameter_groups([*self._learning.values()], rate, config.weight_decay), fused=True
        )
        self._rates = [group["lr"] for group in self._optimizer.param_groups]
        self._masking = Masking(encoder.tokenizer)
        inputs = TokenInputs(encoder, texts, (), reporter)
        self._ids, self._lengths = inputs.tokens.ids, inputs.lengths
        order = np.random.default_rng(config.seed).permutation(len(texts))
        apart = min(round(APART * len(texts)), MOST_APART)
        self._apart, self._rows = np.sort(order[:apart]), np.sort(order[apart:])

    @property
    def is_whole(self) -> bool:
        """Whether every epoch is over."""
        return self.epoch >= self.epochs

    def run(self) -> None:
        """Learns until the last epoch, or until someone asks to learn no more.

        Raises:
            Stopped: someone asked to stop; all of it up to the last update is kept.
            MtrecError: a loss is no longer a number.
        """
        self.reporter.phase(GUESSING, self.epochs * len(self._rows))
        if self.losses:
            self.reporter.goes_on(0, 0, self._seen)
            tell_guesses(self.reporter, self.losses, self.measured)
        try:
            while not self.is_whole and not self.reporter.should_finish():
                self._one_epoch()
                self.keeper.offer(self.snapshot, epoch_is_over=True)
        except Stopped:
            self.keeper.keep(self.snapshot)
            raise
        self.encoder.eval()

    def _one_epoch(self) -> None:
        self.encoder.train()
        seeds = (self.config.seed, self.epoch)
        rows = self._rows
        batches = token_batches(
            self._lengths[rows], self.config.batch_tokens, np.random.default_rng(seeds)
        )
        for number in range(self._batch, len(batches)):
            check_stop(self.reporter)
            if self.reporter.should_finish():
                return
            index = rows[batches[number]]
            loss = self._update(index, np.random.default_rng((*seeds, number + 1)))
            self._seen += len(index)
            self._batch = number + 1
            self.losses.append(loss)
            self.reporter.guessed(len(self.losses), loss, None)
            self.reporter.advance(len(index))
            self.keeper.offer(self.snapshot)
        if len(self._apart):
            self.measured.append((len(self.losses), self._loss_apart()))
            self.reporter.guessed(len(self.losses), None, self.measured[-1][1])
        self.epoch += 1
        self._batch = 0

    def _update(self, index: Index, rng: np.random.Generator) -> float:
        total, places = self._guess(index, rng)
        loss = total / max(places, 1)
        lost = told({GUESSING: loss})
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self._learning.values(), self.config.clip)
        done = (self._seen + len(index) / 2) / (self.epochs * len(self._rows))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = schedule(done, self.config.warmup) * rate
        self._optimizer.step()
        value = lost()[GUESSING]
        if not math.isfinite(value):
            raise MtrecError(
                "Learning to guess words went off: the loss is no longer a number",
                found=f"{value} at step {len(self.losses) + 1}",
                where="encoder.pretrain_epochs",
                fix="set train.precision=fp32 or encoder.pretrain_epochs=0",
            )
        return value

    def _guess(self, index: Index, rng: np.random.Generator) -> tuple[Tensor, int]:
        """The sum of the losses over the hidden places of some texts, and how many those are."""
        device = self.encoder.device
        ids, mask = self.encoder.padded([self._ids[row] for row in index])
        read, chosen = self._masking(ids, rng)
        places = np.nonzero(chosen)
        states = self.encoder(moved(read, device), moved(mask, device))  # (B, T, d)
        hidden = states[tuple(moved(each, device) for each in places)]  # (M, d)
        logits, words = self._guesser(hidden, self.encoder), moved(ids[places], device)
        return functional.cross_entropy(logits, words, reduction="sum"), len(hidden)

    @torch.no_grad()
    def _loss_apart(self) -> float:
        self.encoder.eval()
        total, places = 0.0, 0
        rng = np.random.default_rng(self.config.seed)
        for batch in token_batches(self._lengths[self._apart], self.config.batch_tokens):
            check_stop(self.reporter)
            loss, hidden = self._guess(self._apart[batch], rng)
            total, places = total + float(loss), places + hidden
        return total / max(places, 1)

    def snapshot(self) -> Snapshot:
        """Where it stands between two updates."""
        tensors: dict[str, Tensor] = {
            f"{LEARNING}{name}": each for name, each in self._learning.items()
        }
        for place, each in self._optimizer.state_dict()["state"].items():
            tensors |= {f"{MOMENTS}{place}:{name}": value for name, value in each.items()}
        tensors[LOSSES] = torch.tensor(self.losses, dtype=torch.float64)
        numbers = {
            "epoch": self.epoch,
            "seen": self._seen,
            "batch": self._batch,
            "measured": self.measured,
            "precision": self.encoder.precision,
            "versions": versions(),
        }
        return Snapshot(tensors | random_states(), numbers)

    @torch.no_grad()
    def go_on(self, kept: Snapshot) -> None:
        """Stands where one with the same settings and texts stood when it was kept."""
        learning = kept.part(LEARNING)
        for name, parameter in self._learning.items():
            parameter.copy_(learning[name])
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in kept.part(MOMENTS).items():
            place, _, what = name.partition(":")
            moments.setdefault(int(place), {})[what] = value
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": moments})
        numbers = kept.numbers
        self.epoch, self._seen, self._batch = numbers["epoch"], numbers["seen"], numbers["batch"]
        self.measured = [(step, loss) for step, loss in numbers["measured"]]
        self.losses = kept.tensors[LOSSES].tolist()
        set_random_states(kept.tensors)


def _named_parameters(**modules: Module) -> Iterator[tuple[str, Parameter]]:
    for part, module in modules.items():
        for name, each in module.named_parameters():
            yield f"{part}.{name}", each


def tell_guesses(
    reporter: Reporter, losses: Sequence[float], measured: Sequence[tuple[int, float]]
) -> None:
    """Tells a reporter of updates that were made before it watched."""
    apart = dict(measured)
    for step, loss in enumerate(losses, 1):
        reporter.guessed(step, loss, None)
        if step in apart:
            reporter.guessed(step, None, apart[step])
