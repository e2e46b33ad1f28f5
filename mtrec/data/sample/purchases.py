"""What people buy: by all of their interests, by what is popular, and sometimes by neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mtrec.data.sample.crowd import Person, draw_moment, shares_of_acts
from mtrec.data.sample.lexicon import Product
from mtrec.data.sample.truth import Truth

SPREAD = 0.6  # of people's eagerness to buy, a standard deviation in logarithms
BOUGHT_AGAIN = 0.03  # share of purchases that repeat an earlier one of the same person
TWO_AT_ONCE = 0.15  # share of cheap products that are bought in pairs
CHEAP = 30


@dataclass(frozen=True, order=True)
class Purchase:
    """One act; `person` and `item` are rows of the truth."""

    moment: float
    person: int
    item: int
    quantity: int


def draw_purchases(
    rng: np.random.Generator,
    truth: Truth,
    products: list[Product],
    crowd: list[Person],
    number: int,
) -> list[Purchase]:
    """All purchases in the order of time. A person with very many may be cut short."""
    probabilities = truth.buying()
    counts = rng.multinomial(number, shares_of_acts(rng, crowd, SPREAD))
    purchases = []
    for row, person in enumerate(crowd):
        again = int(rng.binomial(max(counts[row] - 1, 0), BOUGHT_AGAIN))
        new = min(int(counts[row]) - again, len(products) // 2)
        items = rng.choice(len(products), size=new, replace=False, p=probabilities[row])
        for item in [*items, *(rng.choice(items, size=again) if again else [])]:
            cheap = products[item].price < CHEAP
            quantity = 2 if cheap and rng.random() < TWO_AT_ONCE else 1
            moment = draw_moment(rng, person.joined)
            purchases.append(Purchase(moment, row, int(item), quantity))
    return sorted(purchases)
