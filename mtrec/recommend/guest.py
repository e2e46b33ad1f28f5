"""A person as the sum of their parts alone: somebody who is in no data, or who has more to say.

What is given of them are vectors of texts (and of liked items), so that nothing has to be learned
or stored for them; a fused recommender of one person comes of it, whose scores and reasons are
those that the person would have, had the data held these parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mtrec.recommend.explain import Owned
from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.profiles import ENCODER, at_length_one, faded
from mtrec.recommend.rewound import anew

if TYPE_CHECKING:
    from mtrec.models.encoder import Encoder
    from mtrec.models.multitask import MultiTaskModel

Floats = NDArray[np.float32]
Read = Callable[[Sequence[str]], Mapping[str, Floats]]
"""Texts to their vectors `(n, w)` by space, as a run's files hold those of its data."""


@dataclass(frozen=True, eq=False)
class NewTexts:
    """Texts that are in no data.

    Attributes:
        texts: (n,)
        vectors: theirs by space `(n, w)`, as a `Read` gives them.
        activity: the record source that they are of; None where that is not known.
    """

    texts: tuple[str, ...]
    vectors: Mapping[str, Floats]
    activity: str | None = None


def read_with_model(model: MultiTaskModel, texts: Sequence[str]) -> dict[str, Floats]:
    """What a run that learned tasks makes of texts: in its encoder, and as its tasks read them."""
    from mtrec.training.inference import infer
    from mtrec.training.reporter import SilentReporter

    said = infer(model, texts, None, SilentReporter())
    spaces = {ENCODER: said.vectors, **said.states}
    return {space: at_length_one(vectors) for space, vectors in spaces.items()}


def read_with_encoder(encoder: Encoder, texts: Sequence[str]) -> dict[str, Floats]:
    """What a run without tasks makes of texts."""
    from mtrec.training.features import encode_texts
    from mtrec.training.reporter import SilentReporter

    return {ENCODER: at_length_one(encode_texts(encoder, texts, None, SilentReporter()))}


def of_person(recommender: FusedRecommender, owned: Mapping[str, Owned]) -> FusedRecommender:
    """The same recommender for one person alone, who stands at position 0.

    Args:
        owned: their parts by source, in the space that the source's parts are from. Sources left
            out tell nothing of them; without any, they get what suits everyone.
    """
    sources = {
        name: _alone(source, owned.get(name)) for name, source in recommender.sources.items()
    }
    alone = FusedRecommender(
        recommender.stage or "", sources, recommender.items, recommender.bias, users=1
    )
    alone.everyone = recommender.everyone
    return alone


def _alone(source: FusedSource, owned: Owned | None) -> FusedSource:
    if owned is None or not len(owned.positions):
        none = np.zeros((1, source.vectors.shape[1]))
        return anew(source, none, np.zeros(1), np.zeros(1, np.int64))
    weights = faded(owned.ages, source.fading).astype(np.float64)
    totals = weights[None] @ source.read(owned.vectors.astype(np.float64))
    count = np.array([len(weights)], np.int64)
    return anew(source, totals, (weights**2).sum(keepdims=True), count)
