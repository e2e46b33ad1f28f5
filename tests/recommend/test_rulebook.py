"""Rules of a run survive a reload, and what is wrong leaves them as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtrec.errors import InputError
from mtrec.recommend.rulebook import Rulebook
from mtrec.recommend.rules import Rules, parse_rules

PIN = parse_rules({"rules": [{"kind": "pin", "items": ["a"]}]}, "rules.yaml")


def names(book: Rulebook) -> list[str]:
    return sorted(each.name for each in book.folder.iterdir())


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    book = Rulebook(tmp_path)
    assert book.read() == Rules() and not book.folder.exists()
    book.keep(PIN)
    assert Rulebook(tmp_path).read() == PIN
    assert names(book) == ["rules.yaml"]


def test_knowledge_lies_beside_the_rules_that_name_it_and_goes_with_them(tmp_path: Path) -> None:
    book = Rulebook(tmp_path)
    seen = []
    taken = book.take(PIN, ("../My Facts.CSV", b"one"), lambda rules: seen.append(rules))
    assert taken.knowledge is not None and taken.knowledge.endswith(".csv")
    assert seen == [taken] == [book.read()]
    assert (book.folder / taken.knowledge).read_bytes() == b"one"
    assert book.take(Rules(), None, lambda rules: None).knowledge == taken.knowledge
    other = book.take(PIN, ("facts.tsv.gz", b"two"), lambda rules: None)
    assert names(book) == [other.knowledge, "rules.yaml"]
    book.keep(Rules())
    assert names(book) == ["rules.yaml"]


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    book = Rulebook(tmp_path)
    first = book.take(PIN, ("facts.csv", b"one"), lambda rules: None)

    def refuse(rules: Rules) -> None:
        raise InputError("No item has an attribute maker")

    for content in (b"two", b"one"):
        with pytest.raises(InputError, match="attribute maker"):
            book.take(Rules(), ("facts.csv", content), refuse)
        assert book.read() == first
        assert names(book) == [first.knowledge, "rules.yaml"]


def test_rules_that_name_knowledge_that_is_not_here_are_refused(tmp_path: Path) -> None:
    book = Rulebook(tmp_path)
    naming = parse_rules({"knowledge": "facts.csv", "rules": []}, "rules.yaml")
    with pytest.raises(InputError, match="did not come along"):
        book.take(naming, None, lambda rules: None)
    assert book.read() == Rules()
