"""What text is written in is found where it can be, and a broken byte is never guessed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.readers import Table
from mtrec.data.readers.content import Content
from mtrec.data.readers.encodings import as_utf8
from mtrec.errors import InputError

from .conftest import rows

Read = Callable[..., Table]

TEXTS = {
    "chinese": "文本,标签\n这家店的味道很好，送餐也快,正面\n太慢了，饭都凉了,负面\n",
    "chinese with more": "文本,标签\n这家店😀的味道很好，送餐也快,正面\n镕太慢了,负面\n",
    "short chinese": "id,评论\n1,好\n",
    "german": "text,label\nJürgen mag Käse nicht,neg\nDas Öl schmeckt süß,pos\n",
    "spanish": "texto,etiqueta\nEl niño está aquí,sí\nmañana será mejor,no\n",
    "french": "texte,avis\nTrès bon film à voir,positif\nDéçu par la qualité,négatif\n",
    "typographic": "text,label\nIt’s “fine” – 5 €,x\n",
    "russian": "текст,метка\nОчень хорошее обслуживание и вкусная еда,да\nДолго ждали заказ,нет\n",
    "japanese": "本文,ラベル\nこの店はとても美味しいです,良い\nサービスが遅い,悪い\n",
    "korean": "텍스트,라벨\n이 가게는 정말 맛있어요,긍정\n서비스가 느려요,부정\n",
    "traditional": "文字,標籤\n這家店的味道很好，送餐也快,正面\n",
}


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        *((text, "utf-8", "utf-8") for text in TEXTS),
        *((text, "utf-8-sig", "utf-8") for text in TEXTS),
        *((text, "utf-16", "utf-16") for text in TEXTS),
        *((text, "utf-16-le", "utf-16-le") for text in TEXTS),
        *((text, "utf-16-be", "utf-16-be") for text in TEXTS),
        ("german", "utf-32", "utf-32"),
        ("chinese", "gb18030", "gb18030"),
        ("chinese with more", "gb18030", "gb18030"),
        ("chinese", "gb2312", "gb18030"),
        ("short chinese", "gbk", "gb18030"),
        ("german", "cp1252", "cp1252"),
        ("german", "latin-1", "cp1252"),
        ("spanish", "latin-1", "cp1252"),
        ("french", "cp1252", "cp1252"),
        ("typographic", "cp1252", "cp1252"),
        ("russian", "cp1251", "cp1251"),
        ("japanese", "cp932", "cp932"),
        ("korean", "cp949", "cp949"),
        ("traditional", "big5", "big5"),
    ],
)
def test_the_encoding_is_found(text: str, written: str, found: str) -> None:
    content = Content("a.csv", TEXTS[text].encode(written))
    assert as_utf8(content, None) == (TEXTS[text].encode(), found)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.conll"])
def test_every_text_format_says_its_encoding(read: Read, name: str) -> None:
    content = {
        "a.csv": "a,b\né,x\n",
        "a.tsv": "a\tb\né\tx\n",
        "a.jsonl": '{"a": "é", "b": "x"}\n',
        "a.conll": "é x\n",
    }
    table = read(name, content[name].encode("cp1252"))
    assert rows(table) == [["é", "x"]]
    assert table.encoding == "cp1252"


def test_the_recipe_wins(read: Read) -> None:
    content = "a,b\nЮля,быстро\n".encode("koi8-r")
    table = read("a.csv", content, encoding="KOI8-R")
    assert rows(table) == [["Юля", "быстро"]]
    assert table.encoding == "koi8-r"


def test_a_mark_is_dropped_where_the_recipe_names_the_encoding(read: Read) -> None:
    for encoding in ("utf-8", "utf-16-le"):
        table = read("a.csv", "\ufeffa,b\n1,2\n".encode(encoding), encoding=encoding)
        assert table.frame.columns.tolist() == ["a", "b"]


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xe8\xaf"])
def test_a_row_with_a_broken_byte_among_utf8_is_set_aside(read: Read, broken: bytes) -> None:
    text = "文本,标签\n" + "这家店很好，快,正面\n" * 5
    table = read("a.csv", text.encode() + b"x" + broken + b",y\n" + "好,正面\n".encode())
    assert table.frame.index.tolist() == [1, 2, 3, 4, 5, 7]
    assert table.frame.iloc[-1].tolist() == ["好", "正面"]
    assert table.broken["reason"].to_dict() == {6: "a byte in it that is no text"}
    assert table.broken["text"].to_dict() == {6: "x\ufffd | y"}


@pytest.mark.parametrize("lines", [2, 5])
def test_many_broken_bytes_are_named_and_not_guessed_over(read: Read, lines: int) -> None:
    text = "文本,标签\n" + "这家店很好，快,正面\n" * 15
    with pytest.raises(InputError, match="is not written in utf-8") as caught:
        read("a.csv", text.encode() + b"x\xff,y\n" * lines)
    assert caught.value.where == "a.csv: line 17"
    assert caught.value.found == "the byte 0xff"


def test_a_broken_byte_in_the_header_is_named(read: Read) -> None:
    text = "这家店很好，快,正面\n" * 15
    with pytest.raises(InputError, match="is not written in utf-8") as caught:
        read("a.csv", "文本,标".encode() + b"\xff\n" + text.encode())
    assert caught.value.where == "a.csv: line 1"


def test_what_the_recipe_names_has_to_fit(read: Read) -> None:
    with pytest.raises(InputError, match="is not written in ascii") as caught:
        read("a.csv", "a,b\n1,2\ncafé,x\n", encoding="ascii")
    assert caught.value.where == "a.csv: line 3"


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "\0", ""])
def test_unknown_encodings_are_refused(read: Read, encoding: str) -> None:
    with pytest.raises(InputError, match="Nobody knows the encoding"):
        read("a.csv", "a\n1\n", encoding=encoding)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"a,b\n1,\x002\n", "is not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG|not written|not text"),
        (bytes(range(256)) * 4, "not written|not text"),
        (b"\xff\xfea", "not written in utf-16"),
        (b"a,b\n\x81\x8d\x8f,x\n", "not written in utf-8"),
    ],
)
def test_what_is_no_text_is_refused(read: Read, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read("a.csv", content)


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("a.csv", "a,b\n1,2\n1,\x002\n3,4\n", [["1", "2"], ["3", "4"]]),
        ("a.csv", 'a,b\n1,2\n1,"\x00\n2"\n3,4\n', [["1", "2"], ["3", "4"]]),
        ("a.csv", "a,b\n1,2\n1,\x00,2\n3,4\n", [["1", "2"], ["3", "4"]]),
        ("a.tsv", "a\tb\n1\t2\n\x001\t2\n3\t4\n", [["1", "2"], ["3", "4"]]),
        ("a.jsonl", '{"a": "1"}\n{"a": "\x00"}\n{"a": "3"}\n', [["1"], ["3"]]),
        ("a.jsonl", '{"a": "1"}\n{\x00}\n{"a": "3"}\n', [["1"], ["3"]]),
        ("a.conll", "1 O\n\n\x002 O\n\n3 O\n", [["1", "O"], ["3", "O"]]),
        ("a.inter", "a:token\tb:token\n1\t2\n\x00\t2\n3\t4\n", [["1", "2"], ["3", "4"]]),
    ],
)
def test_a_row_with_a_nul_byte_is_set_aside(
    read: Read, name: str, content: str, kept: list[list[str]]
) -> None:
    table = read(name, content.encode())
    assert rows(table) == kept and table.frame.index.tolist() == [1, 3]
    assert table.broken.index.tolist() == [2]
    assert "\ufdd0" not in table.broken["text"].iloc[0] and "\0" not in table.broken["text"].iloc[0]


def test_many_nul_bytes_are_named_by_the_first_line(read: Read) -> None:
    with pytest.raises(InputError, match="is not text") as caught:
        read("a.csv", b"a,b\n1,2\n" + b"1,\x002\n" * 3 + b"1,2\n" * 3)
    assert caught.value.where == "a.csv: line 3"


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text, _ = as_utf8(Content("a.csv", data), None)
    except InputError as error:
        assert error.expected and error.found and error.where and error.fix
    else:
        assert text.decode().encode() == text
