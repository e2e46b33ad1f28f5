"""Tags as targets, losses, predictions and scores."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score

from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.spans import BEGIN, INSIDE
from mtrec.tasks.tags import Tags

Z2 = 1.959964**2  # in Wilson's interval: n of n right are at least n / (n + Z2)

KIND = Tags()
LABELS = ["what", "who", "who-else"]


def cells(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


@st.composite
def tagged(draw: st.DrawFn, length: int) -> str:
    """Valid tags of so many words."""
    tags: list[str] = []
    for _ in range(length):
        goes_on = [INSIDE + tags[-1][2:]] * 2 if tags and tags[-1] != "O" else []
        tags.append(draw(st.sampled_from(["O", *(BEGIN + label for label in LABELS), *goes_on])))
    return " ".join(tags)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Truth and predictions of some texts, with a span; some predictions are the truth."""
    truth, predicted = ["B-who"], [draw(tagged(1))]
    for length in draw(st.lists(st.integers(1, 7), max_size=8)):
        truth.append(draw(tagged(length)))
        predicted.append(draw(st.just(truth[-1]) | tagged(length)))
    return truth, predicted


# Learning


def test_every_word_is_a_row_and_a_missing_label_has_none() -> None:
    targets = KIND.encode(cells("O B-b I-b", None, "B-a", "B-b"), ["a", "b"])
    assert targets.rows.tolist() == [0, 3, 4, 1, 3]
    assert targets.rows.dtype == np.int64
    assert targets.counts.tolist() == [3, 0, 1, 1]


def test_a_type_that_is_no_label_counts_as_outside() -> None:
    targets = KIND.encode(cells("B-c I-c B-a I-a"), ["a", "b"])
    assert targets.rows.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_label_gives_no_row(values: list[None]) -> None:
    targets = KIND.encode(cells(*values), ["a"])
    assert (targets.rows.shape, targets.counts.tolist()) == ((0,), [0] * len(values))


def test_a_loss_is_the_negative_log_probability_of_the_words_tag() -> None:
    """Logits log 2, log 3, log 5 are shares of 0.2, 0.3 and 0.5."""
    logits = torch.log(torch.tensor([[2.0, 3.0, 5.0], [2.0, 3.0, 5.0]]))
    losses = KIND.loss(logits, torch.tensor([0, 2]))
    assert losses.tolist() == pytest.approx([-math.log(0.2), -math.log(0.5)])
    assert KIND.probabilities(logits)[0].tolist() == pytest.approx([0.2, 0.3, 0.5])


def test_the_head_says_outside_begin_and_inside_of_each_label() -> None:
    assert KIND.head(8, LABELS)(torch.zeros(5, 8)).shape == (5, 7)


def test_what_the_readout_leaves_out_changes_no_probability() -> None:
    torch.manual_seed(0)
    head = KIND.head(16, LABELS)
    inside = torch.linalg.pinv(KIND.readout(head)) @ KIND.readout(head)
    states = torch.randn(20, 16)
    np.testing.assert_allclose(
        KIND.probabilities(head(states).detach()),
        KIND.probabilities(head(states @ inside).detach()),
        atol=1e-5,
    )
    assert torch.linalg.matrix_rank(KIND.readout(head)) == 6


# Predicting


def test_confidence_and_shares_are_worked_out_over_the_words() -> None:
    """One word, then two: `B-a I-a` at 0.5 · 0.6; a is begun unless neither word begins it."""
    rows = [[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.3, 0.1, 0.6]]
    said = KIND.decode(Ragged(np.array(rows, dtype=np.float32), np.array([1, 2])), ["a"])
    assert said.labels.tolist() == ["O", "B-a I-a"]
    assert said.confidence.tolist() == pytest.approx([0.7, 0.3])
    assert said.shares[:, 0].tolist() == pytest.approx([0.2, 1 - 0.5 * 0.9])
    assert (said.confidence.dtype, said.shares.dtype) == (np.float32, np.float32)


def test_shares_stand_in_the_order_of_the_labels() -> None:
    rows = np.array([[0.1, 0.2, 0.3, 0.35, 0.05]], dtype=np.float32)
    assert KIND.decode(Ragged(rows, np.array([1])), ["a", "b"]).shares[0].tolist() == (
        pytest.approx([0.2, 0.35])
    )


def test_nothing_is_said_of_a_text_without_words() -> None:
    rows = np.array([[0.7, 0.2, 0.1]], dtype=np.float32)
    said = KIND.predict(Ragged(rows, np.array([0, 1, 0])), ["a"])
    assert said.labels.tolist() == [None, "O", None]
    assert np.isnan(said.confidence).tolist() == [True, False, True]


def test_nothing_is_said_where_there_are_no_texts() -> None:
    none = Ragged(np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=np.int64))
    said = KIND.predict(none, ["a"])
    assert (said.labels.shape, said.confidence.shape, said.shares.shape) == ((0,), (0,), (0, 1))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_predictions_are_tags_as_they_would_be_read(seed: int, counts: list[int]) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.full(7, 0.3), sum(counts))
    said = KIND.decode(Ragged(rows.astype(np.float32), np.array(counts)), LABELS)
    texts = cells(*(" ".join("word" for _ in range(count)) for count in counts))
    written = cells(*said.labels)
    assert KIND.read(written, texts).tolist() == written.tolist()
    assert ((said.shares >= 0) & (said.shares <= 1)).all()


def test_targets_learned_by_heart_are_predicted() -> None:
    values = cells("O B-who I-who", "B-what", "B-who B-who I-who I-who O")
    targets = KIND.encode(values, LABELS)
    shares = np.full((len(targets.rows), 7), 0.05, dtype=np.float32)
    shares[np.arange(len(shares)), targets.rows] = 0.7
    assert KIND.decode(Ragged(shares, targets.counts), LABELS).labels.tolist() == values.tolist()


# Scores


def test_a_span_is_right_if_its_type_and_both_ends_are() -> None:
    """Of 4 true and 4 predicted spans 1 is in both: 2 · 1 / 8.

    Types: who 2 · 1 / (3 + 3), what 0 / (1 + 1); who-else stands nowhere. One text of three is
    right in everything.
    """
    truth = ["B-who I-who O B-what", "B-who B-who", "O O"]
    predicted = ["B-who I-who I-who B-who", "B-who B-what", "O O"]
    report = KIND.scores(truth, predicted, LABELS, draws=50)
    assert report.metrics["span_f1"].value == pytest.approx(2 / 8)
    assert report.metrics["macro_f1"].value == pytest.approx((2 / 6 + 0) / 2)
    assert report.metrics["accuracy"].value == pytest.approx(1 / 3)
    assert report.labels["who"].support == 3
    assert report.support == 3


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_scores_are_those_of_seqeval(given: tuple[list[str], list[str]]) -> None:
    truth, predicted = given
    report = KIND.scores(truth, predicted, LABELS, draws=2)
    split = [[tags.split(" ") for tags in side] for side in given]
    for name, average in (("span_f1", "micro"), ("macro_f1", "macro")):
        expected = f1_score(*split, average=average, zero_division=0)
        assert report.metrics[name].value == pytest.approx(expected)
    theirs = classification_report(*split, output_dict=True, zero_division=0)
    for label, scores in report.labels.items():
        found = (scores.precision, scores.recall, scores.f1, scores.support)
        row = theirs.get(label, {})
        expected = tuple(row.get(key, 0) for key in ("precision", "recall", "f1-score", "support"))
        assert found == pytest.approx(expected)


def test_nothing_is_wrong_where_no_span_is_true_and_none_is_predicted() -> None:
    report = KIND.scores(["O O", "O"], ["O O", "O"], LABELS, draws=50)
    for estimate in report.metrics.values():
        assert (estimate.value, estimate.low, estimate.high) == (1, pytest.approx(2 / (2 + Z2)), 1)
    spurious = KIND.scores(["O O", "O"], ["O O", "B-who"], LABELS, draws=50)
    assert (spurious.metrics["span_f1"].value, spurious.metrics["macro_f1"].value) == (0, 0)


def test_perfect_predictions_are_as_sure_where_spans_are_rare() -> None:
    truth = ["O O"] * 20 + ["O B-who"]
    for estimate in KIND.scores(truth, truth, LABELS).metrics.values():
        assert (estimate.value, estimate.low, estimate.high) == (
            1,
            pytest.approx(21 / (21 + Z2)),
            1,
        )


@pytest.mark.parametrize(
    ("truth", "predicted", "pairs"),
    [
        ("O O", "O O", []),
        ("B-who I-who O", "B-who I-who O", [("who", "who")]),
        ("B-who I-who O", "B-what I-what O", [("who", "what")]),
        ("B-who I-who O", "O O B-who", [("who", NOTHING), (NOTHING, "who")]),
        ("B-who I-who O", "B-who O O", [(NOTHING, "who"), ("who", NOTHING)]),
        ("O B-who B-what", "O B-what B-what", [("who", "what"), ("what", "what")]),
    ],
)
def test_types_stand_against_each_other_where_spans_have_the_same_words(
    truth: str, predicted: str, pairs: list[tuple[str, str]]
) -> None:
    assert KIND.compare(truth, predicted) == pairs


@pytest.mark.parametrize(
    ("value", "text", "words"),
    [
        (
            "O B-artist I-artist O B-playlist",
            "play Miles  Davis in jazz",
            "artist: Miles Davis; playlist: jazz",
        ),
        ("B-who B-who", "Ann Bob", "who: Ann; who: Bob"),
        ("O O", "play something", "nothing marked"),
    ],
)
def test_spans_are_told_by_their_words(value: str, text: str, words: str) -> None:
    assert KIND.describe(value, text) == words


def test_other_labels_are_told_as_they_are() -> None:
    assert TASK_TYPES["multilabel"].describe("a|b", "text") == "a|b"
    assert TASK_TYPES["multilabel"].describe(NOTHING, "text") == "nothing"
