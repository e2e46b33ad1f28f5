"""What every registered task type keeps to. A newcomer is tested from its first line.

A type is tried on the first of the sample columns that no type registered before it takes; one that
takes none adds a column of its own here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from torch import Tensor, nn

from mtrec.tasks import TASK_TYPES
from mtrec.tasks.base import NOTHING, Floats, Targets, TaskType, Unit
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.ragged import Ragged

pytestmark = pytest.mark.usefixtures("one_thread")

N = 240
MARKED = "the <e1>rain</e1> made the <e2>flood</e2>"
SINGLE = ["angry", "calm", "glad", "sad"]
COLUMNS = [  # cells, how often each stands, and a text with as many words as the cell has tags
    (["causes(e1,e2)", "causes(e2,e1)", "Other"], [0.3, 0.3, 0.4], lambda _: MARKED),
    (["O B-a I-a", "O O", "B-b O B-a", "B-b I-b", "B-a"], [0.2] * 5, lambda cell: cell.lower()),
    (["calm|glad", "glad|calm|sad", "sad", "glad"], [0.25] * 4, lambda _: "word"),
    (["1", "2", "3", "4", "5"], [0.1, 0.3, 0.2, 0.2, 0.2], lambda _: "word"),
    (["no", "yes"], [0.3, 0.7], lambda _: "word"),
    (SINGLE, [0.1, 0.2, 0.3, 0.4], lambda _: "word"),
]


@dataclass
class Sample:
    """A column of labels that a type takes, with guesses that are right two times in three."""

    values: pd.Series
    labels: list[str]
    guesses: list[str]

    @cached_property
    def truth(self) -> list[str]:
        return self.values.tolist()


@pytest.fixture(params=TASK_TYPES.values(), ids=TASK_TYPES.keys())
def task_type(request: pytest.FixtureRequest) -> TaskType:
    return request.param


@pytest.fixture
def sample(task_type: TaskType) -> Sample:
    for cells, shares, text in COLUMNS:
        rng = np.random.default_rng(0)
        written = pd.Series(rng.choice(cells, N, p=shares), dtype="str")
        texts = written.map(text).astype("str")
        if first_match(written, texts) != task_type.type:
            continue
        values = task_type.read(written, texts)
        wrong = values.groupby(texts.str.count(" ")).transform(rng.permutation)  # as many words
        guesses = values.where(rng.random(N) < 0.6, wrong)
        return Sample(values, task_type.labels(values), guesses.tolist())
    pytest.fail(f"no sample column is taken for {task_type.type}: add one to COLUMNS")


def first_match(written: pd.Series, texts: pd.Series) -> str | None:
    return next((name for name, kind in TASK_TYPES.items() if kind.recognise(written, texts)), None)


def states(task_type: TaskType, rows: int, width: int) -> Tensor:
    """What a head reads, with one state of a text or more in each row."""
    return torch.randn(rows, width * task_type.unit.states)


def fresh_head(task_type: TaskType, width: int, labels: Sequence[str]) -> nn.Linear:
    return task_type.head(width * task_type.unit.states, labels)


def said_by(head: nn.Linear, read: Tensor, task_type: TaskType) -> Floats:
    with torch.no_grad():
        return task_type.probabilities(head(read))


def guessed(task_type: TaskType, targets: Targets, labels: Sequence[str]) -> Ragged[Floats]:
    """Probabilities of a head that has learned nothing, for the records that have rows."""
    torch.manual_seed(0)
    head = fresh_head(task_type, 8, labels)
    read = 4 * states(task_type, len(targets.rows), 8)
    return Ragged(said_by(head, read, task_type), targets.counts)


def as_sets(task_type: TaskType, written: Sequence[str]) -> list[str]:
    """Labels of one record in one order, where they have none."""
    if not task_type.several:
        return list(written)
    return ["|".join(sorted(cell.split("|"))) for cell in written]


def test_is_registered_under_its_name_and_describes_itself(task_type: TaskType) -> None:
    assert TASK_TYPES[task_type.type] is task_type
    assert task_type.description


def test_labels_come_in_a_lasting_order(task_type: TaskType, sample: Sample) -> None:
    assert sample.labels == task_type.labels(sample.values.sample(frac=1, random_state=0))
    assert len(sample.labels) == len(set(sample.labels))


# Targets


def test_a_record_has_a_row_or_one_a_word(task_type: TaskType, sample: Sample) -> None:
    targets = task_type.encode(sample.values, sample.labels)
    assert len(targets) == N
    assert len(targets.rows) == targets.counts.sum()
    if task_type.unit is Unit.WORDS:
        assert targets.counts.tolist() == [len(cell.split(" ")) for cell in sample.truth]
    else:
        assert (targets.counts == 1).all()


def test_a_missing_label_has_no_row_and_changes_no_other(
    task_type: TaskType, sample: Sample
) -> None:
    holes = sample.values.copy()
    holes[::3] = None
    known = holes.notna().to_numpy()
    whole = task_type.encode(sample.values, sample.labels)
    masked = task_type.encode(holes, sample.labels)
    assert masked.present.tolist() == known.tolist()
    np.testing.assert_array_equal(masked.rows, whole.take(np.flatnonzero(known)).rows)
    alone = task_type.encode(holes.dropna(), sample.labels)
    np.testing.assert_array_equal(masked.rows, alone.rows)
    assert masked.rows.dtype == alone.rows.dtype == whole.rows.dtype


@pytest.mark.parametrize("values", [[], [None, None]])
def test_where_no_record_has_a_label_there_is_no_row(
    task_type: TaskType, sample: Sample, values: list[None]
) -> None:
    targets = task_type.encode(pd.Series(values, dtype="str"), sample.labels)
    assert targets.counts.tolist() == [0] * len(values)
    assert targets.rows.shape == (0, *task_type.encode(sample.values, sample.labels).rows.shape[1:])


def test_targets_move_with_their_records(task_type: TaskType, sample: Sample) -> None:
    order = np.random.default_rng(0).permutation(N)
    moved = task_type.encode(sample.values.iloc[order], sample.labels)
    taken = task_type.encode(sample.values, sample.labels).take(order)
    np.testing.assert_array_equal(moved.rows, taken.rows)
    np.testing.assert_array_equal(moved.counts, taken.counts)


def test_a_head_that_has_learned_its_targets_by_heart_predicts_them(
    task_type: TaskType, sample: Sample
) -> None:
    targets = task_type.encode(sample.values, sample.labels)
    rows = torch.from_numpy(targets.rows)
    torch.manual_seed(0)
    read = torch.eye(len(rows)).repeat(1, task_type.unit.states)
    head = fresh_head(task_type, len(rows), sample.labels)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.5)
    for _ in range(20):
        optimizer.zero_grad()
        task_type.loss(head(read), rows).mean().backward()
        optimizer.step()
    probabilities = Ragged(said_by(head, read, task_type), targets.counts)
    predicted = task_type.predict(probabilities, sample.labels).labels.tolist()
    assert as_sets(task_type, predicted) == as_sets(task_type, sample.truth)


# Losses


def test_the_loss_is_one_finite_number_a_row_and_falls(task_type: TaskType, sample: Sample) -> None:
    torch.manual_seed(0)
    targets = torch.from_numpy(task_type.encode(sample.values, sample.labels).rows)
    read = states(task_type, len(targets), 16)
    head = fresh_head(task_type, 16, sample.labels)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    means = []
    for _ in range(8):
        losses = task_type.loss(head(read), targets)
        assert losses.shape == (len(targets),)
        assert torch.isfinite(losses).all()
        means.append(float(losses.mean().detach()))
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
    assert means == sorted(means, reverse=True)
    assert means[-1] < means[0]


def test_the_loss_of_a_row_depends_on_no_other(task_type: TaskType, sample: Sample) -> None:
    targets = torch.from_numpy(task_type.encode(sample.values, sample.labels).rows)
    logits = fresh_head(task_type, 8, sample.labels)(states(task_type, len(targets), 8))
    some = torch.arange(0, len(targets), 3).flip(0)
    losses = task_type.loss(logits, targets)[some]
    torch.testing.assert_close(task_type.loss(logits[some], targets[some]), losses)


def test_the_loss_is_the_negative_log_probability_of_the_targets(
    task_type: TaskType, sample: Sample
) -> None:
    """One of several classes is picked; several labels are each there or not, on average."""
    torch.manual_seed(0)
    targets = torch.from_numpy(task_type.encode(sample.values, sample.labels).rows)
    head = fresh_head(task_type, 8, sample.labels)
    read = states(task_type, len(targets), 8)
    said = torch.from_numpy(said_by(head, read, task_type))
    if targets.ndim == 1:
        expected = -said[torch.arange(len(targets)), targets].log()
    else:
        expected = -torch.where(targets == 1, said, 1 - said).log().mean(dim=1)
    torch.testing.assert_close(task_type.loss(head(read), targets).detach(), expected)


def test_loss_and_gradient_stay_finite_for_extreme_logits(
    task_type: TaskType, sample: Sample
) -> None:
    targets = torch.from_numpy(task_type.encode(sample.values, sample.labels).rows)
    out = fresh_head(task_type, 4, sample.labels).out_features
    for size in (1e4, -1e4):
        signs = torch.tensor([1.0, -1.0]).repeat(out)[:out]
        for extreme in (torch.full((out,), size), size * signs):
            logits = extreme.repeat(len(targets), 1).requires_grad_()
            losses = task_type.loss(logits, targets)
            assert torch.isfinite(losses).all()
            (gradient,) = torch.autograd.grad(losses.sum(), logits)
            assert torch.isfinite(gradient).all()


# Probabilities and predictions


@pytest.mark.parametrize("size", [1, 10, 1e4])
def test_probabilities_are_shares_of_one(task_type: TaskType, sample: Sample, size: float) -> None:
    torch.manual_seed(0)
    head = fresh_head(task_type, 8, sample.labels)
    probabilities = said_by(head, size * states(task_type, 50, 8), task_type)
    assert len(probabilities) == 50
    assert probabilities.dtype == np.float32
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    if task_type.exclusive:
        assert probabilities.shape == (50, len(sample.labels))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_what_the_readout_leaves_out_changes_no_probability(
    task_type: TaskType, sample: Sample
) -> None:
    torch.manual_seed(0)
    head = fresh_head(task_type, 16, sample.labels)
    readout = task_type.readout(head)
    assert readout.shape[1] == head.in_features
    inside = torch.linalg.pinv(readout) @ readout
    read = states(task_type, 20, 16)
    before, after = (said_by(head, each, task_type) for each in (read, read @ inside))
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_predictions_are_labels_with_their_probabilities(
    task_type: TaskType, sample: Sample
) -> None:
    targets = task_type.encode(sample.values, sample.labels)
    said = task_type.predict(guessed(task_type, targets, sample.labels), sample.labels)
    assert set(task_type.occurrences(pd.Series(said.labels, dtype="str"))) - {NOTHING} <= set(
        sample.labels
    )
    assert said.labels.shape == said.confidence.shape == (N,)
    assert said.shares.shape == (N, len(sample.labels))
    for shares in (said.confidence, said.shares):
        assert shares.dtype == np.float32
        assert ((shares >= 0) & (shares <= 1)).all()


def test_nothing_is_said_of_records_without_rows(task_type: TaskType, sample: Sample) -> None:
    holes = sample.values.copy()
    holes[::3] = None
    known = holes.notna().to_numpy()
    probabilities = guessed(task_type, task_type.encode(holes, sample.labels), sample.labels)
    said = task_type.predict(probabilities, sample.labels)
    alone = task_type.predict(probabilities.take(np.flatnonzero(known)), sample.labels)
    assert [label is None for label in said.labels] == (~known).tolist()
    for whole, part in (
        (said.confidence, alone.confidence),
        (said.shares, alone.shares),
    ):
        np.testing.assert_array_equal(whole[known], part)
        assert np.isnan(whole[~known]).all()
    assert said.labels[known].tolist() == alone.labels.tolist()


def test_nothing_is_said_where_no_record_has_a_row(task_type: TaskType, sample: Sample) -> None:
    none = task_type.encode(pd.Series([None, None], dtype="str"), sample.labels)
    said = task_type.predict(guessed(task_type, none, sample.labels), sample.labels)
    assert said.labels.tolist() == [None, None]
    assert np.isnan(said.confidence).all()
    assert said.shares.shape == (2, len(sample.labels))


def test_the_prediction_of_a_record_depends_on_no_other(
    task_type: TaskType, sample: Sample
) -> None:
    order = np.random.default_rng(0).permutation(N)
    targets = task_type.encode(sample.values, sample.labels)
    probabilities = guessed(task_type, targets, sample.labels)
    moved = task_type.predict(probabilities.take(order), sample.labels)
    said = task_type.predict(probabilities, sample.labels)
    assert moved.labels.tolist() == said.labels[order].tolist()
    np.testing.assert_array_equal(moved.confidence, said.confidence[order])
    np.testing.assert_array_equal(moved.shares, said.shares[order])


def test_thresholds_are_of_every_label_or_none_and_lower_no_headline(
    task_type: TaskType, sample: Sample
) -> None:
    targets = task_type.encode(sample.values, sample.labels)
    probabilities = guessed(task_type, targets, sample.labels)
    thresholds = task_type.thresholds(probabilities.rows, targets.rows, sample.labels)
    assert len(thresholds) in (0, len(sample.labels))
    assert all(0 <= threshold <= 1 for threshold in thresholds)
    without, found = (
        task_type.scores(
            sample.truth,
            task_type.predict(probabilities, sample.labels, each).labels.tolist(),
            sample.labels,
            draws=2,
        ).metrics[task_type.headline]
        for each in ((), thresholds)
    )
    assert found.value > without.value if thresholds else found == without


# Scores


def test_perfect_predictions_score_one(task_type: TaskType, sample: Sample) -> None:
    report = task_type.scores(sample.truth, sample.truth, sample.labels)
    headline = report.metrics[task_type.headline]
    assert (headline.value, headline.high) == (1.0, 1.0)
    assert headline.low == pytest.approx(len(sample.truth) / (len(sample.truth) + 1.959964**2))


def test_worse_predictions_score_less(task_type: TaskType, sample: Sample) -> None:
    report = task_type.scores(sample.truth, sample.guesses, sample.labels)
    assert report.metrics[task_type.headline].value < 0.95


def test_the_headline_comes_to_what_it_can(task_type: TaskType, sample: Sample) -> None:
    least, most = task_type.bounds
    rng = np.random.default_rng(0)
    for _ in range(10):  # some of them worse than chance
        said = rng.permutation(np.array(sample.truth, dtype=object)).tolist()
        report = task_type.scores(sample.truth, said, sample.labels, draws=2)
        assert least <= report.metrics[task_type.headline].value < most


def test_the_order_of_records_changes_nothing(task_type: TaskType, sample: Sample) -> None:
    order = np.random.default_rng(0).permutation(N)
    assert task_type.scores(sample.truth, sample.guesses, sample.labels) == task_type.scores(
        [sample.truth[i] for i in order], [sample.guesses[i] for i in order], sample.labels
    )


def test_intervals_contain_their_values_and_have_a_width(
    task_type: TaskType, sample: Sample
) -> None:
    report = task_type.scores(sample.truth, sample.guesses, sample.labels)
    for estimate in report.metrics.values():
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
        assert 0.02 < estimate.high - estimate.low < 0.4
    for scores in report.labels.values():
        assert scores.low is not None
        assert scores.high is not None
        assert scores.low <= scores.f1 <= scores.high
        assert scores.low < scores.high


def test_intervals_over_people_are_wider_where_people_repeat_themselves(
    task_type: TaskType, sample: Sample
) -> None:
    """Each record eight times by one person holds no more than the record once."""
    truth, predicted = sample.truth[:60] * 8, sample.guesses[:60] * 8
    people: list[str | None] = [f"p{i}" for i in range(60)] * 8

    def width(groups: list[str | None] | None) -> float:
        report = task_type.scores(truth, predicted, sample.labels, groups)
        estimate = report.metrics[task_type.headline]
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    assert width(people) > 2 * width(None)


def test_scores_are_those_of_scikit_learn(task_type: TaskType, sample: Sample) -> None:
    """For types with one label a record; the mean F1 where the type has nothing else in its place.

    Types with several labels a record are held against others in tests of their own.
    """
    if not task_type.exclusive:
        pytest.skip("not one label a record")
    truth, guesses, labels = sample.truth, sample.guesses, sample.labels
    report = task_type.scores(truth, guesses, labels)
    assert report.metrics["accuracy"].value == pytest.approx(accuracy_score(truth, guesses))
    if list(report.metrics) == list(SingleLabel.metrics):
        macro = f1_score(truth, guesses, average="macro")
        assert report.metrics["macro_f1"].value == pytest.approx(macro)
    rows = zip(*precision_recall_fscore_support(truth, guesses, labels=labels), strict=True)
    for label, row in zip(labels, rows, strict=True):
        scores = report.labels[label]
        found = (scores.precision, scores.recall, scores.f1, scores.support)
        assert found == pytest.approx(row)


@pytest.mark.parametrize("records", [1, N])
def test_a_class_that_is_never_true_or_never_predicted_breaks_no_metric(
    task_type: TaskType, sample: Sample, records: int
) -> None:
    varied, guesses = sample.truth[:records], sample.guesses[:records]
    for one in sorted(set(sample.truth)):
        same = [one] * records
        for truth, predicted in ((same, guesses), (varied, same), (same, same)):
            report = task_type.scores(truth, predicted, sample.labels, draws=50)
            assert report.support == records
            assert list(report.labels) == sample.labels
            for estimate in report.metrics.values():
                assert np.isfinite(estimate.value)
                assert estimate.low is None or estimate.low <= estimate.value
                assert estimate.high is None or estimate.value <= estimate.high
        headline = task_type.scores(same, same, sample.labels, draws=50).metrics
        assert headline[task_type.headline].value == 1


def test_a_report_is_the_contracts_json(task_type: TaskType, sample: Sample) -> None:
    value = task_type.scores(sample.truth, sample.guesses, sample.labels).json()
    assert value["type"] == task_type.type
    assert value["support"] == N
    assert task_type.headline in value["metrics"]
    for metric in value["metrics"].values():
        assert set(metric) == {"value", "low", "high"}
    assert list(value["labels"]) == sample.labels
    for scores in value["labels"].values():
        assert set(scores) == {"precision", "recall", "f1", "low", "high", "support"}


def test_figures_of_counts_are_those_of_as_many_records(
    task_type: TaskType, sample: Sample
) -> None:
    labels = sample.labels
    tally, metrics = task_type.tally(sample.truth[:30], sample.guesses[:30], labels)
    assert task_type.headline in metrics
    often = np.random.default_rng(0).integers(1, 4, len(tally.pairs))
    repeated = np.repeat(np.array(tally.pairs, dtype=object), often, axis=0)
    report = task_type.scores(repeated[:, 0].tolist(), repeated[:, 1].tolist(), labels, draws=1)
    sums = tally.sums(often[None].astype(float))
    for name, metric in metrics.items():
        assert metric(sums)[0] == pytest.approx(report.metrics[name].value), name


def test_there_is_no_score_of_no_record(task_type: TaskType, sample: Sample) -> None:
    with pytest.raises(ValueError, match="no records"):
        task_type.scores([], [], sample.labels)


# Comparing


def test_what_is_right_is_compared_with_itself(task_type: TaskType, sample: Sample) -> None:
    for cell in sorted(set(sample.truth)):
        pairs = task_type.compare(cell, cell)
        assert all(true == said for true, said in pairs)
        carried = task_type.occurrences(pd.Series([cell], dtype="str"))
        assert sorted(true for true, _ in pairs) == sorted(carried)


def test_pairs_hold_the_labels_of_both_sides_and_nothing_else(
    task_type: TaskType, sample: Sample
) -> None:
    for truth, predicted in sorted(set(zip(sample.truth, sample.guesses, strict=True))):
        pairs = task_type.compare(truth, predicted)
        assert (NOTHING, NOTHING) not in pairs
        for place, cell in enumerate((truth, predicted)):
            carried = task_type.occurrences(pd.Series([cell], dtype="str"))
            assert {pair[place] for pair in pairs} - {NOTHING} == set(carried)


def test_every_pair_is_of_words_where_words_are_marked_and_of_none_elsewhere(
    task_type: TaskType, sample: Sample
) -> None:
    for truth, predicted in sorted(set(zip(sample.truth, sample.guesses, strict=True))):
        for pair in task_type.compare(truth, predicted):
            words = task_type.words_behind(truth, predicted, pair)
            assert (words is not None) == (task_type.unit is Unit.WORDS)
            if words is not None:
                assert 0 <= words[0] < words[1] <= len(truth.split(" "))
