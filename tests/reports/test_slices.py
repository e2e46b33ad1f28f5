"""Weak parts of the data: planted and found, absent and not found, and measured by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, t

from mtrec.reports.candidates import Candidates, Slice, candidates
from mtrec.reports.contrast import Gap
from mtrec.reports.slices import (
    Finding,
    Judged,
    Weaknesses,
    judged,
    measure,
    weaknesses,
)
from mtrec.reports.wording import percent
from mtrec.schema import Estimate
from mtrec.tasks import TASK_TYPES

NB = "\u00a0"


def dataset(
    splits: Sequence[str],
    truth: Sequence[str | None] | None = None,
    texts: Sequence[str] | None = None,
    people: Sequence[str | None] | None = None,
    items: Sequence[str | None] | None = None,
    sources: Sequence[str] | None = None,
    times: Sequence[str] | None = None,
    mood: Sequence[str | None] | None = None,
    of_people: Mapping[str, Mapping[str, str | None]] | None = None,
    of_items: Mapping[str, Mapping[str, str | None]] | None = None,
    kind: str = "multiclass",
) -> Any:
    """Records with a task `verdict`, and `mood` where it is given; attributes by column and id."""
    size = len(splits)
    records = pd.DataFrame(
        {
            "record": np.arange(size),
            "source": pd.Series(sources or ["reviews"] * size, dtype="str"),
            "text": pd.Series(texts or ["a text"] * size, dtype="str"),
            "user": pd.Series(people or [None] * size, dtype="str"),
            "item": pd.Series(items or [None] * size, dtype="str"),
            "time": pd.to_datetime(pd.Series(times or [None] * size), utc=True),
            "split": pd.Series(splits, dtype="str"),
            "task:verdict": pd.Series(truth or ["good"] * size, dtype="str"),
        }
    )
    tasks = {"verdict": SimpleNamespace(type=kind)}
    if mood is not None:
        records["task:mood"] = pd.Series(mood, dtype="str")
        tasks["mood"] = SimpleNamespace(type="multiclass")
    return SimpleNamespace(
        records=records,
        tasks=tasks,
        users=table("user", records["user"], of_people or {}),
        items=table("item", records["item"], of_items or {}),
    )


def table(
    name: str, ids: pd.Series, attributes: Mapping[str, Mapping[str, str | None]]
) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(sorted(ids.dropna().unique()), dtype="str")})
    for attribute, values in attributes.items():
        frame[f"attr:{attribute}"] = frame[name].map(dict(values)).astype("str")
    return frame


def predictions(data: Any, split: str, right: np.ndarray) -> pd.DataFrame:
    """Answers to the records of a split, right or wrong as `right` `(R,)` says of all records."""
    rows = data.records[data.records["split"] == split]
    truth = rows["task:verdict"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "record": rows["record"].to_numpy(),
            "task": "verdict",
            "split": split,
            "truth": truth,
            "predicted": np.where(right[rows["record"]], truth, "something else"),
            "confidence": 0.5,
        }
    )


def looked(data: Any, right: np.ndarray) -> Weaknesses:
    return weaknesses(
        data, "verdict", *(predictions(data, split, right) for split in ("val", "test"))
    )


def halves(size: int) -> list[str]:
    return ["val"] * (size // 2) + ["test"] * (size // 2)


def names(data: Any) -> list[str]:
    """The slices of a dataset whose records are all judged, first those of validation."""
    right = np.ones(len(data.records), dtype=bool)
    both = [
        judged(data, predictions(data, split, right), TASK_TYPES["multiclass"])
        for split in ("val", "test")
    ]
    return [
        each.short for each in candidates(data, "verdict", *(each.records for each in both)).slices
    ]


def by_hand(
    inside: Sequence[int], right: Sequence[bool], people: Sequence[int] | None = None
) -> tuple[Candidates, Judged]:
    """One slice, of these records, the same in validation and test."""
    from scipy import sparse

    members = sparse.csc_array(np.asarray(inside, dtype=np.float64)[:, None])
    size = len(inside)
    records = Judged(
        np.arange(size), np.asarray(right), np.asarray(people if people else range(size))
    )
    return Candidates([Slice("part", "it", "of {value}")], members, members), records


def exact(hits: float, size: float) -> tuple[float, float]:
    """The interval of Clopper and Pearson."""
    low = beta.ppf(0.025, hits, size - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, size - hits) if hits < size else 1.0
    return float(low), float(high)


# What is found


def random_shop(rng: np.random.Generator, size: int = 1200) -> Any:
    """A shop in which some people wrote several texts, with attributes of people and items."""
    people = [f"u{each}" for each in rng.integers(0, size // 4, size)]
    items = [f"i{each}" for each in rng.integers(0, 60, size)]
    return dataset(
        halves(size),
        truth=rng.choice(["good", "bad", "mixed"], size).tolist(),
        texts=[" ".join(["word"] * each) for each in rng.integers(1, 40, size)],
        people=people,
        items=items,
        sources=rng.choice(["reviews", "notes"], size).tolist(),
        of_people={
            "country": {
                each: str(rng.choice(["Ireland", "Canada", "Spain"]))
                for each in sorted(set(people))
            }
        },
        of_items={
            "genre": {
                each: "|".join(rng.choice(["jazz", "rock", "folk"], 2, replace=False))
                for each in sorted(set(items))
            }
        },
    )


def test_a_planted_weak_slice_is_found_and_measured() -> None:
    rng = np.random.default_rng(0)
    data = random_shop(rng)
    spain = data.users.loc[data.users["attr:country"] == "Spain", "user"]
    weak = data.records["user"].isin(spain).to_numpy()
    right = rng.random(1200) < np.where(weak, 0.6, 0.85)
    result = looked(data, right)
    assert (result.val, result.test) == (600, 600)
    # Labels 3, lengths 4, activities 2, countries 3, genres 3; nobody has training texts.
    assert result.candidates == 15
    (first, *others) = result.findings
    assert first.slice.short == "country: Spain"
    assert first.holds and not any(each.holds for each in others)
    assert first.measured is not None
    inside = weak & (data.records["split"] == "test").to_numpy()
    assert first.measured.records == inside.sum() == first.records
    assert first.measured.share.value == pytest.approx(right[inside].mean())
    low, high = first.measured.difference.low, first.measured.difference.high
    assert low is not None and high is not None
    assert low < -0.25 < high < 0
    assert set(first.wrong) == set(np.flatnonzero(inside & ~right))


@pytest.mark.parametrize(("share", "person"), [(0.9, 0.0), (0.2, 0.0), (0.75, 0.3)])
def test_nothing_holds_where_nothing_is_weaker(share: float, person: float) -> None:
    """In 40 data sets without a weak part; where `person` is above 0, people differ in skill."""
    data = random_shop(np.random.default_rng(1))
    users = pd.factorize(data.records["user"])[0]
    held, found = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(100 + seed)
        skill = np.clip(share + person * rng.standard_normal(users.max() + 1), 0, 1)
        result = looked(data, rng.random(1200) < skill[users])
        held += any(each.holds for each in result.findings)
        found += bool(result.findings)
    assert held <= 4
    assert found > 0  # it is test that stops what chance found on validation


def test_small_slices_are_not_taken_for_weak_by_chance() -> None:
    """Ten test records, of which 5 % are wrong as everywhere: an exact interval is needed here."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        right = np.concatenate([rng.random(12) < 0.95, rng.random(600) < 0.95])
        inside = [1] * 12 + [0] * 600
        (finding,) = measured_as_found(*by_hand(inside, right.tolist()))
        held += finding.holds
    assert held <= 10


def test_people_who_repeat_make_differences_less_sure() -> None:
    # 40 people with 5 texts each, half of them inside; all texts of one person turn out alike.
    people = np.repeat(np.arange(40), 5)
    inside = (people < 20).astype(int)
    wrong = np.isin(people, [0, 1, 2, 3, 4, 5, 6, 20, 21])
    alone, together = (
        measured_as_found(*by_hand(inside.tolist(), (~wrong).tolist(), each))[0].measured
        for each in (None, people.tolist())
    )
    assert alone is not None and together is not None
    assert alone.difference.value == together.difference.value == pytest.approx(-0.25)
    assert alone.p_value < 0.001 < 0.05 < together.p_value
    # As if there were 20 records on either side, and a little less sure: 13 of 20 against 18.
    assert together.share.low is not None and together.share.high is not None
    low, high = exact(13, 20)
    assert together.share.low == pytest.approx(low, abs=0.02)
    assert together.share.high == pytest.approx(high, abs=0.02)


def test_few_people_say_less_even_if_each_is_as_often_right() -> None:
    # 5 people with 20 texts each inside, half of them right, and 50 outside: no two texts are more
    # alike for being of one person, but what 5 have in common, 5 others need not.
    people = np.repeat(np.arange(55), 20)
    right = np.arange(1100) % 2 == 0
    (finding,) = measured_as_found(*by_hand((people < 5).astype(int), right, people.tolist()))
    assert finding.measured is not None
    size = 100 * (t.ppf(0.975, 99) / t.ppf(0.975, 4)) ** 2  # of Korn and Graubard
    low, high = exact(size / 2, size)
    share = finding.measured.share
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-6)


def test_a_side_that_is_all_wrong_still_counts_its_people() -> None:
    # 6 people with 5 texts each are all wrong; of the rest's people half are right in everything.
    people = np.repeat(np.arange(46), 5)
    right = (people >= 6) & (people % 2 == 0)
    (finding,) = measured_as_found(*by_hand((people < 6).astype(int), right, people.tolist()))
    assert finding.measured is not None and finding.measured.share.high is not None
    assert finding.measured.share.value == 0
    assert finding.measured.share.high > exact(0, 30)[1] + 0.2


def test_intervals_hold_the_truth_where_people_repeat() -> None:
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(60), 4)
    inside = (people < 24).astype(int)
    held = 0
    for _ in range(200):
        skill = rng.beta(3, 1, 60)[people] - 0.2 * inside
        right = rng.random(240) < np.clip(skill, 0, 1)
        truth = -0.2  # nearly: of few people skill is cut at 0
        (finding,) = measured_as_found(*by_hand(inside, right, people.tolist()))
        assert finding.measured is not None
        low, high = finding.measured.difference.low, finding.measured.difference.high
        assert low is not None and high is not None
        held += low <= truth <= high
    assert held >= 186


def measured_as_found(data: Candidates, records: Judged) -> list[Finding]:
    """The one slice measured, whether it would be found or not."""
    from mtrec.reports.slices import Found

    anything = Gap(0, 0, Estimate(0), Estimate(0), Estimate(0), 1)
    return measure(data, [Found(0, data.slices[0], anything)], records)


# Measured by hand


def test_the_difference_by_hand() -> None:
    # Of 40 inside 24 are right, of 60 outside 54: 60 % against 90 %.
    inside = [1] * 40 + [0] * 60
    right = [True] * 24 + [False] * 16 + [True] * 54 + [False] * 6
    (finding,) = measured_as_found(*by_hand(inside, right))
    gap = finding.measured
    assert gap is not None
    assert (gap.records, gap.others) == (40, 60)
    assert gap.share.value == pytest.approx(0.6) and gap.rest.value == pytest.approx(0.9)
    (low, high), (rest_low, rest_high) = exact(24, 40), exact(54, 60)
    assert (gap.share.low, gap.share.high) == pytest.approx((low, high), abs=1e-6)
    assert (gap.rest.low, gap.rest.high) == pytest.approx((rest_low, rest_high), abs=1e-6)
    assert gap.difference.value == pytest.approx(-0.3)
    assert gap.difference.low == pytest.approx(-0.3 - np.hypot(0.6 - low, rest_high - 0.9))
    assert gap.difference.high == pytest.approx(-0.3 + np.hypot(high - 0.6, 0.9 - rest_low))
    assert gap.p_value == finding.corrected
    assert finding.wrong.tolist() == list(range(24, 40))


def test_the_p_value_agrees_with_the_interval_and_with_fisher() -> None:
    from scipy.stats import fisher_exact

    for hits in range(20, 36):
        right = [True] * hits + [False] * (40 - hits) + [True] * 54 + [False] * 6
        (finding,) = measured_as_found(*by_hand([1] * 40 + [0] * 60, right))
        gap = finding.measured
        assert gap is not None and gap.difference.high is not None
        assert (gap.p_value < 0.05) == (gap.difference.high < 0)
        p = fisher_exact([[hits, 40 - hits], [54, 6]]).pvalue
        assert p / 4 <= gap.p_value <= 4 * p or abs(p - gap.p_value) < 0.1


def test_being_right_here_and_wrong_there_makes_a_difference_less_sure() -> None:
    # Each of 30 people has one text inside and one outside. Either is right half of the time.
    people = [*range(30), *range(30)]
    first = np.arange(30) % 2 == 0
    inside = [1] * 30 + [0] * 30
    alike = np.concatenate([first, first])
    opposed = np.concatenate([first, ~first])
    wide = {}
    for name, right in (("alike", alike), ("opposed", opposed)):
        (finding,) = measured_as_found(*by_hand(inside, right.tolist(), people))
        assert finding.measured is not None
        difference = finding.measured.difference
        assert difference.low is not None and difference.high is not None
        wide[name] = difference.high - difference.low
    low, high = exact(15, 30)
    assert wide["alike"] >= np.sqrt(2) * (high - low) - 1e-6  # not counted on
    assert wide["opposed"] == pytest.approx(2 * (high - low), rel=1e-4)


def test_p_values_are_corrected_for_all_that_are_measured() -> None:
    from scipy import sparse

    from mtrec.reports.slices import Found

    rng = np.random.default_rng(4)
    members = sparse.csc_array((rng.random((300, 3)) < 0.4).astype(float))
    right = rng.random(300) < 0.8 - 0.2 * members.toarray()[:, 0]
    slices = [Slice("part", str(each), "of {value}") for each in range(3)]
    anything = Gap(0, 0, Estimate(0), Estimate(0), Estimate(0), 1)
    found = [Found(each, slices[each], anything) for each in range(3)]
    records = Judged(np.arange(300), right, np.arange(300))
    every = measure(Candidates(slices, members, members), found, records)
    p = [each.measured.p_value for each in every if each.measured]
    assert every[0].corrected == pytest.approx(3 * min(p)) and p[0] == min(p)


# Which slices there are


def test_slices_of_texts_labels_and_activities() -> None:
    size = 160
    data = dataset(
        halves(size),
        truth=["good", "bad"] * (size // 2),
        texts=[" ".join(["word"] * (1 + each % 80 // 4)) for each in range(size)],  # 1 to 20 words
        sources=["reviews"] * 40 + ["notes"] * 40 + ["reviews"] * 80,
        mood=([None] * 20 + ["glad"] * 20 + ["sad"] * 20 + ["odd"] * 19 + ["sad"]) * 2,
    )
    assert names(data) == [
        "true label: bad",
        "true label: good",
        "mood: glad",
        "mood: sad",  # and 19 odd ones are too few
        "length: 11 to 15 words",
        "length: 6 to 10 words",
        "length: more than 15 words",
        "length: up to 5 words",
        "activity: notes",
        "activity: reviews",
    ]


def test_lengths_are_cut_on_validation_alone() -> None:
    words = [1 + each % 8 for each in range(80)] + [100] * 80
    data = dataset(halves(160), texts=[" ".join(["word"] * each) for each in words])
    assert set(names(data)) == {
        "length: up to 2 words",
        "length: 3 to 4 words",
        "length: 5 to 6 words",
        "length: more than 6 words",
    }


def test_lengths_are_in_characters_where_no_spaces_are() -> None:
    texts = ["字" * (20 + each % 80) for each in range(160)]
    assert "length: up to 39 characters" in names(dataset(halves(160), texts=texts))


def test_texts_of_one_length_and_one_label_make_no_slice() -> None:
    data = dataset(halves(160))
    assert names(data) == []
    result = looked(data, np.arange(160) % 3 > 0)
    assert result.candidates == 0 and result.findings == []


def test_attributes_with_several_values_are_split() -> None:
    items = [f"i{each % 40}" for each in range(160)]
    genres = {f"i{each}": ("jazz|rock" if each < 20 else "rock|folk") for each in range(40)}
    data = dataset(halves(160), items=items, of_items={"genre": genres})
    # Rock is everywhere, so there is no rest to compare it with.
    assert names(data) == ["genre: folk", "genre: jazz"]
    assert candidates_of(data)[0].phrase() == "about things whose *genre* includes *folk*"


def test_values_separated_by_commas_are_split_where_they_look_so() -> None:
    items = [f"i{each % 40}" for each in range(160)]
    cells = ["jazz, rock", "rock, jazz", "rock, folk", "folk, rock", "jazz", "folk", "rock", "rock"]
    genres = {f"i{each}": cells[each % 8] for each in range(40)}
    data = dataset(halves(160), items=items, of_items={"genre": genres})
    assert names(data) == ["genre: folk", "genre: jazz", "genre: rock"]


def candidates_of(data: Any) -> list[Slice]:
    right = np.ones(len(data.records), dtype=bool)
    both = [
        judged(data, predictions(data, split, right), TASK_TYPES["multiclass"])
        for split in ("val", "test")
    ]
    return candidates(data, "verdict", *(each.records for each in both)).slices


def test_missing_people_items_and_values_belong_to_the_rest() -> None:
    people = [None if each % 4 == 0 else f"u{each % 40}" for each in range(160)]
    country = {f"u{each}": ("Spain" if each % 2 else None) for each in range(40)}
    data = dataset(halves(160), people=people, of_people={"country": country, "age": {}})
    assert names(data) == [
        "training texts of their author: no",
        "country: Spain",
    ]
    right = np.arange(160) % 2 == 0  # wrong in Spain, and nowhere else
    (finding, *_) = looked(data, right).findings
    assert finding.slice.short == "country: Spain"
    assert finding.measured is not None
    assert (finding.measured.records, finding.measured.others) == (40, 40)
    assert (finding.measured.share.value, finding.measured.rest.value) == (0, 1)


def test_numbers_are_cut_into_quarters_unless_they_are_few() -> None:
    items = [f"i{each % 80}" for each in range(160)]
    price = {f"i{each}": f"{each + 0.5}" for each in range(80)}
    stars = {f"i{each}": str(1 + each % 2) for each in range(80)}
    data = dataset(halves(160), items=items, of_items={"price": price, "stars": stars})
    assert names(data) == [
        "price: more than 19.5 and up to 39.5",
        "price: more than 39.5 and up to 59.5",
        "price: more than 59.5",
        "price: up to 19.5",
        "stars: 1",
        "stars: 2",
    ]
    assert candidates_of(data)[3].phrase() == "about things whose *price* is up to 19.5"


def test_who_wrote_much_in_training_is_told_apart() -> None:
    # u0 wrote no training text, u1 four, u2 five.
    train = ["u1"] * 4 + ["u2"] * 5
    data = dataset(
        ["train"] * 9 + halves(180), people=train + [f"u{each % 3}" for each in range(180)]
    )
    assert candidates_of(data)[1].phrase() == "written by people with 5 or more training texts"
    assert names(data) == [
        "training texts of their author: 1 to 4",
        "training texts of their author: 5 or more",
        "training texts of their author: no",
    ]


def test_years_count_where_both_splits_hold_them() -> None:
    apart = ["2023-05-01"] * 40 + ["2024-05-01"] * 40 + ["2025-05-01"] * 80
    assert names(dataset(halves(160), times=apart)) == []
    mixed = (["2023-05-01"] * 40 + ["2024-05-01"] * 40) * 2
    assert names(dataset(halves(160), times=mixed)) == ["year: 2023", "year: 2024"]


def test_several_labels_of_one_record_are_several_slices() -> None:
    data = dataset(
        halves(160),
        truth=["calm|glad", "glad", "calm|odd", "odd"] * 40,
        kind="multilabel",
    )
    assert names(data) == ["true label: calm", "true label: glad", "true label: odd"]


def test_marked_words_are_slices_by_what_they_are() -> None:
    data = dataset(
        halves(160), truth=["B-x I-x O", "O O O", "B-y O B-y", "B-x B-y O"] * 40, kind="tags"
    )
    assert names(data) == ["true label: x", "true label: y"]


def test_nearly_the_same_records_count_once() -> None:
    # Two attributes that say the same but for two people, and one that says something else.
    people = [f"u{each % 100}" for each in range(400)]
    country = {f"u{each}": ("Spain" if each < 40 else "Canada") for each in range(100)}
    language = {f"u{each}": ("Spanish" if each < 42 else "English") for each in range(100)}
    data = dataset(halves(400), people=people, of_people={"country": country, "language": language})
    of_person = np.arange(400) % 100
    right = (of_person >= 40) | (np.arange(400) // 100 % 2 == 0)
    assert [each.slice.short for each in looked(data, right).findings] == ["country: Spain"]


def test_at_most_ten_go_on_to_test() -> None:
    rng = np.random.default_rng(5)
    labels = [f"label {each:02d}" for each in range(30)]
    truth = rng.choice(labels, 6000)
    right = rng.random(6000) < np.where(truth < "label 15", 0.4, 0.9)
    result = looked(dataset(halves(6000), truth=truth.tolist()), right)
    assert len(result.findings) == 10
    assert result.candidates == 30


def test_what_holds_comes_first_and_of_that_the_widest_gap_on_test() -> None:
    # That of many texts is the surer, that of few the wider.
    rng = np.random.default_rng(5)
    truth = rng.choice(["many", "few", "others"], 2000, p=[0.3, 0.05, 0.65])
    right = rng.random(2000) < np.select([truth == "many", truth == "few"], [0.7, 0.5], 0.95)
    result = looked(dataset(halves(2000), truth=truth.tolist()), right)
    assert [each.slice.value for each in result.findings if each.holds][:2] == ["few", "many"]
    order = [
        (not each.holds, each.measured.difference.value)
        for each in result.findings
        if each.measured
    ]
    assert order == sorted(order)


def test_people_who_are_few_do_not_make_a_slice() -> None:
    people = [f"u{each // 2 % 4}" if each % 2 else f"v{each % 100}" for each in range(400)]
    country = {f"u{each}": "Spain" for each in range(4)}
    data = dataset(halves(400), people=people, of_people={"country": country})
    assert "country: Spain" in names(data)
    assert looked(data, np.arange(400) % 2 == 0).findings == []


# What there is too little of


def test_too_few_on_test_is_said() -> None:
    # Spain is weak on validation, and has 9 records in test.
    people = [f"u{each}" for each in range(320)]
    spain = [*range(80), *range(160, 169)]
    data = dataset(
        halves(320), people=people, of_people={"country": {f"u{each}": "Spain" for each in spain}}
    )
    right = ~np.isin(np.arange(320), spain)
    (finding,) = looked(data, right).findings
    assert finding.measured is None and finding.corrected is None and not finding.holds
    assert finding.sentence() == (
        "Texts written by people whose *country* is *Spain* cannot be measured on test: there are "
        "9 of them and 151 others"
    )
    assert len(finding.wrong) == 9


def test_few_people_on_test_are_too_few() -> None:
    people = [f"u{each}" for each in range(160)] + [f"w{each % 8}" for each in range(160)]
    country = {f"u{each}": "Spain" for each in range(80)} | {f"w{each}": "Spain" for each in (0, 1)}
    data = dataset(halves(320), people=people, of_people={"country": country})
    spain = data.records["user"].map(country).notna().to_numpy()
    (finding,) = looked(data, ~spain).findings
    assert finding.measured is None
    assert finding.sentence(str).endswith("there are 40 of them, by 2 people, and 120 others")


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_split_without_judged_records_finds_nothing(split: str) -> None:
    data = dataset(halves(160), truth=["good", "bad"] * 80)
    right = np.arange(160) % 2 == 0
    both = {each: predictions(data, each, right) for each in ("val", "test")}
    both[split]["truth"] = None
    result = weaknesses(data, "verdict", both["val"], both["test"])
    assert result.findings == [] and getattr(result, split) == 0


def test_answers_that_are_missing_are_left_out() -> None:
    data = dataset(halves(160), truth=["good", "bad"] * 80)
    table = predictions(data, "test", np.ones(160, dtype=bool))
    table.loc[:9, "predicted"] = None
    table.loc[10:14, "truth"] = None
    kept = judged(data, table, TASK_TYPES["multiclass"])
    assert kept.records.tolist() == list(range(95, 160)) and kept.right.all()


def test_all_right_and_all_wrong_find_nothing() -> None:
    data = random_shop(np.random.default_rng(6))
    for right in (np.ones(1200, dtype=bool), np.zeros(1200, dtype=bool)):
        assert looked(data, right).findings == []


def test_nothing_is_selected_on_test() -> None:
    """Whatever happens on test, the same slices are found."""
    rng = np.random.default_rng(7)
    data = random_shop(rng)
    truth = data.records["task:verdict"].to_numpy()
    right = rng.random(1200) < np.where(truth == "bad", 0.6, 0.85)
    flipped = np.where((data.records["split"] == "test").to_numpy(), ~right, right)
    found = [
        sorted(each.slice.short for each in looked(data, each).findings)
        for each in (right, flipped)
    ]
    assert found[0] == found[1] and "true label: bad" in found[0]
    assert not any(
        each.holds for each in looked(data, flipped).findings if each.slice.value == "bad"
    )


# Words


def finding(share: float, rest: float, low: float, high: float, corrected: float) -> Finding:
    difference = Estimate(share - rest, low, high)
    gap = Gap(50, 350, Estimate(share), Estimate(rest), difference, corrected)
    slice_ = Slice("length", "up to 6 words", "of {words}")
    return Finding(slice_, gap, 50, 50, 350, gap, corrected, np.array([1]))


def test_the_sentence() -> None:
    assert finding(0.62, 0.81, -0.24, -0.14, 0.001).sentence() == (
        f"62{NB}% of texts of up to 6 words are right, against 81{NB}% of the others: "
        f"19 points fewer (95{NB}% interval 14 to 24), more than noise"
    )
    assert finding(0.8, 0.81, -0.06, 0.04, 0.7).sentence() == (
        f"80{NB}% of texts of up to 6 words are right, against 81{NB}% of the others: "
        f"1 point fewer (95{NB}% interval -4 to 6), not distinguishable from noise"
    )
    assert finding(0.85, 0.81, 0.01, 0.07, 0.01).sentence() == (
        f"85{NB}% of texts of up to 6 words are right, against 81{NB}% of the others: "
        f"4 points more (95{NB}% interval 1 to 7), not distinguishable from noise"
    )
    # 18.2 points, but a reader takes 62 from 81.
    words = finding(0.624, 0.806, -0.24, -0.14, 0.001).sentence()
    assert words.startswith(f"62{NB}% of") and "81" in words and ": 19 points fewer" in words
    # Nothing near all is called all, and the points go by what it is called.
    assert f"against 99{NB}% of the others: 37 points fewer" in (
        finding(0.62, 0.997, -0.4, -0.3, 0.001).sentence()
    )


def test_a_difference_that_correction_takes_away_does_not_hold() -> None:
    assert finding(0.62, 0.81, -0.24, -0.14, 0.049).holds
    assert not finding(0.62, 0.81, -0.24, -0.14, 0.05).holds


def test_names_from_data_are_written_as_asked() -> None:
    slice_ = Slice("coun{try}", "a {value} *b*", "written by people whose {what} is {value}")
    assert slice_.phrase(lambda name: f"<{name}>") == (
        "written by people whose <coun{try}> is <a {value} *b*>"
    )


def test_percent_calls_nothing_all_or_none_that_only_comes_near() -> None:
    assert [percent(each) for each in (0, 0.001, 0.5, 0.999, 1)] == [
        f"{each}{NB}%" for each in (0, 1, 50, 99, 100)
    ]


def test_it_is_quick() -> None:
    """5,400 and 5,400 records with some 300 candidates."""
    from time import perf_counter

    rng = np.random.default_rng(8)
    size = 10_800
    items = [f"i{each}" for each in rng.integers(0, 2000, size)]
    studio = {f"i{each}": f"studio {each % 120}" for each in range(2000)}
    genre = {f"i{each}": f"g{each % 170}|h{each % 10}" for each in range(2000)}
    data = dataset(
        halves(size),
        truth=rng.choice(["good", "bad"], size).tolist(),
        people=[f"u{each}" for each in rng.integers(0, 1500, size)],
        items=items,
        of_items={"studio": studio, "genre": genre},
    )
    right = rng.random(size) < 0.8
    started = perf_counter()
    result = looked(data, right)
    assert result.candidates > 290
    assert perf_counter() - started < 5  # under 1 s on an idle core
