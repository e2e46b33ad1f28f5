"""A run's people, read from its files: profiles, and recommendations with their reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from mtrec.errors import InputError
from mtrec.recommend.arrange import Plan, Ruled
from mtrec.recommend.base import Baseline, Ids, Setting
from mtrec.recommend.data import RecommendationData, find_user
from mtrec.recommend.explain import Owned, terms
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.guest import NewTexts, of_person
from mtrec.recommend.imagined import LeftOut, added, remaining
from mtrec.recommend.moved import likeness
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import ENCODER, LIKED, OF_ITEMS, Vectors
from mtrec.recommend.profiles import TEXT as TEXTS
from mtrec.recommend.ranking import Ranking
from mtrec.recommend.registry import RECOMMENDERS
from mtrec.recommend.rewound import rewound
from mtrec.recommend.stored import BEFORE, kept_of, load_stage, matrix_of, read_arrays, stage_file
from mtrec.recommend.telling import Telling
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
NEIGHBOURS = 5
STEPS = 60  # days of `moved`


class People:
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

    @cached_property
    def liked(self) -> Any:
        """What everyone liked in the history, csr `(U, I)` of ones."""
        return matrix_of("liked", self._history)

    @cached_property
    def _ages(self) -> Any:
        """How old each of these likes is, as `RecommendationData.ages`."""
        ages = self.liked.copy()
        ages.data = self._history.get(AGES, ages.data)  # runs of before likes faded have none
        return ages

    @property
    def records(self) -> NDArray[np.int64]:
        """The dataset's rows of the records that were kept, sorted `(R,)`."""
        return self._records[RECORD].to_numpy(dtype=np.int64)

    def parts(self, stage: FusedRecommender, space: str) -> NDArray[np.float32]:
        """The vectors of these records in a space of a stage `(R, w)`."""
        return self._parts[self._table(stage, space)].astype(np.float32)

    def activities_of(self, source: str) -> frozenset[str]:
        """The record sources whose texts a source of profiles looks at."""
        return frozenset(name for name, seen in self.activities.items() if source in seen)

    @property
    def item_texts(self) -> NDArray[np.float32]:
        """The items' text vectors `(I, w)` of length 1 in the encoder as it came."""
        return self.stage(PRETRAINED).items[ENCODER]

    def profile(self, user: str, stage: str | None = None) -> dict[str, Any]:
        """The `profile` contract's value.

        Raises:
            InputError: nobody has this id, or the run has no such stage.
        """
        position = find_user(self.users, user)
        here = np.array([position])
        recommender = self.stage(stage)
        known = self._users.iloc[position]
        traits: dict[str, dict[str, Any]] = {}
        rows = self.traits[self.traits[USER] == position].to_dict("records")
        for row in rows:
            traits.setdefault(str(row["task"]), {})[str(row["label"])] = {
                "observed": None if np.isnan(row["observed"]) else float(row["observed"]),
                "predicted": float(row["predicted"]),
                "n": int(row["n"]),
            }
        near, similarity = recommender.neighbours(position, NEIGHBOURS)
        return {
            "user": user,
            "records": int(known["records"]),
            "interactions": int(known["interactions"]),
            "sources": _sources(recommender, position),
            "traits": traits,
            "vector": [float(each) for each in recommender.vectors(here)[0]],
            "neighbours": [
                {"user": self.users[each], "similarity": float(how)}
                for each, how in zip(near, similarity, strict=True)
            ],
        }

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

    def recommend(
        self, user: str, k: int = 10, recommender: str = FUSED, plan: Plan | None = None
    ) -> list[dict[str, Any]]:
        """The `recommend` contract's value: the best `k` items that the history does not hold.

        The reasons of an item add up to its score. A reason names, beside the contract's keys, its
        source and the record (a row of the dataset) or the item it is; what is left is one reason
        per source. Under rules there are more reasons, of weight 0: a rule moves an item and
        leaves its score.

        Args:
            plan: the rules that lists follow.

        Raises:
            InputError: nobody has this id, or there is no such recommender.
        """
        position = find_user(self.users, user)
        chosen = self.recommender(recommender)
        ranking = self.lists(np.array([position]), k, recommender, plan)
        items = ranking.items[0][ranking.items[0] >= 0]
        if isinstance(chosen, FusedRecommender):
            split = terms(chosen, position, items, self._owned(chosen, position))
        else:
            split = chosen.terms(position, items)
        told = self._telling().recommendations(items, split)
        if plan is not None:
            liked = self.liked[[position]].indices
            for each, item in zip(told, items, strict=True):
                each["reasons"] += plan.reasons(int(item), liked)
        return told

    def recommend_with(
        self, new: NewTexts | None, k: int = 10, user: str | None = None
    ) -> list[dict[str, Any]]:
        """The same for somebody who wrote texts that are not in the data, at the furthest stage.

        Args:
            new: their texts; one whose activity is not known is read by every task.
            user: who they are, where the data knows them: its texts, likes and history then count
                as well. None for somebody who is not in it.

        Raises:
            InputError: nobody has this id, or the data has no such activity.
        """
        if user is not None:
            imagined: list[dict[str, Any]] = self.imagine(user, LeftOut(), new, k)["items"]
            return imagined
        owned = self._with({}, new)
        nothing = csr_matrix((1, len(self.stage().bias)), dtype=np.float32)
        return self._alone(owned, new, nothing, k)[1]

    def imagine(
        self, user: str, left_out: LeftOut, new: NewTexts | None = None, k: int = 10
    ) -> dict[str, Any]:
        """Somebody of whom less is known, or more, at the furthest stage.

        Items that the whole history holds are not recommended, whatever is left out.

        Args:
            new: texts that they might have written; one whose activity is not known is read by
                every task.

        Returns:
            `{sources, items}`, as in the `profile` and the `recommend` contracts.

        Raises:
            InputError: nobody has this id, or the data has no such activity.
        """
        position = find_user(self.users, user)
        ids = self._items[ITEM].to_numpy(dtype=object)
        owned = self._owned(self.stage(), position)
        owned = remaining(owned, left_out, self.stage().sources, self.records, ids)
        owned = self._with(owned, new)
        owned = {name: each for name, each in owned.items() if name not in left_out.sources}
        person, items = self._alone(owned, new, self._seen[[position]], k)
        return {"sources": _sources(person, 0), "items": items}

    def moved(self, user: str, written: pd.Series, things: pd.Series) -> pd.Series:
        """How near somebody's profile was to today's, at the furthest stage, as it came about.

        Args:
            written: when records were written, by the dataset's row.
            things: when somebody first liked or wrote about an item, by its id.

        Returns:
            `mtrec.recommend.moved.likeness` by day, `STEPS` days at most; what has no time counts
            from the first one. Empty where nothing has.

        Raises:
            InputError: nobody has this id.
        """
        stage = self.stage()
        owned = self._owned(stage, find_user(self.users, user))
        ids = self._items[ITEM].to_numpy(dtype=object)
        days = {}
        for name, each in owned.items():
            of_items = stage.sources[name].kind in OF_ITEMS
            said = ids[each.positions] if of_items else self.records[each.positions]
            left = (things if of_items else written).reindex(said)
            days[name] = pd.DatetimeIndex(left).floor("D")
        steps = pd.DatetimeIndex([], tz="UTC")
        for when in days.values():
            steps = steps.union(when.dropna().unique())
        if len(steps) > STEPS:
            steps = steps[np.linspace(0, len(steps) - 1, STEPS).round().astype(np.int64)]
        if not len(steps):
            return pd.Series(dtype=np.float32)
        places = {
            name: np.where(when.isna(), 0, steps.searchsorted(when)) for name, when in days.items()
        }
        return pd.Series(likeness(stage, owned, places, len(steps)), index=steps)

    def _alone(
        self, owned: dict[str, Owned], new: NewTexts | None, seen: Any, k: int
    ) -> tuple[FusedRecommender, list[dict[str, Any]]]:
        """The recommender of one person with these parts, new texts among them, and their list."""
        person = of_person(self.stage(), owned)
        ranked = person.recommend(np.array([0]), k, seen).items[0]
        items = ranked[ranked >= 0]
        telling = self._telling(new.texts if new else ())
        return person, telling.recommendations(items, terms(person, 0, items, owned))

    def _with(self, owned: Mapping[str, Owned], new: NewTexts | None) -> dict[str, Owned]:
        """A person's parts with new texts behind them."""
        if new is None:
            return dict(owned)
        if new.activity is not None:
            self.check_activity(new.activity)
        sources = self.stage().sources
        looking = self.activities[new.activity] if new.activity is not None else list(sources)
        return {**owned, **added(owned, new, sources, looking, len(self._records))}

    def _telling(self, new: Sequence[str] = ()) -> Telling:
        return Telling(self._items, self._records, self.likes, new)

    def check_activity(self, activity: str) -> None:
        """Raises InputError where no text of the data is of this activity."""
        if activity not in self.activities:
            raise InputError(
                f"No text of this data is of the activity {activity}",
                expected=f"one of {', '.join(self.activities)}"
                if self.activities
                else "no activity, since this run did not keep which there are",
                found=activity,
                where="activity",
                fix="leave it out where none fits",
            )

    def lists(
        self, users: Ids, k: int, recommender: str = FUSED, plan: Plan | None = None
    ) -> Ranking:
        """The best `k` items of several users that their histories do not hold, in positions.

        Raises:
            InputError: there is no such recommender.
        """
        chosen = self.recommender(recommender)
        ranks = chosen if plan is None else Ruled(chosen, plan)
        return ranks.recommend(users, k, self._seen)

    def ranked(
        self,
        users: Ids,
        k: int,
        recommender: str = FUSED,
        plan: Plan | None = None,
    ) -> pd.DataFrame:
        """The lists of several users, given by their positions in `users`, without reasons.

        Args:
            plan: the rules that lists follow.

        Returns:
            A row per recommended item: user, place (from 1), item, title, score.

        Raises:
            InputError: there is no such recommender.
        """
        lists = self.lists(users, k, recommender, plan)
        rows, places = np.nonzero(lists.items >= 0)
        items = lists.items[rows, places]
        return pd.DataFrame(
            {
                USER: self.users[users[rows]],
                "place": (places + 1).astype(np.int32),
                ITEM: self._items[ITEM].to_numpy(dtype=object)[items],
                TITLE: self.titles[items],
                "score": lists.scores[rows, places],
            }
        )

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

    @cached_property
    def likes(self) -> NDArray[np.float32]:
        """How many people liked each item in the history `(I,)`."""
        return np.asarray(self.liked.sum(axis=0), np.float32).ravel()

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


def _sources(recommender: FusedRecommender, user: int) -> dict[str, dict[str, Any]]:
    """Where a profile comes from, as in the `profile` contract."""
    weights = recommender.weights(np.array([user]))[0]
    return {
        name: {
            "kind": LIKED if source.kind in OF_ITEMS else source.kind,
            "weight": float(weight),
            "n": int(source.counts[user]),
        }
        for (name, source), weight in zip(recommender.sources.items(), weights, strict=True)
    }
