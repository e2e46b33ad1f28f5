"""Splits: cases worked by hand, and what must hold for every dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtrec.data.recipe import SplitsSpec
from mtrec.data.sampling import text_numbers
from mtrec.data.splits import KIND, PUBLISHED, STRATUM, Splits, make_splits
from mtrec.data.times import UTC
from mtrec.errors import InputError
from mtrec.schema import ITEM, SPLIT, SPLITS, TEST, TEXT, TIME, TRAIN, USER, VAL

RANK = {split: rank for rank, split in enumerate(SPLITS)}


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame({name: [row.get(name) for row in rows] for name in columns})
    if TIME in columns:
        frame[TIME] = pd.to_datetime(pd.Series(frame[TIME], dtype="float64"), unit="D", utc=True)
    return frame.astype({name: UTC if name == TIME else kind for name, kind in columns.items()})


def records_of(*rows: dict[str, Any]) -> pd.DataFrame:
    filled = [{PUBLISHED: SPLIT in row, STRATUM: 0, KIND: 0} | row for row in rows]
    kinds = {TEXT: "str", USER: "str", ITEM: "str", TIME: "", SPLIT: "str"}
    return table(filled, kinds | {PUBLISHED: "bool", STRATUM: "int64", KIND: "int64"})


def acts_of(*rows: dict[str, Any]) -> pd.DataFrame:
    filled = [{PUBLISHED: SPLIT in row} | row for row in rows]
    return table(filled, {USER: "str", ITEM: "str", TIME: "", SPLIT: "str", PUBLISHED: "bool"})


def acts(user: str, *days: float | None) -> list[dict[str, Any]]:
    """One act of a user on an item of its own for each day."""
    return [{USER: user, ITEM: f"i{place}", TIME: day} for place, day in enumerate(days)]


def split(records: pd.DataFrame, interactions: pd.DataFrame, scheme: str = "auto") -> Splits:
    spec = SplitsSpec.model_validate({"scheme": scheme})
    return make_splits(records, text_numbers(records[TEXT]), interactions, spec)


class TestUserTime:
    def test_the_last_tenth_is_test_and_the_tenth_before_it_val(self) -> None:
        found = split(records_of(), acts_of(*acts("a", *range(20, 0, -1))), "user-time")
        assert found.interactions.tolist() == [TEST] * 2 + [VAL] * 2 + [TRAIN] * 16

    def test_three_interactions_give_one_each_and_two_stay_in_train(self) -> None:
        found = split(records_of(), acts_of(*acts("a", 3, 1, 2), *acts("b", 9, 8)), "user-time")
        assert found.interactions.tolist() == [TEST, TRAIN, VAL, TRAIN, TRAIN]

    def test_ties_are_settled_by_the_source_row(self) -> None:
        found = split(records_of(), acts_of(*acts("a", 5, 5, 5, 1)), "user-time")
        assert found.interactions.tolist() == [TRAIN, VAL, TEST, TRAIN]

    def test_interactions_without_a_time_are_left_out(self) -> None:
        found = split(records_of(), acts_of(*acts("a", 1, None, 2, 3)), "user-time")
        assert found.interactions.isna().tolist() == [False, True, False, False]

    def test_a_record_about_a_held_out_pair_takes_its_split(self) -> None:
        records = records_of(
            {TEXT: "about val", USER: "a", ITEM: "i1", TIME: 0},
            {TEXT: "about test", USER: "a", ITEM: "i2", TIME: 0},
            {TEXT: "about train", USER: "a", ITEM: "i0", TIME: 0},
        )
        found = split(records, acts_of(*acts("a", 1, 2, 3)), "user-time")
        assert found.records.tolist() == [VAL, TEST, TRAIN]

    def test_other_records_take_the_users_own_cuts(self) -> None:
        records = records_of(
            *({TEXT: f"t{day}", USER: "a", TIME: day} for day in (1.5, 2, 2.5, 3, 9)),
            {TEXT: "late word about a train item", USER: "a", ITEM: "i0", TIME: 9},
            {TEXT: "late word about the val item", USER: "a", ITEM: "i1", TIME: 9},
        )
        found = split(records, acts_of(*acts("a", 1, 2, 3)), "user-time")
        assert found.records.tolist() == [TRAIN, VAL, VAL, TEST, TEST, TEST, TEST]

    def test_users_without_interactions_give_their_last_tenth_of_records(self) -> None:
        records = records_of(*({TEXT: f"t{day}", USER: "b", TIME: day} for day in range(10)))
        found = split(records, acts_of(*acts("a", 1, 2, 3)), "user-time")
        assert found.records.tolist() == [TRAIN] * 8 + [VAL, TEST]


class TestGlobalTime:
    def test_one_cut_for_records_and_interactions(self) -> None:
        people = [acts(f"u{user}", *range(user, 20, 2)) for user in range(2)]
        interactions = acts_of(*people[0], *people[1])
        records = records_of(*({TEXT: f"t{day}", TIME: day} for day in (0, 15, 16, 17, 18, 40)))
        found = split(records, interactions, "global-time")
        expected = [TRAIN] * 8 + [VAL, TEST]
        assert found.interactions.tolist() == expected * 2
        assert found.records.tolist() == [TRAIN, TRAIN, VAL, VAL, TEST, TEST]

    def test_auto_takes_it_while_half_of_the_test_users_are_warm(self) -> None:
        warm, new = acts("warm", *range(5), 19), acts("new", 19.5)
        between = acts("between", *np.linspace(5, 18, 10))
        found = split(records_of(), acts_of(*warm, *new, *between))
        assert (found.scheme, found.reason[:3]) == ("global-time", "50%")

    def test_auto_falls_back_to_each_users_own_time(self) -> None:
        rows = [row for user in range(10) for row in acts(f"u{user}", user, user + 0.1, user + 0.2)]
        found = split(records_of(), acts_of(*rows))
        assert found.scheme == "user-time"
        assert "only 0%" in found.reason

    def test_one_moment_cannot_be_cut(self) -> None:
        with pytest.raises(InputError, match="nothing to train on"):
            split(records_of(), acts_of(*acts("a", 1, 1, 1)), "global-time")

    def test_times_are_needed(self) -> None:
        with pytest.raises(InputError, match="cannot be split by time"):
            split(records_of(), acts_of(*acts("a", None, None, 3)), "global-time")


class TestRandom:
    def test_each_user_gives_a_tenth(self) -> None:
        rows = [row for user in range(5) for row in acts(f"u{user}", *[None] * 20)]
        interactions = acts_of(*rows)
        found = split(records_of(), interactions)
        assert found.scheme == "random"
        counts = found.interactions.groupby(interactions[USER]).value_counts().unstack()
        assert counts.eq(pd.Series({TRAIN: 16, VAL: 2, TEST: 2})).all(axis=None)

    def test_records_are_drawn_in_proportion_to_their_labels(self) -> None:
        rows = [{TEXT: f"t{n}", STRATUM: 0 if n < 100 else 1} for n in range(1000)]
        found = split(records_of(*rows), acts_of())
        for part in (found.records[:100], found.records[100:]):
            assert (part == TEST).sum() == pytest.approx(len(part) / 10, abs=1)
            assert (part == VAL).sum() == pytest.approx(len(part) / 10, abs=1)

    def test_texts_without_labels_stay_in_train(self) -> None:
        rows = [{TEXT: f"t{n}", STRATUM: -1} for n in range(50)]
        assert split(records_of(*rows), acts_of()).records.eq(TRAIN).all()

    def test_three_records_fill_the_three_splits(self) -> None:
        found = split(records_of(*({TEXT: f"t{n}"} for n in range(3))), acts_of())
        assert sorted(found.records) == sorted(SPLITS)

    def test_the_seed_decides(self) -> None:
        records = records_of(*({TEXT: f"t{n}"} for n in range(200)))
        first, again, other = (
            make_splits(
                records, text_numbers(records[TEXT]), acts_of(), SplitsSpec(seed=seed)
            ).records
            for seed in (1, 1, 2)
        )
        assert first.equals(again)
        assert not first.equals(other)


class TestPublished:
    def test_it_stays_as_it_is(self) -> None:
        parts = [TRAIN, VAL, TEST, TRAIN]
        records = records_of(*({TEXT: "same", SPLIT: part} for part in parts))
        found = split(records, acts_of())
        assert found.scheme == "published"
        assert found.records.tolist() == parts

    def test_a_missing_validation_is_a_tenth_of_train(self) -> None:
        rows = [{TEXT: f"t{n}", SPLIT: TRAIN if n < 100 else TEST} for n in range(120)]
        found = split(records_of(*rows), acts_of())
        assert found.records.value_counts().to_dict() == {TRAIN: 90, TEST: 20, VAL: 10}
        assert found.records[100:].eq(TEST).all()

    def test_each_kind_gets_its_validation(self) -> None:
        with_val = [{KIND: 0, TEXT: f"a{n}", SPLIT: SPLITS[n % 3]} for n in range(30)]
        without = [{KIND: 1, TEXT: f"b{n}", SPLIT: TRAIN} for n in range(50)]
        found = split(records_of(*with_val, *without), acts_of())
        assert found.records[:30].tolist() == [row[SPLIT] for row in with_val]
        assert found.records[30:].value_counts().to_dict() == {TRAIN: 45, VAL: 5}

    def test_an_interaction_follows_the_record_it_comes_from(self) -> None:
        rows = [{TEXT: f"t{n}", SPLIT: TRAIN, USER: "a", ITEM: f"i{n}"} for n in range(20)]
        records = records_of(*rows)
        found = split(records, records[[USER, ITEM, TIME, SPLIT, PUBLISHED]])
        assert found.interactions.tolist() == found.records.tolist()
        assert (found.records == VAL).sum() == 2

    def test_a_row_without_a_published_split_is_left_out(self) -> None:
        records = records_of({TEXT: "a", SPLIT: None}, {TEXT: "b", SPLIT: VAL})
        found = split(records, acts_of())
        assert found.records.isna().tolist() == [True, False]

    def test_a_text_split_here_gives_way_to_a_published_one(self) -> None:
        published = [{TEXT: "known", SPLIT: part} for part in (TEST, VAL)]
        found = split(records_of(*published, {TEXT: "known"}), acts_of())
        assert found.records[:2].tolist() == [TEST, VAL]
        assert found.records.isna()[2]


class TestTexts:
    def test_a_repeat_is_left_out_of_the_later_split(self) -> None:
        records = records_of(
            {TEXT: "good", USER: "a", TIME: 0},
            {TEXT: "good", USER: "a", TIME: 2},
            {TEXT: "fine", USER: "a", TIME: 2},
            {TEXT: "fine", USER: "a", TIME: 3},
        )
        found = split(records, acts_of(*acts("a", 1, 2, 3)), "user-time")
        assert found.records[[0, 2]].tolist() == [TRAIN, VAL]
        assert found.records.isna().tolist() == [False, True, False, True]
        assert found.repeated_texts == 2

    def test_drawing_whole_texts_loses_none(self) -> None:
        records = records_of(*({TEXT: f"t{n % 20}"} for n in range(200)))
        found = split(records, acts_of())
        assert found.records.notna().all()
        assert found.records.groupby(records[TEXT]).nunique().eq(1).all()

    def test_a_text_that_stands_somewhere_is_not_drawn(self) -> None:
        interactions = acts_of(*acts("a", *[None] * 20))
        about = [{TEXT: f"t{n}", USER: "a", ITEM: f"i{n}"} for n in range(20)]
        again = [{TEXT: f"t{n % 20}"} for n in range(60)]
        found = split(records_of(*about, *again), interactions)
        assert found.records.tolist() == found.interactions.tolist() * 4


class TestColdUsers:
    def cases(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Ten users with three words about other things, and two who come near."""
        rows: list[dict[str, Any]] = []
        for user in range(10):
            rows += [{TEXT: f"{user}/{n}", USER: f"u{user}", TIME: n / 10} for n in range(3)]
            rows += [{TEXT: f"about {user}", USER: f"u{user}", ITEM: "i0", TIME: 0}]
        rows += [{TEXT: f"few/{n}", USER: "few", TIME: n} for n in range(2)]
        rows += [{TEXT: f"own/{n}", USER: "own", ITEM: f"i{n}", TIME: n} for n in range(4)]
        users = [f"u{user}" for user in range(10)] + ["few", "own"]
        return records_of(*rows), acts_of(*(row for u in users for row in acts(u, 1, 2, 3, 4)))

    @pytest.mark.parametrize("scheme", ["user-time", "random", "global-time"])
    def test_a_fifth_is_test_and_a_tenth_val(self, scheme: str) -> None:
        records, interactions = self.cases()
        found = split(records, interactions, scheme)
        assert sorted(found.cold) == [TEST, TEST, VAL]
        assert not found.cold.index.isin(["few", "own"]).any()

    @pytest.mark.parametrize("scheme", ["user-time", "random", "global-time"])
    def test_all_their_interactions_are_held_out_and_the_other_records_remain(
        self, scheme: str
    ) -> None:
        records, interactions = self.cases()
        found = split(records, interactions, scheme)
        for user, part in found.cold.items():
            assert found.interactions[interactions[USER] == user].eq(part).all()
            theirs = found.records[records[USER] == user]
            assert theirs.tolist() == [TRAIN, TRAIN, TRAIN, part]


USERS = st.sampled_from([None, *"abcdef"])
ITEMS = st.sampled_from([None, *"uvwxyz"])
DAYS = st.sampled_from([None, *range(12)])


@st.composite
def datasets(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    record = st.fixed_dictionaries(
        {
            TEXT: st.sampled_from([f"t{n}" for n in range(25)]),
            USER: USERS,
            ITEM: ITEMS,
            TIME: DAYS,
            STRATUM: st.integers(-1, 2),
        },
        optional={SPLIT: st.sampled_from([None, *SPLITS])},
    )
    act = st.fixed_dictionaries(
        {USER: st.sampled_from("abcdef"), ITEM: st.sampled_from("uvwxyz"), TIME: DAYS}
    )
    records = records_of(*draw(st.lists(record, max_size=60)))
    pairs = draw(st.lists(act, max_size=40, unique_by=lambda row: (row[USER], row[ITEM])))
    return records, acts_of(*pairs)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(datasets(), st.sampled_from(["auto", "global-time", "user-time", "random"]))
def test_nothing_of_the_future_is_trained_on(
    data: tuple[pd.DataFrame, pd.DataFrame], scheme: str
) -> None:
    records, interactions = data
    try:
        found = split(records, interactions, scheme)
    except InputError:
        assert scheme != "auto"
        return
    records = records.assign(new=found.records, rank=found.records.map(RANK).astype(float))
    interactions = interactions.assign(rank=found.interactions.map(RANK).astype(float))
    made = records[~records[PUBLISHED] & records["new"].notna()]

    # Published splits stay, but for training records drawn into a missing validation split.
    published = records[records[PUBLISHED]]
    changed = published[published["new"].fillna("") != published[SPLIT].fillna("")]
    assert (changed[SPLIT] == TRAIN).all() and (changed["new"] == VAL).all()

    # A text split here stands in one split only, published rows included.
    assert made.groupby(TEXT)["new"].nunique().le(1).all()
    both = made.merge(published.dropna(subset=["new"]), on=TEXT)
    assert (both["new_x"] == both["new_y"]).all()

    # No record stands in an earlier split than the interaction it is about.
    about = made.merge(interactions, on=[USER, ITEM], suffixes=("", "_act"))
    held = about[about["rank_act"].notna() & about[USER].notna() & about[ITEM].notna()]
    assert (held["rank"] >= held["rank_act"]).all()

    # Under one cut, nothing is trained on or kept for validation that comes after what follows it.
    if found.scheme == "global-time":
        cold = interactions[USER].isin(found.cold.index)
        everything = pd.concat(
            [made.loc[made[TIME].notna(), [TIME, "rank"]], interactions.loc[~cold, [TIME, "rank"]]]
        )
        testing = interactions.loc[(interactions["rank"] == 2) & ~cold, TIME].min()
        assert not (everything[TIME] >= testing)[everything["rank"] < 2].any()

    # Cold users keep no interaction for training, and the others' splits follow their own order.
    for user, part in found.cold.items():
        assert found.interactions[interactions[USER] == user].eq(part).all()
    if found.scheme == "user-time":
        for user, theirs in interactions[~interactions[USER].isin(found.cold.index)].groupby(USER):
            ordered = theirs.dropna(subset=[TIME]).sort_values(TIME, kind="stable")["rank"]
            assert ordered.is_monotonic_increasing, user
            assert ordered.empty or (ordered == 0).any()
