"""The last parts of a document: settings, the data, and where intervals come from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PureWindowsPath
from typing import Any

from pydantic import BaseModel

from mtrec import __version__
from mtrec.data.dataset import Dataset
from mtrec.reports.compare import field_of, settings_diff, title_of
from mtrec.reports.document.html import Html, data, join, paragraph, table, tag
from mtrec.reports.document.words import Training, Words
from mtrec.reports.mixups import FEWEST
from mtrec.schema import SPLITS
from mtrec.stats import DRAWS
from mtrec.wording import many, number

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def settings(config: BaseModel) -> Html:
    """The settings that somebody changed, and what they do."""
    head = tag("h2", "Settings of the training", id="settings")
    changed = changed_settings(config)
    if not changed:
        body = paragraph("All settings are the usual ones.")
    else:
        rows = [
            [_named(config, key), _written(ours), _written(usual), meaning]
            for key, ours, usual, meaning in changed
        ]
        names = ("Setting", "This training", "Usually", "What it does")
        body = table("Only what differs from the usual settings", names, rows)
    return tag("section", head, body, aria_labelledby="settings")


def changed_settings(config: BaseModel) -> list[tuple[str, Any, Any, str]]:
    """The settings that differ from the defaults: dotted key, value, default, what it does.

    A task that is merely listed differs in nothing: its defaults are those of any task.

    Args:
        config: of a run.
    """
    listed: dict[str, Any] = {task: {} for task in config.model_dump().get("tasks", {})}
    usual = type(config).model_validate({"tasks": listed} if listed else {})
    return [
        (key, ours, default, _meaning(config, key))
        for key, ours, default in settings_diff(config, usual)
    ]


def origin(training: Training, dataset: Dataset, words: Words) -> Html:
    """Which data in which version it was, and how it was split."""
    facts = {
        "Dataset": data(dataset.name),
        "Fingerprint": join(
            [tag("code", dataset.version), ", which another version of the data would not have"]
        ),
        "Imported": moment(dataset.created),
        "Training": join([data(training.name), ", ", tag("code", training.run)]),
        "Program": f"mtrec {__version__}",
        "Contents": (
            f"{many(len(dataset.records), 'text')}, {number(len(dataset.users))} people, "
            f"{many(len(dataset.items), 'item')}, {many(len(dataset.interactions), 'act')} on items"
        ),
        "Split": f"{words.schemes[dataset.scheme]}. {dataset.reason}.",
    }
    listed = (join([tag("dt", name), tag("dd", fact)]) for name, fact in facts.items())
    head = tag("h2", "The data", id="data")
    rows = [
        [
            data(task),
            words.kinds.get(known.type, known.type),
            *(number(known.labelled(each)) for each in SPLITS),
        ]
        for task, known in dataset.tasks.items()
    ]
    names = ("Task", "A label is", *(words.parts[each].capitalize() for each in SPLITS))
    sizes = table("Texts with a label, by part of the data", names, rows, numbers=(2, 3, 4))
    body = [tag("dl", *listed), *([sizes] if rows else []), paragraph(words.part, class_="note")]
    return tag("section", head, *body, aria_labelledby="data")


def noise(words: Words) -> Html:
    """How intervals are made and how to read them."""
    lines = (
        words.interval,
        f"Figures of tasks: {number(DRAWS)} times as many texts are drawn from those judged, some "
        "twice and some not at all, and the figure is made anew. The interval holds the middle "
        "95 % of what comes out (Efron and Tibshirani, 1993, An Introduction to the Bootstrap). "
        "Where people wrote several of the texts, people are drawn with all their texts, since two "
        "texts of one person are not two independent ones.",
        "Figures of recommendations: the same, drawing people. A difference between two lists is "
        "drawn person by person, so that what makes a person hard to serve weighs on both alike.",
        "How often it is right by sureness: Wilson's interval of a share (1927), which holds near "
        "0 % and 100 % and for few texts. It takes texts as independent of each other, as does the "
        "interval of how far sureness is off.",
        f"Below {FEWEST} cases no figure is given, since it would say more about chance than about "
        "the model.",
        "Nothing was chosen on the test part: when to stop, how to correct sureness and from where "
        "on a label is given were settled on the validation part.",
    )
    head = tag("h2", "How sure the figures are", id="noise")
    return tag("section", head, *map(paragraph, lines), aria_labelledby="noise")


def moment(iso: str) -> str:
    """An ISO moment as people write it, in UTC."""
    then = datetime.fromisoformat(iso)
    if then.tzinfo is not None:
        then = then.astimezone(UTC)
    return f"{then.day} {MONTHS[then.month - 1]} {then.year}, {then:%H:%M} UTC"


def _meaning(config: BaseModel, key: str) -> str:
    """What a setting does, as its field says; empty where the key is none's."""
    field = field_of(config, key)
    return (field and field.description) or ""


def _named(config: BaseModel, key: str) -> Html:
    """What people call a setting, and what files call it."""
    return join([data(title_of(config, key)), " ", tag("small", key)])


def _written(value: object) -> Html:
    """A setting's value. Of a folder only the last part: where it lies may tell whose it is."""
    if value is None:
        return data("left empty")
    if isinstance(value, bool):
        return data("yes" if value else "no")
    if isinstance(value, float):
        return data(f"{value:g}")
    text = str(value)
    folder = PureWindowsPath(text)  # knows / and \\ both
    if folder.drive or text.startswith(("/", "~", ".", "\\")):
        return data(folder.name)
    return data(text)
