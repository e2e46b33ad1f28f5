"""From source files to the four tables of a dataset, before they are split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np
import pandas as pd

from mtrec.data.checked import nearest
from mtrec.data.checks.personal import mask_personal
from mtrec.data.expression import Expression, numbers
from mtrec.data.notes import Notes, as_written
from mtrec.data.readers.conll import TAGS, TOKENS
from mtrec.data.readers.decimals import WITH_COMMA
from mtrec.data.recipe import (
    InteractionsSpec,
    ItemsSpec,
    RecordSource,
    SplitValue,
    UsersSpec,
)
from mtrec.data.sources import source_name
from mtrec.data.splits import PUBLISHED
from mtrec.data.times import UTC, parse_times, placeholder
from mtrec.errors import InputError
from mtrec.schema import (
    COUNT,
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
    attribute_column,
    task_column,
)
from mtrec.wording import listed

NO_TEXT = "no text"  # why a row is set aside that may still be an act
SPLIT_NAMES = {"train": TRAIN, "val": VAL, "validation": VAL, "dev": VAL, "test": TEST}


def with_defaults(source: RecordSource) -> RecordSource:
    """The source with what its format settles: in conll the text and the tags need no naming."""
    if source.format != "conll" and not source.file.removesuffix(".gz").endswith(".conll"):
        return source
    tasks = {
        name: task if task.label else task.model_copy(update={"label": TAGS})
        for name, task in source.tasks.items()
    }
    return source.model_copy(update={"text": source.text or TOKENS, "tasks": tasks})


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
    frame: pd.DataFrame, spec: RecordSource, name: str, acts: bool, notes: Notes
) -> pd.DataFrame:
    """All rows of a source of records, those without a text too, in the columns of the schema.

    Labels are as written.

    Args:
        acts: whether rows with a user and an item count as interactions too.

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
    if spec.mask:
        rows[TEXT] = mask_personal(rows[TEXT])
    rows[USER] = _column(frame, spec.user)
    rows[ITEM] = _column(frame, spec.item)
    rows[TIME] = _times(frame, spec, spec.file, name, notes)
    rows[SPLIT] = _splits(frame, spec)
    rows[PUBLISHED] = spec.split is not None
    for task, label in labels.items():
        rows[task_column(task)] = _stripped(_column(frame, label))
    if spec.user is not None:
        notes.warn(
            "missing_users",
            name,
            int(rows[USER].isna().sum()),
            "Rows that say no user: {n}. They train the tasks and belong to no profile",
        )
    silent = rows[TEXT].isna()
    still = int((silent & rows[USER].notna() & rows[ITEM].notna()).sum()) if acts else 0
    notes.set_aside(
        "empty_text",
        name,
        as_written(frame, silent),
        NO_TEXT,
        f"Rows without a text: {{n}}. They are no records; still used as acts: {still:,}"
        if still
        else "Rows without a text: {n}. They are left out",
    )
    return rows


def interaction_rows(
    frame: pd.DataFrame, spec: InteractionsSpec, positive: Expression | None, notes: Notes
) -> pd.DataFrame:
    """The acts of an interactions file, in the columns of the schema, repeats still in."""
    file, name = str(spec.file), source_name(str(spec.file))
    require_columns(frame, [spec.user, spec.item, spec.time], file)
    rows = pd.DataFrame({ROW: frame.index.to_numpy()}, index=frame.index)
    rows[USER] = _column(frame, spec.user)
    rows[ITEM] = _column(frame, spec.item)
    rows[TIME] = _times(frame, spec, file, name, notes)
    rows[SPLIT] = _column(frame, None)
    rows[PUBLISHED] = False
    rows = rows.join(acts_of(frame, spec, positive, file, notes))
    notes.set_aside(
        "missing_ids",
        name,
        as_written(frame, rows[USER].isna() | rows[ITEM].isna()),
        "no user or no item",
        "Rows without the user or the item: {n}. They are left out",
    )
    return rows


def acts_of(
    frame: pd.DataFrame,
    spec: InteractionsSpec | None,
    positive: Expression | None,
    file: str,
    notes: Notes,
) -> pd.DataFrame:
    """Value, event and whether it counts as liked, for each row of a raw table."""
    value, event = (spec.value, spec.event) if spec is not None else (None, None)
    wanted = sorted(positive.columns) if positive is not None else []
    require_columns(frame, [value, event, *wanted], file)
    written = _column(frame, value)
    acts = pd.DataFrame({VALUE: numbers(written), EVENT: _column(frame, event)}, index=frame.index)
    acts[LIKED] = True if positive is None else positive.evaluate(frame)
    for column in sorted(positive.measured) if positive is not None else []:
        _check_measured(frame[column], file, notes)
    notes.set_aside(
        "unreadable_value",
        source_name(file),
        written[written.notna() & acts[VALUE].isna()],
        "no number",
        f"Cells in {value} that are no numbers: {{n}}. Their acts are kept without a value",
        VALUE,
    )
    return acts


def _check_measured(cells: pd.Series, file: str, notes: Notes) -> None:
    """Warns of cells that are no numbers though what counts as liked needs them to be.

    Raises:
        InputError: none of them is a number.
    """
    known = cells.dropna()
    wrong = known[numbers(known).isna()]
    fix = (
        'say that the file\'s numbers have a decimal comma (decimal: "," in a recipe)'
        if wrong.str.fullmatch(WITH_COMMA).any()
        else "compare the column with 'words' instead, or choose another column"
    )
    if len(wrong) and len(wrong) == len(known):
        raise InputError(
            f"What counts as liked compares {cells.name} with a number, but that column has none",
            expected=f"numbers such as 4.5 in the column {cells.name}",
            found=listed([str(each)[:40] for each in wrong.unique()]),
            where=f"{file}: {cells.name}",
            fix=fix,
        )
    notes.warn(
        "unmeasured_cells",
        source_name(file),
        len(wrong),
        f"Cells in {cells.name} that are no numbers, though what counts as liked compares them "
        f"with one: {{n}}. They are neither above nor below it; mend them, or {fix}",
    )


def one_per_pair(rows: pd.DataFrame) -> pd.DataFrame:
    """One interaction a (user, item): the first liked one in time, else the first; ties by row.

    Rows without a user or an item fall out. `count` says how many rows each stands for.
    """
    users, items = pd.factorize(rows[USER])[0], pd.factorize(rows[ITEM])[0]
    known = np.flatnonzero((users >= 0) & (items >= 0))
    pairs = users[known] * (items.max(initial=0) + 1) + items[known]
    times = rows[TIME].astype("int64").where(rows[TIME].notna(), np.iinfo(np.int64).max)
    unliked = ~rows[LIKED].to_numpy(dtype=bool)
    order = np.lexsort((times.to_numpy()[known], unliked[known], pairs))
    first = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    kept = known[order[first]]
    counts = np.diff(first, append=len(order))
    back = np.argsort(kept)
    chosen = rows if len(kept) == len(rows) else rows.iloc[kept[back]]
    return chosen.assign(**{COUNT: counts[back].astype(np.int64)})


def item_table(
    frame: pd.DataFrame | None, spec: ItemsSpec | None, seen: Sequence[pd.Series], notes: Notes
) -> pd.DataFrame:
    """The catalogue, and behind it the items that were seen and are not in it.

    Args:
        frame: the raw table of the items file, None without one.
        seen: the columns of item ids in records and interactions.
    """
    ids = _distinct(seen)
    if frame is None or spec is None:
        return pd.DataFrame({ITEM: ids, TITLE: ids, TEXT: ids})
    require_columns(frame, [spec.id, spec.title, *spec.text, *spec.attributes], spec.file)
    name = source_name(spec.file)
    frame = _one_per_id(frame, spec.id, name, "duplicate_items", notes)
    items = pd.DataFrame({ITEM: frame[spec.id]})
    items[TITLE] = _stripped(_column(frame, spec.title)).fillna(items[ITEM])
    items[TEXT] = _joined(frame, spec.text).fillna(items[TITLE])
    for attribute in spec.attributes:
        items[attribute_column(attribute)] = frame[attribute]
    unknown = ids[~ids.isin(items[ITEM])]
    if len(unknown):
        more = pd.DataFrame({ITEM: unknown, TITLE: unknown, TEXT: unknown})
        items = pd.concat([items, more])
        message = f"Items that are in no row of {spec.file}: {{n}}. Their id is all their text"
        notes.warn("unknown_items", name, len(unknown), message)
    return items.reset_index(drop=True)


def user_table(
    frame: pd.DataFrame | None, spec: UsersSpec | None, seen: Sequence[pd.Series], notes: Notes
) -> pd.DataFrame:
    """Every user seen in records or interactions, sorted by id, with what the users file says."""
    users = pd.DataFrame({USER: _distinct(seen)})
    if frame is None or spec is None:
        return users
    require_columns(frame, [spec.id, *spec.attributes], spec.file)
    frame = _one_per_id(frame, spec.id, source_name(spec.file), "duplicate_users", notes)
    known = frame.set_index(spec.id)
    for attribute in spec.attributes:
        column = frame[spec.id].set_axis(known.index) if attribute == spec.id else known[attribute]
        users[attribute_column(attribute)] = users[USER].map(column).astype("str")
    return users


def _column(frame: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="str")
    return frame[column]


def _stripped(column: pd.Series) -> pd.Series:
    """Without spaces around; a cell of nothing else is missing. As it is where nothing changes."""
    stripped = column.str.strip()
    empty = stripped == ""
    if empty.any():
        return stripped.mask(empty)
    return column if stripped.equals(column) else stripped


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    if not columns:
        return _column(frame, None)
    if len(columns) == 1:
        return _stripped(frame[columns[0]])
    parts = [frame[column].fillna("") for column in columns]
    return _stripped(reduce(lambda left, right: (left + " " + right).str.strip(), parts))


def _times(
    frame: pd.DataFrame,
    spec: RecordSource | InteractionsSpec,
    file: str,
    name: str,
    notes: Notes,
) -> pd.Series:
    if spec.time is None:
        return pd.Series(pd.NaT, index=frame.index, dtype=UTC)
    written = frame[spec.time]
    times = parse_times(written, spec.time_format, spec.timezone, file)
    notes.set_aside(
        "unreadable_time",
        name,
        written[written.notna() & times.isna()],
        "no time that can be read",
        f"Times in {spec.time} that cannot be read: {{n}}. Their rows count as without time",
        TIME,
    )
    message = placeholder(times)
    if message is not None:
        moment, sentence = message
        notes.warn("placeholder_time", name, int((times == moment).sum()), sentence)
    return times


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
    frame: pd.DataFrame, column: str, name: str, code: str, notes: Notes
) -> pd.DataFrame:
    repeated = frame[column].isna() | frame[column].duplicated()
    message = "Rows that repeat an id or have none: {n}. The first row of each id is used"
    notes.set_aside(code, name, as_written(frame, repeated), "no id, or one again", message)
    return frame[~repeated]
