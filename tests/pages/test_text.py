"""Texts from data stay texts, and numbers are written for people."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from mtrec.data.expression import parse
from mtrec.runs.progress import duration
from mtrec.wording import many, number
from pages.ui.text import ago, moment, plain, shortened

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["**bold**", "# title", "[a](b)", "<b>", ":red[x]", "$x$", "a_b"])
def test_every_mark_up_character_is_escaped(text: str) -> None:
    shown = plain(text)
    for position, character in enumerate(shown):
        if character.isascii() and not character.isalnum() and character not in " \\":
            assert shown[position - 1] == "\\"
    assert shown.replace("\\", "") == text


@pytest.mark.parametrize(
    "text", ["http://a.b", "HTTPS://a.b", "www.a.b", "a@b.de", "->", "<--", ">=", "<=", "~="]
)
def test_addresses_and_arrows_are_broken_by_nothing_that_is_seen(text: str) -> None:
    shown = plain(text).replace("\\", "")
    assert shown != text
    assert shown.replace("\u2060", "") == text


@pytest.mark.parametrize("text", ["label == 'good'", "a != b", "a => b", "a < b"])
def test_signs_that_stay_what_they_are_can_be_copied(text: str) -> None:
    assert plain(text).replace("\\", "") == text


def test_a_condition_copied_from_a_page_reads_as_what_it_shows() -> None:
    condition = "`my column` == 'x' or rating >= 4 and rating <= 5"
    assert parse(plain(condition).replace("\\", "")) == parse(condition)


def test_a_text_is_one_line_and_may_be_cut() -> None:
    assert plain("a\n\n# b") == r"a \# b"
    assert plain("one two three", limit=8) == "one two…"
    assert plain("short", limit=5) == "short"


def test_names_that_differ_at_their_ends_do_so_when_shortened() -> None:
    names = [f"All that there is, with {each} weights" for each in ("equal", "other")]
    short = [shortened(name, 24) for name in names]
    assert short == ["All that…h equal weights", "All that…h other weights"]
    assert shortened("one two three four", 12) == "one…ee four"
    assert shortened("four", 4) == "four"


def test_a_moment_is_told_by_the_clock_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert moment("2026-03-01T23:30:59+00:00") == "2026-03-02 08:30"
    monkeypatch.undo()
    time.tzset()


def test_numbers_and_durations() -> None:
    assert number(54432) == "54,432"
    assert [many(each, "text") for each in (0, 1, 2)] == ["0 texts", "1 text", "2 texts"]
    assert [duration(each) for each in (4.4, 200, 3720)] == ["4 s", "3 min 20 s", "1 h 2 min"]


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("2026-03-01T11:59:59.5+00:00", "just now"),
        ("2026-03-01T11:59:00+00:00", "1 minute ago"),
        ("2026-03-01T10:00:00", "2 hours ago"),
        ("2026-02-26T12:00:00+00:00", "3 days ago"),
    ],
)
def test_moments_are_told_from_now(then: str, words: str) -> None:
    assert ago(then, NOW) == words
