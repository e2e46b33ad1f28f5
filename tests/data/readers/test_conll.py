"""conll: one row a sentence, whatever its tokens are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtrec.data.readers import Table
from mtrec.data.readers.conll import read_conll
from mtrec.data.readers.content import Content
from mtrec.data.recipe import FileOptions
from mtrec.errors import InputError

from .conftest import broken, rows

Read = Callable[..., Table]


def test_a_row_is_a_sentence(read: Read) -> None:
    table = read("a.conll", "Sonmarg\tB-location\n,\tO\n\t\nis\tO\n\n \t\nfar O\r\naway  O")
    assert table.frame.columns.tolist() == ["tokens", "tags"]
    assert rows(table) == [["Sonmarg ,", "B-location O"], ["is", "O"], ["far away", "O O"]]
    assert table.encoding == "utf-8"


def test_quotes_hashes_and_odd_spaces_are_tokens(read: Read) -> None:
    table = read("a.conll", '"\tO\n#\tO\n\n#\tO\n\ufe0f\tO\n\xa0\tO\n\n# O\na,b O\n')
    assert [row[0] for row in rows(table)] == ['" #', "# \ufe0f \xa0", "# a,b"]


def test_documents_and_remarks_are_left_out(read: Read) -> None:
    content = (
        "-DOCSTART- -X- -X- O\n\n# sent_id = 1\n# text = EU rejects O\n"
        "EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n-DOCSTART- -X- -X- O\n# NN B-NP O\n"
    )
    table = read("a.conll", content)
    assert table.frame.columns.tolist() == ["tokens", "column2", "column3", "tags"]
    assert rows(table) == [
        ["EU rejects", "NNP VBZ", "B-NP B-VP", "B-ORG O"],
        ["#", "NN", "B-NP", "O"],
    ]


def test_a_sentence_with_an_odd_line_is_broken(read: Read) -> None:
    table = read("a.conll", "a O\n\nb\nc O\n\nd O\n\ne x O\n\nf O\n")
    assert table.frame.index.tolist() == [1, 3, 5]
    assert broken(table) == {
        2: ("1 cell in a line where others have 2", "b\nc O"),
        4: ("3 cells in a line where others have 2", "e x O"),
    }


@pytest.mark.parametrize("content", ["a\nb\n\nc\n", "\t\n\n", "# only\n# remarks\n"])
def test_what_holds_no_tagged_sentence_is_refused(read: Read, content: str) -> None:
    with pytest.raises(InputError):
        read("a.conll", content)


TOKEN = st.text(
    st.characters(exclude_characters=" \t\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=6
).filter(lambda token: not token.startswith("-DOCSTART-"))
SENTENCE = st.lists(st.tuples(TOKEN, st.sampled_from(["O", "B-x", "I-x"])), min_size=1, max_size=5)


@given(st.lists(SENTENCE, min_size=1, max_size=5), st.sampled_from("\t "), st.booleans())
def test_what_is_written_is_read_back(
    sentences: list[list[tuple[str, str]]], between: str, has_broken: bool
) -> None:
    lines = ["\n".join(between.join(pair) for pair in sentence) for sentence in sentences]
    parts = [*lines, "alone"] if has_broken else lines
    table = read_conll(Content("a.conll", "\n\n".join(parts).encode()), FileOptions())
    expected = [[" ".join(column) for column in zip(*pairs, strict=True)] for pairs in sentences]
    assert rows(table) == expected
    assert len(table.frame) + len(table.broken) == len(parts)
