"""The sample shop as tables: people who review, search, take notes, write to support and buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from mtrec.data.sample.catalogue import write_description
from mtrec.data.sample.crowd import draw_crowd, time_stamp
from mtrec.data.sample.desk import Desk, Row
from mtrec.data.sample.lexicon import Product, Topic, load_topics
from mtrec.data.sample.purchases import Purchase, draw_purchases
from mtrec.data.sample.truth import Truth, draw_truth
from mtrec.data.sample.writing import Writer

COUNTRIES = {"Ireland": 0.3, "Austria": 0.25, "Canada": 0.2, "Denmark": 0.15, "Portugal": 0.1}

COLUMNS = {
    "reviews": ("user_id", "product_id", "review", "sentiment", "reviewed_at"),
    "searches": ("user_id", "query", "intent", "searched_at"),
    "notes": ("user_id", "note", "topic", "noted_at"),
    "messages": ("user_id", "message", "urgency", "topic", "sent_at"),
    "purchases": ("user_id", "product_id", "quantity", "paid", "bought_at"),
    "products": ("product_id", "name", "description", "category", "price"),
    "users": ("user_id", "country"),
}
LABELS = {
    "reviews": ("sentiment",),
    "searches": ("intent",),
    "notes": ("topic",),
    "messages": ("urgency", "topic"),
}


@dataclass(frozen=True)
class Sample:
    """The tables by file stem, as they are written, and the truth that is not."""

    tables: dict[str, pd.DataFrame]
    truth: Truth

    def write(self, folder: Path) -> None:
        """Writes one CSV a table into an existing folder, and the recipe that imports them."""
        for name, table in self.tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        recipe = files(__package__) / "recipe.yaml"
        (folder / "recipe.yaml").write_bytes(recipe.read_bytes())


def generate(
    seed: int = 0,
    people: int = 400,
    records: int = 6000,
    purchases: int = 5600,
    wrong_labels: float = 0.05,
) -> Sample:
    """Makes a shop. The same arguments give the same tables.

    Args:
        seed: of everything that is random.
        people: how many customers.
        records: how many texts they leave, over the four activities.
        purchases: how many purchases they make.
        wrong_labels: share of labels replaced by another label of the task. Nothing else depends
            on it.
    """
    streams = np.random.SeedSequence(seed).spawn(6)
    hidden, habits, buying, shop, writing, slips = map(np.random.default_rng, streams)
    topics = load_topics()
    products = [product for topic in topics for product in topic.products]
    truth = draw_truth(hidden, people, topics)
    crowd = draw_crowd(habits, truth.users)
    bought = draw_purchases(buying, truth, products, crowd, purchases)
    texts = Desk(writing, truth, topics, products, bought).write(crowd, records)
    tables = {name: _table(name, rows) for name, rows in texts.items()}
    for name, table in tables.items():
        for column in LABELS[name]:
            table[column] = _partly_wrong(slips, table[column], wrong_labels)
    tables["purchases"] = _table("purchases", _receipts(truth, products, bought))
    tables["products"] = _table("products", _catalogue(Writer(shop), truth, topics, products))
    homes = [(user, Writer(shop).weighted(COUNTRIES)) for user in truth.users]
    tables["users"] = _table("users", homes)
    return Sample(tables, truth)


def _table(name: str, rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[name]))


def _receipts(truth: Truth, products: list[Product], bought: list[Purchase]) -> list[Row]:
    return [
        (
            truth.users[act.person],
            truth.items[act.item],
            act.quantity,
            act.quantity * products[act.item].price,
            time_stamp(act.moment),
        )
        for act in bought
    ]


def _catalogue(
    writer: Writer, truth: Truth, topics: tuple[Topic, ...], products: list[Product]
) -> list[Row]:
    named = {topic.name: topic for topic in topics}
    return [
        (
            item,
            product.title,
            write_description(writer, product, named),
            product.topic,
            product.price,
        )
        for item, product in zip(truth.items, products, strict=True)
    ]


def _partly_wrong(rng: np.random.Generator, labels: pd.Series, share: float) -> list[str | None]:
    """The labels with a share of them replaced by another one; missing ones stay missing."""
    known = sorted(set(labels.dropna()))
    wrong = rng.random(len(labels)) < share
    shifts = rng.integers(1, len(known), size=len(labels))
    return [
        None
        if pd.isna(label)
        else known[(known.index(label) + (shift if mistaken else 0)) % len(known)]
        for label, mistaken, shift in zip(labels, wrong, shifts, strict=True)
    ]
