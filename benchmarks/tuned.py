"""Prints what `benchmarks.measured` has kept, as a part of `docs/results.md`.

    python -m benchmarks.tuned

Settings that compete are shown with what they reach on validation, and the best of them alone with
what it reaches on test. What has not been measured yet is counted, and has no part in anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.markdown import figure, table
from benchmarks.measured import chosen, known_gaps, on_validation, read
from benchmarks.settings import SEEDS, SETTINGS, Setting


def measured() -> list[Setting]:
    """The settings of which every seed was measured."""
    return [each for each in SETTINGS if len(read(each)) == len(each.seeds)]


def missing() -> str:
    """How much has not been measured yet, in a sentence; empty where all has."""
    there = measured()
    left = Counter(each.dataset for each in SETTINGS if each not in there)
    counts = ", ".join(f"{n} of {dataset}" for dataset, n in left.items())
    return f"Settings that are not measured yet: {counts}.\n\n" if left else ""


def candidates() -> Iterator[list[str]]:
    """The settings that compete, and what each reaches on validation."""
    for setting in measured():
        if setting.group:
            best = "best" if setting == chosen(setting.dataset, setting.group) else ""
            value = f"{on_validation(setting):.3f}"
            yield [setting.dataset, setting.label, value, best]


def reached() -> Iterator[list[str]]:
    """Per task what the best of a group, or a setting that competes with none, reaches on test."""
    for setting in measured():
        if setting.group and setting != chosen(setting.dataset, setting.group):
            continue
        runs = read(setting)
        for task, first in runs[0]["tasks"].items():
            of_seeds = [run["tasks"][task]["metrics"][first["headline"]] for run in runs]
            cells = [figure(each) for each in of_seeds] + [""] * (len(SEEDS) - len(runs))
            mean = np.mean([each["value"] for each in of_seeds])
            start = [setting.dataset, setting.label, runs[0]["device"], task, first["headline"]]
            yield [*start, *cells, f"{mean:.3f}"]
        for name in runs[0]["scope"]:
            cells = [figure(run["scope"][name]) for run in runs]
            mean = np.mean([run["scope"][name]["value"] for run in runs])
            yield [
                setting.dataset,
                setting.label,
                runs[0]["device"],
                "intent",
                name,
                *cells,
                f"{mean:.3f}",
            ]


def damaged() -> Iterator[list[str]]:
    """What is left where words of the test texts are damaged, the mean over seeds."""
    for setting in measured():
        runs = read(setting)
        for task, first in runs[0]["damage"].items():
            headline = runs[0]["tasks"][task]["headline"]
            clean = np.mean([run["tasks"][task]["metrics"][headline]["value"] for run in runs])
            for kind in dict.fromkeys(each["kind"] for each in first):
                left = [
                    [
                        each["figure"]["value"]
                        for each in run["damage"][task]
                        if each["kind"] == kind
                    ]
                    for run in runs
                ]
                figures = [clean, *np.mean(left, axis=0)]
                yield [setting.label, task, kind, *(f"{value:.3f}" for value in figures)]


def shares() -> list[str]:
    """Which shares of the words are damaged, as they are written above a table."""
    kept = next(read(each)[0]["damage"] for each in measured() if each.damaged)
    first = next(iter(kept.values()))
    return [f"{share:.0%}" for share in dict.fromkeys(each["share"] for each in first)]


def gaps() -> Iterator[list[str]]:
    """By how much two settings differ on the same test texts, over all seeds."""
    for name, tasks in known_gaps().items():
        for task, told in tasks.items():
            difference = figure(told)
            yield [
                name,
                task,
                f"{told['a']:.3f}",
                f"{told['b']:.3f}",
                difference,
                f"{told['p_value']:.3f}",
            ]


def main() -> None:
    """Prints the tables."""
    seeds = [f"seed {seed}" for seed in SEEDS]
    print("Settings that were tried, and their mean headline figure on validation:\n")
    print(table(["data", "settings", "validation", ""], candidates()), end="\n\n")
    print(missing(), end="")
    print("The best of them on test:\n")
    print(
        table(["data", "settings", "on", "task", "figure", *seeds, "mean"], reached()), end="\n\n"
    )
    print("Differences on the same test texts, answers of all seeds taken together:\n")
    print(table(["what", "task", "first", "second", "difference", "p"], gaps()), end="\n\n")
    print("Headline figures where a share of the words of the test texts is damaged:\n")
    print(table(["settings", "task", "damage", "none", *shares()], damaged()))


if __name__ == "__main__":
    main()
