"""Recommendations as one more outcome of a setting of λ: do its profiles find what people liked?

They are those of the stage `multitask`: profiles made of what tasks read, before anything is
learned from likes. Judged is what people liked in the validation part, with a history that ends
before it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from mtrec import stats
from mtrec.models.encoder import Encoder
from mtrec.models.multitask import MultiTaskModel
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import K, judge
from mtrec.recommend.fused import unadapted
from mtrec.recommend.pipeline import activities, task_view
from mtrec.recommend.profiles import ENCODER, Vectors, build_sources
from mtrec.schema import MULTITASK, TEXT
from mtrec.tradeoffs.outcomes import DRAWS, Floats, Scored
from mtrec.tradeoffs.stacked import Stack
from mtrec.training.features import encode_texts
from mtrec.training.reporter import Reporter

if TYPE_CHECKING:
    from mtrec.data.dataset import Dataset

NAME = f"ndcg@{K}"
MOST_PEOPLE = 1000  # who are recommended to; of more, a sample
FEWEST_PEOPLE = 2  # of fewer nothing can be said


class TasteJudge:
    """Scores NDCG of what is recommended to people, all items ranked but those in their history.

    Attributes:
        people: how many are recommended to.
        of: how many there are.

    Args:
        data: whose history, and what they liked after it; `recommendable` tells if there is enough.
        encoder: one that rests.
        cache: a folder for vectors of texts.

    Raises:
        Stopped: the reporter asked to stop.
    """

    names: tuple[str, ...] = (NAME,)

    def __init__(
        self,
        dataset: Dataset,
        data: RecommendationData,
        encoder: Encoder,
        cache: Path,
        reporter: Reporter,
    ) -> None:
        chosen = data.judged
        self.of = len(chosen)
        if self.of > MOST_PEOPLE:
            chosen = np.sort(np.random.default_rng(0).choice(chosen, MOST_PEOPLE, replace=False))
        self.people = len(chosen)
        self.units = np.array([self.people], dtype=np.int64)
        self.bounds = np.array([[0.0, 1.0]])
        data = data.of(chosen)
        texts = dataset.records[TEXT].iloc[data.records].tolist()
        self._records = encode_texts(encoder, texts, cache, reporter)
        self._items = encode_texts(encoder, dataset.items[TEXT].tolist(), cache, reporter)
        self._raw = Vectors.of_length_one(self._records, self._items)
        self._data = replace(data, records=np.arange(len(data.records)))
        self._activities = {task: activities(dataset, task) for task in dataset.tasks}
        self._drawn = stats.resample_counts(self.people, DRAWS) / self.people  # (B, people)

    def score(self, stack: Stack) -> Scored:
        found = np.stack([self._found(stack.one(place)) for place in range(len(stack))])
        return Scored(found.mean(axis=1)[:, None], (self._drawn @ found.T)[..., None])

    def worth(self, model: MultiTaskModel) -> float:
        """What lists are worth with one model, whose encoder reads as the judge's does."""
        return float(self._found(model).mean())

    def _found(self, model: MultiTaskModel) -> Floats:
        """What each person's list is worth, `(people,)`."""
        spaces = {ENCODER: self._raw, **self._states(model)}
        views = {task: task_view(model, task, self._activities[task]) for task in model.tasks}
        sources = build_sources(self._data, spaces, views)
        recommender = unadapted(MULTITASK, sources, spaces, self.people)
        return judge(recommender, self._data).values[NAME]

    @torch.no_grad()
    def _states(self, model: MultiTaskModel) -> dict[str, Vectors]:
        device = model.encoder.device
        records, items = (
            model.states(torch.from_numpy(each).to(device)) for each in (self._records, self._items)
        )
        return {
            space: Vectors.of_length_one(records[space].cpu().numpy(), items[space].cpu().numpy())
            for space in records
        }


def recommendable(dataset: Dataset) -> RecommendationData | None:
    """Histories before the validation part, where enough people liked something in it."""
    data = RecommendationData.from_dataset(dataset, "val")
    return data if len(data.judged) >= FEWEST_PEOPLE else None
