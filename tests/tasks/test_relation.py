"""Relations between two marked entities."""

from __future__ import annotations

import pandas as pd
import pytest

from mtrec.errors import InputError
from mtrec.tasks.relation import Relation

KIND = Relation()
MARKED = "the <e1> rain </e1> made a <e2> flood </e2>"


def cells(*values: str) -> pd.Series:
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        (MARKED, True),
        ("a <e2>flood</e2> by <e1>rain</e1>", True),
        ("a <e1>first\nline</e1>\n<e2>second</e2>", True),
        ("nothing marked", False),
        ("only <e1>one</e1>", False),
        ("<e1>one</e1> <e2>two</e2> <e2>three</e2>", False),
        ("<e1>one <e2>two</e1> three</e2>", False),  # crossed
        ("<e1>one <e2>two</e2></e1>", False),  # one within the other
        ("</e1>one<e1> <e2>two</e2>", False),
    ],
)
def test_a_text_needs_one_pair_of_each_marker(text: str, readable: bool) -> None:
    assert KIND.read(cells("Other"), cells(text)).notna().tolist() == [readable]


def test_a_direction_is_written_one_way() -> None:
    written = cells("Cause-Effect (e1, e2)", "Cause-Effect(e2,e1)", "Other")
    kept = KIND.read(written, cells(MARKED, MARKED, MARKED))
    assert kept.tolist() == ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]
    assert KIND.labels(kept) == ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]


@pytest.mark.parametrize("values", [[], ["Other"]])
def test_one_relation_is_nothing_to_learn(values: list[str]) -> None:
    with pytest.raises(InputError, match="nothing to tell apart"):
        KIND.labels(cells(*values))


@pytest.mark.parametrize(
    ("names", "share", "looks"),
    [
        (["causes", "contains", "Other"], 1.0, True),
        (["causes", "contains", "Other"], 0.95, True),
        (["causes", "contains", "Other"], 0.5, False),
        (["causes(e1,e2)", "causes(e2,e1)"], 1.0, True),
        (["train", "test"], 1.0, False),  # two values stand beside any text
    ],
)
def test_what_looks_like_relations(names: list[str], share: float, looks: bool) -> None:
    written = cells(*(names[i % len(names)] for i in range(100)))
    texts = cells(*(f"{MARKED} {i}" if i < 100 * share else "no mark" for i in range(100)))
    reason = KIND.recognise(written, texts)
    assert (reason is not None) == looks
    if reason:
        assert f"{len(names)} different values in 100 rows" in reason


def test_checks_tell_of_relations_with_and_without_a_direction() -> None:
    values = cells(*["causes(e1,e2)"] * 20, *["causes"] * 15, *["Other"] * 20)
    (warning,) = KIND.checks("relation", values)
    assert (warning.code, warning.rows) == ("half_directed", 15)
    assert "'causes'" in warning.message
