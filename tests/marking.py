"""Data whose ids and texts are told from all else, to find them wherever they show up."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

ID, WORD = "SECRETUSER", "zyxword"  # begin every id of a person, and every word of a text
PERSON = re.compile(rb"SECRET\w*", re.IGNORECASE)
WRITTEN = re.compile(rb"zyxwo\w*", re.IGNORECASE)  # cut short too; base64 holds fewer by chance
PEOPLE, ITEMS, EACH = 24, 30, 8
RECIPE = """\
name: marked
records:
  - {file: reviews.csv, text: text, user: user, item: item, time: time,
     tasks: {mood: {label: mood}, names: {label: names, type: tags}}}
  - {file: links.csv, text: text, user: user, tasks: {link: {label: link, type: relation}}}
users: {file: users.csv, id: id, attributes: [called, town]}
items: {file: items.csv, id: id, title: title, text: [title]}
interactions: {from: records, positive: "mood == 'good'"}
"""


def marked_files(folder: Path) -> Path:
    """Writes reviews with moods, marked words and relations, and gives the recipe.

    Some rows cannot be used; each person has a name of their own and one of two towns.
    """
    rng = random.Random(0)
    people = [f"{ID}{number:02d}" for number in rng.sample(range(PEOPLE), PEOPLE)]
    reviews, links = [], []
    for person in people:
        for day, item in enumerate(rng.sample(range(ITEMS), EACH), 1):
            mood = rng.choice(("good", "bad"))
            words = [f"{WORD}{mood}", *(f"{WORD}{rng.randrange(40)}" for _ in range(5))]
            tags = ["B-thing" if place == 3 else "O" for place in range(len(words))]
            told = (" ".join(words), mood, " ".join(tags))
            reviews.append((person, f"i{item}", f"2024-03-{day:02d}", *told))
        for _ in range(4):
            link = rng.choice(("Cause(e1,e2)", "Other"))
            kind = link[:5].lower()
            one, other = (f"{WORD}{rng.randrange(40)}" for _ in range(2))
            text = f"<e1>{one}</e1> {WORD}{kind} <e2>{other}</e2>"
            links.append((person, text, link))
    reviews.append((people[0], "i1", f"{WORD}never", f"{WORD}unread {WORD}time", "good", "O O"))
    reviews.append((people[0], "i2", "2024-03-09", "", f"{WORD}mood", f"{ID}99"))
    _write(folder / "reviews.csv", ("user", "item", "time", "text", "mood", "names"), reviews)
    _write(folder / "links.csv", ("user", "text", "link"), links)
    named = [(each, f"SECRETNAME{each[-2:]}", rng.choice(("Aby", "Bex"))) for each in people]
    _write(folder / "users.csv", ("id", "called", "town"), named)
    titles = [(f"i{item}", f"Thing {item}") for item in range(ITEMS)]
    _write(folder / "items.csv", ("id", "title"), titles)
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def marks(*said: str | bytes) -> set[str]:
    """The ids of people and words of texts that stand somewhere in what was said."""
    found = set()
    for each in said:
        content = each.encode() if isinstance(each, str) else each
        found |= {*PERSON.findall(content), *WRITTEN.findall(content)}
    return {each.decode() for each in found}


def sent(app: AppTest) -> list[bytes]:
    """All that a page sends to the browser, block by block, and its address."""
    address = "&".join(f"{key}={value}" for key, value in app.query_params.items())
    return [address.encode(), *_protos(app._tree)]


def _protos(node: Any) -> list[bytes]:
    proto = getattr(node, "proto", None)
    own = [proto.SerializeToString()] if hasattr(proto, "SerializeToString") else []
    children = getattr(node, "children", {})
    return own + [each for child in children.values() for each in _protos(child)]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
