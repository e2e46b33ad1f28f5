"""Doubtful labels: those that were flipped come first, and what the ranking must keep to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.models.config import EncoderConfig
from mtrec.reports.label_errors import assign_folds, rare, read_vectors, supports, suspects
from mtrec.tasks import TASK_TYPES
from mtrec.training.reporter import SilentReporter

LABELS = {
    "binary": ["no", "yes"],
    "multiclass": ["calm", "cross", "glad", "sad"],
    "ordinal": ["1", "2", "3", "4", "5"],
    "relation": ["Other", "Use(e1,e2)", "Use(e2,e1)"],
}
WIDTH = 16


def clusters(codes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Vectors `(N, WIDTH)` that lie about a centre of their class, well apart."""
    rng = np.random.default_rng(seed)
    centres = 3 * rng.standard_normal((codes.max() + 1, WIDTH))
    return (centres[codes] + rng.standard_normal((len(codes), WIDTH))).astype(np.float32)


def flipped(kind: str, size: int = 400) -> tuple[np.ndarray, pd.Series, np.ndarray]:
    """Vectors, their labels, of which 5 % are wrong, and the places of those."""
    rng = np.random.default_rng(1)
    labels = LABELS[kind]
    codes = rng.integers(0, len(labels), size)
    vectors = clusters(codes)
    places = rng.choice(size, size // 20, replace=False)
    codes[places] += rng.integers(1, len(labels), len(places))
    return vectors, pd.Series([labels[code % len(labels)] for code in codes]), places


@pytest.mark.parametrize("kind", LABELS)
def test_flipped_labels_come_first(kind: str) -> None:
    vectors, values, places = flipped(kind)
    ranking = suspects(vectors, values, LABELS[kind], TASK_TYPES[kind])
    assert sorted(ranking["place"]) == list(range(len(values)))
    assert ranking["doubt"].is_monotonic_decreasing
    assert ranking["doubt"].between(0, 1).all()
    assert ranking["written"].tolist() == values[ranking["place"]].tolist()
    first = ranking.head(len(places))
    assert first["place"].isin(places).mean() >= 0.8
    assert (first["suggested"] != first["written"]).mean() >= 0.8
    rest = ranking.tail(len(values) // 2)
    assert (rest["suggested"] == rest["written"]).all()


def test_the_order_of_records_changes_nothing() -> None:
    vectors, values, _ = flipped("multiclass")
    texts = [f"text {place // 2}" for place in range(len(values))]
    order = np.random.default_rng(2).permutation(len(values))
    for groups in (None, texts):
        whole = suspects(vectors, values, LABELS["multiclass"], TASK_TYPES["multiclass"], groups)
        mixed = suspects(
            vectors[order],
            values.iloc[order],
            LABELS["multiclass"],
            TASK_TYPES["multiclass"],
            groups and [groups[place] for place in order],
        )
        mixed["place"] = order[mixed["place"]]
        pd.testing.assert_frame_equal(
            whole.sort_values("place", ignore_index=True),
            mixed.sort_values("place", ignore_index=True),
        )


def test_another_seed_makes_other_folds_and_the_same_one_the_same() -> None:
    vectors, values, _ = flipped("binary")
    first, again, other = (
        suspects(vectors, values, LABELS["binary"], TASK_TYPES["binary"], seed=seed)
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


RECORDS = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.booleans(), min_size=3, max_size=3)),
    min_size=1,
    max_size=60,
)


@given(RECORDS, st.integers(2, 6))
def test_the_same_text_is_never_in_two_folds(
    records: list[tuple[int, list[bool]]], folds: int
) -> None:
    keys = np.array([text for text, _ in records], dtype=np.uint64)
    fold = assign_folds(keys, np.array([labels for _, labels in records]), folds)
    assert pd.Series(fold).groupby(keys).nunique().eq(1).all()
    assert fold.min() >= 0 and fold.max() < folds
    texts = pd.Series(fold).groupby(keys).first().value_counts().reindex(range(folds), fill_value=0)
    assert texts.max() - texts.min() <= 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(2, 6))
def test_every_fold_gets_its_share_of_every_label(codes: list[int], folds: int) -> None:
    carried = np.array(codes)[:, None] == np.arange(4)
    fold = assign_folds(np.arange(len(codes), dtype=np.uint64), carried, folds)
    for label in range(4):
        counts = np.bincount(fold[carried[:, label]], minlength=folds)
        assert counts.max() - counts.min() <= 1


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=40),
    st.integers(2, 4),
)
@settings(deadline=None, max_examples=30)
def test_whatever_the_texts_each_record_is_judged_once_at_most(
    records: list[tuple[int, int]], folds: int
) -> None:
    labels = ["a", "b", "c"]
    texts = [str(text) for text, _ in records]
    vectors = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
    ranking = suspects(
        vectors[[text for text, _ in records]],
        pd.Series([labels[code] for _, code in records]),
        labels,
        TASK_TYPES["multiclass"],
        texts,
        folds,
    )
    assert ranking["place"].is_unique
    assert ranking["doubt"].between(0, 1).all()


def test_a_text_that_stands_twice_does_not_vouch_for_itself() -> None:
    # Fifty copies of one text are written wrongly: seen in training, they would be believed.
    codes = np.repeat([0, 1], 100)
    vectors = clusters(codes)
    vectors = np.concatenate([vectors, np.repeat(vectors[:1], 50, axis=0)])
    values = pd.Series(["no"] * 100 + ["yes"] * 100 + ["yes"] * 50)
    ranking = suspects(vectors, values, LABELS["binary"], TASK_TYPES["binary"])
    assert set(ranking.head(50)["place"]) == set(range(200, 250))
    assert (ranking.head(50)["suggested"] == "no").all()


def test_rare_labels_are_left_out_and_counted() -> None:
    codes = np.repeat([0, 1, 2, 3], [40, 40, 4, 5])
    labels = LABELS["multiclass"]
    values = pd.Series([labels[code] for code in codes])
    texts = [f"text {place}" for place in range(len(codes))]
    texts[-1] = texts[-2]  # five records of the last label, but on four different texts
    task_type = TASK_TYPES["multiclass"]
    assert rare(values, labels, task_type, texts).to_dict() == {"glad": 4, "sad": 5}
    ranking = suspects(clusters(codes), values, labels, task_type, texts)
    assert sorted(ranking["place"]) == list(range(80))
    assert not ranking["suggested"].isin(["glad", "sad"]).any()
    assert rare(values, labels, task_type, texts, folds=4).empty


def test_records_without_a_label_are_left_out_and_keep_their_place() -> None:
    vectors, values, _ = flipped("binary", 100)
    values.iloc[::10] = None
    values.index = range(1000, 1100)
    ranking = suspects(vectors, values, LABELS["binary"], TASK_TYPES["binary"])
    assert sorted(ranking["place"]) == [place for place in range(100) if place % 10]


@pytest.mark.parametrize("values", [[], [None, None], ["yes"] * 20, ["yes", "no"]])
def test_where_nothing_can_be_told_the_ranking_is_empty(values: list[str | None]) -> None:
    vectors = clusters(np.zeros(len(values), dtype=int)) if values else np.empty((0, 4), np.float32)
    ranking = suspects(
        vectors, pd.Series(values, dtype="str"), LABELS["binary"], TASK_TYPES["binary"]
    )
    assert list(ranking.columns) == ["place", "written", "suggested", "doubt"]
    assert ranking.empty


def test_several_labels_by_hand() -> None:
    # Each label is one direction of the vector. Record 0 lacks a, record 1 has b too many.
    rng = np.random.default_rng(0)
    carried = rng.random((1000, 3)) < 0.5
    carried[:2] = [[True, False, True], [True, False, False]]
    carried[~carried.any(axis=1), 0] = True
    vectors = (6 * carried + rng.standard_normal(carried.shape)).astype(np.float32)
    labels = ["a", "b", "c"]
    written = ["|".join(np.array(labels)[row]) for row in carried]
    written[:2] = ["c", "b|a"]
    written[2:6] = ["a|rare"] * 4
    vectors[2:6] = [6, 0, 0]
    ranking = suspects(
        vectors, pd.Series(written), [*labels, "rare"], TASK_TYPES["multilabel"], folds=5
    ).set_index("place")
    assert set(ranking.index[:2]) == {0, 1}
    assert ranking.loc[0, ["written", "suggested"]].tolist() == ["c", "a|c"]
    assert ranking.loc[1, ["written", "suggested"]].tolist() == ["b|a", "a"]
    assert (ranking["doubt"].head(2) > 0.75).all()
    # The rare label is no reason for doubt, and what is not doubted stays as it is written.
    assert ranking.loc[2:5, "suggested"].tolist() == ["a|rare"] * 4
    sure = ranking[ranking["doubt"] < 0.5]
    assert (sure["suggested"] == sure["written"]).all()


def test_taking_the_only_label_away_suggests_nothing() -> None:
    rng = np.random.default_rng(0)
    carried = rng.random((500, 6)) < 0.5
    carried[0] = False
    vectors = (6 * carried + rng.standard_normal(carried.shape) / 4).astype(np.float32)
    labels = list("abcdef")
    written = ["|".join(np.array(labels)[row]) or None for row in carried]
    written[0] = "a"
    ranking = suspects(vectors, pd.Series(written), labels, TASK_TYPES["multilabel"])
    assert ranking.loc[0, ["place", "written", "suggested"]].tolist() == [0, "a", ""]


def test_all_types_are_covered_but_those_that_mark_words() -> None:
    assert [kind for kind in TASK_TYPES if not supports(TASK_TYPES[kind])] == ["tags"]


def test_vectors_are_one_a_text_and_of_both_entities_where_they_are_marked(tmp_path: Path) -> None:
    texts = ["<e1>bread</e1> from <e2>flour</e2>", "<e2>ink</e2> in a <e1>pen</e1>"]
    shapes = [
        read_vectors(
            texts, TASK_TYPES[kind], EncoderConfig(), "fp32", tmp_path, SilentReporter()
        ).shape
        for kind in ("multiclass", "relation")
    ]
    assert shapes == [(2, 384), (2, 768)]
