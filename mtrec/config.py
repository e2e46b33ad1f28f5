"""The settings of a run: one tree, of which each package owns its part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from mtrec.data.checked import nearest
from mtrec.errors import InputError
from mtrec.models.config import EncoderConfig, TrunkConfig
from mtrec.recommend.config import RecommendConfig
from mtrec.strategies.config import StrategyConfig
from mtrec.tasks import TASK_TYPES
from mtrec.tasks.config import TaskConfig
from mtrec.training.config import TrainConfig, check_applicable


class RunConfig(BaseModel):
    """Everything that decides what a run does, beside its dataset."""

    model_config = ConfigDict(extra="forbid")

    encoder: EncoderConfig = Field(EncoderConfig(), description="The language model")
    trunk: TrunkConfig = Field(TrunkConfig(), description="What the tasks share above it")
    tasks: dict[str, TaskConfig] = Field({}, description="How much each task counts")
    strategy: StrategyConfig = Field(
        StrategyConfig(), description="How the tasks are brought together"
    )
    recommend: RecommendConfig = Field(
        RecommendConfig(), description="Learning to recommend, after the tasks"
    )
    train: TrainConfig = Field(TrainConfig(), description="How long and how carefully to learn")


PRESETS = {
    "Quick look": (
        ("encoder.method=frozen",),
        "In a minute or so: the language model stays as it is",
    ),
    "Balanced": (("encoder.method=top",), "Its upper layers learn: minutes, usually better"),
    "Best": (
        ("encoder.method=full", "train.epochs=5"),
        "All of it learns, for longer: slow without a GPU",
    ),
}
"""Settings to begin with, each with a few words: what differs from the defaults."""


def load_config(path: Path) -> RunConfig:
    """Reads settings from a YAML or JSON file; what it leaves out keeps its default.

    Raises:
        InputError: the file cannot be read, or a key or value is not one of a run's settings.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            "The settings cannot be read",
            expected="a YAML or JSON file",
            found=error.strerror or str(error),
            where=str(path),
            fix="give the path of a settings file, or leave --config out",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            "The settings are not YAML",
            expected="lines such as `encoder: {method: frozen}`",
            found=" ".join(str(error).split()),
            where=str(path),
            fix="mend the line named above",
        ) from error
    return parse_config({} if data is None else data, str(path))


def parse_config(data: object, where: str) -> RunConfig:
    """Checks settings that are already in memory; `where` stands in front of a key in errors.

    Raises:
        InputError: with the key, what was expected, what was found and the nearest known key.
    """
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise _explain(error.errors()[0], data, where) from error


def with_settings(config: RunConfig, settings: Sequence[str]) -> RunConfig:
    """The settings with some of them changed.

    Args:
        settings: `key=value` each, such as `tasks.sentiment.lambda=2`; values are read as YAML.

    Raises:
        InputError: a setting has no `=`, or its key or value is not one of a run's.
    """
    data = config.model_dump(mode="json")
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise InputError(
                "A setting has no key or no value",
                expected="key=value, such as train.epochs=2",
                found=setting,
                where="--set",
                fix="write the key, = and the value without spaces around them",
            )
        _put(data, key.strip().split("."), _value(value), setting)
    return parse_config(data, "--set")


def for_dataset(config: RunConfig, tasks: Mapping[str, str]) -> RunConfig:
    """The settings for a dataset: one entry for each of its tasks, in their order.

    Args:
        tasks: each task's type.

    Raises:
        InputError: the settings name a task that the dataset does not have, balance labels of
            which a record carries several, or do not go together.
    """
    check_applicable(config.train, config.encoder, config.trunk)
    for name, task in config.tasks.items():
        if name not in tasks:
            close = nearest(name, list(tasks))
            raise InputError(
                "The settings name a task that the dataset does not have",
                expected=f"one of {', '.join(tasks)}" if tasks else "no task at all",
                found=name,
                where=f"tasks.{name}",
                fix=f"write {close} instead of {name}" if close else f"remove tasks.{name}",
            )
        if task.balanced and not TASK_TYPES[tasks[name]].exclusive:
            able = ", ".join(kind for kind, each in TASK_TYPES.items() if each.exclusive)
            raise InputError(
                f"The labels of the task {name} cannot be balanced",
                expected=f"a task whose records carry one label each: {able}",
                found=f"type {tasks[name]}",
                where=f"tasks.{name}.balanced",
                fix=f"set tasks.{name}.balanced=false",
            )
    filled = {name: config.tasks.get(name, TaskConfig()) for name in tasks}
    return config.model_copy(update={"tasks": filled})


def _value(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _put(data: dict[str, Any], path: list[str], value: object, setting: str) -> None:
    for step, key in enumerate(path[:-1], 1):
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            raise InputError(
                "A setting reaches into something that has no keys",
                expected=f"{'.'.join(path[:step])}=value",
                found=setting,
                where="--set",
                fix=f"leave .{'.'.join(path[step:])} out",
            )
    data[path[-1]] = value


def _explain(error: ErrorDetails, data: object, where: str) -> InputError:
    path = [str(part) for part in error["loc"]]
    place = f"{where}: {'.'.join(path)}" if path else where
    if error["type"] == "extra_forbidden":
        known, close = _known_keys(path[:-1]), nearest(path[-1], _known_keys(path[:-1]))
        return InputError(
            "There is no such setting",
            expected=f"one of {', '.join(known)}",
            found=".".join(path),
            where=place,
            fix=f"write {'.'.join([*path[:-1], close])}" if close else f"remove {'.'.join(path)}",
        )
    return InputError(
        "A setting has a value that cannot be used",
        expected=error["msg"].removeprefix("Input should be "),
        found="nothing" if error["input"] is None else str(error["input"])[:80],
        where=place,
        fix="change it as expected above",
    )


def _known_keys(path: list[str]) -> list[str]:
    """The keys that may stand below `path` in the tree of settings."""
    model: Any = RunConfig
    for key in path:
        model = get_args(model)[1] if get_origin(model) is dict else _field_types(model)[key]
    return list(_field_types(model))


def _field_types(model: type[BaseModel]) -> dict[str, Any]:
    return {
        field.alias or name: _without_none(field.annotation)
        for name, field in model.model_fields.items()
    }


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation
