"""The adaptation stage: L_T minimised over people's likes, for as long as validation says.

How to learn is chosen on validation, from the likes of training alone; what is learned in that way
from all likes of a history is what recommends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.recommend.closed_form import TRIED, Form, Forms
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import JUDGED, mean_ndcg
from mtrec.recommend.learned import Learned, with_items
from mtrec.recommend.loss import Adaptation, Batch, loss
from mtrec.recommend.profiles import OF_ITEMS, Source
from mtrec.training.reporter import Reporter, check_stop

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

ALL_ITEMS = 20_000  # items that all stand in the softmax
SAMPLED = 8_000  # above: how many of those that a batch's users do not know
USERS = 128  # users in a batch
SHRINKAGE = 1.0  # AdamW's weight decay of what is read of texts
CHOOSING = "Learning how to recommend"
ADAPTING = "Learning to recommend"


@dataclass(frozen=True)
class Chosen:
    """What validation chose.

    Attributes:
        form: the closed form to begin with.
        passes: how many passes over L_T better it; 0 leaves it as it is.
    """

    form: Form
    passes: int


def units(config: RecommendConfig) -> int:
    """How many units of work `choose` takes at most."""
    return TRIED + config.epochs


def choose(
    data: RecommendationData,
    sources: Mapping[str, Source],
    texts: Floats,
    config: RecommendConfig,
    seed: int,
    reporter: Reporter,
) -> tuple[Chosen, Learned] | None:
    """How to learn from people's likes: as the held-out likes of `data` say.

    Args:
        data: history train, judged on val. Nothing of test is looked at.
        sources: built from that history.
        texts: the items' text vectors of length 1 `(I, w)`.

    Returns:
        What was chosen, and what was learned so from this history; None where nobody liked anything
        in it. The usual form, and no pass, where nothing is held out.

    Raises:
        Stopped: the reporter asked to stop.
    """
    if not data.liked.nnz:
        return None
    reporter.phase(CHOOSING, units(config))
    data = data.judged_at_most(JUDGED)
    forms = Forms(data, sources, texts, config.dimension, seed)
    form, best = forms.choose(reporter)
    passes, kept = 0, forms.learned(form)
    if len(data.judged):
        learning = _passes(data, sources, kept, config, seed, reporter)
        for done, learned in zip(range(1, config.epochs + 1), learning, strict=False):
            found = mean_ndcg(learned.recommender(sources, len(data.users)), data)
            if found > best:
                passes, best, kept = done, found, learned
            if done - passes == config.patience:
                break
    return Chosen(form, passes), kept


def adapt(
    data: RecommendationData,
    sources: Mapping[str, Source],
    texts: Floats,
    config: RecommendConfig,
    chosen: Chosen,
    seed: int,
    reporter: Reporter,
) -> Learned:
    """Learns from all likes of a history, in the way that was chosen.

    Raises:
        Stopped: the reporter asked to stop.
    """
    reporter.phase(ADAPTING, chosen.passes)
    start = Forms(data, sources, texts, config.dimension, seed).learned(chosen.form)
    if not chosen.passes:
        return start
    learning = _passes(data, sources, start, config, seed, reporter)
    return next(islice(learning, chosen.passes - 1, None))


def _passes(
    data: RecommendationData,
    sources: Mapping[str, Source],
    start: Learned,
    config: RecommendConfig,
    seed: int,
    reporter: Reporter,
) -> Iterator[Learned]:
    """What is learned after each pass over the likes, without end."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    sources = with_items(sources, start.items, start.fading)
    of_items = [name for name, source in sources.items() if source.kind in OF_ITEMS]
    model = Adaptation(
        start.projections, of_items, torch.from_numpy(start.items), torch.from_numpy(start.bias)
    )
    gains = [np.diag(start.projections[name]).mean() for name in of_items]
    gain = float(max(gains, default=1.0))
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [model.projections[i] for i in model.diagonal],
                "lr": config.learning_rate * gain,
                "weight_decay": 0.0,
            },
            {"params": [model.projections[i] for i in model.dense], "weight_decay": SHRINKAGE},
            {"params": [model.bias], "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
    )
    users = np.flatnonzero(np.diff(data.liked.indptr)).astype(np.int64)
    while True:
        order = rng.permutation(users)
        for first in range(0, len(order), USERS):
            check_stop(reporter)
            batch = Batch.of(order[first : first + USERS], sources, start.means, data)
            hidden = rng.random((batch.users, len(sources))) < config.dropout
            hidden[hidden.all(axis=1)] = False
            columns, log_weights = _columns(batch, len(data.items), rng)
            scores, left = model(batch, torch.from_numpy(hidden), columns)
            value = loss(scores, left, batch, columns, log_weights)
            optimizer.zero_grad()
            torch.autograd.backward(value)
            optimizer.step()
        reporter.advance(1)
        yield Learned.of(
            start.items,
            model.bias_now(),
            model.projections_now(),
            start.means,
            start.fading,
            sources,
        )


def _columns(batch: Batch, items: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The items in a batch's softmax, sorted `(K,)`, and the log of how many each stands for."""
    if items <= ALL_ITEMS:
        return torch.arange(items), torch.zeros(items)
    known = torch.unique(batch.items)
    others = np.setdiff1d(np.arange(items), known.numpy(), assume_unique=True)
    drawn = rng.choice(others, size=min(SAMPLED, len(others)), replace=False)
    columns = torch.cat([known, torch.from_numpy(drawn)])
    stands_for = np.log(len(others) / max(len(drawn), 1)) if len(others) else 0.0
    weights = torch.cat([torch.zeros(len(known)), torch.full((len(drawn),), float(stands_for))])
    order = torch.argsort(columns)
    return columns[order], weights[order]
