"""HTML as values: whatever is not HTML already is escaped on its way into an element."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mtrec.schema import Estimate

NO_BREAK = "\u00a0"
# Nothing that can be seen, and not allowed in HTML; halves of characters, not allowed in UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SIGNS = str.maketrans({":": "&#58;", "=": "&#61;"})


class Html(str):
    """Text that stands in the page as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Span:
    """A cell over several columns of a table."""

    content: object
    columns: int


def escaped(text: object) -> Html:
    """A text that reads letter for letter.

    Colons and equals signs become references too: they look the same, but the source holds no
    address and no attribute that came with the text, even for a program that only searches it.
    """
    if isinstance(text, Html):
        return text
    clean = _UNPRINTABLE.sub("\ufffd", str(text))
    return Html(html.escape(clean).translate(_SIGNS))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Parts after one another, escaped where they are not HTML."""
    return Html(escaped(between).join(map(escaped, parts)))


def tag(name: str, *parts: object, **attributes: object) -> Html:
    """An element. An attribute's name may end in `_`, as in `class_`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{join(parts)}</{name}>")


def data(text: object, limit: int | None = None) -> Html:
    """A name from data, on one line, whose direction of writing does not spread to what follows.

    Args:
        limit: longer ones end in … after this many characters.
    """
    line = " ".join(str(text).split())
    if limit is not None and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return tag("bdi", line)


def paragraph(*parts: object, **attributes: object) -> Html:
    return tag("p", *parts, **attributes)


def bullets(lines: Iterable[object]) -> Html:
    return tag("ul", *(tag("li", line) for line in lines))


def table(
    caption: object,
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    numbers: Collection[int] = (),
) -> Html:
    """A table whose first column names its rows.

    Args:
        rows: cells, of which a `Span` fills several columns.
        numbers: the columns that hold nothing but numbers.
    """
    top = tag("tr", *(_cell("th", each, i in numbers, scope="col") for i, each in enumerate(head)))
    body = [tag("tr", *_row(cells, numbers)) for cells in rows]
    return tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body))


def barred(figure: str, share: Estimate, mark: float | None = None, top: float = 1) -> Html:
    """A figure and the same as a bar, its interval as a line.

    Args:
        figure: `share` as it is written. The bar itself is hidden from screen readers.
        share: there is no bar where it is none of `top`.
        mark: another share, at which a tick stands.
        top: what a full bar is.
    """
    written = tag("strong", figure)
    if not 0 <= share.value <= top:
        return written
    parts = [_part("i", 0, share.value / top)]
    if share.low is not None and share.high is not None:
        parts.append(_part("b", share.low / top, share.high / top))
    if mark is not None:
        parts.append(_part("u", mark / top, mark / top))
    return join([written, tag("span", *parts, class_="bar", aria_hidden="true")])


def interval(estimate: Estimate) -> str:
    """From where to where it goes, or that there is none."""
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"{estimate.low:.3f}{NO_BREAK}to{NO_BREAK}{estimate.high:.3f}"


def _row(cells: Sequence[object], numbers: Collection[int]) -> Iterable[Html]:
    for place, cell in enumerate(cells):
        if isinstance(cell, Span):
            yield tag("td", cell.content, colspan=cell.columns)
        elif place == 0:
            yield _cell("th", cell, place in numbers, scope="row")
        else:
            yield _cell("td", cell, place in numbers)


def _cell(name: str, content: object, is_number: bool, **attributes: object) -> Html:
    if is_number:
        attributes["class_"] = "number"
    return tag(name, content, **attributes)


def _part(name: str, low: float, high: float) -> Html:
    """What reaches from one share to another, kept inside the bar."""
    start, end = (100 * min(max(each, 0.0), 1.0) for each in (low, high))
    return Html(f'<{name} style="left:{start:.2f}%;width:{end - start:.2f}%"></{name}>')
