"""Lists under rules, worked out by hand, and what holds for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from mtrec.errors import InputError
from mtrec.recommend import arrange
from mtrec.recommend.arrange import Plan, Ruled
from mtrec.recommend.base import Floats, Ids, Recommender
from mtrec.recommend.catalogue import Attribute, Catalogue
from mtrec.recommend.rules import parse_rules

NEW = np.array(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"], "datetime64")


class Given(Recommender):
    """Scores that are given `(U, I)`."""

    name = "given"

    def __init__(self, table: Any) -> None:
        self.table = np.array(table, np.float32)

    def scores(self, users: Ids) -> Floats:
        return self.table[users]


def catalogue(kinds: list[list[str]], texts: Any = None, first: Any = None) -> Catalogue:
    """Items a, b, c, … of these kinds."""
    count = len(kinds)
    values = sorted({each for kind in kinds for each in kind})
    held = np.array([[value in kind for value in values] for kind in kinds], np.float32)
    items = np.array([chr(97 + each) for each in range(count)], dtype=object)
    when = NEW[np.zeros(count, int)] if first is None else first
    return Catalogue(
        items=items,
        titles=items,
        attributes={
            "kind": Attribute(
                np.array(values, dtype=object), csr_matrix(held.reshape(count, -1)), False
            )
        },
        texts=np.eye(count, dtype=np.float32) if texts is None else np.array(texts, np.float32),
        first={"val": when, "test": when},
    )


def lists(
    scores: Any, known: Catalogue, rules: list[dict[str, Any]], k: int = 10, seen: Any = None
) -> list[str]:
    """The list of each person as one word, such as `abc`."""
    table = np.array(scores, np.float32)
    had = csr_matrix(np.zeros(table.shape) if seen is None else np.array(seen))
    plan = Plan.of(parse_rules({"rules": rules}, "rules.yaml"), known, "test")
    found = Ruled(Given(table), plan).recommend(np.arange(len(table)), k, had).items
    return ["".join(known.items[item] for item in row if item >= 0) for row in found]


FIVE = catalogue([["x"], ["x"], ["x"], ["y"], ["z", "y"]])
FALLING = [[1.0, 0.75, 0.5, 0.25, 0.0]]


def test_without_rules_it_is_the_ranking() -> None:
    assert lists(FALLING, FIVE, []) == ["abcde"]
    assert lists([[1.0, 2, 2, 2, 0]], FIVE, [], k=3) == ["bcd"]


def test_what_is_excluded_is_nowhere() -> None:
    assert lists(FALLING, FIVE, [{"kind": "exclude", "items": ["b"]}]) == ["acde"]
    of_y = {"kind": "exclude", "attribute": "kind", "values": ["y"]}
    assert lists(FALLING, FIVE, [of_y]) == ["abc"]
    everything = {"kind": "exclude", "attribute": "kind", "values": ["x", "y"]}
    assert lists(FALLING, FIVE, [everything]) == [""]


def test_what_is_pinned_comes_first_in_its_order_but_not_again_nor_excluded() -> None:
    pin = {"kind": "pin", "items": ["e", "c", "e"]}
    assert lists(FALLING, FIVE, [pin]) == ["ecabd"]
    assert lists(FALLING, FIVE, [pin], k=1) == ["e"]
    assert lists(FALLING, FIVE, [pin], seen=[[0, 0, 0, 0, 1]]) == ["cabd"]
    assert lists(FALLING, FIVE, [pin, {"kind": "exclude", "items": ["c"]}]) == ["eabd"]


def test_a_boost_lifts_by_its_part_of_the_way_to_the_best() -> None:
    def boosted(by: float) -> list[str]:
        return lists(FALLING, FIVE, [{"kind": "boost", "items": ["d"], "by": by}])

    # relevance is 1, ¾, ½, ¼, 0; d comes to ¼ + by, and is earlier in no tie
    assert boosted(0.25) == ["abcde"]
    assert boosted(0.3) == ["abdce"]
    assert boosted(0.8) == ["dabce"]
    assert boosted(-0.3) == ["abced"]
    # on another scale just the same
    assert lists(
        np.array(FALLING) * 1000 - 7, FIVE, [{"kind": "boost", "items": ["d"], "by": 0.3}]
    ) == ["abdce"]


def test_a_boost_parts_items_of_equal_scores() -> None:
    boost = {"kind": "boost", "attribute": "kind", "values": ["z"], "by": 0.01}
    assert lists([[3.0] * 5], FIVE, [boost]) == ["eabcd"]


def test_a_limit_bars_what_is_too_much_of_one_value() -> None:
    assert lists(FALLING, FIVE, [{"kind": "limit", "attribute": "kind", "at_most": 1}]) == ["ad"]
    assert lists(FALLING, FIVE, [{"kind": "limit", "attribute": "kind", "at_most": 2}]) == ["abde"]
    pinned = [
        {"kind": "limit", "attribute": "kind", "at_most": 1},
        {"kind": "pin", "items": ["c", "b"]},
    ]
    assert lists(FALLING, FIVE, pinned) == ["cbd"]
    # e has two values, of which either may be full
    assert lists([[1.0, 0.75, 0.5, 0.25, 2.0]], FIVE, pinned[:1]) == ["ea"]


def test_maximal_marginal_relevance_by_hand() -> None:
    # a and b say the same, c is half like a (cos ½), d and e have nothing in common with any
    half, rest = 0.5, np.sqrt(0.75)
    texts = [[1, 0, 0, 0], [1, 0, 0, 0], [half, rest, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    alike = catalogue([[], [], [], [], []], texts)
    # d = ½: after a: b ½·¾−½·1 = −0.125, c ½·½−½·½ = 0, d ½·¼ = 0.125, e 0 → d; then b −0.125,
    # c 0, e 0: of equals the more relevant → c; then b −0.125, e 0 → e; b is last
    assert lists(FALLING, alike, [{"kind": "diversify", "strength": 0.5}]) == ["adceb"]
    # little strength changes nothing: b has 0.9·0.75−0.1 = 0.575, c 0.45−0.05 = 0.4
    assert lists(FALLING, alike, [{"kind": "diversify", "strength": 0.1}]) == ["abcde"]


def test_fresh_items_come_earlier_the_newer_they_are() -> None:
    newer = catalogue([[], [], [], [], []], first=NEW)
    # lifted by 0, ¼, ½, ¾, 1 of `by`: at 1 all have relevance 1, a tie
    assert lists(FALLING, newer, [{"kind": "fresh", "by": 1.0}]) == ["abcde"]
    nearly = [[1.0, 0.8, 0.6, 0.4, 0.0]]
    # 1, 1.05, 1.1, 1.15, 1
    assert lists(nearly, newer, [{"kind": "fresh", "by": 1.0}]) == ["dcbae"]


def test_a_rule_that_is_off_does_nothing_but_is_checked() -> None:
    off = {"kind": "pin", "items": ["e"], "enabled": False}
    assert lists(FALLING, FIVE, [off]) == ["abcde"]
    for rule, said in (
        ({"kind": "pin", "items": ["q"], "enabled": False}, r"rules\[0\].items"),
        (
            {"kind": "boost", "attribute": "kind", "values": ["q"], "by": 1},
            "No item has the kind q",
        ),
        ({"kind": "limit", "attribute": "size", "at_most": 1, "enabled": False}, "attribute size"),
        ({"kind": "fresh", "by": 1, "attribute": "size", "enabled": False}, "attribute size"),
    ):
        with pytest.raises(InputError, match=said):
            lists(FALLING, FIVE, [rule])


def test_what_was_done_to_an_item_is_said() -> None:
    rules = [
        {"kind": "pin", "items": ["a"]},
        {"kind": "boost", "attribute": "kind", "values": ["y", "z"], "by": -0.1},
        {"kind": "exclude", "items": ["b"]},
    ]
    plan = Plan.of(parse_rules({"rules": rules}, "rules.yaml"), FIVE, "test")
    assert plan.said == {
        0: ["put on top by a rule"],
        3: ["lowered by a rule: kind is y or z"],
        4: ["lowered by a rule: kind is y or z"],
    }


@st.composite
def situations(draw: st.DrawFn) -> tuple[Any, Catalogue, list[dict[str, Any]], Any]:
    count = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = [[f"k{each}" for each in rng.choice(4, rng.integers(0, 3))] for _ in range(count)]
    kinds[0] = ["k0"]
    texts = rng.normal(size=(count, 3))
    known = catalogue(kinds, texts / np.linalg.norm(texts, axis=1, keepdims=True))
    scores = np.round(rng.normal(size=(3, count)), 1)
    seen = rng.random((3, count)) < 0.3
    some = st.lists(st.sampled_from(known.items.tolist()), min_size=1, max_size=3)
    rules = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "exclude": some.map(lambda items: {"items": items}),
                "pin": some.map(lambda items: {"items": items}),
                "boost": st.just({"attribute": "kind", "values": ["k0"], "by": 0.4}),
                "limit": st.integers(1, 3).map(lambda n: {"attribute": "kind", "at_most": n}),
                "diversify": st.just({"strength": 0.5}),
            },
        )
    )
    return scores, known, [{"kind": kind, **rule} for kind, rule in rules.items()], seen


@settings(max_examples=150, deadline=None)
@given(situations(), st.integers(1, 40))
def test_what_holds_under_any_rules(situation: Any, k: int) -> None:
    scores, known, rules, seen = situation
    found = lists(scores, known, rules, k, seen)
    given_rules = {each["kind"]: each for each in rules}
    excluded = set(given_rules.get("exclude", {}).get("items", []))
    pinned = given_rules.get("pin", {}).get("items", [])
    for row, listed in enumerate(found):
        had = {known.items[item] for item in np.flatnonzero(seen[row])}
        assert len(listed) <= k and len(set(listed)) == len(listed)
        assert not set(listed) & (had | excluded)
        allowed = [each for each in dict.fromkeys(pinned) if each not in had | excluded]
        assert list(listed[: len(allowed)]) == allowed[: len(listed)]
        if "limit" in given_rules:
            kind = known.attributes["kind"]
            for value in range(len(kind.values)):
                holders = [
                    each
                    for each in listed
                    if value in kind.of(ord(each) - 97) and each not in allowed
                ]
                assert len(holders) <= given_rules["limit"]["at_most"]
        else:
            assert len(listed) == min(k, len(known.items) - len(had | excluded))
    # a shorter list is the beginning of a longer one, and each person's list is theirs alone
    shorter = max(1, k // 2)
    assert lists(scores, known, rules, shorter, seen) == [each[:shorter] for each in found]
    alone = [lists(scores[[row]], known, rules, k, seen[[row]])[0] for row in range(3)]
    assert alone == found


@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(1, 12))
def test_how_much_is_looked_at_first_changes_nothing(situation: Any, k: int) -> None:
    scores, known, rules, seen = situation
    found = []
    for wider in (2, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(arrange, "WINDOW", 3)
            patch.setattr(arrange, "WIDER", wider)
            found.append(lists(scores, known, rules, k, seen))
    assert found[0] == found[1]


def test_a_list_is_filled_from_far_down_where_a_limit_bars_what_is_near() -> None:
    count = 3 * arrange.WINDOW
    known = catalogue([["x"]] * (count - 2) + [["y"], ["z"]])
    scores = -np.arange(count, dtype=np.float32)[None]
    plan = Plan.of(
        parse_rules({"rules": [{"kind": "limit", "attribute": "kind", "at_most": 1}]}, "r"),
        known,
        "test",
    )
    had = csr_matrix((1, count), dtype=np.float32)
    found = Ruled(Given(scores), plan).recommend(np.array([0]), 5, had)
    assert found.items[0].tolist() == [0, count - 2, count - 1, -1, -1]
    assert found.scores[0, :3].tolist() == [0, 2 - count, 1 - count]
