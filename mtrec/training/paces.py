"""How fast texts are read and learned from, and what a training would take at that pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BYTES = 4  # of a weight
LEARNING_BYTES = 16  # more for one that learns: gradient, two means of AdamW, the best so far
PROCESS = 1.1e9  # bytes of the worker's programs and tables, as measured on shop and airline; and
CONTEXT = 0.5e9  # those that a GPU's driver takes for it
# Seconds, as measured on one core: until a worker has begun; to learn from likes and judge
# recommendations, for each thousand people; and to learn from a text that was read once for all
# epochs, each time. All are small beside what reading takes.
BEGINNING, JUDGING, AGAIN = 8.0, 1.0, 3e-5


@dataclass(frozen=True)
class Pace:
    """What one method takes on one machine, for the texts of one dataset.

    Attributes:
        learns: how many numbers (parameters) learn, those that answer the tasks included.
        weights: how many numbers there are in all.
        learn: seconds for each text that is learned from, each time.
        check: seconds for each validation text, read and scored.
        read: seconds for each text that is read, once the training is over or where nothing learns.
        item: the same for the text of an item.
        held: bytes that a step holds for each word piece of its batch.
        kept: bytes that are kept of each text, where it is read once for all epochs.
    """

    learns: int
    weights: int
    learn: float
    check: float
    read: float
    item: float
    held: float
    kept: float = 0.0


@dataclass(frozen=True)
class Counts:
    """How many texts there are: to learn from, to check on, in all, items; and people who like."""

    train: int
    val: int
    records: int
    items: int
    people: int


@dataclass(frozen=True)
class Measurement:
    """What was measured: the pace of each method that can be used, and what there is to do.

    Attributes:
        guess: seconds for each text from which words are guessed; 0 where none are.
        device: where it was measured, such as `cpu`.
    """

    paces: Mapping[str, Pace]
    counts: Counts
    guess: float
    device: str

    def json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Measurement:
        """What `json` gave."""
        paces = {method: Pace(**each) for method, each in data["paces"].items()}
        return cls(paces, Counts(**data["counts"]), data["guess"], data["device"])


@dataclass(frozen=True)
class Cost:
    """What a training is expected to take, at most.

    Attributes:
        learns: how many numbers learn.
        memory: bytes, on the GPU where there is one.
        seconds: from its start to its report and recommendations.
        epochs: the most there may be.
        device: where, such as `cpu`.
    """

    learns: int
    memory: float
    seconds: float
    epochs: int
    device: str


def cost(
    measured: Measurement,
    method: str,
    epochs: int,
    batch_tokens: int,
    guessing: int = 0,
    recommends: bool = True,
    was_read: bool = False,
) -> Cost:
    """What training by a method takes, from the paces measured.

    With n texts to learn from, v to check on, N in all and I items, for E epochs:
    E · (n · learn + v · check) seconds to learn; then all texts are read once more, and for
    recommendations also as the encoder came, as items are. One that rests reads each text once.
    What an encoder gives of texts as it came is kept, and read only where it is not there yet.

    Args:
        epochs: the most there may be.
        batch_tokens: word pieces in a step.
        guessing: epochs of guessing words before.
        recommends: whether recommendations are made.
        was_read: whether all texts were read before with the encoder as it came.
    """
    pace, counts = measured.paces[method], measured.counts
    seconds = BEGINNING + guessing * counts.train * measured.guess
    seconds += epochs * (counts.train * pace.learn + counts.val * pace.check)
    reading = counts.records * pace.read
    if recommends:
        reading += counts.items * pace.item
        seconds += JUDGING * counts.people / 1000
    if not pace.kept:
        seconds += reading
    if (pace.kept or recommends) and not was_read:
        seconds += reading
    memory = CONTEXT if measured.device.startswith("cuda") else PROCESS
    memory += BYTES * pace.weights + LEARNING_BYTES * pace.learns
    memory += pace.held * batch_tokens + pace.kept * counts.records
    return Cost(pace.learns, memory, seconds, epochs, measured.device)
