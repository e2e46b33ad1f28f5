"""What the sample shop sells and what its people talk about: one YAML file a topic.

In a topic's file every product is `[title, short noun, price, second topic where it has one]`; the
products of one kind share what can be praised and blamed about them. `good`, `bad` and `problem`
phrases are clauses, `how_to` and `plans` verb phrases, `facts` and `features` whole sentences,
`scenes` ends of "I used it …".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Kind:
    """Products of one sort, and what people say about them."""

    features: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """Something the shop sells; `also` names a second topic that it belongs to."""

    title: str
    noun: str
    price: int
    topic: str
    also: str | None
    kind: Kind


@dataclass(frozen=True)
class Topic:
    """One field of interest with everything that is said about it."""

    name: str
    activity: str
    person: str
    products: tuple[Product, ...]
    how_to: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, str], ...]
    qualities: tuple[str, ...]
    scenes: tuple[str, ...]
    facts: tuple[str, ...]
    plans: tuple[str, ...]


@cache
def load_topics() -> tuple[Topic, ...]:
    """The topics of the shop in the order of their file names."""
    folder = files(__package__) / "topics"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    return tuple(_topic(yaml.safe_load(texts[name])) for name in sorted(texts))


def _topic(data: dict[str, Any]) -> Topic:
    products = []
    for entry in data.pop("kinds"):
        kind = Kind(*(tuple(entry[key]) for key in ("features", "good", "bad")))
        for title, noun, price, *also in entry["products"]:
            second = also[0] if also else None
            products.append(Product(title, noun, price, data["name"], second, kind))
    fields: dict[str, Any] = {key: _frozen(value) for key, value in data.items()}
    return Topic(products=tuple(products), **fields)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
