"""What every registered task type keeps to. A newcomer is tested from its first line.

A type is tried on the first of the sample columns that it says it matches; one that matches none
adds a column of its own here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from mtrec.data.labels import LabelType
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import TaskType

pytestmark = pytest.mark.usefixtures("one_thread")

N = 240
COLUMNS = [
    np.random.default_rng(0).choice(["no", "yes"], N, p=[0.3, 0.7]),
    np.random.default_rng(1).choice(["angry", "calm", "glad", "sad"], N, p=[0.1, 0.2, 0.3, 0.4]),
    np.random.default_rng(2).choice(["1", "2", "3", "4", "5"], N),
    np.random.default_rng(3).choice(["a|b", "b", "a|c", "c"], N),
]


@pytest.fixture(params=TASK_TYPES.values(), ids=TASK_TYPES.keys())
def task_type(request: pytest.FixtureRequest) -> TaskType:
    return request.param


@pytest.fixture
def values(task_type: TaskType) -> pd.Series:
    for column in COLUMNS:
        series = pd.Series(column, dtype="str")
        if task_type.recognise(series, series):
            return series
    pytest.fail(f"no sample column looks like {task_type.type}: add one to COLUMNS")


@pytest.fixture
def labels(task_type: TaskType, values: pd.Series) -> list[str]:
    return task_type.labels(values)


@pytest.fixture
def guesses(values: pd.Series) -> list[str]:
    """Predictions that are right about two times in three."""
    rng = np.random.default_rng(5)
    wrong = rng.permutation(values.to_numpy(dtype=object))
    return np.where(rng.random(N) < 0.6, values.to_numpy(dtype=object), wrong).tolist()


def test_is_registered_under_its_name_and_describes_itself(task_type: TaskType) -> None:
    assert TASK_TYPES[task_type.type] is task_type
    assert task_type.description
    kind: LabelType = task_type
    assert kind.type == task_type.type


def test_labels_come_in_a_lasting_order(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    assert labels == task_type.labels(values.sample(frac=1, random_state=0))
    assert len(labels) == len(set(labels))


def test_targets_decode_to_the_labels_they_came_from(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    """A head that has learned its targets by heart predicts them."""
    targets = torch.from_numpy(task_type.encode(values, labels))
    torch.manual_seed(0)
    states = torch.eye(N)
    head = task_type.head(N, labels)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.5)
    for _ in range(20):
        optimizer.zero_grad()
        task_type.loss(head(states), targets).mean().backward()
        optimizer.step()
    probabilities = task_type.probabilities(head(states).detach())
    assert task_type.decode(probabilities, labels) == values.tolist()


def test_a_missing_label_is_masked(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    holes = values.copy()
    holes[::3] = None
    present = task_type.present(task_type.encode(holes, labels))
    assert present.tolist() == holes.notna().tolist()
    assert task_type.present(task_type.encode(values, labels)).all()


def test_the_loss_is_one_finite_number_a_record_and_falls(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    torch.manual_seed(0)
    targets = torch.from_numpy(task_type.encode(values, labels))
    states = torch.randn(N, 16)
    head = task_type.head(16, labels)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    means = []
    for _ in range(8):
        losses = task_type.loss(head(states), targets)
        assert losses.shape == (N,)
        assert torch.isfinite(losses).all()
        means.append(float(losses.mean().detach()))
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
    assert means == sorted(means, reverse=True)


def test_the_loss_stays_finite_for_extreme_logits(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    head = task_type.head(4, labels)
    targets = torch.from_numpy(task_type.encode(values, labels))
    for size in (1e4, -1e4):
        assert torch.isfinite(task_type.loss(head(torch.full((N, 4), size)), targets)).all()


def test_probabilities_have_a_column_a_label(task_type: TaskType, labels: list[str]) -> None:
    torch.manual_seed(0)
    head = task_type.head(8, labels)
    probabilities = task_type.probabilities(head(10 * torch.randn(50, 8)).detach())
    assert probabilities.shape == (50, len(labels))
    assert probabilities.dtype == np.float32
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_probabilities_of_single_labels_sum_to_one(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    if task_type.encode(values, labels).ndim > 1:
        pytest.skip("several labels a record")
    head = task_type.head(8, labels)
    probabilities = task_type.probabilities(head(torch.randn(50, 8)).detach())
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_what_the_readout_leaves_out_changes_no_probability(
    task_type: TaskType, labels: list[str]
) -> None:
    torch.manual_seed(0)
    head = task_type.head(16, labels)
    readout = task_type.readout(head)
    inside = torch.linalg.pinv(readout) @ readout
    states = torch.randn(20, 16)
    before = task_type.probabilities(head(states).detach())
    after = task_type.probabilities(head(states @ inside).detach())
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_perfect_predictions_score_one(
    task_type: TaskType, values: pd.Series, labels: list[str]
) -> None:
    truth = values.tolist()
    report = task_type.scores(truth, truth, labels)
    headline = report.metrics[task_type.headline]
    assert (headline.value, headline.low, headline.high) == (1.0, 1.0, 1.0)


def test_worse_predictions_score_less(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    report = task_type.scores(values.tolist(), guesses, labels)
    assert report.metrics[task_type.headline].value < 0.95


def test_the_order_of_records_changes_nothing(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    order = np.random.default_rng(0).permutation(N)
    truth = values.tolist()
    assert task_type.scores(truth, guesses, labels) == task_type.scores(
        [truth[i] for i in order], [guesses[i] for i in order], labels
    )


def test_the_interval_contains_the_value_and_has_a_width(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    for estimate in task_type.scores(values.tolist(), guesses, labels).metrics.values():
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
        assert 0.02 < estimate.high - estimate.low < 0.3


def test_intervals_over_people_are_wider_where_people_repeat_themselves(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    """Each record eight times by one person holds no more than the record once."""
    truth, guessed = values.tolist()[:60] * 8, guesses[:60] * 8
    people: list[str | None] = [f"p{i}" for i in range(60)] * 8

    def width(groups: list[str | None] | None) -> float:
        estimate = task_type.scores(truth, guessed, labels, groups).metrics[task_type.headline]
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    assert width(people) > 2 * width(None)


def test_scores_are_those_of_scikit_learn(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    truth = values.tolist()
    report = task_type.scores(truth, guesses, labels)
    if "macro_f1" in report.metrics and "accuracy" in report.metrics:
        assert report.metrics["macro_f1"].value == pytest.approx(
            f1_score(truth, guesses, average="macro")
        )
        assert report.metrics["accuracy"].value == pytest.approx(accuracy_score(truth, guesses))
        rows = zip(*precision_recall_fscore_support(truth, guesses, labels=labels), strict=True)
        for label, row in zip(labels, rows, strict=True):
            scores = report.labels[label]
            found = (scores.precision, scores.recall, scores.f1, scores.support)
            assert found == pytest.approx(row)


def test_a_report_is_the_contracts_json(
    task_type: TaskType, values: pd.Series, labels: list[str], guesses: list[str]
) -> None:
    value = task_type.scores(values.tolist(), guesses, labels).json()
    assert value["type"] == task_type.type
    assert value["support"] == N
    assert task_type.headline in value["metrics"]
    for metric in value["metrics"].values():
        assert set(metric) == {"value", "low", "high"}
    for scores in value["labels"].values():
        assert set(scores) == {"precision", "recall", "f1", "support"}


def test_there_is_no_score_of_no_record(task_type: TaskType, labels: list[str]) -> None:
    with pytest.raises(ValueError, match="no records"):
        task_type.scores([], [], labels)
