"""What each part of what is known adds to a run's lists: worked out when asked for, then kept."""

from __future__ import annotations

import json
from typing import Any

from mtrec.data.dataset import Dataset
from mtrec.files import write_json
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.contributions import contributions
from mtrec.recommend.people import People
from mtrec.training.reporter import Reporter

FILE = "contributions.json"  # in the run's folder


def kept(people: People) -> list[dict[str, Any]] | None:
    """What was worked out for the run; None where that was not asked for yet."""
    path = people.folder.parent / FILE
    if not path.exists():
        return None
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def work_out(
    people: People, dataset: Dataset, config: RecommendConfig, seed: int, reporter: Reporter
) -> list[dict[str, Any]]:
    """Works it out anew and keeps it.

    Args:
        people: of the run's `recommend` folder.
        dataset: the run's.
        config, seed: the run's.

    Raises:
        InputError: the run learned nothing from what people like.
        Stopped: the reporter asked to stop.
    """
    found = contributions(people, dataset, config, seed, reporter)
    write_json(people.folder.parent / FILE, found)
    return found
