"""What is known of people, what they are recommended, and how good that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mtrec.cli import main, show
from mtrec.recommend.registry import RECOMMENDERS
from tests.cli.shapes import Evaluated, Listed, Profile, Recommended


@pytest.mark.slow
def test_profile(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    profile = ask("profile", run, "u01", "--json").json(Profile)

    assert profile.user == "u01"
    assert sum(source.weight for source in profile.sources.values()) == pytest.approx(1)
    assert {source.kind for source in profile.sources.values()} == {"task", "text", "liked"}
    assert set(profile.traits) <= {"sentiment", "topic"}
    assert profile.neighbours and all(each.user != "u01" for each in profile.neighbours)
    assert "u01" in ask("profile", run, "u01").out
    refused = ask("profile", run, "nobody")
    assert refused.status == 2 and "nobody" in refused.err


def test_every_recommender_is_named_where_help_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["recommend", "--help"])
    said = "".join(capsys.readouterr().out.split())
    assert all(name in said for name in RECOMMENDERS)


@pytest.mark.slow
def test_recommend(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    baselines = [("--recommender", name) for name in RECOMMENDERS]
    for arguments in ((), ("--stage", "pretrained"), *baselines):
        items = ask("recommend", run, "u01", "-k", "5", *arguments, "--json").json(
            list[Recommended]
        )
        assert len({each.item for each in items}) == 5
        scores = [each.score for each in items]
        assert scores == sorted(scores, reverse=True)
        assert all(each.reasons and each.title.startswith("Thing") for each in items)
    assert len(ask("recommend", run, "u01", "-k", "9999", "--json").json(list[Recommended])) < 60
    assert "Thing" in ask("recommend", run, "u01").out
    for wrong in (("nobody",), ("u01", "-k", "0"), ("u01", "--recommender", "magic")):
        refused = ask("recommend", run, *wrong)
        assert refused.status == 2 and refused.out == "", wrong


@pytest.mark.slow
def test_recommend_all(run: str, tmp_path: Path, ask) -> None:  # type: ignore[no-untyped-def]
    """Everyone's lists are those that `recommend` gives, one by one."""
    path = tmp_path / "all.parquet"
    for arguments in ((), ("--stage", "multitask"), ("--recommender", "popular")):
        words = ("-k", "5", *arguments, "--json")
        said = ask("recommend-all", run, "--out", str(path), *words).json(Listed)
        found = pd.read_parquet(path)
        assert list(found) == ["user", "place", "item", "title", "score"]
        assert (said.out, said.users, said.rows) == (str(path), 24, len(found))
        assert found["user"].nunique() == 24
        for user in ("u01", "u17"):
            mine = found[found["user"] == user]
            listed = ask("recommend", run, user, *words).json(list[Recommended])
            assert mine["place"].tolist() == list(range(1, len(listed) + 1))
            assert mine["item"].tolist() == [each.item for each in listed]
            assert mine["title"].tolist() == [each.title for each in listed]
            assert mine["score"].tolist() == pytest.approx(
                [each.score for each in listed], abs=1e-4
            )
    assert "for 24 people" in ask("recommend-all", run, "--out", str(path)).out
    for out, said in (("all.csv", "ends in .parquet"), ("absent/all.parquet", "no folder")):
        refused = ask("recommend-all", run, "--out", str(tmp_path / out))
        assert refused.status == 2 and said in refused.err
    assert [each.name for each in tmp_path.iterdir()] == ["all.parquet"]


@pytest.mark.slow
def test_evaluate(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    rows = ask("evaluate", run, "--json").json(list[Evaluated])

    assert {row.stage for row in rows} == {None, "pretrained", "multitask", "adapted"}
    for row in rows:
        assert {"ndcg@10", "recall@10", "mrr@10", "coverage@10"} <= set(row.metrics)
        assert all(each.value >= 0 for each in row.metrics.values())
        shares = (
            row.metrics[f"{name}@10"] for name in ("ndcg", "recall", "mrr", "map", "coverage")
        )
        assert all(each.value <= 1 for each in shares)
    shorter = ask("evaluate", run, "-k", "3", "--json").json(list[Evaluated])
    assert all("ndcg@3" in row.metrics for row in shorter)
    assert "popular" in ask("evaluate", run).out


@pytest.mark.slow
def test_evaluate_without_each_thing_known_of_people(run: str, ask) -> None:  # type: ignore[no-untyped-def]
    whole = ask("evaluate", run, "--json").json(list[Evaluated])
    rows = ask("evaluate", run, "--without", "--json").json(list[dict[str, Any]])
    left = rows[len(whole) :]
    assert {row["recommender"] for row in left} >= {"fused without liked", "fused without text"}
    for row in left:
        assert row["stage"] == "adapted" and set(row["adds"]) <= set(row["metrics"])
    words = ask("evaluate", run, "--without").out
    assert "without it" in words and "liked" in words


def _judged(users: int) -> dict[str, Any]:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    metrics = {"ndcg@10": figure, "mrr@10": figure}
    row = {"recommender": "ease", "stage": None, "segment": "all", "users": users}
    return row | {"metrics": metrics}


def test_of_fewer_than_ten_people_no_figure_is_told() -> None:
    enough, few = show.evaluation([_judged(10), _judged(9)]).splitlines()[-2:]
    assert "0.500 [0.400, 0.600]" in enough
    assert "too few people to tell" in few and "0.5" not in few
    gap = {"value": 0.5, "low": 0.4, "high": 0.6, "p_value": 0.001}
    pairs = [
        {"a": _judged(0), "b": _judged(0), "segment": name, "users": users}
        | {"metrics": {"ndcg@10": gap}}
        for name, users in (("all", 10), ("cold", 9))
    ]
    enough, few = show.differences(pairs).splitlines()[-2:]
    assert "0.500 [0.400, 0.600]" in enough and "better by more than noise" in enough
    assert "cold" in few and "too few people to tell" in few and "0.5" not in few
    left = [{"without": "text", "kind": "text", "adds": {"ndcg@10": gap}, **_judged(9)}]
    said = show.contributions(left).splitlines()[-1]
    assert "too few people to tell" in said and "0.5" not in said
