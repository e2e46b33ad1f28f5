"""The recipe: a small YAML file beside the data that says what its files and columns mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from mtrec.data.checked import Column, File, Part, explain, no_keys, read_yaml

Format = Literal["csv", "tsv", "jsonl", "parquet", "xlsx", "conll", "recbole"]
Delimiter = Literal[",", ";", "\t", "|", ":", " "]
Scheme = Literal["auto", "global-time", "user-time", "random"]
NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
TASK_NAME = r"^\w[\w-]{0,39}$"
PATTERNS = {
    NAME: "up to 40 of a-z, 0-9, - and _, starting with a letter or a digit",
    TASK_NAME: "a task name of letters, digits, - and _",
}


class FileOptions(Part):
    """How to read a file, where its name and content do not say it."""

    format: Format | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    decimal: str | None = None
    sheet: str | None = None


class SplitValue(Part):
    """One split for a whole file: `split: {value: test}`."""

    value: str


class TaskSpec(Part):
    """The column that holds a task's labels. Without a type, the type is inferred."""

    label: Column | None = None
    type: str | None = None
    separator: str | None = None
    order: list[str] | None = None
    scale: tuple[float, float] | None = None


class LongSpec(Part):
    """One row per label: which column names the task and which holds the label."""

    task: Column
    label: Column
    types: dict[str, str] = Field(default={})


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
    tasks: dict[Annotated[str, Field(pattern=TASK_NAME)], TaskSpec] = Field(default={})
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
    text: list[Column] = Field(default=[])
    attributes: list[Column] = Field(default=[])


class UsersSpec(FileOptions):
    """What is known about people: one row a user."""

    file: File
    id: Column
    attributes: list[Column] = Field(default=[])


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


class SplitsSpec(Part):
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


class Recipe(Part):
    """A whole recipe. Paths in it are relative to the folder it lies in."""

    name: str = Field(pattern=NAME)
    records: list[RecordSource] = Field(default=[])
    users: UsersSpec | None = None
    items: ItemsSpec | None = None
    interactions: InteractionsSpec | None = None
    splits: SplitsSpec = SplitsSpec()

    @property
    def files(self) -> list[str]:
        """The file of every section, those named twice as often."""
        sections = [*self.records, self.users, self.items, self.interactions]
        return [each.file for each in sections if each is not None and each.file is not None]

    @property
    def records_are_acts(self) -> bool:
        """Whether there are records that name a user and an item and so count as interactions."""
        named = any(each.user and each.item for each in self.records)
        return named and (self.interactions is None or self.interactions.file is None)

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
    data = read_yaml(
        path,
        "The recipe",
        expected="a YAML file that says what the columns of your files mean",
        such="name: shop",
    )
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
        raise no_keys(data, "The recipe", "keys such as name: and records:", where, "docs/data.md")
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise explain(error, data, "The recipe", where, PATTERNS) from error


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML that `load_recipe` reads back as the same recipe."""
    data = recipe.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
