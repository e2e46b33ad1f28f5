"""Answers as small tables for people; each function takes the value that --json prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtrec.schema import SPLITS, DataWarning

Json = Mapping[str, Any]
NOBODY = "Nobody in the test split can be judged."
HIDDEN = ("kind", "enabled")  # of a rule, told elsewhere


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns, numbers to the right and text to the left; None is a dash."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    right = [
        all(isinstance(row[column], int | float | None) for row in rows)
        for column in range(len(header))
    ]
    lines = (
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def estimate(value: Json) -> str:
    """A figure with its interval: `0.712 [0.698, 0.727]`."""
    if value["low"] is None:
        return f"{value['value']:.3f}"
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def imported(value: Json) -> str:
    sizes = ", ".join(
        f"{value[part]:,} {part}" for part in ("records", "users", "items", "interactions")
    )
    lines = [f"{value['dataset']}@{value['version']}: {sizes}"]
    lines.append(f"Splits: {value['scheme']}. {value['reason']}.")
    if value["tasks"]:
        rows = [
            [name, task["type"], len(task["labels"]), *(task[split] for split in SPLITS)]
            for name, task in value["tasks"].items()
        ]
        lines += ["", table(["task", "type", "labels", *SPLITS], rows)]
    if value["set_aside"]:
        counts = (f"- {reason}: {rows:,}" for reason, rows in value["set_aside"].items())
        lines += ["", "Set aside:", *counts]
    if value["warnings"]:
        lines += ["", "Worth knowing:"]
        lines += [f"- {_placed(each)}" for each in value["warnings"]]
    return "\n".join(lines)


def _placed(warning: Json) -> str:
    """A warning behind its source, unless it begins with that anyway."""
    source, sentence = warning["source"], DataWarning(**warning).sentence
    return sentence if sentence.startswith(f"{source}:") else f"{source}: {sentence}"


def datasets(value: Sequence[Json]) -> str:
    if not value:
        return "No dataset yet. Import one: python -m mtrec import RECIPE"
    parts = ["dataset", "version", "created", "records", "users", "items", "interactions"]
    rows = [[*(each[part] for part in parts), ", ".join(each["tasks"])] for each in value]
    return table([*parts, "tasks"], rows)


def swept(value: Json) -> str:
    """Settings of λ and what each task comes to, those that are worth having marked."""
    first = value["settings"][0]
    tasks, more = list(first["metrics"]), list(first["recommendations"])
    rows = [
        [
            *(f"{each['lambda'][task]:.2f}" for task in tasks),
            *(estimate(each["metrics"][task]) for task in tasks),
            *(estimate(each["recommendations"][name]) for name in more),
            "front" if each["pareto"] else "",
        ]
        for each in value["settings"]
    ]
    told = (
        "Settings marked front are beaten by no other."
        if value["conflict"]
        else "Tasks cannot be traded against each other here: no setting is better than another at "
        "one task and worse at a second, beyond the noise."
    )
    if value["records"] < value["of"]:
        told += f" Learned from a sample of {value['records']:,} of {value['of']:,} records."
    header = [*(f"λ {task}" for task in tasks), *tasks, *more, ""]
    return f"{table(header, rows)}\n\n{told}"


def searched(value: Json) -> str:
    """The trials of a search, the best marked, and what made the difference."""
    keys = list(dict.fromkeys(key for each in value["trials"] for key in each["settings"]))
    rows = [
        [
            each["trial"],
            *(_setting(each["settings"].get(key)) for key in keys),
            _values(each["values"]),
            "best" if each["best"] else each["state"],
            "as set" if each["as_set"] else "",
        ]
        for each in value["trials"]
    ]
    told = ["Figures are on validation, of which the best is a little too good to be true."]
    shares = [f"{key} {share:.0%}" for key, share in value["importance"].items()]
    if shares:
        told.append(f"What made the difference: {', '.join(shares)}.")
    kept = [each["run"] for each in value["trials"] if each["best"]]
    if kept:
        told.append(f"Its run: {', '.join(kept)}.")
    header = ["trial", *keys, "value", "state", ""]
    return f"{table(header, rows)}\n\n" + " ".join(told)


def _setting(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "-" if value is None else str(value)


def _values(values: Json) -> str:
    return ", ".join(
        f"{value:.3f}" if len(values) == 1 else f"{name} {value:.3f}"
        for name, value in values.items()
    )


def runs(value: Sequence[Json]) -> str:
    if not value:
        return "No run yet. Start one: python -m mtrec train DATASET"
    rows = [
        [
            each["run"],
            each["name"],
            f"{each['dataset']}@{each['version']}",
            each["status"],
            each["created"],
            each["seconds"],
            each["reason"],
        ]
        for each in value
    ]
    return table(["run", "name", "dataset", "status", "created", "seconds", "reason"], rows)


def reports(value: Json) -> str:
    if not value:
        return "No task has labels in this split."
    parts = []
    for task, report in value.items():
        figures = ", ".join(f"{name} {estimate(each)}" for name, each in report["metrics"].items())
        rows = [
            [label, each["precision"], each["recall"], each["f1"], each["support"]]
            for label, each in report["labels"].items()
        ]
        head = f"{task} ({report['type']}, {report['support']:,} records): {figures}"
        columns = ["label", "precision", "recall", "f1", "support"]
        parts.append(f"{head}\n{table(columns, rows)}")
    return "\n\n".join(parts)


def predictions(value: Sequence[Json]) -> str:
    rows = [
        [_short(each["text"]), task, said["label"], said["confidence"]]
        for each in value
        for task, said in each["tasks"].items()
    ]
    return table(["text", "task", "label", "confidence"], rows)


def profile(value: Json) -> str:
    head = f"{value['user']}: {value['records']} records, {value['interactions']} interactions"
    sources = [
        [name, each["kind"], each["weight"], each["n"]] for name, each in value["sources"].items()
    ]
    traits = [
        [task, label, each["observed"], each["predicted"], each["n"]]
        for task, labels in value["traits"].items()
        for label, each in labels.items()
        if each["observed"] or each["predicted"]
    ]
    neighbours = ", ".join(
        f"{each['user']} ({each['similarity']:.2f})" for each in value["neighbours"]
    )
    parts = [head, table(["source", "kind", "weight", "n"], sources)]
    if traits:
        parts.append(table(["task", "label", "observed", "predicted", "n"], traits))
    parts.append(f"Nearest people: {neighbours}" if neighbours else "Nobody else is near.")
    return "\n\n".join(parts)


def recommendations(value: Sequence[Json]) -> str:
    if not value:
        return "There is nothing left to recommend."
    rows = [
        [
            rank,
            each["item"],
            each["title"],
            each["score"],
            "; ".join(f"{why['kind']}: {_short(why['text'])}" for why in each["reasons"][:2]),
        ]
        for rank, each in enumerate(value, 1)
    ]
    return table(["", "item", "title", "score", "because"], rows)


def evaluation(value: Sequence[Json]) -> str:
    from mtrec.recommend.evaluate import FEWEST
    from mtrec.reports.verdicts import TOO_FEW

    if not value:
        return NOBODY
    names = list(value[0]["metrics"])
    rows = [
        [
            each["recommender"],
            each["stage"],
            each["segment"],
            each["users"],
            *(
                (estimate(each["metrics"][name]) for name in names)
                if each["users"] >= FEWEST
                else [TOO_FEW, *[None] * (len(names) - 1)]
            ),
        ]
        for each in value
    ]
    return table(["recommender", "stage", "segment", "users", *names], rows)


def differences(value: Sequence[Json]) -> str:
    """The paired differences in the first metric, and what can be said of each."""
    from mtrec.reports.verdicts import verdicts

    if not value:
        return ""
    figure = next(iter(value[0]["metrics"]))
    rows = [
        [
            f"{_list(each.a)} minus {_list(each.b)}",
            each.segment,
            each.users,
            estimate(each.gap.json()) if each.is_told else None,
            each.words,
        ]
        for each in verdicts(value, figure)
    ]
    return table(["same users, two lists", "segment", "users", figure, "the first is"], rows)


def _list(row: Json) -> str:
    return str(row["stage"] or row["recommender"])


def rules(value: Json) -> str:
    """What each rule does on validation, beside the others that are on; all of them on test too."""
    if not value["rules"]:
        return "The file holds no rule."
    rows = [
        [
            _rule(each["rule"]),
            "on" if each["enabled"] else "off",
            split,
            *_effect(each[split], value["k"]),
        ]
        for each in [
            *value["rules"],
            {"rule": {"kind": "all that are on"}, "enabled": True, **value["together"]},
        ]
        for split in ("val", "test")
        if split == "val" or each["enabled"]
    ]
    k = value["k"]
    header = [
        "rule",
        "",
        "split",
        "people",
        f"change of ndcg@{k}",
        "lists changed",
        "new in a list",
    ]
    lines = [table(header, rows), ""]
    lines.append(
        "Each rule against the same lists without it. Decide on validation (val); test is told "
        "only of rules that are on."
    )
    if value["stray"]:
        lines.append(f"Facts about items that are not in the data: {value['stray']:,}.")
    return "\n".join(lines)


def _rule(rule: Json) -> str:
    said = [f"{name} {_listed(value)}" for name, value in rule.items() if name not in HIDDEN]
    return _short(" ".join([str(rule["kind"]), *said]))


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _effect(effect: Json | None, k: int) -> list[object]:
    if effect is None:
        return [0, "nobody to judge", "-", "-"]
    changed = f"{effect['lists_changed'] / effect['people']:.0%}"
    new = f"{effect['items_changed']:.1f} of {k}"
    return [effect["people"], estimate(effect["difference"]), changed, new]


def contributions(value: Sequence[Json]) -> str:
    """What each source and activity adds to everyone's lists, in the first metric of each."""
    from mtrec.recommend.evaluate import FEWEST
    from mtrec.reports.verdicts import TOO_FEW
    from mtrec.stats import SIGNIFICANT

    if not value:
        return NOBODY
    rows = []
    for each in (row for row in value if row["segment"] == "all"):
        name, adds = next(iter(each["adds"].items()))
        known = [each["without"], each["kind"], each["users"]]
        if each["users"] < FEWEST:
            rows.append([*known, None, None, TOO_FEW])
            continue
        told = "may be chance" if adds["p_value"] >= SIGNIFICANT else "more than noise"
        rows.append([*known, estimate(each["metrics"][name]), estimate(adds), told])
    return table(["left out", "kind", "users", f"{name} without it", "it adds", ""], rows)


def _short(text: str, width: int = 60) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
