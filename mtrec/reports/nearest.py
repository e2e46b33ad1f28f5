"""The training records that a model takes for most like a text, by the states that a task reads.

All tasks read the same ones, or each its own mixture of experts. They are not what the task's head
sees of them: with two labels that is a single direction, in which every text is either wholly alike
or wholly opposite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mtrec.data.sampling import some_of
from mtrec.models.multitask import MultiTaskModel
from mtrec.recommend.profiles import unit
from mtrec.schema import RECORD, SPLIT, TEXT, TRAIN, USER, task_column
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter

LABEL, SIMILARITY = "label", "similarity"
MOST = 2000  # training records that are compared, so that reading them takes seconds

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model learned one task from, or a sample of it: N training records.

    Attributes:
        records: columns `record`, `text`, `label` and `user`, `(N, 4)`.
        states: of length 1, `(N, width)`.
        total: how many training records carry a label of the task.
    """

    records: pd.DataFrame
    states: Floats
    total: int

    @property
    def usual(self) -> float | None:
        """The mean similarity of two different ones of these records; None of fewer than two."""
        size = len(self.states)
        if size < 2:
            return None
        together = self.states.sum(axis=0, dtype=np.float64)
        own = float(np.square(self.states, dtype=np.float64).sum())
        return (float(together @ together) - own) / (size * (size - 1))


def learned_from(
    model: MultiTaskModel,
    records: pd.DataFrame,
    task: str,
    cache: Path | None,
    most: int = MOST,
) -> Learned:
    """The training records that carry a label of a task; of many, the same sample every time.

    Args:
        records: of the dataset.
        cache: the folder in which trainings keep what an encoder that does not learn gives.
        most: how many records are compared at most.
    """
    label = task_column(task)
    labelled = records[(records[SPLIT] == TRAIN) & records[label].notna()]
    drawn = labelled.loc[some_of(labelled[TEXT], most).index, [RECORD, TEXT, label, USER]]
    return Learned(
        drawn.rename(columns={label: LABEL}).reset_index(drop=True),
        states_of(model, drawn[TEXT].tolist(), task, cache),
        len(labelled),
    )


def states_of(
    model: MultiTaskModel, texts: Sequence[str], task: str, cache: Path | None = None
) -> Floats:
    """The state that a task reads of each text, of length 1, `(N, width)`.

    Args:
        cache: as for `learned_from`.
    """
    kept = None if model.encoder.learns else cache
    vectors = torch.from_numpy(encode_texts(model.encoder, texts, kept, SilentReporter()))
    model.eval()
    with torch.no_grad():
        states = model.states(vectors.to(model.encoder.device))[model.space(task)]
    return unit(states.cpu().numpy())


def nearest(learned: Learned, state: Floats, k: int, without: int | None = None) -> pd.DataFrame:
    """The records whose states are most alike to one, the most alike first.

    Args:
        state: of length 1, `(width,)`.
        k: how many records at most.
        without: a record that is left out, since it is the one that is asked about.

    Returns:
        `record`, `text`, `label`, `similarity` (the cosine, -1 to 1) and `user`; ties in the order
        of records.
    """
    table = learned.records.assign(**{SIMILARITY: learned.states @ state})
    others = table[table[RECORD] != without] if without is not None else table
    ranked = others.sort_values(SIMILARITY, ascending=False, kind="stable").head(k)
    return ranked[[RECORD, TEXT, LABEL, SIMILARITY, USER]].reset_index(drop=True)
