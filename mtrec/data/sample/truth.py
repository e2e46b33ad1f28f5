"""What is true about the people of the sample shop, before any of them writes or buys anything.

Each person has interests: shares over the topics that add up to 1. Each interest is dealt out
among the activities, so that an activity shows a part of a person and all of them together show
the whole. Purchases follow the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtrec.data.sample.lexicon import Topic

# The activities and how many of all records each is meant to hold.
ACTIVITIES = {"reviews": 0.34, "searches": 0.26, "notes": 0.20, "messages": 0.20}

INTEREST_SPREAD = 0.2  # Dirichlet: about three interests a person
DEALING = 2.5  # Dirichlet: the lower, the more an interest shows in one activity alone
SECOND_TOPIC = 0.35  # share of a product's second topic
OFF_INTEREST = 0.12  # share of purchases that have nothing to do with the buyer's interests

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """The hidden side of a sample: U users, A activities, T topics, I items."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    topics: tuple[str, ...]
    interests: Floats  # (U, T), rows add up to 1
    shown: Floats  # (U, A, T), adds up to the interests over A
    item_topics: Floats  # (I, T), rows add up to 1
    popularity: Floats  # (I,), mean 1

    def buying(self) -> Floats:
        """How probable a purchase of each item by each user is, `(U, I)`, rows add up to 1."""
        wanted: Floats = (self.interests @ self.item_topics.T) * self.popularity
        wanted /= wanted.sum(axis=1, keepdims=True)
        anything = self.popularity / self.popularity.sum()
        probabilities: Floats = (1 - OFF_INTEREST) * wanted + OFF_INTEREST * anything
        return probabilities


def draw_truth(rng: np.random.Generator, people: int, topics: tuple[Topic, ...]) -> Truth:
    """Draws interests, what each activity shows of them, and how popular each item is."""
    products = [product for topic in topics for product in topic.products]
    names = tuple(topic.name for topic in topics)
    item_topics = np.zeros((len(products), len(topics)))
    for row, product in enumerate(products):
        second = SECOND_TOPIC if product.also else 0.0
        item_topics[row, names.index(product.topic)] = 1 - second
        if product.also:
            item_topics[row, names.index(product.also)] = second

    interests = rng.dirichlet(np.full(len(topics), INTEREST_SPREAD), size=people)
    parts = rng.dirichlet(DEALING * np.array([*ACTIVITIES.values()]), size=interests.shape)
    popularity = rng.lognormal(sigma=0.6, size=len(products))
    return Truth(
        users=tuple(f"u{number:03d}" for number in range(1, people + 1)),
        items=tuple(f"p{number:03d}" for number in range(1, len(products) + 1)),
        topics=names,
        interests=interests,
        shown=(interests[:, :, None] * parts).transpose(0, 2, 1),
        item_topics=item_topics,
        popularity=popularity / popularity.mean(),
    )
