"""The descriptions in the shop's catalogue."""

from __future__ import annotations

from mtrec.data.sample.lexicon import Product, Topic
from mtrec.data.sample.writing import Writer, capitalised, product_gaps

OPENINGS = (
    "[For|Made for|A favourite among people who love] {activity}.",
    "{a_noun} for [everyone into|beginners and old hands at|the love of] {activity}.",
    "[Our|The] {noun} for [a first try at|years of] {activity}.",
    "[Chosen|Tested|Recommended] by our team for {activity}.",
)


def write_description(writer: Writer, product: Product, topics: dict[str, Topic]) -> str:
    """Two to four sentences about a product; the second topic is named where it has one."""
    opening = writer.fill(
        writer.pick(OPENINGS), activity=topics[product.topic].activity, **product_gaps(product)
    )
    features = writer.several(product.kind.features, 2)
    parts = [opening, *features]
    if product.also:
        activity = topics[product.also].activity
        parts.append(writer.fill("[Also handy|A good choice as well] for {also}.", also=activity))
    return capitalised(" ".join(parts))
