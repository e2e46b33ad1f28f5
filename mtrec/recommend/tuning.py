"""The setting of each baseline that is best on validation, chosen once for a dataset.

What is chosen depends on who liked what and, for some, on what texts say, never on a run; so it is
kept in the workspace's cache, under a name made of all it depends on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtrec.files import write_json
from mtrec.recommend.base import Baseline, Setting
from mtrec.recommend.data import RecommendationData
from mtrec.recommend.evaluate import JUDGED, mean_ndcg
from mtrec.recommend.popular import Popular
from mtrec.recommend.profiles import Vectors
from mtrec.training.reporter import Reporter, check_stop

TUNING = "Tuning what recommendations are compared with"
FOLDER = "baselines"
VERSION = 1  # higher wherever a baseline scores differently than before


@dataclass(frozen=True)
class Tuned:
    """What was chosen for a baseline.

    Attributes:
        setting: of its grid.
        ndcg: NDCG@10 on validation under it; None where nobody has anything to find there.
        tried: that of every setting, in the order of the grid.
    """

    setting: Setting
    ndcg: float | None
    tried: list[float]


def tune(
    baselines: Mapping[str, type[Baseline]],
    val: RecommendationData,
    texts: Vectors,
    cache: Path,
    reporter: Reporter,
) -> dict[str, Tuned]:
    """The best setting of each baseline; of equals the first.

    Args:
        val: history train, judged on val. Nothing of test is looked at.
        texts: the vectors of the dataset's records and items in the encoder as it came.
        cache: the workspace's, for what was chosen.

    Raises:
        Stopped: the reporter asked to stop.
    """
    if not len(val.judged):
        return {
            name: Tuned(each.grid[len(each.grid) // 2], None, [])
            for name, each in baselines.items()
        }
    paths = {
        name: cache / FOLDER / f"{name}-{_digest(each, val, texts)}.json"
        for name, each in baselines.items()
    }
    missing = [name for name, path in paths.items() if not path.exists()]
    if missing:
        reporter.phase(TUNING, sum(len(baselines[name].grid) for name in missing))
        (cache / FOLDER).mkdir(parents=True, exist_ok=True)
    for name in missing:
        write_json(paths[name], asdict(_tuned(baselines[name], val, texts, reporter)))
    return {
        name: Tuned(**json.loads(path.read_text(encoding="utf-8"))) for name, path in paths.items()
    }


def strongest(tuned: Mapping[str, Tuned]) -> str:
    """The baseline that is best on validation; the popular list where validation says nothing."""
    known = {name: each.ndcg for name, each in tuned.items() if each.ndcg is not None}
    return max(known, key=lambda name: known[name], default=Popular.name)


def _tuned(
    baseline: type[Baseline], val: RecommendationData, texts: Vectors, reporter: Reporter
) -> Tuned:
    tried = []
    judged = val.judged_at_most(JUDGED)
    for setting in baseline.grid:
        check_stop(reporter)
        tried.append(mean_ndcg(baseline.fit(val, texts, **setting), judged))
        reporter.advance(1)
    ndcg = max(tried)
    return Tuned(baseline.grid[tried.index(ndcg)], ndcg, tried)


def _digest(baseline: type[Baseline], val: RecommendationData, texts: Vectors) -> str:
    """Of all that the choice depends on."""
    said = json.dumps([VERSION, JUDGED, baseline.name, baseline.grid, val.liked.shape])
    digest = hashlib.blake2b(said.encode(), digest_size=12)
    read: list[Any] = []
    for matrix in (val.liked, val.seen, val.relevant):
        read += [matrix.indptr, matrix.indices]
    if baseline.reads_texts:
        read += [val.records, val.record_users, texts.records[val.records], texts.items]
    for array in read:
        digest.update(array.tobytes())
    return digest.hexdigest()
