"""A run's people: their profiles, and recommendations with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from mtrec.errors import InputError
from mtrec.recommend.arrange import Plan, Ruled
from mtrec.recommend.base import Ids
from mtrec.recommend.data import find_user
from mtrec.recommend.explain import Owned, terms
from mtrec.recommend.fused import FusedRecommender
from mtrec.recommend.guest import NewTexts, of_person
from mtrec.recommend.imagined import LeftOut, added, remaining
from mtrec.recommend.moved import likeness
from mtrec.recommend.opened import FUSED, Opened
from mtrec.recommend.profiles import LIKED, OF_ITEMS
from mtrec.recommend.ranking import Ranking
from mtrec.recommend.telling import Telling
from mtrec.schema import ITEM, TITLE, USER

NEIGHBOURS = 5
STEPS = 60  # days of `moved`


class People(Opened):
    """Answers what is asked of the people of a run."""

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
