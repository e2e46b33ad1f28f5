"""The recipe: a small YAML file beside the data that says what its files and columns mean."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from mtrec.errors import InputError

Format = Literal["csv", "tsv", "jsonl", "parquet", "xlsx", "conll", "recbole"]
Delimiter = Literal[",", ";", "\t", "|", ":", " "]
Scheme = Literal["auto", "global-time", "user-time", "random"]
NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
TASK_NAME = r"^\w[\w-]{0,39}$"


def _stays_inside(file: str) -> str:
    path = PurePosixPath(file)
    if not file or "\0" in file or "\\" in file or path.is_absolute() or ".." in path.parts:
        raise PydanticCustomError(
            "file_outside", "a file in the recipe's folder, its path relative and with /"
        )
    return file


File = Annotated[str, AfterValidator(_stays_inside)]
Column = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """A section of the recipe. Unknown keys are refused with the keys that are known there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_every_key(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in data:
                if key not in known:
                    raise PydanticCustomError(
                        "unknown_key", "unknown key", {"key": str(key), "known": known}
                    )
        return data


class FileOptions(_Part):
    """How to read a file, where its name and content do not say it."""

    format: Format | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    decimal: str | None = None
    sheet: str | None = None


class SplitValue(_Part):
    """One split for a whole file: `split: {value: test}`."""

    value: str


class TaskSpec(_Part):
    """The column that holds a task's labels. Without a type, the type is inferred."""

    label: Column | None = None
    type: str | None = None
    separator: str | None = None
    order: list[str] | None = None
    scale: tuple[float, float] | None = None


class LongSpec(_Part):
    """One row per label: which column names the task and which holds the label."""

    task: Column
    label: Column
    types: dict[str, str] = {}


class RecordSource(FileOptions):
    """One file of texts that people left."""

    file: File
    text: Column | Annotated[list[Column], Field(min_length=1)] | None = None
    user: Column | None = None
    item: Column | None = None
    time: Column | None = None
    time_format: str | None = None
    timezone: str | None = None
    split: Column | SplitValue | None = None
    mask: bool = False
    tasks: dict[Annotated[str, Field(pattern=TASK_NAME)], TaskSpec] = {}
    long: LongSpec | None = None

    @property
    def text_columns(self) -> list[str]:
        """The columns that make the text, in the order they are joined."""
        if self.text is None:
            return []
        return [self.text] if isinstance(self.text, str) else self.text


class ItemsSpec(FileOptions):
    """The catalogue: one row an item."""

    file: File
    id: Column
    title: Column | None = None
    text: list[Column] = []
    attributes: list[Column] = []


class UsersSpec(FileOptions):
    """What is known about people: one row a user."""

    file: File
    id: Column
    attributes: list[Column] = []


class InteractionsSpec(FileOptions):
    """Who acted on what: a file of acts, or the records themselves (`from: records`)."""

    file: File | None = None
    from_: Literal["records"] | None = Field(default=None, alias="from")
    user: Column | None = None
    item: Column | None = None
    time: Column | None = None
    time_format: str | None = None
    timezone: str | None = None
    value: Column | None = None
    event: Column | None = None
    positive: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.file is None) == (self.from_ is None):
            raise PydanticCustomError("origin", "either file: NAME or from: records")
        if self.file is not None and (self.user is None or self.item is None):
            raise PydanticCustomError("origin", "user: COLUMN and item: COLUMN beside file:")
        if self.from_ is not None and (self.user or self.item or self.time):
            raise PydanticCustomError(
                "origin", "no user, item or time beside from: records, whose columns are used"
            )
        return self


class SplitsSpec(_Part):
    """How records and interactions are split where the files do not say it."""

    scheme: Scheme = "auto"
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        if min(self.fractions) <= 0 or abs(sum(self.fractions) - 1) > 1e-6:
            raise PydanticCustomError("fractions", "three shares above 0 that add up to 1")
        if self.fractions[0] < 0.5:
            raise PydanticCustomError("fractions", "at least half of the data for training")
        return self


class Recipe(_Part):
    """A whole recipe. Paths in it are relative to the folder it lies in."""

    name: str = Field(pattern=NAME)
    records: list[RecordSource] = []
    users: UsersSpec | None = None
    items: ItemsSpec | None = None
    interactions: InteractionsSpec | None = None
    splits: SplitsSpec = SplitsSpec()

    @property
    def files(self) -> list[str]:
        """The file of every section, those named twice as often."""
        sections = [*self.records, self.users, self.items, self.interactions]
        return [each.file for each in sections if each is not None and each.file is not None]

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if not self.records and (self.interactions is None or self.interactions.file is None):
            raise PydanticCustomError("no_data", "records, or interactions from a file")
        return self


def load_recipe(path: Path) -> Recipe:
    """Reads and checks a recipe file.

    Raises:
        InputError: the file cannot be read, is not YAML, or says something a recipe cannot say.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            "The recipe cannot be read",
            expected="a YAML file that says what the columns of your files mean",
            found=error.strerror or str(error),
            where=str(path),
            fix="give the path of a recipe.yaml",
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(
            "The recipe is not YAML",
            expected="lines such as `name: shop`, indented with spaces, in UTF-8",
            found=" ".join(str(error).split()),
            where=str(path),
            fix="mend the line named above; values with : or # in them need quotes",
        ) from error
    return parse_recipe(data, path.name)


def parse_recipe(data: object, where: str) -> Recipe:
    """Checks a recipe that is already in memory.

    Args:
        data: what YAML or a form gave.
        where: the name to put in front of the key in an error.

    Raises:
        InputError: with the key, what was expected and what was found.
    """
    if not isinstance(data, dict):
        raise InputError(
            "The recipe has no keys",
            expected="keys such as name: and records:",
            found="nothing" if data is None else f"a {type(data).__name__}",
            where=where,
            fix="start from a recipe in docs/data.md",
        )
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise _explain(error.errors(), data, where) from error


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML that `load_recipe` reads back as the same recipe."""
    data = recipe.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that looks most like `word`, if any does."""
    close = difflib.get_close_matches(word.casefold(), [name.casefold() for name in known], n=1)
    return next((name for name in known if close and name.casefold() == close[0]), None)


def _explain(errors: list[ErrorDetails], data: Mapping[Any, Any], where: str) -> InputError:
    error = min(errors, key=lambda each: each["type"] != "unknown_key")
    key = _key(error, data)
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    place = f"{where}: {key}" if key else where
    if error["type"] == "unknown_key":
        known, unknown = error["ctx"]["known"], error["ctx"]["key"]
        close = nearest(unknown, known)
        return InputError(
            f"The recipe has a key nobody knows{more}",
            expected=f"one of {', '.join(known)}",
            found=unknown,
            where=place,
            fix=f"write {close} instead of {unknown}" if close else f"remove {unknown}",
        )
    if error["type"] == "missing":
        return InputError(
            f"The recipe lacks a key{more}",
            expected=str(error["loc"][-1]),
            found="nothing there",
            where=place,
            fix=f"add {error['loc'][-1]}:",
        )
    name = str(error["loc"][-1]) if error["loc"] else ""
    return InputError(
        f"The recipe has a value that cannot be used{more}",
        expected=_expected(error, name),
        found=_shown(error["input"]),
        where=place,
        fix="put it in quotes" if error["type"] == "string_type" else "change it as expected above",
    )


def _expected(error: ErrorDetails, name: str) -> str:
    if error["type"] == "string_pattern_mismatch":
        if name == "name":
            return "up to 40 of a-z, 0-9, - and _, starting with a letter or a digit"
        return "a task name of letters, digits, - and _"
    return error["msg"].removeprefix("Input should be ")


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _key(error: ErrorDetails, data: object) -> str:
    """The path of the key as a person reads it; pydantic's own marks of a union are left out."""
    path = ""
    for part in error["loc"]:
        if isinstance(data, list) and isinstance(part, int):
            path += f"[{part}]"
            data = data[part] if part < len(data) else None
        elif isinstance(data, dict) and (part in data or error["type"] == "missing"):
            path += f".{part}"
            data = data.get(part)
    return path.removeprefix(".")
