"""conll: a token and its tags on a line, an empty line between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mtrec.data.readers.content import Content
from mtrec.data.readers.encodings import as_utf8
from mtrec.data.readers.table import Broken, Row, Table, assemble, stack
from mtrec.data.recipe import FileOptions
from mtrec.wording import many

TOKENS, TAGS = "tokens", "tags"
FITTING = "a token and its tag on every line, an empty line between sentences"
DOCUMENT = "-DOCSTART-"
COMMENT = "# "
TAG = re.compile(r"O|[BIESLU]-\S+")


def read_conll(content: Content, options: FileOptions) -> Table:
    """A row a sentence: its `tokens` and its `tags`, the last column, both joined by spaces.

    Columns between them are called `column2` and so on. A quote is a token like others.
    """
    text, encoding = as_utf8(content, options.encoding)
    lines = re.split("\r\n|\r|\n", text.decode())
    return assemble(content.name, *stack(_rows(lines)), encoding, FITTING)


def _rows(lines: list[str]) -> Iterator[Row | Broken]:
    width = max(_width(lines), 2)
    columns = [TOKENS, *(f"column{number}" for number in range(2, width)), TAGS]
    for number, sentence in enumerate(_sentences(lines, width), start=1):
        cells = [_cells(line) for line in sentence]
        odd = next((len(line) for line in cells if len(line) != width), None)
        if odd is None:
            joined = map(" ".join, zip(*cells, strict=True))
            yield dict(zip(columns, joined, strict=True))
        else:
            reason = f"{many(odd, 'cell')} in a line where others have {width}"
            yield Broken(number, reason, "\n".join(sentence))


def _sentences(lines: list[str], width: int) -> Iterator[list[str]]:
    sentence: list[str] = []
    for line in lines:
        if line.strip(" \t") and not line.startswith(DOCUMENT):
            if sentence or not _is_comment(line, width):
                sentence.append(line)
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _width(lines: list[str]) -> int:
    """How many cells a line has: as many as the first that can be no comment."""
    plain = (_cells(line) for line in lines if not line.startswith((DOCUMENT, COMMENT)))
    return next((len(cells) for cells in plain if cells), 0)


def _is_comment(line: str, width: int) -> bool:
    """Whether a line before a sentence is a remark; a `#` that has a tag is a token."""
    cells = _cells(line)
    return line.startswith(COMMENT) and not (len(cells) == width and TAG.fullmatch(cells[-1]))


def _cells(line: str) -> list[str]:
    return [cell for cell in line.replace("\t", " ").split(" ") if cell]
