"""Small YAML files that people write: plain data, checked key by key, refused in sentences."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

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


def _stays_inside(file: str) -> str:
    path = PurePosixPath(file)
    if not file or "\0" in file or "\\" in file or path.is_absolute() or ".." in path.parts:
        raise PydanticCustomError(
            "file_outside", "a file in the same folder or below it, its path relative and with /"
        )
    return file


File = Annotated[str, AfterValidator(_stays_inside)]
Column = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A section of such a file. Unknown keys are refused with the keys that are known there."""

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


def read_yaml(path: Path, what: str, *, expected: str, such: str) -> object:
    """What a YAML file holds.

    Args:
        what: such as `The recipe`, for messages.
        expected: what kind of file it should be.
        such: a line that may stand in one.

    Raises:
        InputError: the file cannot be read, or is not YAML.
    """
    try:
        return parse_yaml(path.read_bytes(), what, such=such, where=str(path))
    except OSError as error:
        raise InputError(
            f"{what} cannot be read",
            expected=expected,
            found=error.strerror or str(error),
            where=str(path),
            fix="give the path of such a file",
        ) from error


def parse_yaml(content: bytes, what: str, *, such: str, where: str) -> object:
    """The same for content that is already in memory; raises InputError where it is not YAML."""
    try:
        return yaml.safe_load(content.decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(
            f"{what} is not YAML",
            expected=f"lines such as `{such}`, indented with spaces, in UTF-8",
            found=" ".join(str(error).split()),
            where=where,
            fix="mend the line named above; values with : or # in them need quotes",
        ) from error


def no_keys(data: object, what: str, expected: str, where: str, example: str) -> InputError:
    """The error of a file that holds no keys at all; `example` says where to find one that does."""
    return InputError(
        f"{what} has no keys",
        expected=expected,
        found="nothing" if data is None else f"a {type(data).__name__}",
        where=where,
        fix=f"start from the example in {example}",
    )


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that looks most like `word`, if any does."""
    close = difflib.get_close_matches(word.casefold(), [name.casefold() for name in known], n=1)
    return next((name for name in known if close and name.casefold() == close[0]), None)


def explain(
    invalid: ValidationError,
    data: object,
    what: str,
    where: str,
    patterns: Mapping[str, str] | None = None,
) -> InputError:
    """The first thing that is wrong, with its key, and how many more there are.

    Args:
        data: what was checked.
        what: such as `The recipe`.
        where: the name to put in front of the key.
        patterns: in words, those that strings are held against.
    """
    errors = invalid.errors()
    error = min(errors, key=lambda each: each["type"] != "unknown_key")
    key = _key(error, data)
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    place = f"{where}: {key}" if key else where
    if error["type"] == "unknown_key":
        known, unknown = error["ctx"]["known"], error["ctx"]["key"]
        close = nearest(unknown, known)
        return InputError(
            f"{what} has a key nobody knows{more}",
            expected=f"one of {', '.join(known)}",
            found=unknown,
            where=place,
            fix=f"write {close} instead of {unknown}" if close else f"remove {unknown}",
        )
    if error["type"] in ("missing", "union_tag_not_found"):
        lacking = (
            str(error["loc"][-1])
            if error["type"] == "missing"
            else error["ctx"]["discriminator"].strip("'")
        )
        return InputError(
            f"{what} lacks a key{more}",
            expected=lacking,
            found="nothing there",
            where=place,
            fix=f"add {lacking}:",
        )
    is_tag = error["type"] == "union_tag_invalid"
    return InputError(
        f"{what} has a value that cannot be used{more}",
        expected=_expected(error, patterns or {}),
        found=error["ctx"]["tag"] if is_tag else _shown(error["input"]),
        where=place,
        fix="put it in quotes" if error["type"] == "string_type" else "change it as expected above",
    )


def _expected(error: ErrorDetails, patterns: Mapping[str, str]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return patterns[error["ctx"]["pattern"]]
    if error["type"] == "union_tag_invalid":
        return f"one of {error['ctx']['expected_tags'].replace(chr(39), '')}"
    return error["msg"].removeprefix("Input should be ")


def _shown(value: object) -> str:
    text = _as_yaml(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _as_yaml(value: object) -> str:
    """A value as it may be written in the file."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_as_yaml(each)}' for key, each in value.items())}}}"
    return "nothing" if value is None else str(value)


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
