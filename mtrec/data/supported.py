"""What a recipe leaves out, or asks for and there is not, refused with what there is."""

from __future__ import annotations

from collections.abc import Mapping

from mtrec.data.labelling import settings_of
from mtrec.data.labels import LabelType
from mtrec.data.recipe import Recipe, TaskSpec
from mtrec.data.tables import with_defaults
from mtrec.errors import InputError


def check_supported(recipe: Recipe, types: Mapping[str, LabelType], where: str) -> None:
    """Raises InputError for the first source or task that cannot be read as described.

    Args:
        types: the label types that are registered.
        where: the recipe's name, for the message.
    """
    for number, source in enumerate(map(with_defaults, recipe.records)):
        place = f"{where}: records[{number}]"
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
        for name, kind in (source.long.types if source.long is not None else {}).items():
            _check_type(name, kind, types, f"{place}.long.types.{name}")


def _check_task(name: str, task: TaskSpec, types: Mapping[str, LabelType], place: str) -> None:
    if task.type is not None:
        _check_type(name, task.type, types, f"{place}.type")
    _check_settings(name, task, types, place)
    if task.label is None:
        raise InputError(
            f"The task {name} has no column",
            expected="label: COLUMN",
            found="no label",
            where=place,
            fix="name the column that holds the labels",
        )


def _check_settings(name: str, task: TaskSpec, types: Mapping[str, LabelType], place: str) -> None:
    kinds = [types[task.type]] if task.type is not None else list(types.values())
    for key in settings_of(task):
        if not any(key in kind.settings for kind in kinds):
            raise InputError(
                f"The task {name} has a setting that its type does not read",
                expected="; ".join(
                    f"for {kind.type} {' or '.join(kind.settings) or 'none'}" for kind in kinds
                ),
                found=key,
                where=f"{place}.{key}",
                fix=f"remove {key}, or choose another type",
            )


def _check_type(name: str, kind: str, types: Mapping[str, LabelType], place: str) -> None:
    if kind not in types:
        raise InputError(
            f"The task {name} is of a type that there is not",
            expected=f"one of {', '.join(types)}",
            found=kind,
            where=place,
            fix="change the type, leave it out to have it inferred, or remove the task",
        )
