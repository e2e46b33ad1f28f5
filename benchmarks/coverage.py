"""How often do 95 % intervals hold the value that they are about?

    python -m benchmarks.coverage

For each task type a large population of true and predicted labels is made, in which every figure
is known. Samples are drawn from it again and again; each time the interval of each figure is made
as reports make it, and either holds the population's figure or does not. 95 % of them should; with
400 samples, 92.9 to 97.1 % cannot be told from that. Over people: each wrote several records, and
how often the model is right differs from person to person.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.markdown import table
from mtrec.tasks import TASK_TYPES

POPULATION = 200_000
SAMPLE = 500  # records
PEOPLE, RECORDS_EACH = 100, 5  # the same number of records, over people
LABELS = {
    "binary": ["no", "yes"],
    "multiclass": ["calm", "cross", "glad", "sad"],
    "ordinal": ["1", "2", "3", "4", "5"],
    "multilabel": ["calm", "cross", "glad", "sad"],
    "tags": ["place", "thing"],
    "relation": ["Other", "Part(e1,e2)", "Part(e2,e1)", "Use(e1,e2)", "Use(e2,e1)"],
}
Cells = NDArray[np.object_]


def population(
    kind: str, rng: np.random.Generator, right: NDArray[np.float64]
) -> tuple[Cells, Cells]:
    """Truth and prediction of records, each right with its own probability, `(N,)` each."""
    labels = LABELS[kind]
    shares = np.linspace(1, 2, len(labels)) / np.linspace(1, 2, len(labels)).sum()

    def drawn(size: int) -> Cells:
        return rng.choice(np.array(labels, dtype=object), size, p=shares)

    def altered(truth: Cells) -> Cells:
        return np.where(rng.random(len(truth)) < right, truth, drawn(len(truth)))

    if kind == "multilabel":
        parts = [drawn(len(right)) for _ in range(2)]
        said = [altered(part) for part in parts]
        return tuple(  # type: ignore[return-value]
            np.array(["|".join(dict.fromkeys(pair)) for pair in zip(*each, strict=True)], object)
            for each in (parts, said)
        )
    if kind == "tags":
        words = [np.where(rng.random(len(right)) < 0.5, drawn(len(right)), "") for _ in range(3)]
        said = [altered(word) for word in words]
        return tuple(  # type: ignore[return-value]
            np.array(
                [" ".join(f"B-{w}" if w else "O" for w in row) for row in zip(*each, strict=True)],
                object,
            )
            for each in (words, said)
        )
    truth = drawn(len(right))
    return truth, altered(truth)


def held(kind: str, repeats: int, over_people: bool) -> Iterator[list[str]]:
    """For each figure of a type the share of intervals that hold it, in percent."""
    rng = np.random.default_rng([list(LABELS).index(kind), over_people])
    groups = POPULATION // RECORDS_EACH
    skill = rng.beta(4, 2, groups) if over_people else np.full(groups, 2 / 3)
    truth, said = population(kind, rng, np.repeat(skill, RECORDS_EACH))
    labels, task_type = LABELS[kind], TASK_TYPES[kind]
    known = task_type.scores(truth.tolist(), said.tolist(), labels, draws=1).metrics
    counts, widths = dict.fromkeys(known, 0), dict.fromkeys(known, 0.0)
    for _ in range(repeats):
        if over_people:
            people = rng.choice(groups, PEOPLE, replace=False)
            rows = (people[:, None] * RECORDS_EACH + np.arange(RECORDS_EACH)).ravel()
            who = [str(person) for person in np.repeat(people, RECORDS_EACH)]
        else:
            rows, who = rng.choice(POPULATION, SAMPLE, replace=False), None
        found = task_type.scores(truth[rows].tolist(), said[rows].tolist(), labels, who)
        for name, estimate in found.metrics.items():
            if estimate.low is not None and estimate.high is not None:
                counts[name] += estimate.low <= known[name].value <= estimate.high
                widths[name] += (estimate.high - estimate.low) / repeats
    for name, estimate in known.items():
        unit = "people" if over_people else "records"
        share = 100 * counts[name] / repeats
        yield [kind, name, unit, f"{estimate.value:.3f}", f"{widths[name]:.3f}", f"{share:.1f} %"]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=400)
    options = parser.parse_args()
    rows = [
        row
        for over_people in (False, True)
        for kind in LABELS
        for row in held(kind, options.repeats, over_people)
    ]
    head = ["type", "figure", "drawn over", "in the population", "mean width", "held"]
    print(table(head, rows))


if __name__ == "__main__":
    main()
