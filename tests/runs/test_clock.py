"""How long a run still takes: every kind of work at its own pace."""

from __future__ import annotations

import pytest

from mtrec.runs.clock import LATELY, READING, SETTLED, Clock, Kind, Stretch

PLAN = [
    Stretch("Guessing", Kind.GUESS, 50),
    Stretch("Training", Kind.LEARN, 200, 40, 2),
    Stretch("Reading", Kind.READ, 60),
]


@pytest.fixture
def clock() -> Clock:
    clock = Clock(0.0)
    clock.expect(PLAN)
    return clock


def test_nothing_is_said_before_anything_was_met(clock: Clock) -> None:
    assert clock.remaining() is None
    clock.phase("Cutting", 1000, 0.0)
    clock.advance(500, 5.0)
    assert clock.remaining() is None
    clock.phase("Training", 240, 5.0)
    clock.step()
    clock.advance(1, 5.0 + SETTLED / 2)
    assert clock.remaining() is None


def test_kinds_that_were_not_met_yet_go_by_the_nearest(clock: Clock) -> None:
    clock.phase("Guessing", 50, 0.0)
    clock.advance(10, 20.0)  # 2 s a text
    learn, read = 2.0, 2.0 * READING
    assert clock.remaining() == pytest.approx(40 * 2 + 200 * learn + (40 + 60) * read)


def test_after_guessing_learning_has_a_pace_of_its_own(clock: Clock) -> None:
    clock.phase("Guessing", 50, 0.0)
    clock.advance(50, 100.0)
    clock.phase("Training", 240, 100.0)
    clock.reads(0.1)
    clock.step()
    clock.advance(20, 110.0)  # 0.5 s a text
    assert clock.remaining() == pytest.approx(180 * 0.5 + (40 + 60) * 0.1)


def test_checking_is_not_learning(clock: Clock) -> None:
    clock.phase("Training", 240, 0.0)
    clock.step()
    clock.advance(100, 50.0)  # 0.5 s a text
    clock.advance(20, 52.0)
    clock.epoch(54.0)  # and 2 s of scoring: 0.2 s a text
    clock.reads(0.1)
    assert clock.remaining() == pytest.approx(100 * 0.5 + 20 * 0.2 + 60 * 0.1)
    clock.step()
    clock.advance(50, 104.0)  # 1 s: 0.66 on the whole
    assert clock.remaining() == pytest.approx(50 * 100 / 150 + 20 * 0.2 + 60 * 0.1)


def test_what_ended_early_is_forgotten_and_a_phase_knows_its_texts_best(clock: Clock) -> None:
    clock.phase("Training", 240, 0.0)
    clock.step()
    clock.advance(100, 50.0)
    clock.phase("Reading", 30, 60.0)  # not 60: others were read before
    clock.advance(10, 62.0)
    assert clock.remaining() == pytest.approx(20 * 0.2)
    clock.advance(100, 63.0)
    assert clock.remaining() == 0


def test_a_training_that_goes_on_has_less_to_do(clock: Clock) -> None:
    clock.phase("Training", 240, 0.0)
    clock.goes_on(1, 150, 0.0)  # behind 120 of the first epoch, 30 of the second
    clock.step()
    clock.advance(10, 5.0)
    assert clock.remaining() == pytest.approx(60 * 0.5 + (20 + 60) * 0.5 * READING)


def test_who_learns_no_more_still_checks_one_epoch_and_reads(clock: Clock) -> None:
    clock.phase("Guessing", 50, 0.0)
    clock.advance(10, 20.0)
    clock.reads(0.1)
    assert clock.remaining(finishing=True) == pytest.approx((20 + 60) * 0.1)
    clock.phase("Training", 240, 20.0)
    clock.step()
    clock.advance(100, 70.0)
    assert clock.remaining(finishing=True) == pytest.approx((20 + 60) * 0.1)
    clock.advance(5, 71.0)  # of a check, 0.2 s a text
    assert clock.remaining(finishing=True) == pytest.approx(15 * 0.2 + 60 * 0.1)
    clock.advance(15, 74.0)
    assert clock.remaining(finishing=True) == pytest.approx(60 * 0.1)
    clock.epoch(74.0)
    clock.step()
    clock.advance(1, 75.0)
    assert clock.remaining(finishing=True) == pytest.approx(20 * 0.2 + 60 * 0.1)
    clock.phase("Reading", 60, 80.0)
    assert clock.remaining(finishing=True) == clock.remaining() == pytest.approx(60 * 0.1)


def test_one_that_goes_on_and_is_to_learn_no_more_checks_its_own_epoch(clock: Clock) -> None:
    clock.phase("Training", 240, 0.0)
    clock.goes_on(1, 150, 0.0)
    clock.step()
    clock.advance(10, 5.0)
    clock.reads(0.1)
    assert clock.remaining(finishing=True) == pytest.approx((20 + 60) * 0.1)


def test_what_is_not_planned_has_its_own_pace(clock: Clock) -> None:
    clock.expect([])
    clock.phase("Reading", 10, 0.0)
    clock.phase("Judging", 4, 0.0)
    clock.advance(1, 3.0)
    assert clock.remaining() is None
    clock.expect([Stretch("Reading", Kind.READ, 10)])
    clock.phase("Reading", 10, 3.0)
    clock.advance(10, 6.0)
    clock.phase("Judging", 4, 6.0)
    clock.advance(1, 9.0)
    assert clock.remaining() == pytest.approx(9)


def test_what_is_guessed_holds_until_it_is_met(clock: Clock) -> None:
    clock.expect(
        [
            Stretch("Reading", Kind.READ, 10),
            Stretch("Training", Kind.LEARN, 0, seconds=5.0),
            Stretch("Choosing", Kind.OTHER, 0, seconds=7.0),
            Stretch("Judging", Kind.OTHER, 0, seconds=3.0),
        ]
    )
    clock.phase("Reading", 10, 0.0)
    clock.advance(5, 10.0)
    assert clock.remaining() == pytest.approx(5 * 2 + 5 + 7 + 3)
    assert clock.remaining(finishing=True) == pytest.approx(5 * 2 + 7 + 3)
    clock.advance(5, 20.0)
    clock.phase("Training", 1000, 20.0)
    clock.step()
    clock.advance(250, 22.0)  # a guess no more: 6 s to come
    assert clock.remaining() == pytest.approx(6 + 7 + 3)
    clock.advance(750, 28.0)
    clock.phase("Choosing", 8, 28.0)
    assert clock.remaining() == pytest.approx(7 + 3)
    clock.advance(2, 29.0)
    assert clock.remaining() == pytest.approx(3 + 3)
    clock.phase("Judging", 4, 40.0)
    assert clock.remaining() == pytest.approx(3)
    clock.phase("Writing", 4, 41.0)  # not planned
    assert clock.remaining() == 0


def test_the_speed_is_that_of_the_last_seconds(clock: Clock) -> None:
    clock.phase("Reading", 1000, 0.0)
    assert clock.speed(0.0) == 0
    clock.advance(100, 2.0)
    assert clock.speed(4.0) == pytest.approx(25)
    clock.advance(20, 12.0)
    assert clock.speed(13.0) == pytest.approx(20 / LATELY)
    clock.phase("Judging", 4, 14.0)
    clock.advance(1, 15.0)
    assert clock.speed(16.0) == 0
