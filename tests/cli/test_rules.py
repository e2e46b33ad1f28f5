"""Lists follow the rules in a file, and the rules' effects are told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.cli.shapes import Listed, Recommended, RulesTold

RULES = """\
knowledge: facts.csv
rules:
  - {kind: exclude, attribute: maker, values: [Adler]}
  - {kind: pin, items: [i07]}
  - {kind: diversify, strength: 0.4, enabled: false}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Half of the items are made by Adler, whose are left out; i07 comes first."""
    facts = [f"i{item:02d},maker,{('Adler', 'Hollis')[item % 2]}" for item in range(60)]
    facts.append("i99,maker,Adler")
    (tmp_path / "facts.csv").write_text("\n".join(["item,relation,entity", *facts]))
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


@pytest.mark.slow
def test_lists_follow_rules(run: str, rules: Path, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """A rule moves items and leaves their scores; its reasons weigh nothing."""
    words = ("-k", "9", "--rules", str(rules), "--json")
    for arguments in ((), ("--recommender", "ease"), ("--stage", "pretrained")):
        plain = ask("recommend", run, "u01", "-k", "60", *arguments, "--json")
        scores = {each.item: each.score for each in plain.json(list[Recommended])}
        listed = ask("recommend", run, "u01", *arguments, *words).json(list[Recommended])
        assert all(int(each.item[1:]) % 2 for each in listed) and len(listed) == 9
        assert listed[0].item == "i07" or "i07" not in scores
        for each in listed:
            assert each.score == pytest.approx(scores[each.item])
            assert sum(why.weight for why in each.reasons) == pytest.approx(each.score, abs=1e-6)
    reasons = [why for each in listed for why in each.reasons if why.kind == "knowledge"]
    assert reasons and reasons[0].text.startswith("same maker, Hollis, as Thing")
    out = tmp_path / "all.parquet"
    ask("recommend-all", run, "--out", str(out), *words).json(Listed)
    everyone = pd.read_parquet(out)
    ask_one = ask("recommend", run, "u17", *words).json(list[Recommended])
    mine = everyone[everyone["user"] == "u17"]
    assert mine["item"].tolist() == [each.item for each in ask_one]


@pytest.mark.slow
def test_rules(run: str, rules: Path, ask) -> None:  # type: ignore[no-untyped-def]
    told = ask("rules", run, str(rules), "-k", "5", "--json").json(RulesTold)
    exclude, pin, spread = told.rules
    assert exclude.val is not None and exclude.test is not None
    assert exclude.val.people > 0 and exclude.val.lists_changed > 0
    assert exclude.val.difference.value == pytest.approx(exclude.val.after - exclude.val.before)
    assert pin.rule == {"kind": "pin", "items": ["i07"]}
    assert not spread.enabled and spread.val is not None and spread.test is None
    assert told.together.test is not None and told.stray == 1 and told.k == 5
    said = ask("rules", run, str(rules)).out
    assert "pin items i07" in said and "all that are on" in said and "not in the data: 1" in said


@pytest.mark.slow
def test_rules_that_cannot_be_followed_are_refused(run: str, rules: Path, ask) -> None:  # type: ignore[no-untyped-def]
    for content, said in (
        ("rules: [{kind: pin, items: [i77]}]", "rules[0].items"),
        ("rules: [{kind: limit, attribute: maker, at_most: 1}]", "No item has an attribute maker"),
        ("rules: [{kind: pni, items: [i07]}]", "one of exclude, pin"),
        ("knowledge: absent.csv", "absent.csv"),
        ("", "no keys"),
    ):
        rules.write_text(content)
        for words in (("rules", run, str(rules)), ("recommend", run, "u01", "--rules", str(rules))):
            refused = ask(*words)
            assert refused.status == 2 and refused.out == "" and said in refused.err, content
