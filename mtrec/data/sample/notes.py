"""Reading notes: what a person jots down while reading the shop's magazine."""

from __future__ import annotations

from mtrec.data.sample.lexicon import Topic
from mtrec.data.sample.writing import Writer, capitalised

TEMPLATES = (
    "{fact}",
    "{fact} {aside}",
    "{fact} {fact_too}",
    "[Page|p.] {page}: {fact}",
    "[Chapter|Part] {chapter}: {fact} {aside}",
    "[Note to self|To do|Next]: {plan}.",
    "{fact} [So|That means I should|Which means]: {plan}.",
    "[Want to|Must|Should really] {plan}. {fact}",
    "[Good|Nice|Long|Short] [piece|article|chapter] on {activity}. {fact}",
    "[Still don't know how to|Finally understand how to|Look up how to] {how_to}.",
    "[Question after reading|Open question]: how do you {how_to}? {fact}",
    "[The author says|It says here|Underlined this]: {fact} {aside}",
    "{one} or {other}? The [author|article|book] prefers {one}. {aside}",
    "[Ideas|Three things to try]: {plan}, {plan_too}.",
)

# Notes about two topics at once, and notes that say next to nothing about any.
CROSSING = (
    "{fact} [Same idea as in|Reminds me of what I read about|A bit like] {other_activity}:"
    " {other_fact}",
    "[Was reading on {activity}, but this stuck|Not really about {activity}, still]: {other_fact}",
    "[Read this beside the piece on|More useful to me than the one on] {other_activity}. {fact}",
)
VAGUE = (
    "[Reread|Read again] [page|from page] {page} [tomorrow|slowly|with a pencil]. {aside}",
    "The [part|bit|section] about [patience|practice|preparation|good tools] is the best of"
    " chapter {chapter}.",
    "[Beginners|People] rush the first step and pay for it later, says page {page}.",
    "[Lend this to|Show this to|Copy this for] my {friend}, page {page}.",
    "[Skipped|Skimmed] chapter {chapter}, too technical for [me|tonight|now].",
    "[Buy less, use it more|Practice beats equipment|Start small and stay at it], p. {page}.",
)
CROSSING_SHARE, VAGUE_SHARE = 0.06, 0.02

ASIDES = (
    "[Didn't know that|Good to know|Never thought of it|Worth remembering].",
    "[Must try this|Will test this at the weekend|Try it on Sunday].",
    "[So that's why mine never worked|That explains my failures|I do it exactly wrong].",
    "[Not sure I agree|Really?|Ask somebody who knows|Sounds too simple].",
    "[My {friend} always says so|My {friend} would disagree|Tell my {friend}].",
)
FRIENDS = ("grandfather", "neighbour", "sister", "brother", "daughter", "flatmate", "colleague")


def write_note(writer: Writer, topic: Topic, other: Topic) -> str:
    """A reading note about `topic`; some glance at the `other` one."""
    kind = writer.weighted(
        {CROSSING: CROSSING_SHARE, VAGUE: VAGUE_SHARE, TEMPLATES: 1 - CROSSING_SHARE - VAGUE_SHARE}
    )
    aside = writer.fill(writer.pick(ASIDES), friend=writer.pick(FRIENDS))
    fact, fact_too = writer.several(topic.facts, 2)
    plan, plan_too = writer.several(topic.plans, 2)
    one, other_one = writer.several(writer.pick(topic.choices), 2)
    text = writer.fill(
        writer.pick(kind),
        aside=aside,
        fact=fact,
        fact_too=fact_too,
        plan=plan,
        plan_too=plan_too,
        how_to=writer.pick(topic.how_to),
        one=one,
        other=other_one,
        activity=topic.activity,
        other_activity=other.activity,
        other_fact=writer.pick(other.facts),
        friend=writer.pick(FRIENDS),
        page=str(writer.rng.integers(3, 190)),
        chapter=str(writer.rng.integers(1, 14)),
    )
    return capitalised(text)
