"""What rules do to lists and to their quality, one rule at a time, person by person.

A rule is judged against the same lists without it, all others as they are, on what the same people
liked later. Whether to switch it on is decided on validation; what it does on test is said only of
rules that are on. Figures of the stage `adapted` on validation are a little too good to be true,
with and without a rule, as L_T is stopped there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from mtrec.data.dataset import Dataset
from mtrec.files import write_json
from mtrec.recommend.arrange import Plan, Ruled
from mtrec.recommend.base import Ids
from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import JUDGED, Judged, K, judge
from mtrec.recommend.opened import FUSED
from mtrec.recommend.people import People
from mtrec.recommend.rules import FILE, Rules
from mtrec.schema import TEST, VAL, Estimate
from mtrec.stats import Difference, paired_difference
from mtrec.training.reporter import Reporter, check_stop

TRYING = "Trying rules"
SPLITS = {VAL: "validation", TEST: "test"}
KEPT = 64  # of what was judged
Side = Literal["val", "test"]
SIDES: tuple[Side, ...] = ("val", "test")
KEPT_FILE = "effects.json"  # beside a run's rules


@dataclass(frozen=True)
class Effect:
    """What a change of rules does to the lists of one split.

    Attributes:
        people: whose lists they are: those who liked something later.
        before, after: the mean NDCG of their lists.
        difference: of NDCG, after minus before, paired over people.
        lists: how many lists are not what they were.
        items: how many items of a list were not in it before, on average.
    """

    people: int
    before: float
    after: float
    difference: Difference
    lists: int
    items: float

    def json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "before": self.before,
            "after": self.after,
            "difference": {**self.difference.estimate.json(), "p_value": self.difference.p_value},
            "lists_changed": self.lists,
            "items_changed": self.items,
        }

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> Self:
        """What `json` gave."""
        gap = said["difference"]
        estimate = Estimate(gap["value"], gap["low"], gap["high"])
        return cls(
            people=said["people"],
            before=said["before"],
            after=said["after"],
            difference=Difference(estimate, gap["p_value"]),
            lists=said["lists_changed"],
            items=said["items_changed"],
        )


@dataclass(frozen=True)
class Effects:
    """What rules do to one recommender's lists on both splits.

    Attributes:
        each: of every rule beside the others that are on; of one that is off, what follows if it is
            switched on. None where nobody can be judged or, on test, the rule is off.
        together: of all that are on, against no rule.
    """

    each: dict[str, list[Effect | None]]
    together: dict[str, Effect | None]


class Trials:
    """Judges one recommender's lists under different rules, and keeps what came of the latest.

    Where many people can be judged, some are drawn, as for the tuning of baselines.

    Attributes:
        split: the split whose lists are judged.
        data: its history, and what people liked in it.
    """

    def __init__(
        self,
        people: People,
        dataset: Dataset,
        catalogue: Catalogue,
        split: Side,
        recommender: str = FUSED,
        k: int = K,
    ) -> None:
        """On validation the recommender is as it would have been before validation.

        Raises:
            InputError: there is no such recommender.
        """
        self.data = RecommendationData.from_dataset(dataset, split).judged_at_most(JUDGED)
        self.recommender = (
            people.before(recommender, self.data)
            if split == VAL
            else people.recommender(recommender)
        )
        self._catalogue, self.split, self._k = catalogue, split, k
        self._judged: dict[str, Judged] = {}

    def effect(self, before: Rules, after: Rules) -> Effect | None:
        """What follows if the rules in force are `after` rather than `before`.

        Returns:
            None where nobody has liked anything in this split.

        Raises:
            InputError: a rule names what is not there.
        """
        if not len(self.data.judged):
            return None
        one, other = self._under(before), self._under(after)
        name = f"ndcg@{self._k}"
        old, new = one.values[name], other.values[name]
        return Effect(
            people=len(one.users),
            before=float(old.mean()),
            after=float(new.mean()),
            difference=paired_difference(new, old),
            lists=int((one.items != other.items).any(axis=1).sum()),
            items=float(_new(one.items, other.items).mean()),
        )

    def _under(self, rules: Rules) -> Judged:
        key = repr(rules.in_force)
        if key not in self._judged:
            plan = Plan.of(rules, self._catalogue, self.split)
            for oldest in list(self._judged)[: 1 - KEPT]:
                del self._judged[oldest]
            self._judged[key] = judge(Ruled(self.recommender, plan), self.data, self._k)
        return self._judged[key]


def _new(before: Ids, after: Ids) -> NDArray[np.int64]:
    """How many items of each list `(U, k)` were not in the list before."""
    known = (after[:, :, None] == before[:, None, :]).any(axis=2)
    counts: NDArray[np.int64] = ((after >= 0) & ~known).sum(axis=1)
    return counts


def effects(trials_of: Callable[[Side], Trials], rules: Rules, reporter: Reporter) -> Effects:
    """The effect of each rule and of all that are on, on validation; on test of those that are on.

    Args:
        trials_of: gives the trials on a split, of one recommender.

    Raises:
        Stopped: the reporter asked to stop.
        InputError: a rule names what is not there.
    """
    found = Effects({}, {})
    for split in SIDES:
        check_stop(reporter)
        trials = trials_of(split)
        reporter.phase(f"{TRYING} on {SPLITS[split]}", len(rules.rules) + 1)
        found.each[split] = []
        for place, rule in enumerate(rules.rules):
            check_stop(reporter)
            with_it, without = rules.switched(place, True), rules.switched(place, False)
            skipped = split == TEST and not rule.enabled
            found.each[split].append(None if skipped else trials.effect(without, with_it))
            reporter.advance(1)
        found.together[split] = trials.effect(Rules(), rules)
        reporter.advance(1)
    return found


def keep(folder: Path, recommender: str, rules: Rules, found: Effects) -> None:
    """Keeps what rules do to a recommender's lists, in place of what others did to them.

    Args:
        folder: where a run's rules lie.
    """
    path = folder / KEPT_FILE
    others = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "rules": _told_rules(rules),
        "each": {split: [_json(one) for one in each] for split, each in found.each.items()},
        "together": {split: _json(each) for split, each in found.together.items()},
    }
    write_json(path, {**others, recommender: told})


def kept(folder: Path, recommender: str, rules: Rules) -> Effects | None:
    """What was kept of these very rules; None where they were not tried, or others since."""
    path = folder / KEPT_FILE
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8")).get(recommender)
    if told is None or told["rules"] != _told_rules(rules):
        return None
    return Effects(
        each={split: [_effect(one) for one in told["each"][split]] for split in SIDES},
        together={split: _effect(told["together"][split]) for split in SIDES},
    )


def _told_rules(rules: Rules) -> dict[str, Any]:
    told: dict[str, Any] = rules.model_dump(mode="json")
    return told


def catalogue_of(people: People, dataset: Dataset, rules: Rules, folder: Path) -> Catalogue:
    """The items of a run's dataset, with the knowledge that the rules name.

    Args:
        folder: where the file of rules lies, and the knowledge beside it.

    Raises:
        InputError: the knowledge cannot be used.
    """
    knowledge = None if rules.knowledge is None else folder / rules.knowledge
    return Catalogue.of(dataset, people.item_texts, knowledge)


def told(
    people: People,
    dataset: Dataset,
    rules: Rules,
    folder: Path,
    reporter: Reporter,
    recommender: str = FUSED,
    k: int = K,
    file: str = FILE,
) -> dict[str, Any]:
    """The `rules` command's value.

    Returns:
        `{recommender, k, rules: [{rule, enabled, val, test}], together: {val, test}, stray}`, with
        an effect `{people, before, after, difference: {value, low, high, p_value}, lists_changed,
        items_changed}` or null where nobody can be judged or, on test, the rule is off.

    Raises:
        InputError: the rules name what is not there, or there is no such recommender.
    """
    catalogue = catalogue_of(people, dataset, rules, folder)
    Plan.of(rules, catalogue, "test", file)  # refuses before anything takes long
    found = effects(
        lambda split: Trials(people, dataset, catalogue, split, recommender, k), rules, reporter
    )
    return {
        "recommender": recommender,
        "k": k,
        "rules": [
            {
                "rule": rule.model_dump(mode="json", exclude_defaults=True),
                "enabled": rule.enabled,
                **{split: _json(found.each[split][place]) for split in SIDES},
            }
            for place, rule in enumerate(rules.rules)
        ],
        "together": {split: _json(found.together[split]) for split in SIDES},
        "stray": catalogue.stray,
    }


def _json(effect: Effect | None) -> dict[str, Any] | None:
    return None if effect is None else effect.json()


def _effect(said: dict[str, Any] | None) -> Effect | None:
    return None if said is None else Effect.of_json(said)
