"""From source files to the four tables of a dataset, before they are split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import reduce
from pathlib import Path

import pandas as pd

from mtrec.data.expression import Expression, numbers
from mtrec.data.readers import read_table
from mtrec.data.recipe import (
    FileOptions,
    InteractionsSpec,
    ItemsSpec,
    RecordSource,
    SplitValue,
    UsersSpec,
    nearest,
)
from mtrec.data.splits import PUBLISHED
from mtrec.data.times import UTC, parse_times
from mtrec.errors import InputError
from mtrec.schema import (
    EVENT,
    ITEM,
    LIKED,
    ROW,
    SOURCE,
    SPLIT,
    TEST,
    TEXT,
    TIME,
    TITLE,
    TRAIN,
    USER,
    VAL,
    VALUE,
    DataWarning,
    attribute_column,
    task_column,
)

COUNT = "count"  # how many source rows an interaction stands for
SPLIT_NAMES = {"train": TRAIN, "val": VAL, "validation": VAL, "dev": VAL, "test": TEST}


class SourceFiles:
    """The files a recipe names, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[tuple[str, str], pd.DataFrame] = {}

    def path(self, file: str) -> Path:
        """Where a file lies; raises InputError if a link leads it out of the recipe's folder."""
        path = self._folder / file
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise InputError(
                f"{file} lies outside the recipe's folder",
                expected="a file beside the recipe",
                found="a link that leads elsewhere",
                where=str(path),
                fix="copy the file into the recipe's folder",
            )
        return path

    def read(self, file: str, options: FileOptions) -> pd.DataFrame:
        """The file as a table of strings."""
        reading = FileOptions(
            format=options.format, encoding=options.encoding, delimiter=options.delimiter
        )
        key = (file, reading.model_dump_json())
        if key not in self._read:
            self._read[key] = read_table(self.path(file), reading)
        return self._read[key]

    def digests(self) -> list[tuple[str, str]]:
        """The SHA-256 of every file read, by name, in order of their names."""
        files = sorted({file for file, _ in self._read})
        return [(file, hashlib.sha256(self.path(file).read_bytes()).hexdigest()) for file in files]


def require_columns(frame: pd.DataFrame, columns: Iterable[str | None], file: str) -> None:
    """Raises InputError for the first column that the file does not have."""
    known = [str(column) for column in frame.columns]
    for column in columns:
        if column is not None and column not in known:
            close = nearest(column, known)
            raise InputError(
                f"{file} has no column {column}",
                expected=f"one of {', '.join(known)}",
                found=column,
                where=f"{file}: first line",
                fix=f"write {close} in the recipe"
                if close
                else "name one of the columns above in the recipe",
            )


def record_rows(
    frame: pd.DataFrame, spec: RecordSource, name: str
) -> tuple[pd.DataFrame, list[DataWarning]]:
    """All rows of a source of records, those without a text too, in the columns of the schema.

    Raises:
        InputError: a column is missing, or holds splits or times that cannot be read.
    """
    split = spec.split if isinstance(spec.split, str) else None
    labels = {task: each.label for task, each in spec.tasks.items()}
    require_columns(
        frame,
        [*spec.text_columns, spec.user, spec.item, spec.time, split, *labels.values()],
        spec.file,
    )
    rows = pd.DataFrame({SOURCE: pd.Series(name, index=frame.index, dtype="str")})
    rows[ROW] = frame.index.to_numpy()
    rows[TEXT] = _joined(frame, spec.text_columns)
    rows[USER] = _column(frame, spec.user)
    rows[ITEM] = _column(frame, spec.item)
    rows[TIME], warnings = _times(frame, spec, spec.file, name)
    rows[SPLIT] = _splits(frame, spec)
    rows[PUBLISHED] = spec.split is not None
    for task, label in labels.items():
        rows[task_column(task)] = _stripped(_column(frame, label))
    if spec.user is not None and (missing := int(rows[USER].isna().sum())):
        warnings.append(
            DataWarning(
                "missing_users",
                name,
                missing,
                f"{missing:,} rows say no user: they train the tasks and belong to no profile",
            )
        )
    if empty := int(rows[TEXT].isna().sum()):
        warnings.append(
            DataWarning(
                "empty_text",
                name,
                empty,
                f"{empty:,} rows have no text: they are no records, and count only as interactions",
            )
        )
    return rows, warnings


def interaction_rows(
    frame: pd.DataFrame, spec: InteractionsSpec, positive: Expression | None
) -> tuple[pd.DataFrame, list[DataWarning]]:
    """The acts of an interactions file, in the columns of the schema, repeats still in."""
    file = str(spec.file)
    require_columns(frame, [spec.user, spec.item, spec.time], file)
    rows = pd.DataFrame({ROW: frame.index.to_numpy()}, index=frame.index)
    rows[USER] = _column(frame, spec.user)
    rows[ITEM] = _column(frame, spec.item)
    rows[TIME], warnings = _times(frame, spec, file, Path(file).stem)
    rows[SPLIT] = _column(frame, None)
    rows[PUBLISHED] = False
    acts, more = acts_of(frame, spec, positive, file)
    rows = rows.join(acts)
    missing = int((rows[USER].isna() | rows[ITEM].isna()).sum())
    if missing:
        warnings.append(
            DataWarning(
                "missing_ids",
                Path(file).stem,
                missing,
                f"{missing:,} rows lack the user or the item: they are left out",
            )
        )
    return rows, warnings + more


def acts_of(
    frame: pd.DataFrame, spec: InteractionsSpec | None, positive: Expression | None, file: str
) -> tuple[pd.DataFrame, list[DataWarning]]:
    """Value, event and whether it counts as liked, for each row of a raw table."""
    value, event = (spec.value, spec.event) if spec is not None else (None, None)
    wanted = sorted(positive.columns) if positive is not None else []
    require_columns(frame, [value, event, *wanted], file)
    written = _column(frame, value)
    acts = pd.DataFrame({VALUE: numbers(written), EVENT: _column(frame, event)}, index=frame.index)
    acts[LIKED] = True if positive is None else positive.evaluate(frame)
    warnings = []
    if unreadable := int((written.notna() & acts[VALUE].isna()).sum()):
        warnings.append(
            DataWarning(
                "unreadable_value",
                Path(file).stem,
                unreadable,
                f"{unreadable:,} values in {value} are no numbers: they are kept without a value",
            )
        )
    return acts, warnings


def one_per_pair(rows: pd.DataFrame) -> pd.DataFrame:
    """One interaction a (user, item): the first liked one in time, else the first; ties by row.

    Rows without a user or an item fall out. `count` says how many rows each stands for.
    """
    rows = rows[rows[USER].notna() & rows[ITEM].notna()]
    pairs = rows.groupby([USER, ITEM], sort=False).ngroup()
    ordered = rows.assign(pair=pairs, unliked=~rows[LIKED]).sort_values(
        ["unliked", TIME], kind="stable", na_position="last"
    )
    kept = ordered.drop_duplicates("pair").sort_index()
    kept[COUNT] = kept["pair"].map(pairs.value_counts()).astype("int64")
    return kept.drop(columns=["pair", "unliked"])


def item_table(
    frame: pd.DataFrame | None, spec: ItemsSpec | None, seen: Sequence[pd.Series]
) -> tuple[pd.DataFrame, list[DataWarning]]:
    """The catalogue, and behind it the items that were seen and are not in it.

    Args:
        frame: the raw table of the items file, None without one.
        seen: the columns of item ids in records and interactions.
    """
    warnings: list[DataWarning] = []
    ids = _distinct(seen)
    if frame is None or spec is None:
        return pd.DataFrame({ITEM: ids, TITLE: ids, TEXT: ids}), warnings
    require_columns(frame, [spec.id, spec.title, *spec.text, *spec.attributes], spec.file)
    frame = _one_per_id(frame, spec.id, Path(spec.file).stem, "duplicate_items", warnings)
    items = pd.DataFrame({ITEM: frame[spec.id]})
    items[TITLE] = _stripped(_column(frame, spec.title)).fillna(items[ITEM])
    items[TEXT] = _joined(frame, spec.text).fillna(items[TITLE])
    for attribute in spec.attributes:
        items[attribute_column(attribute)] = frame[attribute]
    unknown = ids[~ids.isin(items[ITEM])]
    if len(unknown):
        more = pd.DataFrame({ITEM: unknown, TITLE: unknown, TEXT: unknown})
        items = pd.concat([items, more])
        warnings.append(
            DataWarning(
                "unknown_items",
                Path(spec.file).stem,
                len(unknown),
                f"{len(unknown):,} items are in no row of {spec.file}: their id is all their text",
            )
        )
    return items.reset_index(drop=True), warnings


def user_table(
    frame: pd.DataFrame | None, spec: UsersSpec | None, seen: Sequence[pd.Series]
) -> tuple[pd.DataFrame, list[DataWarning]]:
    """Every user seen in records or interactions, sorted by id, with what the users file says."""
    warnings: list[DataWarning] = []
    users = pd.DataFrame({USER: _distinct(seen)})
    if frame is None or spec is None:
        return users, warnings
    require_columns(frame, [spec.id, *spec.attributes], spec.file)
    frame = _one_per_id(frame, spec.id, Path(spec.file).stem, "duplicate_users", warnings)
    known = frame.set_index(spec.id)
    for attribute in spec.attributes:
        column = frame[spec.id].set_axis(known.index) if attribute == spec.id else known[attribute]
        users[attribute_column(attribute)] = users[USER].map(column).astype("str")
    return users, warnings


def _column(frame: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    return frame[column]


def _stripped(column: pd.Series) -> pd.Series:
    stripped = column.str.strip()
    return stripped.mask(stripped == "")


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    if not columns:
        return _column(frame, None)
    parts = [frame[column].fillna("") for column in columns]
    return _stripped(reduce(lambda left, right: (left + " " + right).str.strip(), parts))


def _times(
    frame: pd.DataFrame, spec: RecordSource | InteractionsSpec, file: str, name: str
) -> tuple[pd.Series, list[DataWarning]]:
    if spec.time is None:
        return pd.Series(pd.NaT, index=frame.index, dtype=UTC), []
    times = parse_times(frame[spec.time], spec.time_format, spec.timezone, file)
    unreadable = int((frame[spec.time].notna() & times.isna()).sum())
    if not unreadable:
        return times, []
    message = (
        f"{unreadable:,} times in {spec.time} cannot be read: these rows count as without time"
    )
    return times, [DataWarning("unreadable_time", name, unreadable, message)]


def _splits(frame: pd.DataFrame, spec: RecordSource) -> pd.Series:
    if spec.split is None:
        return _column(frame, None)
    if isinstance(spec.split, SplitValue):
        written = pd.Series(spec.split.value, index=frame.index, dtype="str")
    else:
        written = frame[spec.split]
    splits = written.str.strip().str.lower().map(SPLIT_NAMES).astype("str")
    wrong = written.notna() & splits.isna()
    if wrong.any():
        raise InputError(
            f"{spec.file} has a split that cannot be used",
            expected="train, val (or validation, dev) or test",
            found=", ".join(str(value)[:40] for value in written[wrong].unique()[:5]),
            where=f"{spec.file}: row {wrong.idxmax()}, split",
            fix="rename the splits in the file, or remove split: so that they are made here",
        )
    return splits


def _distinct(columns: Sequence[pd.Series]) -> pd.Series:
    if not columns:
        return pd.Series([], dtype="str")
    ids: pd.Series = pd.concat(columns).dropna().drop_duplicates()
    return ids.sort_values().reset_index(drop=True).astype("str")


def _one_per_id(
    frame: pd.DataFrame, column: str, name: str, code: str, warnings: list[DataWarning]
) -> pd.DataFrame:
    repeated = frame[column].isna() | frame[column].duplicated()
    if number := int(repeated.sum()):
        message = f"{number:,} rows repeat an id or have none: the first row of each id is used"
        warnings.append(DataWarning(code, name, number, message))
    return frame[~repeated]
