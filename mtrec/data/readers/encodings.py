"""Text files as UTF-8, whatever they are written in.

Decoding is strict. Where a few lines of a file hold a byte that is no text, that byte becomes
`DAMAGE`, and `assemble` sets the rows that hold it aside, so that no cell is ever made up.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator

import pyarrow as pa
from charset_normalizer import from_bytes

from mtrec.data.readers.content import Content
from mtrec.data.readers.table import DAMAGE, unreadable, without_rows
from mtrec.errors import InputError

UTF8 = "utf-8"
MARKS = {
    codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WIDE = ("utf-16-le", "utf-16-be")
NOT_WIDE = re.compile("[\0\u0a00\u0d00]")  # NUL, and line ends read from the wrong side
OTHERS = ["cp1251", "koi8_r", "cp1253", "cp932", "euc_jp", "big5", "cp949", "gb18030"]
SAMPLE = 1 << 16  # bytes
FEW = 8  # too little to tell an encoding from others like it
RARE = 0.1  # share of lines with a byte that is no text up to which the others can be trusted
LAST_KOREAN = 0xC8  # the last row of Korean syllables; those of GB 2312 go on


def as_utf8(content: Content, encoding: str | None) -> tuple[bytes, str]:
    """The text in UTF-8 without a mark in front, and the name of the encoding that it is in.

    In UTF-8, a NUL or a byte that does not belong there is `DAMAGE` where few lines hold one.

    Args:
        encoding: as the recipe names it; where it does not, the bytes say it.

    Raises:
        InputError: nobody knows the encoding, the bytes do not fit it, or they are no text.
    """
    if not content.data or content.data.isspace():
        raise without_rows(content.name, "is empty", "nothing in it")
    names = [_known(content.name, encoding)] if encoding is not None else _likely(content.data)
    failed: list[tuple[str, UnicodeError]] = []
    for name in names:
        try:
            text = _converted(content.data, name).removeprefix(codecs.BOM_UTF8)
        except UnicodeError as error:
            failed.append((name, error))
        else:
            return _without_nuls(content.name, text, name), name
    first, failure = failed[0]
    if first == UTF8:
        text = content.data.removeprefix(codecs.BOM_UTF8)
        marked = _without_nuls(content.name, text, UTF8).decode(UTF8, MARKED).encode()
        if _is_rare(marked):
            return marked, UTF8
    raise _misfit(content, first, failure) from failure


def _known(name: str, encoding: str) -> str:
    try:
        b" ".decode(encoding, "ignore")
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise InputError(
            f"Nobody knows the encoding {encoding}",
            expected="a name such as utf-8, cp1252 or gb18030",
            found=encoding,
            where=name,
            fix="correct encoding: in the recipe, or leave it out to have it found",
        ) from error


def _likely(data: bytes) -> Iterator[str]:
    """The encodings to try, the likeliest first."""
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    wide = _wide(data[:SAMPLE]) if marked is None and b"\0" in data else None
    yield marked or wide or UTF8
    if marked is None and wide is None:
        guess = _guess(_telling(data))
        if guess is not None:
            yield guess


def _converted(data: bytes, encoding: str) -> bytes:
    if encoding == UTF8 and _is_utf8(data):
        return data
    return data.decode(encoding).encode()


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8, found without making a string of them."""
    whole = pa.py_buffer(struct.pack("=qq", 0, len(data)))
    try:
        pa.LargeStringArray.from_buffers(1, whole, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """Which UTF-16 without a mark it is: the one that has line ends where the other has none.

    Most bytes that look like line ends are some, or else a NUL beside one would make it wide.
    """
    for encoding in WIDE:
        try:
            text = sample[: len(sample) // 2 * 2].decode(encoding)
        except UnicodeDecodeError:
            continue
        ends = len(re.findall("[\r\n]", text))
        if 2 * ends > len(re.findall(b"[\r\n]", sample)) and not NOT_WIDE.search(text):
            return encoding
    return None


def _telling(data: bytes) -> bytes:
    """Whole lines from the first byte on that is not ASCII."""
    first = re.search(rb"[\x80-\xff]", data)
    start = data.rfind(b"\n", 0, first.start()) + 1 if first else 0
    sample = data[start : start + SAMPLE]
    return sample[: sample.rfind(b"\n") + 1] or sample


def _guess(sample: bytes) -> str | None:
    """What bytes are written in that are not UTF-8.

    Western letters stand alone between ASCII. Tables are too short for general statistics to tell
    those or Chinese from their likes; all others are left to them.
    """
    text = sample.decode(UTF8, errors="replace")
    damaged = text.count("\ufffd")
    if sum(character > "\x7f" for character in text) > 2 * damaged:
        return None  # UTF-8 with a broken byte in it, which is for a person to mend
    runs = re.findall(rb"[\x80-\xff]+", sample)
    size = sum(map(len, runs))
    if 2 * sum(len(run) == 1 for run in runs) >= size:
        return "cp1252"
    if _is_chinese(runs):
        return "gb18030"
    best = from_bytes(sample, cp_isolation=OTHERS).best() if size >= FEW else None
    return best.encoding if best is not None else None


def _is_chinese(runs: list[bytes]) -> bool:
    """Whether bytes stand in pairs as in GB 2312, and in rows beyond those that Korean uses too."""
    even = [run for run in runs if len(run) % 2 == 0]
    pairs = [run[at : at + 2] for run in even for at in range(0, len(run), 2)]
    rows = [row for row, column in pairs if 0xB0 <= row <= 0xF7 and column >= 0xA1]
    is_paired = 2 * len(pairs) >= 0.9 * sum(map(len, runs)) and 2 * len(rows) >= len(pairs)
    beyond_korean = sum(row > LAST_KOREAN for row in rows)
    return is_paired and (len(rows) < FEW or beyond_korean >= 0.1 * len(rows))


def _without_nuls(name: str, text: bytes, encoding: str) -> bytes:
    """The text with `DAMAGE` in place of NUL, where that is rare and no sign of other content."""
    nul = text.find(b"\0")
    if nul < 0:
        return text
    marked = text.replace(b"\0", DAMAGE.encode())
    if encoding != UTF8 or not _is_rare(marked):
        line = text.count(b"\n", 0, nul) + 1
        found = f"a NUL byte in line {line}"
        raise unreadable(
            name, "is not text", "readable characters", found, where=f"{name}: line {line}"
        )
    return marked


def _is_rare(text: bytes) -> bool:
    """Whether a single line, or few of all, hold `DAMAGE`, and neither the header nor most do."""
    header, *lines = [line for line in text.splitlines() if line.strip()] or [b""]
    damage = DAMAGE.encode()
    damaged = sum(damage in line for line in lines)
    if damage in header or 2 * damaged > len(lines):
        return False
    return damaged <= max(1, RARE * len(lines))


def _mark(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that cannot be decoded, and where to go on."""
    assert isinstance(error, UnicodeDecodeError)
    return DAMAGE, error.end


MARKED = "mtrec.damage"  # what `decode` does with errors
codecs.register_error(MARKED, _mark)


def _misfit(content: Content, encoding: str, error: UnicodeError) -> InputError:
    start = error.start if isinstance(error, UnicodeDecodeError) else 0
    line = content.data.count(b"\n", 0, start) + 1
    return InputError(
        f"{content.name} is not written in {encoding}",
        expected=f"text in {encoding}",
        found=f"the byte {content.data[start]:#04x}",
        where=f"{content.name}: line {line}",
        fix="save it again as UTF-8, or bring a recipe.yaml with it that names its encoding, such "
        "as encoding: cp1252",
    )
