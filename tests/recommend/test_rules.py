"""The file of rules: what it may say, and how it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mtrec.errors import InputError
from mtrec.recommend.rules import (
    Boost,
    Limit,
    Rules,
    dump_rules,
    load_rules,
    parse_rules,
    read_rules,
    save_rules,
)

FULL = """\
knowledge: facts.csv
rules:
  - {kind: exclude, attribute: category, values: [toys]}
  - {kind: exclude, items: ["007"]}
  - {kind: pin, items: [p17]}
  - {kind: boost, attribute: brand, values: [Acme], by: 0.3}
  - {kind: limit, attribute: category, at_most: 3}
  - {kind: diversify, strength: 0.3}
  - {kind: fresh, by: 0.2, enabled: false}
"""


def test_every_kind_is_read_and_written_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FULL, encoding="utf-8")
    rules = load_rules(path)
    assert [each.kind for each in rules.rules] == [
        "exclude", "exclude", "pin", "boost", "limit", "diversify", "fresh"
    ]  # fmt: skip
    assert isinstance(rules.rules[3], Boost) and rules.rules[3].by == 0.3
    assert isinstance(rules.rules[4], Limit) and rules.rules[4].at_most == 3
    assert len(rules.in_force) == 6 and rules.knowledge == "facts.csv"
    save_rules(rules, path)
    assert load_rules(path) == rules == read_rules(dump_rules(rules).encode(), "rules.yaml")
    assert [each.name for each in tmp_path.iterdir()] == ["rules.yaml"]


def test_a_rule_is_moved_and_the_others_keep_their_order() -> None:
    rules = parse_rules(yaml.safe_load(FULL), "rules.yaml")
    kinds = [each.kind for each in rules.moved(4, 2).rules]
    assert kinds == ["exclude", "exclude", "limit", "pin", "boost", "diversify", "fresh"]
    assert rules.moved(4, 2).moved(2, 4) == rules
    assert rules.moved(0, 6).knowledge == rules.knowledge


def test_a_rule_can_be_switched_without_touching_the_others() -> None:
    rules = parse_rules(yaml.safe_load(FULL), "rules.yaml")
    on = rules.switched(6, True)
    assert len(on.in_force) == 7 and len(rules.in_force) == 6
    assert on.switched(6, False) == rules
    assert Rules().in_force == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "exclude", "item": ["a"]}, "write items instead of item"),
        ({"kind": "exclude"}, "either items, or attribute and values"),
        ({"kind": "exclude", "items": []}, "rules[0].items"),
        ({"kind": "exclude", "items": [""]}, "rules[0].items[0]"),
        ({"kind": "exclude", "items": [7]}, "put it in quotes"),
        ({"kind": "exclude", "items": ["a"], "attribute": "b", "values": ["c"]}, "either items"),
        ({"kind": "exclude", "attribute": "b"}, "attribute and values beside each other"),
        ({"kind": "pin"}, "add items:"),
        ({"kind": "boost", "items": ["a"]}, "add by:"),
        ({"kind": "boost", "items": ["a"], "by": 0}, "not 0"),
        ({"kind": "boost", "items": ["a"], "by": 1.5}, "less than or equal to 1"),
        ({"kind": "limit", "attribute": "a", "at_most": 0}, "greater than or equal to 1"),
        ({"kind": "diversify", "strength": 2}, "rules[0].strength"),
        ({"kind": "fresh", "by": -0.1}, "rules[0].by"),
        ({"kind": "fresh", "by": float("nan")}, "rules[0].by"),
        ({"kind": "banish", "items": ["a"]}, "Expected: one of exclude, pin, boost"),
        ({"items": ["a"]}, "add kind:"),
        ("exclude", "rules[0]"),
    ],
)
def test_what_no_rule_can_say_is_refused_with_its_place(rule: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_rules({"rules": [rule]}, "rules.yaml")
    assert said in caught.value.sentence()
    assert caught.value.where.startswith("rules.yaml: rules[0]")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no keys"),
        (b"- {kind: pin}", "no keys"),
        (b"rules: {", "not YAML"),
        (b"\xff\xfe\xff", "not YAML"),
        (b"rulse: []", "write rules instead of rulse"),
        (b"rules: []\nknowledge: ../facts.csv", "in the same folder"),
        (b"rules: 3", "rules.yaml: rules"),
    ],
)
def test_what_is_no_file_of_rules_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="The file of rules") as caught:
        load_rules(path)
    assert said in caught.value.sentence()


def test_two_rules_of_diversity_are_one_too_many() -> None:
    two = [{"kind": "diversify", "strength": 0.1}, {"kind": "diversify", "strength": 0.2}]
    with pytest.raises(InputError, match="only one of kind diversify"):
        parse_rules({"rules": two}, "rules.yaml")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_rules(path)
