"""What figures, stages and states are called on the pages, and what they mean."""

from __future__ import annotations

from mtrec.models.config import MINILM, SCRATCH
from mtrec.schema import ADAPTED, MULTITASK, PRETRAINED
from mtrec.wording import SPLIT_WORDS

METRICS = {
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "accuracy": "Right answers",
    "qwk": "Agreement (weighted kappa)",
    "mae": "Mean error in steps",
    "span_f1": "F1 of marked words",
    "macro_f1_directed": "Macro F1, directions apart",
    "ndcg": "List quality (NDCG)",
    "recall": "Hits found (recall)",
    "mrr": "First hit (MRR)",
    "map": "Mean precision (MAP)",
    "novelty": "How little known (novelty)",
    "diversity": "How unlike each other (diversity)",
    "coverage": "Share of catalogue shown",
}

METRIC_HELP = {
    "macro_f1": "The mean of F1 over all labels, each label counting the same however rare it is. "
    "F1 balances how often the label was right when given (precision) and how much of it was "
    "found (recall). 1 is perfect.",
    "micro_f1": "F1 over all answers together, so that frequent labels count more. 1 is perfect.",
    "accuracy": "The share of texts that are predicted right in everything.",
    "qwk": "How well predicted and true places on the scale agree beyond chance, where a near miss "
    "counts less than a far one. 1 is perfect, 0 is no better than guessing.",
    "mae": "By how many steps on the scale the prediction is off on average. 0 is perfect.",
    "span_f1": "F1 over all marked spans: one counts as found only if it begins and ends at the "
    "right word and is called the right thing. 1 is perfect.",
    "macro_f1_directed": "Macro F1 with each direction of a relation as a label of its own. Macro "
    "F1 itself takes both directions as one label, and a wrong direction as a mistake. Both leave "
    "out Other, which is no relation.",
    "ndcg": "How high the liked items stand in the list of recommendations: 1 when they all stand "
    "at its top, 0 when none is in it.",
    "recall": "The share of a person's liked items that made it into the list.",
    "mrr": "1 divided by the place of the first liked item in the list.",
    "map": "How many of the items down to each liked one were liked too, averaged over the liked "
    "ones: 1 when they all stand at the top of the list.",
    "novelty": "How little known the items in a list are: 0 when everyone liked them before, and 1 "
    "more each time that half as many did. More is not better by itself.",
    "diversity": "How little the texts of the items in a list have in common: 0 when they all say "
    "the same, about 1 when they have nothing in common. More is not better by itself.",
    "coverage": "The share of all items that stand in at least one person's list.",
}

COMMONEST_HELP = (
    "What somebody gets on the same texts who reads none of them and always gives the answer that "
    "is most frequent in the training part. A model is worth something where it beats that."
)

MIXED_UP_HELP = (
    "Which labels the model takes for which, the worst first. Pairs with many cases come before "
    "equally bad ones with few; labels with very few cases are left out, since they may be chance."
)

RIGHT_HELP = "Right means right in everything: of several labels or marked words, all of them."

STAGES = {
    PRETRAINED: "Before training",
    MULTITASK: "After learning the tasks",
    ADAPTED: "After learning what they like",
}

RECOMMENDERS = {
    "popular": "What is popular, the same for all",
    "content": "Near to their texts, nothing learned",
    "item-knn": "Liked by the same people (item kNN)",
    "user-knn": "Liked by similar people (user kNN)",
    "ease": "What likes say of likes (EASE)",
    "als": "Factors of likes (ALS)",
    "bpr": "Factors of likes, by pairs (BPR)",
}

STAGE_HELP = (
    "Before training: the language model as it came. After learning the tasks: the same model "
    "after it learned your labels. After learning what people like: profiles adapted to the items "
    "that people liked. Newer likes may count more there than older ones, as much as validation "
    "says."
)

SPLITS = SPLIT_WORDS

SPLIT_HELP = (
    "The model learns from the training part. The validation part decides when to stop. The test "
    "part is looked at once, at the end, so its figures are honest."
)

SCHEMES = {
    "published": "as the files say",
    "global-time": "by one moment in time: what came later is the test",
    "user-time": "by each person's own time: what they did last is the test",
    "random": "at random",
}

ASKED_SCHEMES = {
    "auto": "Whatever suits it best",
    "global-time": "By one moment in time: what came later is the test",
    "user-time": "By each person's own time: what they did last is the test",
    "random": "At random",
}

ENCODERS = {
    MINILM: "Comes with mtrec and has read much English",
    SCRATCH: "Made anew: a small one that first learns to read from your training texts alone, in "
    "any language. Best where all of it learns",
}

OTHER_ENCODER = "Another one: a folder with it, or its name on the Hugging Face hub"

METHODS = {
    "frozen": "Nothing of it: quickest, a good first look",
    "top": "Its upper layers: minutes, usually better",
    "lora": "A small addition to each of its layers: far less to learn than all of it",
    "prompt": "A few words of its own before each text: very little to learn",
    "full": "All of it: the most to learn",
}

COSTS_HELP = (
    "Measured on this machine on a few of these texts. The time counts everything from the start "
    "to the recommendations: learning for as many epochs as there may be, checking after each, and "
    "reading all texts for the report. It gets shorter where learning ends early or texts were "
    "read before, and longer where other programs keep the machine busy. Memory is that of the "
    "whole training, on the GPU where there is one."
)

TRUNKS = {
    "shared": "One layer, the same for all: the least to learn",
    "mmoe": "Several layers, each task takes its own mixture: where tasks get in each other's way",
    "cgc": "The same, and some for each task alone: where tasks have little in common",
}

SAMPLINGS = {
    "proportional": "Each record once an epoch",
    "temperature": "Records of tasks with few labels more often, others less",
    "equal": "All tasks alike, as far as records let them: those with few labels again and again",
}

LABEL_KINDS = {
    "binary": "one of two",
    "multiclass": "one of several",
    "multilabel": "several at once",
    "ordinal": "a place on a scale",
    "tags": "words marked in the text",
    "relation": "how two marked words relate",
}

RULES = {
    "exclude": "Leave items out",
    "pin": "Put items on top",
    "boost": "Lift or lower items",
    "limit": "At most so many of a kind",
    "diversify": "More variety",
    "fresh": "Newer items earlier",
}

RULE_HELP = {
    "exclude": "These items are never listed. It comes before every other rule.",
    "pin": "These items come first, in this order, for everyone who has not had them.",
    "boost": "These items move up in everyone's list, or down.",
    "limit": "One list holds at most so many items that share a value, such as a category.",
    "diversify": "Items come earlier whose texts are unlike those above them.",
    "fresh": "The newer an item is, the further up it moves.",
}

SEGMENTS = {
    "all": "Everyone",
    "cold": "New people (nothing liked in training)",
    "few": "Few acts (1 to 4)",
    "warm": "Many acts (5 or more)",
}

SHORT = {"all": "everyone", "cold": "new", "few": "1 to 4 acts", "warm": "5 or more"}

STATUS = {
    "queued": "waiting",
    "running": "running",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
}

STATUS_ICONS = {
    "queued": ":material/schedule:",
    "running": ":material/autorenew:",
    "finished": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
}

SOURCES = {
    "text": "all their texts",
    "liked": "things they liked",
    "mentioned": "things they wrote about",
    "popular": "popular",
    "average": "average person",
}

GUESSING_HELP = (
    "The language model reads the training texts with about every seventh word hidden and learns "
    "to guess these words. So it comes to know the language of the texts, without any label."
)

EPOCH_HELP = "An epoch is one pass over all training records."

PACE_HELP = (
    "How many texts went through in the last seconds, and what memory the training holds. Where "
    "little is free, the machine becomes slow and may end the training: read fewer word pieces at "
    "once then."
)

LAMBDA_HELP = (
    "λ says how much a task counts while all tasks are learned together: 2 counts twice as much "
    "as 1. At 0 the task is only watched: it is still predicted and reported, but shapes nothing."
)


def recommender(name: str) -> str:
    """What a stage or a baseline is called."""
    return STAGES.get(name) or RECOMMENDERS.get(name, name)


def metric(name: str) -> str:
    """What a metric is called: `ndcg@10` reads `List quality (NDCG), first 10`."""
    base, _, k = name.partition("@")
    words = METRICS.get(base, base.replace("_", " "))
    return f"{words}, first {k}" if k else words


def metric_help(name: str) -> str:
    """What a metric means, in a sentence or two; empty for one that is not known here."""
    return METRIC_HELP.get(name.partition("@")[0], "")
