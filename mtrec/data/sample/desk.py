"""Where people write: one method an activity, each giving one row of its table."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from mtrec.data.sample.crowd import DAYS, Person, draw_moment, shares_of_acts, time_stamp
from mtrec.data.sample.lexicon import Product, Topic
from mtrec.data.sample.messages import TOPIC_SHARE, URGENCIES, write_message
from mtrec.data.sample.notes import write_note
from mtrec.data.sample.purchases import Purchase
from mtrec.data.sample.reviews import SENTIMENTS, write_review
from mtrec.data.sample.searches import INTENTS, write_search
from mtrec.data.sample.truth import ACTIVITIES, Truth
from mtrec.data.sample.writing import Writer, roughened

SPREAD = 0.5  # of people's eagerness to write, a standard deviation in logarithms
REVIEWS_OF_PURCHASES = 0.5  # share of reviews about something bought here, where there is any
DAYS_UNTIL_REVIEW = 14  # the mean

Row = tuple[object, ...]  # the time stamp last


class Desk:
    """Where everything is written: one method an activity, each giving one row of its table."""

    def __init__(
        self,
        rng: np.random.Generator,
        truth: Truth,
        topics: tuple[Topic, ...],
        products: list[Product],
        bought: list[Purchase],
    ) -> None:
        self.rng = rng
        self.truth = truth
        self.topics = topics
        self.products = products
        self.to_review: dict[tuple[str, str], list[Purchase]] = defaultdict(list)
        for purchase in bought:
            key = truth.users[purchase.person], products[purchase.item].topic
            self.to_review[key].append(purchase)
        self.reviewed: set[tuple[str, int]] = set()

    def write(self, crowd: list[Person], number: int) -> dict[str, list[Row]]:
        """`number` texts as rows by activity, in the order of time.

        Each activity is about the part of a person's interests that it shows.
        """
        authors = {
            "reviews": self.review,
            "searches": self.search,
            "notes": self.note,
            "messages": self.message,
        }
        writers = [Writer(stream) for stream in self.rng.spawn(len(ACTIVITIES))]
        rows: dict[str, list[Row]] = {name: [] for name in ACTIVITIES}
        counts = self.rng.multinomial(number, shares_of_acts(self.rng, crowd, SPREAD))
        for person, count, shown in zip(crowd, counts, self.truth.shown, strict=True):
            cells = self.rng.choice(shown.size, size=count, p=shown.ravel() / shown.sum())
            for cell in cells:
                activity, topic = divmod(int(cell), len(self.topics))
                name = [*ACTIVITIES][activity]
                rows[name].append(authors[name](writers[activity], person, self.topics[topic]))
        return {name: sorted(found, key=lambda row: str(row[-1])) for name, found in rows.items()}

    def review(self, writer: Writer, person: Person, topic: Topic) -> Row:
        item, moment = self._reviewable(writer, person, topic)
        sentiment = writer.weighted(SENTIMENTS)
        text = write_review(writer, topic, self.products[item], sentiment)
        text = roughened(writer, text, person.haste)
        return person.user, self.truth.items[item], text, sentiment, time_stamp(moment)

    def search(self, writer: Writer, person: Person, topic: Topic) -> Row:
        intent = writer.weighted(INTENTS)
        text = write_search(writer, topic, intent)
        text = roughened(writer, text, person.haste)
        return person.user, text, intent, _now(writer, person)

    def note(self, writer: Writer, person: Person, topic: Topic) -> Row:
        other = writer.pick([other for other in self.topics if other is not topic])
        text = roughened(writer, write_note(writer, topic, other), person.haste)
        return person.user, text, topic.name, _now(writer, person)

    def message(self, writer: Writer, person: Person, topic: Topic) -> Row:
        urgency = writer.weighted(URGENCIES)
        text = write_message(writer, topic, urgency)
        text = roughened(writer, text, person.haste)
        label = topic.name if writer.chance(TOPIC_SHARE) else None
        return person.user, text, urgency, label, _now(writer, person)

    def _reviewable(self, writer: Writer, person: Person, topic: Topic) -> tuple[int, float]:
        """An item of the topic that the person has not reviewed yet, and a moment to do so."""
        waiting = self.to_review[person.user, topic.name]
        if waiting and writer.chance(REVIEWS_OF_PURCHASES):
            purchase = waiting.pop(int(writer.rng.integers(len(waiting))))
            moment = purchase.moment + writer.rng.exponential(DAYS_UNTIL_REVIEW)
            if moment < DAYS and (person.user, purchase.item) not in self.reviewed:
                self.reviewed.add((person.user, purchase.item))
                return purchase.item, float(moment)
        items = [i for i, product in enumerate(self.products) if product.topic == topic.name]
        items = [i for i in items if (person.user, i) not in self.reviewed] or items
        chances = self.truth.popularity[items]
        item = items[int(writer.rng.choice(len(items), p=chances / chances.sum()))]
        self.reviewed.add((person.user, item))
        return item, draw_moment(writer.rng, person.joined)


def _now(writer: Writer, person: Person) -> str:
    return time_stamp(draw_moment(writer.rng, person.joined))
