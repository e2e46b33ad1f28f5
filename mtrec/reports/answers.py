"""Requests for recommendations, as programs send them, and their answers.

A request is a list of rows: `user` (an id), `text` (a text or a list of texts, of somebody who is
not in the data, or beside `user` more that they said), `activity` (the record source that these
texts are of) and `k` (how many items).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mtrec.errors import InputError
from mtrec.recommend.data import is_user
from mtrec.recommend.guest import NewTexts, Read
from mtrec.recommend.people import People

MOST = 1000  # items in one answer
SHAPE = (
    f"user (an id) or text (a text or a list of texts) or both, and if need be k (1 to {MOST}) "
    "and activity"
)


class Asked(BaseModel):
    """One row of a request; empty texts are left out."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = Field(None, min_length=1)
    text: list[str] = []
    activity: str | None = None
    k: int = Field(10, ge=1, le=MOST)

    @field_validator("text", mode="before")
    @classmethod
    def _listed(cls, text: object) -> object:
        return [text] if isinstance(text, str) else text

    @field_validator("text")
    @classmethod
    def _said(cls, text: list[str]) -> list[str]:
        return [each.strip() for each in text if each.strip()]

    @model_validator(mode="after")
    def _about_somebody(self) -> Asked:
        if self.user is None and not self.text:
            raise ValueError("neither a user nor a text")
        return self


class Answers:
    """Answers requests from a run's people.

    Args:
        read: how the run reads texts. It is used by one thread at a time.
    """

    def __init__(self, people: People, read: Read) -> None:
        self._people = people
        self._read = read
        self._reading = Lock()  # tokenizers take no two calls at once

    def answer(self, request: object) -> list[dict[str, Any]]:
        """For each row `{known, note, items}`, the items as in the `recommend` contract.

        `known` says whether the user is in the data. One who is not gets what suits everyone, or
        what suits the texts alone, and `note` says so; otherwise it is None.

        Raises:
            InputError: a row cannot be understood; then none is answered.
        """
        asked = [_asked(row, number) for number, row in enumerate(_rows(request), 1)]
        for each in asked:
            if each.activity is not None:
                self._people.check_activity(each.activity)
        return [self._one(each) for each in asked]

    def _one(self, asked: Asked) -> dict[str, Any]:
        known = asked.user is not None and is_user(self._people.users, asked.user)
        user = asked.user if known else None
        if user is not None and not asked.text:
            items = self._people.recommend(user, asked.k)
        else:
            new = self._new(asked) if asked.text else None
            items = self._people.recommend_with(new, asked.k, user)
        return {"known": known, "note": _note(asked, known), "items": items}

    def _new(self, asked: Asked) -> NewTexts:
        with self._reading:
            vectors = self._read(asked.text)
        return NewTexts(tuple(asked.text), vectors, asked.activity)


def _note(asked: Asked, known: bool) -> str | None:
    if asked.user is None or known:
        return None
    whom = "whoever wrote these texts" if asked.text else "everyone"
    return f"Nobody in this data is called {asked.user}, so these items are what suits {whom}."


def _rows(request: object) -> Sequence[object]:
    """The rows of a table or a list, without what is empty."""
    rows = request.to_dict("records") if isinstance(request, pd.DataFrame) else request
    if not isinstance(rows, list):
        raise InputError(
            "The request is no list of rows",
            expected='dataframe_records with a list such as [{"user": "u1", "k": 10}]',
            found="columns" if isinstance(rows, dict) else type(rows).__name__,
        )
    return [_row(each) if isinstance(each, dict) else each for each in rows]


def _row(cells: Mapping[Any, object]) -> dict[str, object]:
    """One row's cells as plain values; what is empty is left out, as are numbers that are none."""
    plain = {
        # MLflow makes arrays of what stands under `inputs`.
        str(key): cell.tolist() if isinstance(cell, np.ndarray | np.generic) else cell
        for key, cell in cells.items()
    }
    return {
        key: cell
        for key, cell in plain.items()
        if cell is not None and not (isinstance(cell, float) and np.isnan(cell))
    }


def _asked(row: object, number: int) -> Asked:
    try:
        return Asked.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(
            "A row of the request cannot be answered",
            expected=SHAPE,
            found=f"{place}: {what}" if place else what,
            where=f"row {number}",
        ) from error
