"""What a recipe may say that this version cannot do yet, refused with what it can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtrec.data.labels import LabelType
from mtrec.data.readers import FORMATS
from mtrec.data.recipe import FileOptions, Recipe, TaskSpec
from mtrec.errors import InputError


def check_supported(recipe: Recipe, types: Mapping[str, LabelType], where: str) -> None:
    """Raises InputError for the first thing in the recipe that cannot be done.

    Args:
        types: the task types that are registered.
        where: the recipe's name, for the message.
    """
    for place, file, options in _files(recipe):
        _check_file(file, options, f"{where}: {place}")
    for number, source in enumerate(recipe.records):
        place = f"{where}: records[{number}]"
        if source.long is not None:
            raise _refused(
                "The long form, one row per label,", "a column for each task", "long", place
            )
        if not source.text_columns:
            raise InputError(
                "A source of records has no text",
                expected="text: COLUMN, or a list of columns",
                found="no text",
                where=place,
                fix="name the column that holds the text",
            )
        for name, task in source.tasks.items():
            _check_task(name, task, types, f"{place}.tasks.{name}")


def _files(recipe: Recipe) -> Iterator[tuple[str, str, FileOptions]]:
    for number, source in enumerate(recipe.records):
        yield f"records[{number}]", source.file, source
    if recipe.items is not None:
        yield "items", recipe.items.file, recipe.items
    if recipe.users is not None:
        yield "users", recipe.users.file, recipe.users
    if recipe.interactions is not None and recipe.interactions.file is not None:
        yield "interactions", recipe.interactions.file, recipe.interactions


def _check_file(file: str, options: FileOptions, place: str) -> None:
    suffix = file.rpartition(".")[2].lower() if "." in file else ""
    found = suffix if suffix in ("gz", "zip") else options.format or suffix
    if found not in FORMATS:
        raise _refused(
            f"The format of {file}",
            ", ".join(FORMATS),
            found or "a name without an ending",
            place,
        )
    if options.decimal not in (None, "."):
        raise _refused(
            "A decimal sign other than the point", "numbers such as 1.5", options.decimal, place
        )
    if options.sheet is not None:
        raise _refused(
            "A sheet of a workbook", ", ".join(FORMATS), f"sheet: {options.sheet}", place
        )


def _check_task(name: str, task: TaskSpec, types: Mapping[str, LabelType], place: str) -> None:
    known = ", ".join(types)
    if task.type is not None and task.type not in types:
        raise InputError(
            f"The task {name} is of a type that this version does not have",
            expected=f"one of {known}",
            found=task.type,
            where=f"{place}.type",
            fix="change the type, leave it out to have it inferred, or remove the task",
        )
    for key in ("separator", "order", "scale"):
        if getattr(task, key) is not None:
            raise _refused(f"{key}: of a task", f"one label a cell, of type {known}", key, place)
    if task.label is None:
        raise InputError(
            f"The task {name} has no column",
            expected="label: COLUMN",
            found="no label",
            where=place,
            fix="name the column that holds the labels",
        )


def _refused(what: str, expected: str, found: str, place: str) -> InputError:
    return InputError(
        f"{what} cannot be read yet",
        expected=expected,
        found=found,
        where=place,
        fix="save the data in the form expected above and change the recipe",
    )
