"""What a training takes, from paces: hand-worked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtrec.training.paces import (
    BEGINNING,
    CONTEXT,
    JUDGING,
    PROCESS,
    Counts,
    Measurement,
    Pace,
    cost,
)

LEARNS = Pace(
    learns=10, weights=100, learn=0.4, check=0.2, read=0.1, item=0.05, held=1000.0, kept=0.0
)
RESTS = replace(LEARNS, learns=5, learn=0.01, check=0.02, kept=40.0)
MEASURED = Measurement(
    paces={"frozen": RESTS, "top": LEARNS},
    counts=Counts(train=100, val=20, records=150, items=30, people=500),
    guess=0.5,
    device="cpu",
)


def test_an_encoder_that_learns_reads_all_texts_twice_more() -> None:
    found = cost(MEASURED, "top", epochs=3, batch_tokens=64)
    learning = 3 * (100 * 0.4 + 20 * 0.2)  # 132
    reading = 2 * (150 * 0.1 + 30 * 0.05)  # 33
    assert found.seconds == pytest.approx(BEGINNING + 165 + JUDGING / 2)
    assert found.seconds == pytest.approx(BEGINNING + learning + reading + JUDGING / 2)
    assert found.memory == pytest.approx(PROCESS + 4 * 100 + 16 * 10 + 1000 * 64)
    assert (found.learns, found.epochs, found.device) == (10, 3, "cpu")


def test_one_that_rests_reads_each_text_once_and_keeps_what_it_read() -> None:
    found = cost(MEASURED, "frozen", epochs=10, batch_tokens=64)
    learning = 10 * (100 * 0.01 + 20 * 0.02)  # 14
    reading = 150 * 0.1 + 30 * 0.05  # 16.5
    assert found.seconds == pytest.approx(BEGINNING + learning + reading + JUDGING / 2)
    assert found.memory == pytest.approx(PROCESS + 4 * 100 + 16 * 5 + 1000 * 64 + 40 * 150)


def test_what_was_read_with_the_encoder_as_it_came_is_read_no_more() -> None:
    rests = cost(MEASURED, "frozen", epochs=10, batch_tokens=64, was_read=True)
    assert rests.seconds == pytest.approx(BEGINNING + 14 + JUDGING / 2)
    learns = cost(MEASURED, "top", epochs=3, batch_tokens=64, was_read=True)
    assert learns.seconds == pytest.approx(BEGINNING + 132 + 16.5 + JUDGING / 2)
    for recommends in (True, False):
        alone = cost(MEASURED, "frozen", 10, 64, recommends=recommends, was_read=True)
        assert alone.seconds == pytest.approx(BEGINNING + 14 + recommends * JUDGING / 2)


def test_without_recommendations_texts_are_read_once_more_and_no_items() -> None:
    found = cost(MEASURED, "top", epochs=1, batch_tokens=64, recommends=False)
    assert found.seconds == pytest.approx(BEGINNING + 44 + 15)


def test_guessing_words_comes_before() -> None:
    plain = cost(MEASURED, "top", epochs=1, batch_tokens=64)
    guessing = cost(MEASURED, "top", epochs=1, batch_tokens=64, guessing=2)
    assert guessing.seconds - plain.seconds == pytest.approx(2 * 100 * 0.5)


def test_on_a_gpu_memory_is_the_gpus() -> None:
    found = cost(replace(MEASURED, device="cuda"), "top", epochs=1, batch_tokens=64)
    assert found.memory == pytest.approx(CONTEXT + 4 * 100 + 16 * 10 + 1000 * 64)


def test_a_measurement_can_be_kept() -> None:
    assert Measurement.from_json(MEASURED.json()) == MEASURED
