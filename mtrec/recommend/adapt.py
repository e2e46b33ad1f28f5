"""The adaptation stage: L_T minimised over training likes, stopped by validation NDCG@10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtrec.recommend.colikes import Spectrum
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.loss import Adaptation, Batch, loss
from mtrec.recommend.profiles import LIKED, Source
from mtrec.schema import ADAPTED
from mtrec.training.reporter import Reporter, check_stop

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

ALL_ITEMS = 20_000  # items that all stand in the softmax
SAMPLED = 8_000  # above: how many of those that a batch's users do not know
USERS = 128  # users in a batch
RIDGES = (20.0, 50.0, 100.0, 200.0, 400.0, 800.0)
POPULARITY = (0.0, 0.5, 1.0)
SPREAD = 0.3  # how far an average person's scores differ at the start, as logits
SHRINKAGE = 1.0  # AdamW's weight decay of what is read of texts
ADAPTING = "Learning to recommend"


@dataclass(frozen=True, eq=False)
class Learned:
    """What L_T learned, from training alone, ready for any history.

    Attributes:
        items: q `(I, d)`.
        bias: b `(I,)`.
        projections: P_s `(w, d)` by source.
        means: μ_s `(w,)` by source.
        strengths: how long P_s (z − μ_s) summed and scaled is among the training's users, by
            source: what a source counts beside the others.
    """

    items: Floats
    bias: Floats
    projections: dict[str, Floats]
    means: dict[str, Floats]
    strengths: dict[str, float]

    @classmethod
    def of(
        cls,
        items: Floats,
        bias: Floats,
        projections: Mapping[str, Floats],
        means: Mapping[str, Floats],
        sources: Mapping[str, Source],
    ) -> Learned:
        """With the strengths that the projections have on `sources`."""
        strengths = {}
        for name, source in sources.items():
            vectors, _ = _summed(source, means[name])
            known = vectors[source.counts > 0] @ projections[name]
            strengths[name] = max(float(np.sqrt((known**2).sum(axis=1).mean())), 1e-6)
        return cls(items, bias, dict(projections), dict(means), strengths)

    def recommender(self, sources: Mapping[str, Source], users: int) -> FusedRecommender:
        """The recommender for a history; a source unknown in training tells it nothing."""
        fused = {}
        for name, source in with_items(sources, self.items).items():
            if name not in self.projections:
                continue
            projection = self.projections[name] / self.strengths[name]
            sums, scales = _summed(source, self.means[name])
            fused[name] = FusedSource(
                kind=source.kind,
                space=ADAPTED,
                weight=self.strengths[name],
                vectors=sums @ projection,
                scales=scales,
                counts=source.counts,
                parts=source.space,
                projection=projection,
                shift=self.means[name] @ projection,
            )
        return FusedRecommender(ADAPTED, fused, {ADAPTED: self.items}, self.bias, users)


def adapt(
    data: RecommendationData,
    sources: Mapping[str, Source],
    texts: Floats,
    config: RecommendConfig,
    seed: int,
    reporter: Reporter,
) -> Learned | None:
    """Learns from the training likes of `data`; its held-out likes say when to stop.

    The closed form is where it starts, and what stays if nothing betters it; its ridge penalty and
    the share of popularity in b are the best of a few on validation. Without likes on validation
    there is nothing to choose by, and the closed form stays.

    Args:
        data: history train, judged on val.
        sources: built from that history.
        texts: the items' text vectors of length 1 `(I, w)`.

    Returns:
        None where nobody liked anything in training.

    Raises:
        Stopped: the reporter asked to stop.
    """
    if not data.liked.nnz:
        return None
    reporter.phase(ADAPTING, config.epochs)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    best, best_ndcg = _start(data, sources, texts, config.dimension, seed)
    if not len(data.judged):
        return best
    sources = with_items(sources, best.items)
    liked = [name for name, source in sources.items() if source.kind == LIKED]
    model = Adaptation(
        best.projections, liked, torch.from_numpy(best.items), torch.from_numpy(best.bias)
    )
    gain = float(np.diag(best.projections[liked[0]]).mean())
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
    waited = 0
    for _ in range(config.epochs):
        order = rng.permutation(users)
        for start in range(0, len(order), USERS):
            check_stop(reporter)
            batch = Batch.of(order[start : start + USERS], sources, best.means, data)
            hidden = rng.random((batch.users, len(sources))) < config.dropout
            hidden[hidden.all(axis=1)] = False
            columns, log_weights = _columns(batch, len(data.items), rng)
            scores, left = model(batch, torch.from_numpy(hidden), columns)
            value = loss(scores, left, batch, columns, log_weights)
            optimizer.zero_grad()
            torch.autograd.backward(value)
            optimizer.step()
        reporter.advance(1)
        learned = Learned.of(
            best.items, model.bias_now(), model.projections_now(), best.means, sources
        )
        found = mean_ndcg(learned.recommender(sources, len(data.users)), data)
        waited = 0 if found > best_ndcg else waited + 1
        if found > best_ndcg:
            best, best_ndcg = learned, found
        if waited == config.patience:
            break
    return best


def with_items(sources: Mapping[str, Source], items: Floats) -> dict[str, Source]:
    """The sources, liked items standing for their adapted vectors and no longer for their texts."""
    return {
        name: replace(source, parts=items, space=ADAPTED) if source.kind == LIKED else source
        for name, source in sources.items()
    }


def _start(
    data: RecommendationData,
    sources: Mapping[str, Source],
    texts: Floats,
    dimension: int,
    seed: int,
) -> tuple[Learned, float]:
    """The closed form: liked items and popularity; and its validation NDCG@10, 0 without likes."""
    spectrum = Spectrum.of(data.liked, texts, dimension, seed)
    popularity = np.log1p(np.asarray(data.liked.sum(axis=0), np.float32)).ravel()
    best: tuple[Learned, float] | None = None
    judged = len(data.judged) > 0
    for ridge in RIDGES if judged else RIDGES[3:4]:
        items = spectrum.items(ridge)
        adapted = with_items(sources, items)
        means, projections = {}, {}
        for name, source in adapted.items():
            width = source.parts.shape[1]
            if source.kind == LIKED:
                means[name] = np.zeros(width, np.float32)
                projections[name] = _gain(source, items) * np.eye(width, dtype=np.float32)
            else:
                means[name] = source.parts[np.unique(source.owners.indices)].mean(axis=0)
                projections[name] = np.zeros((width, items.shape[1]), np.float32)
        for share in POPULARITY if judged else POPULARITY[1:2]:
            found = Learned.of(items, np.float32(share) * popularity, projections, means, adapted)
            ndcg = mean_ndcg(found.recommender(sources, len(data.users)), data) if judged else 0.0
            if best is None or ndcg > best[1]:
                best = found, ndcg
    if best is None:
        raise ValueError("there is no ridge to choose")
    return best


def _gain(source: Source, items: Floats) -> np.float32:
    """What the liked items' sum is multiplied by, so that scores differ by `SPREAD` logits."""
    sums, _ = _summed(source, np.zeros(items.shape[1], np.float32))
    some = sums[source.counts > 0][:USERS]
    spread = float((some @ items.T).std(axis=1).mean())
    return np.float32(SPREAD / spread if spread > 0 else 1.0)


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


def _summed(source: Source, mean: Floats) -> tuple[Floats, Floats]:
    """Σ (z − μ) / √n of each user `(U, w)`, and the 1 / √n `(U,)`, 0 without parts."""
    counts = source.counts.astype(np.float32)
    scales = np.where(counts > 0, 1 / np.sqrt(np.maximum(counts, 1)), 0).astype(np.float32)
    sums: Floats = (source.sums() - counts[:, None] * mean) * scales[:, None]
    return sums, scales
