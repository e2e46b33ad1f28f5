"""What can be said of differences between lists, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mtrec.reports.verdicts import NO_DIFFERENCE, TOO_FEW, sentences, verdicts
from mtrec.stats import SIGNIFICANT


def pair(
    b: str,
    p_value: float,
    low: float = 0.01,
    stage: str | None = None,
    users: int = 40,
    segment: str = "all",
) -> dict[str, Any]:
    """The furthest stage against another list; its difference goes from `low` to .2 above it."""
    gap = {"value": low + 0.1, "low": low, "high": low + 0.2, "p_value": p_value}
    return {
        "a": {"recommender": "fused", "stage": "adapted"},
        "b": {"recommender": b, "stage": stage},
        "segment": segment,
        "users": users,
        "metrics": {"ndcg@10": gap, "novelty@10": gap},
    }


def words(*pairs: dict[str, Any], figure: str = "ndcg@10") -> list[str]:
    return [each.words for each in verdicts(pairs, figure)]


def test_a_difference_beyond_the_correction_is_better_or_worse() -> None:
    assert words(pair("ease", 0.001)) == ["better by more than noise"]
    assert words(pair("ease", 0.001, low=-0.3)) == ["worse by more than noise"]
    assert words(pair("ease", 0.001), figure="novelty@10") == ["higher by more than noise"]


def test_an_interval_over_zero_tells_nothing_whatever_its_p_value() -> None:
    assert words(pair("ease", 0.001, low=-0.1)) == [NO_DIFFERENCE]


def test_what_is_more_than_noise_alone_is_corrected_for_how_many_are_looked_at() -> None:
    """Twice .03 is above .05; alone it is not."""
    assert SIGNIFICANT == 0.05
    assert words(pair("ease", 0.03)) == ["better by more than noise"]
    both = words(pair("ease", 0.03), pair("als", 0.04))
    assert both == [f"{NO_DIFFERENCE} (better if looked at alone)"] * 2


def test_stages_and_baselines_are_families_of_their_own_over_all_groups_of_people() -> None:
    found = verdicts(
        [
            pair("fused", 0.03, stage="pretrained"),
            pair("ease", 0.02),
            pair("ease", 0.02, segment="warm"),
        ],
        "ndcg@10",
    )
    assert [each.looks for each in found] == [1, 2, 2]
    assert [each.p_value for each in found] == pytest.approx([0.03, 0.04, 0.04])


def test_of_few_people_nothing_is_told_and_they_are_no_look() -> None:
    found = verdicts([pair("ease", 0.03), pair("ease", 0.001, users=9, segment="cold")], "ndcg@10")
    assert [each.words for each in found] == ["better by more than noise", TOO_FEW]
    assert found[0].looks == 1 and found[1].p_value is None


def test_sentences_put_together_what_comes_out_alike() -> None:
    found = verdicts(
        [
            pair("ease", 0.001),
            pair("als", 0.5, low=-0.1),
            pair("bpr", 0.001),
            pair("fused", 0.001, stage="pretrained"),
            pair("ease", 0.001, users=9, segment="cold"),
        ],
        "ndcg@10",
    )
    gap = "(+0.110, 95 % interval +0.010 to +0.210)"
    assert sentences(found, lambda row: row["stage"] or row["recommender"]) == [
        f"adapted: better than ease {gap}; bpr {gap}, by more than noise.",
        f"adapted: {NO_DIFFERENCE} from als (+0.000, 95 % interval -0.100 to +0.100).",
        f"adapted: better than pretrained {gap}, by more than noise.",
    ]


def test_sentences_may_leave_out_how_large_a_difference_is() -> None:
    found = verdicts([pair("ease", 0.03), pair("als", 0.04)], "ndcg@10")
    assert sentences(found, lambda row: row["stage"] or row["recommender"], gaps=False) == [
        "adapted: better than ease; als if looked at alone, but one of 2 such looks may be so by "
        "chance."
    ]


def test_a_figure_that_was_not_kept_has_no_verdicts() -> None:
    assert verdicts([pair("ease", 0.001)], "mrr@10") == []
    assert verdicts([], "ndcg@10") == []
