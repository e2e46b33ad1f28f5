"""How long everybody's lists take, beside the least they could and beside implicit.

    python -m benchmarks.lists [--users 20000] [--items 100000]

Ratios of one run, medians over several rounds that take turns: the first 20 of all items for all
users, by the fused recommender, against a blocked matrix product with torch's `topk`, and against
the `recommend` of implicit's ALS with as many factors; and the profiles of 50,000 users of five
sources from states that are there, against one pass over these states, and against writing as many
numbers as profiles have. Then the most memory that lists took above what was held before.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.markdown import table
from mtrec.recommend.fused import FusedRecommender, FusedSource
from mtrec.recommend.profiles import TEXT, Source, unit

K, DIMENSION, SEEN = 20, 128, 30
PEOPLE, RECORDS, WIDTH, SOURCES = 50_000, 200_000, 384, 5
BLOCK = 4096
ROUNDS = 3


def recommender(users: int, items: int, rng: np.random.Generator) -> FusedRecommender:
    """One source, as after adaptation."""
    q = unit(rng.standard_normal((items, DIMENSION)).astype(np.float32))
    x = rng.standard_normal((users, DIMENSION)).astype(np.float32)
    ones = np.ones(users, np.float32)
    counts = np.ones(users, np.int64)
    source = FusedSource("liked", "adapted", 1.0, x, ones, counts, "adapted")
    bias = rng.random(items).astype(np.float32)
    return FusedRecommender("adapted", {"liked": source}, {"adapted": q}, bias, users)


def floor(made: FusedRecommender, users: int) -> None:
    """The same scores, 20 best of each block, nothing left out."""
    people = torch.from_numpy(made.sources["liked"].vectors)
    items = torch.from_numpy(made.items["adapted"])
    bias = torch.from_numpy(made.bias)
    block = max(1, 8_000_000 // len(items))
    for start in range(0, users, block):
        scores = torch.addmm(bias, people[start : start + block], items.T)
        scores.topk(K)


def by_implicit(made: FusedRecommender, seen: csr_matrix) -> Callable[[], object]:
    """implicit's `recommend` with vectors as long."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=DIMENSION)
    model.user_factors = made.sources["liked"].vectors
    model.item_factors = made.items["adapted"]
    users = np.arange(seen.shape[0])
    return lambda: model.recommend(users, seen, N=K, filter_already_liked_items=True)


def profiles(rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """Sums of every source of everybody, one pass over the states that they are made of, and
    writing as many numbers.
    """
    states = rng.standard_normal((RECORDS, WIDTH)).astype(np.float32)
    owner = rng.integers(0, PEOPLE, RECORDS)
    ones = np.ones(RECORDS, np.float32)
    owners = csr_matrix((ones, (owner, np.arange(RECORDS))), shape=(PEOPLE, RECORDS))
    sources = [
        Source(TEXT, TEXT, states, np.full(RECORDS, -1), _share(owners, owner % SOURCES == each))
        for each in range(SOURCES)
    ]
    return {
        "ours": lambda: [each.sums() for each in sources],
        "one pass": lambda: states.sum(axis=1),
        "writing them": lambda: [np.ones((PEOPLE, WIDTH), np.float32) for _ in sources],
    }


def _share(owners: csr_matrix, of: NDArray[np.bool_]) -> csr_matrix:
    """The records of one source."""
    kept = owners.copy()
    kept.data *= of[kept.indices]
    kept.eliminate_zeros()
    return kept


def medians(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of each, which take turns."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - began)
    return {name: median(each) for name, each in taken.items()}


def _rows(work: str, seconds: dict[str, float]) -> list[list[str]]:
    """Ours against each of the others."""
    (_, ours), *others = seconds.items()
    return [
        [work, name, f"{ours:.2f}", f"{that:.2f}", f"{ours / that:.2f}"] for name, that in others
    ]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    made = recommender(args.users, args.items, rng)
    drawn = rng.integers(0, args.items, (args.users, SEEN))
    seen = csr_matrix(
        (
            np.ones(drawn.size, np.float32),
            (np.repeat(np.arange(args.users), SEEN), drawn.ravel()),
        ),
        shape=(args.users, args.items),
    )
    everybody = np.arange(args.users)
    lists = medians(
        {
            "ours": lambda: made.recommend(everybody, K, seen),
            "product and topk": lambda: floor(made, args.users),
            "implicit": by_implicit(made, seen),
        }
    )
    people = medians(profiles(rng))
    tracemalloc.start()
    made.recommend(everybody[:2000], K, seen)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = [
        *_rows(f"first {K} of {args.items:,} items for {args.users:,} users", lists),
        *_rows(f"profiles of {PEOPLE:,} users", people),
    ]
    print(table(["work", "against", "ours, s", "that, s", "ratio"], rows))
    print(f"\nMost memory that lists took at once: {held / 1e6:.0f} MB.")


if __name__ == "__main__":
    main()
