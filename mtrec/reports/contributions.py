"""What each part of what is known adds to a run's lists: worked out when asked for, then kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtrec.data.dataset import Dataset
from mtrec.files import write_json
from mtrec.recommend.config import RecommendConfig
from mtrec.recommend.evaluate import K
from mtrec.recommend.people import People
from mtrec.recommend.profiles import ACTIVITY
from mtrec.stats import SIGNIFICANT
from mtrec.training.reporter import Reporter

FILE = "contributions.json"  # in the run's folder
FIGURE = f"ndcg@{K}"  # that what each adds is told in
MEANING = (
    "The lists after adaptation, learned again without one thing that is known of people, beside "
    "the lists that know everything, on the test part. All else stays as it was: the settings that "
    "validation chose, and the language model and what tasks share stay as trained: what a "
    "training without a task would come to, a training with its weight at 0 says."
)


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
    from mtrec.recommend.contributions import contributions

    found = contributions(people, dataset, config, seed, reporter)
    write_json(people.folder.parent / FILE, found)
    return found


def called(row: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """What was left out, in words.

    Args:
        row: of what was worked out.
        sources: what the sources are called that are no tasks.
    """
    name = str(row["without"])
    if row["kind"] == ACTIVITY:
        return f"all {name} (activity)"
    return sources.get(name, f"{name} (task)")


def sentences(rows: Sequence[dict[str, Any]], name: Callable[[dict[str, Any]], str]) -> list[str]:
    """What adds to the lists, what may, and what cannot be told from chance.

    Args:
        rows: of one group of people that is large enough to tell anything of.
        name: what was left out in a row, marked up; what stands around it needs no escaping.
    """
    found, alone, nothing = [], [], []
    for row in sorted(rows, key=lambda each: -each["adds"][FIGURE]["value"]):
        adds, thing = row["adds"][FIGURE], name(row)
        if adds["low"] is None:
            nothing.append(thing)
            continue
        told = f"{adds['value']:+z.3f}, 95 % interval {adds['low']:+z.3f} to {adds['high']:+z.3f}"
        if adds["low"] <= 0 <= adds["high"]:
            nothing.append(thing)
        elif adds["p_value"] < SIGNIFICANT:
            verb = "makes lists better" if adds["value"] > 0 else "makes lists worse"
            found.append(f"{thing} {verb} ({told}).")
        else:
            alone.append(
                f"{thing}: looked at alone more than noise ({told}), but one of {len(rows)} such "
                "looks may be so by chance."
            )
    if nothing:
        verb = "adds" if len(nothing) == 1 else "add"
        all_of_them = " and ".join(filter(None, (", ".join(nothing[:-1]), nothing[-1])))
        return [*found, *alone, f"{all_of_them} {verb} nothing that can be told from chance."]
    return [*found, *alone]
