"""What a run kept of its people, read from its files: histories, vectors, and recommenders."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from mtrec.errors import InputError
from mtrec.recommend.base import Baseline, Setting
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.explain import Owned
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import ENCODER, LIKED, OF_ITEMS, Vectors
from mtrec.recommend.profiles import TEXT as TEXTS
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.rewound import rewound
from mtrec.recommend.stored import BEFORE, kept_of, load_stage, matrix_of, read_arrays, stage_file
from mtrec.schema import ADAPTED, ITEM, PRETRAINED, RECORD, TITLE, USER

PEOPLE, HISTORY, PARTS = "people.json", "history.safetensors", "parts.safetensors"
USERS, ITEMS, RECORDS, TRAITS = (
    "users.parquet",
    "items.parquet",
    "records.parquet",
    "traits.parquet",
)
AGES = "ages"  # in the history, those of its likes
FUSED = "fused"


class Opened:
    """Opens what `run_recommend` wrote. Each file is read once, when first asked for.

    Histories are those of the evaluation on test: what happened in train and val.

    Attributes:
        folder: a run's `recommend` folder.
        stages: the stages there are, the last one the furthest.
        activities: for each record source of the data, the sources of a profile that look at its
            texts; empty for a run of before this was kept.
        baselines: those it was compared with, and the setting chosen for each.
    """

    def __init__(self, folder: Path) -> None:
        """Raises InputError where the run made no recommendations."""
        path = folder / PEOPLE
        if not path.exists():
            raise InputError(
                "This run has no profiles and recommendations",
                expected="a run on data that names users, with recommend.enabled true",
                found="a run without them",
                fix="train on data that says who wrote or liked what",
            )
        self.folder = folder
        self.description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.stages: list[str] = self.description["stages"]
        self.activities: dict[str, list[str]] = self.description.get("activities", {})
        # Runs from before there were others were compared with what is popular.
        tuned = self.description.get("baselines", {Popular.name: {"setting": {}}})
        self.baselines: dict[str, Setting] = {
            name: each["setting"] for name, each in tuned.items() if name in RECOMMENDERS
        }
        self._loaded: dict[str, FusedRecommender] = {}
        self._fitted: dict[str, Baseline] = {}

    @cached_property
    def users(self) -> NDArray[np.object_]:
        """Every user id, sorted."""
        return self._users[USER].to_numpy(dtype=object)

    @property
    def table(self) -> pd.DataFrame:
        """A row per person, in the order of `users`: id, texts (`records`), acts (`interactions`)
        and `segment`, all as of the history.
        """
        return self._users

    @cached_property
    def traits(self) -> pd.DataFrame:
        """What everyone's history says of them, a row per person (position), task and label, as
        `mtrec.recommend.profiles.traits` gives it.
        """
        return pd.read_parquet(self.folder / TRAITS)

    @property
    def titles(self) -> NDArray[np.object_]:
        """What each item is called `(I,)`."""
        return self._items[TITLE].to_numpy(dtype=object)

    @property
    def item_texts(self) -> NDArray[np.float32]:
        """The items' text vectors `(I, w)` of length 1 in the encoder as it came."""
        return self.stage(PRETRAINED).items[ENCODER]

    @property
    def records(self) -> NDArray[np.int64]:
        """The dataset's rows of the records that were kept, sorted `(R,)`."""
        return self._records[RECORD].to_numpy(dtype=np.int64)

    def activities_of(self, source: str) -> frozenset[str]:
        """The record sources whose texts a source of profiles looks at."""
        return frozenset(name for name, seen in self.activities.items() if source in seen)

    @cached_property
    def liked(self) -> Any:
        """What everyone liked in the history, csr `(U, I)` of ones."""
        return matrix_of("liked", self._history)

    @cached_property
    def likes(self) -> NDArray[np.float32]:
        """How many people liked each item in the history `(I,)`."""
        return np.asarray(self.liked.sum(axis=0), np.float32).ravel()

    def stage(self, stage: str | None = None) -> FusedRecommender:
        """The recommender at a stage, the furthest where none is named.

        Raises:
            InputError: the run has no such stage.
        """
        name = stage or self.stages[-1]
        if name not in self._loaded:
            self._loaded[name] = load_stage(self.folder, name)
        return self._loaded[name]

    def recommender(self, name: str) -> FusedRecommender | Baseline:
        """`fused` (the furthest stage), a stage, or a baseline.

        Raises:
            InputError: there is none of that name.
        """
        if name in self.baselines:
            if name not in self._fitted:
                self._fitted[name] = RECOMMENDERS[name].again(
                    kept_of(self.folder, name), self._data, self._texts, self.baselines[name]
                )
            return self._fitted[name]
        if name != FUSED and name not in self.stages:
            raise InputError(
                f"There is no recommender {name}",
                expected=f"one of {', '.join([FUSED, *self.stages, *self.baselines])}",
                found=name,
                fix="leave --recommender out for the best one",
            )
        return self.stage(None if name == FUSED else name)

    def before(self, recommender: str, data: RecommendationData) -> FusedRecommender | Baseline:
        """The same recommender, had people done and written only what was before validation.

        A baseline is fitted to that history anew. The stage `adapted` is as it was learned from
        it; runs of before it was learned again from all that came before test have only that one.

        Args:
            data: of the run's dataset, its history ending before validation.

        Raises:
            InputError: there is no recommender of that name.
        """
        known = np.isin(self._records[RECORD].to_numpy(), data.records)
        if recommender in self.baselines:
            all_known = self._data
            history = replace(
                all_known,
                liked=data.liked,
                ages=data.ages,
                mentioned=data.mentioned,
                seen=data.seen,
                records=all_known.records[known],
                record_users=all_known.record_users[known],
                record_items=all_known.record_items[known],
                activities=all_known.activities[known],
            )
            setting = self.baselines[recommender]
            return RECOMMENDERS[recommender].fit(history, self._texts, **setting)
        chosen = self.recommender(recommender)
        if not isinstance(chosen, FusedRecommender):
            raise TypeError(f"{recommender} is neither a stage nor a baseline")
        if chosen.stage == ADAPTED and (self.folder / stage_file(BEFORE)).exists():
            return load_stage(self.folder, BEFORE)
        kept = diags_array(known.astype(np.float32))
        owners, parts = {}, {}
        for name, source in chosen.sources.items():
            if source.kind in OF_ITEMS:
                owners[name] = data.liked if source.kind == LIKED else data.mentioned
                parts[name] = chosen.items[source.parts]
                continue
            owned = csr_matrix(self._owners[name] @ kept)
            owned.eliminate_zeros()
            owners[name] = owned
            parts[name] = self._parts[self._table(chosen, source.parts)].astype(np.float32)
        return rewound(chosen, owners, parts)

    def parts(self, stage: FusedRecommender, space: str) -> NDArray[np.float32]:
        """The vectors of these records in a space of a stage `(R, w)`."""
        return self._parts[self._table(stage, space)].astype(np.float32)

    def _owned(self, recommender: FusedRecommender, user: int) -> dict[str, Owned]:
        found = {}
        for name, source in recommender.sources.items():
            owners = self._owners[name]
            mine = slice(owners.indptr[user], owners.indptr[user + 1])
            positions = owners.indices[mine]
            ages = self._ages.data[mine] if source.fading else np.ones(len(positions), np.float32)
            if source.kind in OF_ITEMS:
                table = recommender.items[source.parts]
            else:
                table = self._parts[self._table(recommender, source.parts)]
            found[name] = Owned(positions, table[positions], ages)
        return found

    def _table(self, recommender: FusedRecommender, space: str) -> str:
        tables: dict[str, str] = self.description["parts"][recommender.stage or ""]
        return tables[space]

    @cached_property
    def _ages(self) -> Any:
        """How old each of these likes is, as `RecommendationData.ages`."""
        ages = self.liked.copy()
        ages.data = self._history.get(AGES, ages.data)  # runs of before likes faded have none
        return ages

    @cached_property
    def _seen(self) -> Any:
        return matrix_of("seen", self._history)

    @cached_property
    def _data(self) -> RecommendationData:
        """The history as baselines read it, with records numbered as they are kept."""
        count = len(self._records)
        authors = np.zeros(count, np.int64)
        for name, source in self.stage(PRETRAINED).sources.items():
            if source.kind == TEXTS:
                owned = self._owners[name].tocoo()
                authors[owned.col] = owned.row
        return RecommendationData(
            users=self.users,
            items=self._items[ITEM].to_numpy(dtype=object),
            titles=self.titles,
            liked=self.liked,
            ages=self._ages,
            mentioned=csr_matrix(self._seen.shape, dtype=np.float32),
            seen=self._seen,
            relevant=csr_matrix(self._seen.shape, dtype=np.float32),
            segments=self._users["segment"].to_numpy(dtype=str),
            records=np.arange(count, dtype=np.int64),
            record_users=authors,
            record_items=np.full(count, -1, np.int64),
            activities=np.full(count, "", dtype=object),
        )

    @cached_property
    def _texts(self) -> Vectors:
        return Vectors(self.parts(self.stage(PRETRAINED), ENCODER), self.item_texts)

    @cached_property
    def _owners(self) -> dict[str, Any]:
        names: list[str] = self.description["sources"]
        return {
            name: matrix_of(f"owners.{index}", self._history) for index, name in enumerate(names)
        }

    @cached_property
    def _users(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / USERS)

    @cached_property
    def _items(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / ITEMS)

    @cached_property
    def _records(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / RECORDS)

    @cached_property
    def _parts(self) -> dict[str, NDArray[Any]]:
        return read_arrays(self.folder / PARTS)[0]

    @cached_property
    def _history(self) -> dict[str, NDArray[Any]]:
        return read_arrays(self.folder / HISTORY)[0]
