"""Does the fused profile of a person come nearer to the truth than any single activity?

    python -m benchmarks.profile_truth --seeds 10

Makes a sample shop per seed, whose people's interests are known, and builds profiles from their
records and purchases with the encoder as it came: nothing is trained, nothing held out. Prints how
near each activity's profile and the fused one come to the truth, and how often the fused one wins.

Nearness: two people are alike in a profile, or in truth, as far as they differ from the average
person in the same way (the cosine of their differences from it, as the product compares people).
The nearness of a profile is Spearman's rank correlation between how alike all pairs of people are
in it and in truth. Everyone counts: who left nothing in an activity is the average person there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import spearmanr

from mtrec.data.dataset import Dataset
from mtrec.data.importer import read_dataset
from mtrec.data.sample import ACTIVITIES, Sample, generate
from mtrec.models.config import EncoderConfig
from mtrec.models.encoder import Encoder, load_encoder
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.fused import unadapted
from mtrec.recommend.profiles import ENCODER, Vectors, build_sources
from mtrec.schema import PRETRAINED, SPLIT, TEXT, TRAIN
from mtrec.tasks import TASK_TYPES
from mtrec.training.features import encode_texts
from mtrec.training.reporter import SilentReporter

PURCHASES, WRITTEN, FUSED = "purchases", "all texts", "fused"
RECORDS_EACH, PURCHASES_EACH = 15, 14  # of the average person, as in the committed sample

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Nearness:
    """How near profiles come to the truth, up to 1.

    Attributes:
        single: the profile of each activity alone, purchases among them.
        written: the profile of all that people wrote, without their purchases.
        fused: the profile of everything.
    """

    single: Mapping[str, float]
    written: float
    fused: float

    @property
    def best_single(self) -> float:
        return max(self.single.values())

    @property
    def fused_wins(self) -> bool:
        return self.fused > self.best_single


def measure(seed: int, people: int, encoder: Encoder) -> Nearness:
    """The nearness to the truth of all profiles of one seed's shop."""
    sample = generate(seed, people, people * RECORDS_EACH, people * PURCHASES_EACH)
    dataset = _imported(sample)
    vectors = _vectors(dataset, encoder)
    known = RecommendationData.from_dataset(dataset, "test")
    order = [sample.truth.users.index(user) for user in known.users]
    interests = sample.truth.interests[order]

    def nearness(data: RecommendationData) -> float:
        return agreement(_profiles(data, vectors), interests)

    single = {activity: nearness(_only(known, activity)) for activity in ACTIVITIES}
    single[PURCHASES] = nearness(_only(known, PURCHASES))
    return Nearness(single, nearness(_without_purchases(known)), nearness(known))


def agreement(profiles: Floats, interests: Floats) -> float:
    """Spearman's correlation between the likeness of all pairs in profiles and in interests."""
    pairs = np.triu_indices(len(interests), k=1)
    return float(spearmanr(likeness(profiles)[pairs], likeness(interests)[pairs]).statistic)


def likeness(vectors: Floats) -> Floats:
    """Cosines of the differences from the mean `(U, U)`; 0 for who does not differ from it."""
    different = vectors - vectors.mean(axis=0)
    length = np.linalg.norm(different, axis=1, keepdims=True)
    direction = np.divide(different, length, out=np.zeros_like(different), where=length > 1e-6)
    cosines: Floats = direction @ direction.T
    return cosines


def _imported(sample: Sample) -> Dataset:
    """The sample, imported as any data is, with everything in the history."""
    with TemporaryDirectory() as folder:
        sample.write(Path(folder))
        dataset = read_dataset(Path(folder) / "recipe.yaml", TASK_TYPES)
    tables = dict(dataset.tables)
    for table in ("records", "interactions"):
        tables[table] = tables[table].assign(**{SPLIT: TRAIN})
    return replace(dataset, tables=tables)


def _vectors(dataset: Dataset, encoder: Encoder) -> Vectors:
    texts = [*dataset.records[TEXT], *dataset.items[TEXT]]
    vectors = encode_texts(encoder, texts, None, SilentReporter())
    return Vectors.of_length_one(*np.split(vectors, [len(dataset.records)]))


def _only(data: RecommendationData, activity: str) -> RecommendationData:
    """What a single activity knows."""
    chosen = data.activities == activity
    alone = replace(
        data,
        records=data.records[chosen],
        record_users=data.record_users[chosen],
        record_items=data.record_items[chosen],
        activities=data.activities[chosen],
    )
    return alone if activity == PURCHASES else _without_purchases(alone)


def _without_purchases(data: RecommendationData) -> RecommendationData:
    nothing = csr_matrix(data.liked.shape, dtype=np.float32)
    return replace(data, liked=nothing, ages=nothing)


def _profiles(data: RecommendationData, vectors: Vectors) -> Floats:
    spaces = {ENCODER: vectors}
    sources = build_sources(data, spaces, tasks={})
    everyone = np.arange(len(data.users))
    return unadapted(PRETRAINED, sources, spaces, len(data.users)).vectors(everyone)


def main() -> None:
    """Prints a line a seed and how often the fused profile wins."""
    parser = argparse.ArgumentParser(description="How near profiles come to the truth.")
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 0 on")
    parser.add_argument("--people", type=int, default=100, help="in each shop; the sample has 400")
    options = parser.parse_args()
    encoder = load_encoder(EncoderConfig(method="frozen"))
    columns = [*ACTIVITIES, PURCHASES, WRITTEN, FUSED]
    print("| seed | " + " | ".join(columns) + " | fused wins |")
    print("|" + "---|" * (len(columns) + 2))
    wins, began = 0, time.monotonic()
    for seed in range(options.seeds):
        found = measure(seed, options.people, encoder)
        figures = [*found.single.values(), found.written, found.fused]
        cells = [f"{figure:.3f}" for figure in figures]
        print(
            f"| {seed} | {' | '.join(cells)} | {'yes' if found.fused_wins else 'no'} |", flush=True
        )
        wins += found.fused_wins
    seconds = time.monotonic() - began
    print(f"\nFused nearest in {wins} of {options.seeds} seeds, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
