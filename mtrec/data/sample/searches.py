"""Searches: what a person looks for, and with which intent."""

from __future__ import annotations

from mtrec.data.sample.lexicon import Topic
from mtrec.data.sample.writing import Writer, is_plural, product_gaps, with_article

INTENTS = {"buy": 0.32, "learn": 0.24, "compare": 0.16, "repair": 0.15, "gift": 0.13}

TEMPLATES = {
    "buy": (
        "{wish}",
        "{wish} [under {price}|cheap|on sale|in stock|next day delivery]",
        "[buy|order|cheap|good|new|best] {wish}",
        "[where can i get|looking for|i need|do you have|show me] {a_noun} {scene}",
        "{noun} {noun_too}",
        "{a_noun} that last{s} and cost{s} less than {price}",
        "[a good|an affordable] {noun_one} {scene}",
    ),
    "learn": (
        "how to {how_to}",
        "how [do i|do you|can i|should i] {how_to}",
        "{how_to} [step by step|for beginners|explained|the easy way|at home]",
        "[tips|advice|a guide|help] [on how to|to] {how_to}",
        "[what is the best way|is there a trick|easiest way] to {how_to}",
        "i want to {how_to} but [have no idea where to start|keep failing|never learned it]",
        "{activity} [basics|for absolute beginners|first steps] {how_to}",
    ),
    "compare": (
        "{one} or {other}",
        "{one} vs {other} [for beginners||review]",
        "difference between {one} and {other}",
        "[what is better|which is better|which one should i take] {scene} {one} or {other}",
        "[pros and cons of|experience with] {one} compared to {other}",
        "{noun} compared [with cheaper ones|by price|test results]",
        "[is it worth paying more for|do i really need] {one} [instead of|when i have] {other}",
        "{noun} or {noun_too} [which first||what do people prefer]",
    ),
    "repair": (
        "{thing} {problem}",
        "{thing} {problem} [what to do|help|why|again]",
        "[fix|repair|how do i fix|can you repair] a {thing} that {problem}",
        "[spare part|replacement part|repair kit|warranty] for {thing}",
        "my {thing} {problem} [can it be saved|is it broken|where do i send it]",
        "[broken|damaged|worn out] {noun} [repair|replacement|fix]",
    ),
    "gift": (
        "[gift|present|birthday present|christmas gift] for [{a_person}|my {relative}] [who loves"
        " {activity}|who has everything||into {activity}]",
        "[gift ideas|present] {activity} under {price}",
        "{noun} as a [gift|present] for my {relative}",
        "what to [give|get|buy] [{a_person}|my {relative} who likes {activity}]",
        "[something|a little something] for my {relative} who is into {activity}",
        "{activity} [gift set|gift box|voucher|surprise] for my {relative}",
        "{a_noun} for my {relative} wrapped [with a card|nicely|please]",
    ),
}

# Searches that two intents could stand behind.
HARD_TEMPLATES = {
    "buy": (
        "what do i need to {how_to}",
        "{noun} for my {relative}",
        "new {thing}",
        "{noun} or something similar",
    ),
    "learn": (
        "what do i need to {how_to}",
        "{noun} instructions",
        "{activity} beginners",
        "which {noun_one} to {how_to}",
    ),
    "compare": (
        "best {noun}",
        "which {noun_one} {scene}",
        "{noun} any good",
        "{noun} reviews",
    ),
    "repair": (
        "new {thing}",
        "{noun} instructions",
        "{thing} advice",
        "how do i stop it when my {thing} {problem}",
    ),
    "gift": (
        "{noun} for my {relative}",
        "{activity} beginners set",
        "nice {noun} [under {price}|in a box]",
        "{activity} for kids",
    ),
}

HARD_SHARE = 0.16
_RELATIVE = "[dad|mum|sister|brother|wife|husband|uncle|aunt|niece|nephew|grandma|best friend|boss]"


def write_search(writer: Writer, topic: Topic, intent: str) -> str:
    """A search about the topic with the given intent."""
    product, product_too = writer.several(topic.products, 2)
    thing, problem = writer.pick(topic.faults)
    one, other = writer.several(writer.pick(topic.choices), 2)
    quality = writer.pick(topic.qualities)
    behind = quality.split()[0] in ("for", "with", "in", "under") or writer.chance(0.4)
    templates = (HARD_TEMPLATES if writer.chance(HARD_SHARE) else TEMPLATES)[intent]
    words = product_gaps(product)
    return writer.fill(
        writer.pick(templates),
        **words,
        noun_one=f"pair of {product.noun}" if is_plural(product.noun) else product.noun,
        noun_too=product_too.noun,
        wish=f"{product.noun} {quality}" if behind else f"{quality} {product.noun}",
        scene=writer.pick(topic.scenes),
        activity=topic.activity,
        a_person=with_article(topic.person),
        how_to=writer.pick(topic.how_to),
        thing=thing,
        problem=problem,
        one=one,
        other=other,
        price=writer.pick(("20", "30", "50", "80", "100", "150")),
        relative=writer.fill(_RELATIVE),
    )
