"""Relations as targets, losses, predictions and scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.tasks.base import Unit
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.relation import Relation, entities

KIND = Relation()
LABELS = ["A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "B(e2,e1)", "C", "Other"]
FORTH, BACK = "A(e1,e2)", "A(e2,e1)"


def figures(truth: Sequence[str], predicted: Sequence[str]) -> list[float]:
    metrics = KIND.scores(truth, predicted, LABELS, draws=2).metrics
    return [metrics[name].value for name in ("macro_f1", "macro_f1_directed", "accuracy")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the <e1> rain </e1> made a <e2>big flood</e2> .", ("rain", "big flood")),
        ("a <e2>flood</e2> by <e1>rain</e1>", ("rain", "flood")),
        ("<e1></e1><e2> </e2>", ("", "")),
        ("nothing marked", None),
        ("<e1>one <e2>two</e1> three</e2>", None),
        ("<e1>one</e1> <e2>two</e2> <e2>three</e2>", None),
    ],
)
def test_entities_are_what_the_marks_hold(text: str, found: tuple[str, str] | None) -> None:
    assert entities(text) == found


# Learning and predicting


def test_a_direction_is_a_label_of_its_own() -> None:
    assert KIND.unit is Unit.MARKS
    targets = KIND.encode(pd.Series([BACK, None, "Other", FORTH], dtype="str"), LABELS)
    assert targets.rows.tolist() == [1, 5, 0]
    assert targets.counts.tolist() == [1, 0, 1, 1]
    assert KIND.head(8, LABELS)(torch.zeros(3, 8)).shape == (3, 6)


def test_a_loss_is_the_negative_log_probability_of_the_label() -> None:
    """Logits log 2, log 3, log 5 are shares of 0.2, 0.3 and 0.5."""
    logits = torch.log(torch.tensor([[2.0, 3.0, 5.0]]))
    assert KIND.loss(logits, torch.tensor([1])).tolist() == pytest.approx([-math.log(0.3)])
    said = KIND.predict(Ragged(KIND.probabilities(logits), np.array([0, 1])), LABELS[:3])
    assert said.labels.tolist() == [None, "B(e1,e2)"]
    assert said.confidence[1] == pytest.approx(0.5)


# Scores


def test_a_wrong_direction_is_predicted_and_true_but_no_hit() -> None:
    """A: 2 true, 2 predicted, 1 hit, so 2 · 1 / 4; B: 1. Together 0.75.

    Directed: A(e1,e2) 2 · 1 / (2 + 1), A(e2,e1) 0 / (0 + 1), B(e1,e2) 1.
    """
    truth = [FORTH, FORTH, "B(e1,e2)", "B(e1,e2)"]
    predicted = [FORTH, BACK, "B(e1,e2)", "B(e1,e2)"]
    assert figures(truth, predicted) == pytest.approx([0.75, (2 / 3 + 0 + 1) / 3, 0.75])


def test_other_is_left_out_but_what_is_taken_for_it_is_missed_and_the_reverse_spurious() -> None:
    """A: 2 true, 2 predicted, 1 hit, so 2 · 1 / 4.

    Directed: A(e1,e2) 2 · 1 / (2 + 1), A(e2,e1) 0 / (0 + 1). Other, 2 · 2 / (3 + 3), would change
    both means.
    """
    truth = [FORTH, FORTH, "Other", "Other", "Other"]
    predicted = [FORTH, "Other", BACK, "Other", "Other"]
    assert figures(truth, predicted) == pytest.approx([0.5, (2 / 3 + 0) / 2, 3 / 5])


def test_without_directions_both_means_are_over_the_labels() -> None:
    """causes 2 · 1 / (2 + 1), contains 2 · 1 / (1 + 3)."""
    labels = ["Other", "causes", "contains"]
    truth = ["causes", "causes", "contains", "Other"]
    predicted = ["causes", "contains", "contains", "contains"]
    metrics = KIND.scores(truth, predicted, labels, draws=2).metrics
    assert metrics["macro_f1"].value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert metrics["macro_f1_directed"].value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert metrics["accuracy"].value == pytest.approx(2 / 4)


def test_nothing_is_wrong_where_no_relation_is_true_and_none_is_predicted() -> None:
    assert figures(["Other"] * 3, ["Other"] * 3) == [1, 1, 1]
    assert figures(["Other"] * 3, ["Other", "Other", FORTH]) == pytest.approx([0, 0, 2 / 3])


def test_each_label_has_figures_as_it_is_written() -> None:
    """A(e1,e2) stands twice, is predicted once and rightly; Other has its figures too."""
    report = KIND.scores([FORTH, FORTH, "Other"], [FORTH, BACK, "Other"], LABELS)
    forth = report.labels[FORTH]
    assert (forth.precision, forth.recall, forth.support) == (1, 0.5, 2)
    assert forth.f1 == pytest.approx(2 / 3)
    assert forth.low is not None
    assert forth.high is not None
    assert forth.low <= forth.f1 <= forth.high
    assert list(report.labels) == LABELS
    assert report.labels["Other"].f1 == 1


def official(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Relation by relation, as semeval2010_task8_scorer-v1.2 takes precision and recall.

    That leaves out relations that are predicted and never true; here their F1 is 0.
    """
    scores = []
    for relation in {label.split("(")[0] for label in (*truth, *predicted)} - {"Other"}:
        right = wrong_direction = elsewhere = stands = 0
        for true, said in zip(truth, predicted, strict=True):
            stands += true.split("(")[0] == relation
            if said.split("(")[0] != relation:
                continue
            if said == true:
                right += 1
            elif true.split("(")[0] == relation:
                wrong_direction += 1
            else:
                elsewhere += 1
        said_so = right + wrong_direction + elsewhere
        precision = right / said_so if said_so else 0
        recall = right / stands if stands else 0
        both = precision + recall
        scores.append(2 * precision * recall / both if both else 0)
    return sum(scores) / len(scores) if scores else 1


PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_the_headline_is_the_official_score(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    macro, _, accuracy = figures(truth, predicted)
    assert macro == pytest.approx(official(truth, predicted))
    assert accuracy == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_the_direction_can_be_turned_everywhere(pairs: list[tuple[str, str]]) -> None:
    turned = {"A(e1,e2)": "A(e2,e1)", "A(e2,e1)": "A(e1,e2)"}
    truth, predicted = zip(*pairs, strict=True)
    around = [[turned.get(label, label) for label in side] for side in (truth, predicted)]
    assert figures(*around) == pytest.approx(figures(truth, predicted))


def test_intervals_hold_the_values_and_are_drawn_over_people_where_they_are_known() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(LABELS, 40).tolist()
    predicted = np.where(rng.random(40) < 0.6, truth, rng.permutation(truth)).tolist()
    people: list[str | None] = [f"p{i}" for i in range(40)] * 8
    records = KIND.scores(truth * 8, predicted * 8, LABELS).metrics
    over_people = KIND.scores(truth * 8, predicted * 8, LABELS, people).metrics
    for name, narrow in records.items():
        wide = over_people[name]
        assert wide.value == narrow.value
        assert narrow.low is not None and narrow.high is not None
        assert wide.low is not None and wide.high is not None
        assert narrow.low <= narrow.value <= narrow.high
        assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
