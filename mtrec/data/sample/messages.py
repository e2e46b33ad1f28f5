"""Support messages: what went wrong, and whether somebody has to answer today."""

from __future__ import annotations

from mtrec.data.sample.lexicon import Topic
from mtrec.data.sample.writing import Writer, capitalised, product_gaps

URGENCIES = {"urgent": 0.38, "routine": 0.62}

GREETINGS = ("Hello! ", "Hi. ", "Hi there. ", "Good morning! ", "Dear team. ", "", "", "")

# What a message is about, whoever has to hurry.
MATTERS = {
    "fault": (
        "my {thing} {problem}.",
        "my {thing} {problem} and I only [bought|got] it [in spring|last month|two weeks ago].",
        "the {noun} {has} [a flaw|a mark|a crack|a stain] right out of the box.",
        "[one part|a screw|the manual|half of the contents] was missing from the {noun}.",
    ),
    "order": (
        "the {noun} I ordered [last week|ten days ago|on {day}] {has} not arrived.",
        "I got the wrong {noun}, [too small|too big|another colour|not what is in the picture].",
        "I was charged twice for the {noun}.",
        "can I still change the address for my {noun}?",
    ),
    "question": (
        "which {noun} would you take {scene}?",
        "how do I [send back|return|exchange] the {noun}?",
        "[is there|do you have] a spare part for my {noun}?",
        "[can I|may I|is it all right to] use the {noun} {scene}?",
    ),
}
# The same where nothing says which product, or even which field of interest.
PLAIN_MATTERS = {
    "fault": ("it broke on the first day.", "I can't log in any more."),
    "order": (
        "my order {order} has not arrived.",
        "the parcel {order} was delivered to somebody else.",
        "I was charged twice for order {order}.",
        "order {order} shows as delivered but nothing is here.",
    ),
    "question": ("where is the invoice for order {order}?", "how do I use the voucher?"),
}

PURPOSES = ("I want to use {them} {scene}.", "I bought {them} for {activity}.")

CUES = {
    "urgent": {
        "fault": (
            "Somebody could get hurt, [please call me today.|what should I do now?]",
            "There are small kids around, so tell me [at once|right now] what to do.",
            "I need a [replacement|solution] [by|before|on] {deadline}.",
        ),
        "order": (
            "[Please stop it|Please sort this out|Please fix this] [at once|right now|today].",
            "I need {them} [by|before|on] {deadline}.",
            "I have been waiting since {day} and the [course|trip|party] starts {deadline}.",
        ),
        "question": (
            "I need to know [today|before tonight|within the hour].",
            "I have to decide [today|by tomorrow noon|before the shop closes].",
        ),
        "any": (
            "We leave [tomorrow|tonight|early on {deadline}], please [call me|answer] today.",
            "[The birthday|The course|The trip|The party] is on {deadline}!",
            "[This can't wait|Please hurry|As soon as possible please|It's urgent].",
        ),
    },
    "routine": {
        "fault": (
            "It still works if I am careful.",
            "Not a big problem, [I only wanted to let you know|just so you know].",
        ),
        "order": (
            "[It's for next season|I won't need {them} before next year|It can wait until the"
            " holidays].",
            "[You can sort that out|Please correct it] with the next order.",
        ),
        "question": (
            "[Just wondering|Just curious|Only asking].",
            "[I looked in the manual but found nothing|The website doesn't say].",
        ),
        "any": (
            "[No hurry|No rush|Take your time].",
            "[Whenever you have a moment|When you get round to it].",
            "[Thanks in advance|Thank you|Many thanks|Kind regards].",
            "What [are my options|would you suggest|do you recommend]?",
        ),
    },
}

# Calm words with a deadline, loud words without one, and messages that leave it open.
HARD_CUES = {
    "urgent": (
        "Sorry to bother you, would it be possible to hear from you before {deadline}?",
        "I know you are busy, but {deadline} is the day.",
        "Thank you for looking into it [today|this morning].",
        "It is meant for {deadline}.",
        "",
        "[What now?|Please help.|Any news?]",
    ),
    "routine": (
        "This is the third time I write!!!",
        "It's not urgent, I don't need an answer today or tomorrow.",
        "Not a matter of life and death, {deadline} or the week after is fine.",
        "I am really annoyed.",
        "",
        "[What now?|Please help.|Any news?]",
        "I won't be back before {deadline} anyway.",
    ),
}
HARD_SHARE = 0.08
PLAIN_SHARE = 0.05
TOPIC_SHARE = 0.45  # of the messages carry a topic beside their urgency

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def write_message(writer: Writer, topic: Topic, urgency: str) -> str:
    """A support message around the topic with the given urgency."""
    product = writer.pick(topic.products)
    thing, problem = writer.pick(topic.faults)
    kind = writer.pick((*MATTERS,))
    plain = writer.chance(PLAIN_SHARE)
    parts = [writer.pick((PLAIN_MATTERS if plain else MATTERS)[kind])]
    if kind == "order" and not plain and writer.chance(0.5):
        parts.append(writer.pick(PURPOSES))
    hard = writer.chance(HARD_SHARE)
    cues = CUES[urgency][kind] + CUES[urgency]["any"]
    cue, cue_too = writer.several(HARD_CUES[urgency] if hard else cues, 2)
    parts.insert(len(parts) if writer.chance(0.75) else 0, cue)
    if not hard and writer.chance(0.35):
        parts.append(cue_too)
    day, deadline = writer.several(_DAYS, 2)
    text = writer.fill(
        writer.pick(GREETINGS) + " ".join(parts),
        **product_gaps(product),
        thing=thing,
        problem=problem,
        activity=topic.activity,
        scene=writer.pick(topic.scenes),
        day=day,
        deadline=deadline,
        order=f"{writer.rng.integers(10_000, 99_999)}",
    )
    return capitalised(text)
