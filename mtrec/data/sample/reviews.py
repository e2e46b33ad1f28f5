"""Reviews: what a person says about a product, and whether they are pleased."""

from __future__ import annotations

from mtrec.data.sample.lexicon import Product, Topic
from mtrec.data.sample.writing import Writer, capitalised, product_gaps

SENTIMENTS = {"good": 0.52, "mixed": 0.20, "bad": 0.28}

OPENINGS = (
    "[Bought|Ordered|Got] {this} {noun} [in spring|a month ago|last autumn|on a whim|for my"
    " birthday|after long thought].",
    "[Bought|Ordered] {this} {noun} and used {them} {scene}.",
    "Used {them} {scene}.",
    "[Tried|Tested] {them} {scene}.",
    "{this} {noun} [came|arrived] [on Tuesday|after three days|a day early|well packed].",
    "[Two weeks|A month|Half a year|One season] with {this} {noun}.",
    "I am [new to|no expert in|quite serious about] {activity}.",
    "My [partner|neighbour|sister|teacher] [told me to get|recommended|lent me] {this} {noun}.",
    "[For {price} euros|At this price] I [expected a lot|didn't expect much].",
)

HEADLINES = {
    "good": "[Great|Excellent|Lovely|Perfect|Superb] [buy|choice|quality|purchase]!",
    "mixed": "[So-so|Only average|Mixed bag|Mediocre|Half good, half bad].",
    "bad": "[Bad|Terrible|Awful|Poor|Dreadful] [buy|choice|quality|purchase]!",
}
HEADLINE_SHARE = 0.5  # of the reviews that are easy to read

BODIES = {
    "good": (
        "{good}.",
        "{good}, and {good_too}.",
        "{good}. {good_too}.",
        "[Really|Very|So] [pleased|happy] with {them}: {good}.",
        "[What I like most|Best of all]: {good}.",
        "[Excellent|Fantastic|Wonderful|Great] {noun}! {good}.",
        "[Perfect|Excellent], {good}.",
    ),
    "mixed": (
        "{good}, but {bad}.",
        "{good}. [On the other hand|Sadly|Then again|However], {bad}.",
        "{bad}. [On the other hand|Then again|To be fair], {good}.",
        "[Pro|Plus]: {good}. [Con|Minus]: {bad}.",
        "[In two minds|Torn] about {them}: {good}, yet {bad}.",
        "[So-so|Average|Acceptable] {noun}, [not great, not terrible|with weak points]. {good}, but"
        " {bad}.",
        "[Good and bad|Light and shadow|A mixed bag]: {good}, but {bad}.",
        "Half of {my_hopes} came true: {good}. The other half: {bad}.",
    ),
    "bad": (
        "{bad}.",
        "{bad}, and {bad_too}.",
        "{bad}. {bad_too}.",
        "[Really|Very|So] [annoyed|unhappy] with {them}: {bad}.",
        "[Problem number one|What annoys me most]: {bad}.",
        "[Terrible|Useless|Awful|Really bad] {noun}! {bad}.",
        "[Poor quality|Badly made|Useless]: {bad}.",
    ),
}

CLOSINGS = {
    "good": (
        "[Highly recommended|Would buy again|Worth every penny|No regrets|Glad I bought {them}].",
        "[Five stars|Thumbs up|A clear yes] from me.",
        "I [love|adore|really like] {them}.",
        "Already [ordered a second one as a gift|told all my friends].",
    ),
    "mixed": (
        "[Three stars|Fine for the price|Okay but no more|Good idea, so-so execution].",
        "[Could be great with a bit more care|Mixed feelings|I'll keep {them}, but only just].",
        "[Not sure I would buy {them} again|Maybe the next version will be better].",
        "[Neither a bargain nor a waste|Depends on what you need].",
    ),
    "bad": (
        "[Sent {them} back|Going back tomorrow|Asked for a refund|Ended up in the bin].",
        "[Save your money|Never again|Stay away|Can't recommend {them}].",
        "[What a disappointment|What a waste of money|I expected more].",
        "I [regret|really regret] buying {them}.",
    ),
}

# Praise that sounds like blame, blame that sounds like praise, and reviews that hardly say a thing.
HARD = {
    "good": (
        "{niggle}, but {good} and that is what counts.",
        "I was afraid of the worst after reading the other comments. Unnecessary: {good}.",
        "[Nothing to complain about|Can't find a fault|Not bad at all]. {good}.",
        "{niggle}. Still the best {noun} I have had.",
        "The {noun} [does|do] the job.",
        "My old {noun}: {bad}. None of that here.",
        "If only I had bought {this} {noun} years ago.",
    ),
    "mixed": (
        "The {noun} [does|do] the job, no more and no less.",
        "{good}. {niggle} though.",
        "{bad}, which I can live with since {good}.",
        "Expected more from {them}, to be honest. Usable.",
        "{niggle}. {niggle_too}. But {good}.",
        "[Nice enough|Not bad, not great]. {good}, only {bad}.",
    ),
    "bad": (
        "[Wonderful|Great|Brilliant|How lovely]: {bad}. [Just what I needed|Exactly what you want"
        " {scene}].",
        "[Looks nice|Quick delivery|Pretty box|Friendly service], but {bad}. {bad_too}.",
        "I so wanted to like {this} {noun}. {bad}.",
        "Others may be happy with {them}. I am not.",
        "{good}, it says in the description. In truth: {bad}.",
        "[Not what I would call good|Far from perfect]. {bad}.",
        "Loved {them} for a week. Then: {bad}.",
    ),
}
HARD_SHARE = 0.08

NIGGLES = (
    "delivery took two weeks",
    "the box arrived dented",
    "a bit pricey",
    "smaller than I expected",
    "the colour is not quite as in the picture",
    "the instructions could be clearer",
    "it smelled a little at first",
    "there was far too much plastic around it",
)


def write_review(writer: Writer, topic: Topic, product: Product, sentiment: str) -> str:
    """A review of the product with the given sentiment, one to four sentences."""
    good, good_too = writer.several(product.kind.good, 2)
    bad, bad_too = writer.several(product.kind.bad, 2)
    niggle, niggle_too = writer.several(NIGGLES, 2)
    hard = writer.chance(HARD_SHARE)
    parts = [writer.pick((HARD if hard else BODIES)[sentiment])]
    if writer.chance(0.3):
        parts.insert(0, writer.pick(OPENINGS))
    if writer.chance(0.3 if hard else 0.85):
        parts.append(writer.pick(CLOSINGS[sentiment]))
    if not hard and writer.chance(HEADLINE_SHARE):
        parts.insert(0, HEADLINES[sentiment])
    text = writer.fill(
        " ".join(parts),
        **product_gaps(product),
        good=good,
        good_too=good_too,
        bad=bad,
        bad_too=bad_too,
        niggle=niggle,
        niggle_too=niggle_too,
        my_hopes=writer.pick(("my hopes", "what I hoped for", "the promises")),
        scene=writer.pick(topic.scenes),
        activity=topic.activity,
        price=str(product.price),
    )
    return capitalised(text)
