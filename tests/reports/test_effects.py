"""What rules do, told for lists that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtrec.recommend.catalogue import Catalogue
from mtrec.recommend.popular import Popular
from mtrec.recommend.rules import Rules, parse_rules
from mtrec.reports.effects import Trials, effects, keep, kept
from mtrec.training.reporter import SilentReporter


def shop() -> Any:
    """Everyone likes a most, then b, then c; in val u0 likes c and u1 likes d."""
    likes = [("u2", "a"), ("u3", "a"), ("u4", "a"), ("u2", "b"), ("u3", "b"), ("u2", "c")]
    acts = [(user, item, True, "train") for user, item in likes]
    acts += [("u0", "c", True, "val"), ("u1", "d", True, "val")]
    interactions = pd.DataFrame(acts, columns=["user", "item", "liked", "split"])
    interactions["time"] = pd.Timestamp("2024-01-01", tz="UTC")
    columns = {"record": "int64", "user": "str", "item": "str", "source": "str", "split": "str"}
    return SimpleNamespace(
        records=pd.DataFrame({name: [] for name in columns}).astype(columns),
        interactions=interactions,
        users=pd.DataFrame({"user": [f"u{each}" for each in range(5)]}),
        items=pd.DataFrame({"item": list("abcd"), "title": list("ABCD")}),
    )


class Likes:
    """People of whom only what is popular is known."""

    def before(self, name: str, data: Any) -> Popular:
        return Popular.fit(data, None)  # type: ignore[arg-type]

    def recommender(self, name: str) -> Popular:
        raise AssertionError("what is known at test may not be asked about validation")


def trials(k: int = 2) -> Trials:
    dataset = shop()
    catalogue = Catalogue.of(dataset, np.eye(4, dtype=np.float32))
    return Trials(Likes(), dataset, catalogue, "val", k=k)  # type: ignore[arg-type]


def rules(*given: dict[str, Any]) -> Rules:
    return parse_rules({"rules": list(given)}, "rules.yaml")


PIN_C = {"kind": "pin", "items": ["c"]}


def test_an_effect_by_hand() -> None:
    """Lists are a, b; with c on top c, a: the list of u0 then begins with what they liked."""
    found = trials().effect(Rules(), rules(PIN_C))
    assert found is not None
    assert (found.people, found.before, found.after) == (2, 0, 0.5)
    assert found.difference.estimate.value == 0.5
    assert (found.lists, found.items) == (2, 1)


def test_each_rule_is_judged_beside_those_that_are_on() -> None:
    off = {"kind": "exclude", "items": ["c"], "enabled": False}
    found = effects(lambda split: trials(), rules(PIN_C, off), SilentReporter())
    each, together = found.each["val"], found.together["val"]
    assert [(one.before, one.after) for one in each if one is not None] == [(0, 0.5), (0.5, 0)]
    assert together is not None and together.after == 0.5
    assert found.each["test"][0] is not None and found.each["test"][1] is None


def test_no_rule_has_no_effect_and_order_alone_is_a_change_without_new_items() -> None:
    one = trials(k=3)
    nothing = one.effect(Rules(), Rules())
    assert nothing is not None and (nothing.lists, nothing.items) == (0, 0)
    assert nothing.difference.estimate.value == 0
    order = one.effect(Rules(), rules(PIN_C))
    assert order is not None and (order.lists, order.items) == (2, 0)
    assert order.after == pytest.approx(0.5) and order.before == pytest.approx(0.25)


def test_where_nobody_can_be_judged_there_is_no_effect() -> None:
    dataset = shop()
    dataset.interactions = dataset.interactions[dataset.interactions["split"] == "train"]
    catalogue = Catalogue.of(dataset, np.eye(4, dtype=np.float32))
    found = Trials(Likes(), dataset, catalogue, "val")  # type: ignore[arg-type]
    assert found.effect(Rules(), rules(PIN_C)) is None


def test_what_was_kept_of_these_very_rules_comes_back(tmp_path: Path) -> None:
    asked, others = rules(PIN_C), rules(PIN_C, {"kind": "exclude", "items": ["d"]})
    found = effects(lambda split: trials(), asked, SilentReporter())
    assert kept(tmp_path, "fused", asked) is None
    keep(tmp_path, "fused", asked, found)
    assert kept(tmp_path, "fused", asked) == found
    assert kept(tmp_path, "popular", asked) is None
    assert kept(tmp_path, "fused", others) is None
    assert kept(tmp_path, "fused", asked.switched(0, False)) is None
    keep(tmp_path, "popular", others, effects(lambda split: trials(), others, SilentReporter()))
    assert kept(tmp_path, "fused", asked) == found
