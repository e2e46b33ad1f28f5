from __future__ import annotations

import pandas as pd
import pytest

from mtrec.data.checks import check_personal, mask_personal

PHONES = [
    "+49 30 1234567",
    "+49 (0)30 123456",
    "+1 (415) 555-0123",
    "+442079460958",
    "+86 138 1234 5678",
    "0049 30 1234567",
    "(415) 555-0123",
    "415-555-0123",
    "415.555.0123",
    "1-800-555-0199",
    "030 1234567",
    "(030) 1234567",
    "0171/2345678",
    "0171/234 56 78",
    "020 7946 0958",
    "01234 567890",
    "07911 123456",
    "01 23 45 67 89",
    "06.12.34.56.78",
    "010-12345678",
    "13812345678",
    "138-1234-5678",
]
OTHERS = [
    "ISBN 978-3-16-148410-0",
    "ISBN-10: 0-306-40615-2",
    "0306406152",
    "$1,234,567.89",
    "10.000.000",
    "2,000,000,000",
    "250.300.400 EUR",
    "2024-01-31 12:00:00",
    "2024-01-31T12:00:00+01:00",
    "01.02.2024 15:30",
    "01.02.24 15-30",
    "01/02/2024 10:20:30",
    "1706702400",
    "1706702400123",
    "order 415-555-0123",
    "Order no. 030 1234567",
    "#0171 2345678",
    "confirmation number is 415 555 0123",
    "12345678901234567890",
    "192.168.100.200",
    "1990-2000 2001-2010",
    "3.14159265358979",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "+10000000",
    "@airline.",
    "a@b",
    "user@",
]


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("around", ["{}", "call {}.", "Tel:{}, or write", "电话{}谢谢"])
def test_phone_numbers_as_people_write_them(phone: str, around: str) -> None:
    (masked,) = mask_personal(texts(around.format(phone)))
    assert masked == around.format("[phone]")


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("around", ["{}", "see {} for more"])
def test_numbers_of_other_kinds_stay(other: str, around: str) -> None:
    text = around.format(other)
    assert mask_personal(texts(text)).tolist() == [text]
    assert check_personal(texts(text), "r") == []


@pytest.mark.parametrize("mail", ["a.b@c.co", "x_y+z@mail.example.org", "Jane-Doe@web.de"])
def test_mail_addresses(mail: str) -> None:
    assert mask_personal(texts(f"to {mail}.")).tolist() == ["to [mail]."]


def test_both_are_counted_and_masked() -> None:
    column = texts("a@b.org or c@d.org", "call 415-555-0123 or a@b.org", None, "nothing", "2 x 4")
    column.index = pd.Index([1, 1, 2, 3, 3])
    found = {each.code: each for each in check_personal(column, "notes")}
    assert {code: each.rows for code, each in found.items()} == {
        "mail_addresses": 2,
        "phone_numbers": 1,
    }
    assert "(3 in 2 records)" in found["mail_addresses"].message
    assert found["phone_numbers"].source == "notes"
    expected = texts("[mail] or [mail]", "call [phone] or [mail]", None, "nothing", "2 x 4")
    pd.testing.assert_series_equal(mask_personal(column), expected.set_axis(column.index))
    assert check_personal(mask_personal(column), "notes") == []


def test_no_texts_say_nothing() -> None:
    assert check_personal(texts(), "r") == []
    assert mask_personal(texts(None)).isna().all()
