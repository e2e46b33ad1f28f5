"""From a recipe to a dataset in memory: read, checked and split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from mtrec.data.checks import (
    check_columns,
    check_duplicates,
    check_ids,
    check_interactions,
    check_label_words,
    check_people,
    check_personal,
    check_related_tasks,
    check_splits,
    check_tasks,
    mask_personal,
)
from mtrec.data.dataset import (
    Dataset,
    DatasetTask,
)
from mtrec.data.expression import Expression, parse
from mtrec.data.labelling import Labelling, kinds, known, strata
from mtrec.data.labels import LabelType
from mtrec.data.long import one_row_per_record
from mtrec.data.notes import Notes
from mtrec.data.recipe import (
    InteractionsSpec,
    ItemsSpec,
    Recipe,
    RecordSource,
    UsersSpec,
    load_recipe,
)
from mtrec.data.sampling import text_numbers
from mtrec.data.sources import SourceFiles, source_name
from mtrec.data.splits import KIND, PUBLISHED, STRATUM, make_splits
from mtrec.data.steps import CHECKED, DIVIDED, LABELLED, READ, Tell, silent
from mtrec.data.supported import check_supported
from mtrec.data.tables import (
    acts_of,
    interaction_rows,
    item_table,
    one_per_pair,
    record_rows,
    require_columns,
    user_table,
    with_defaults,
)
from mtrec.data.times import UTC as UTC_TIME
from mtrec.errors import InputError
from mtrec.schema import (
    COLD,
    COUNT,
    EVENT,
    ITEM,
    LIKED,
    RECORD,
    ROW,
    SOURCE,
    SPLIT,
    SPLITS,
    TEXT,
    TIME,
    USER,
    VALUE,
    WRITTEN,
    DataWarning,
    task_column,
)

ROW_TYPES = {
    SOURCE: "str",
    ROW: "int64",
    TEXT: "str",
    USER: "str",
    ITEM: "str",
    TIME: UTC_TIME,
    SPLIT: "str",
    PUBLISHED: "bool",
}
ACT_TYPES = {VALUE: "float64", EVENT: "str", LIKED: "bool"}
LAYOUT = 4  # of the stored tables, and of the rules that make them
ACT_COLUMNS = [ROW, USER, ITEM, TIME, SPLIT, PUBLISHED]
INTERACTION_COLUMNS = [USER, ITEM, TIME, VALUE, EVENT, LIKED, SPLIT, ROW, COUNT]


Reading = Callable[[pd.Series], list[DataWarning]]


def read_dataset(
    recipe_path: Path,
    types: Mapping[str, LabelType],
    reading: Reading | None = None,
    tell: Tell = silent,
) -> Dataset:
    """Reads, checks and splits everything a recipe names; stores nothing.

    Args:
        types: the registered label types; the first that fits wins where a task names none.
        reading: what an encoder has to say about texts.
        tell: hears where the work stands.

    Raises:
        InputError: with what was expected, what was found, where, and the fix.
    """
    recipe = load_recipe(recipe_path)
    check_supported(recipe, types, recipe_path.name)
    return _Import(recipe, recipe_path, types, reading, tell).dataset()


@dataclass(frozen=True)
class _Source:
    """A source of records: what the recipe says of it, its raw table and its rows.

    Both are indexed by a number that goes on from source to source. A text that is one column
    stands in the rows alone.
    """

    name: str
    spec: RecordSource
    frame: pd.DataFrame
    rows: pd.DataFrame


class _Import:
    """One reading of a recipe's files."""

    def __init__(
        self,
        recipe: Recipe,
        path: Path,
        types: Mapping[str, LabelType],
        reading: Reading | None,
        tell: Tell,
    ) -> None:
        self.recipe = recipe
        self.where = path.name
        self.types = types
        self.reading = reading
        self.tell = tell
        self.notes = Notes()
        self.files = SourceFiles(path.parent, self.notes, recipe.files)

    def dataset(self) -> Dataset:
        sources = self._sources()
        rows = _stacked([each.rows for each in sources])
        interactions = self._interactions(sources)
        has_text = rows[TEXT].notna()
        self.tell("Reading labels", READ)
        records, labellings = self._labelled(rows if has_text.all() else rows[has_text], sources)
        self.tell("Dividing", LABELLED)
        texts = text_numbers(records[TEXT])
        splits = make_splits(
            records.assign(
                **{STRATUM: strata(records, labellings), KIND: kinds(records, labellings)}
            ),
            texts,
            interactions,
            self.recipe.splits,
        )
        records = records.assign(**{SPLIT: splits.records})
        interactions = interactions.assign(**{SPLIT: splits.interactions})
        tasks = {name: _task(each, records) for name, each in labellings.items()}
        self.tell("Looking for problems", DIVIDED)
        self.notes.warnings += [
            *check_splits(splits, records, interactions),
            *check_tasks(tasks),
            *check_duplicates(records, texts, list(labellings)),
            *self._check_labels(sources, records, labellings),
            *check_people(records, interactions),
            *(self.reading(records[TEXT]) if self.reading is not None else []),
        ]
        self.tell("Listing items and people", CHECKED)
        seen = [records[ITEM], interactions[ITEM]]
        items = item_table(self._read(self.recipe.items), self.recipe.items, seen, self.notes)
        seen = [records[USER], interactions[USER]]
        users = user_table(self._read(self.recipe.users), self.recipe.users, seen, self.notes)
        self.notes.warnings += check_ids(items[ITEM], "items") + check_ids(users[USER], "users")
        users.insert(1, COLD, users[USER].map(splits.cold).astype("str"))
        records = records.drop(columns=PUBLISHED).reset_index(drop=True)
        records.insert(0, RECORD, records.index.to_numpy())
        return Dataset(
            name=self.recipe.name,
            version=self._version(),
            created=datetime.now(UTC).isoformat(),
            recipe=self.recipe,
            tasks=tasks,
            warnings=self.notes.warnings,
            scheme=splits.scheme,
            reason=splits.reason,
            tables={
                "records": records,
                "items": items,
                "interactions": interactions[INTERACTION_COLUMNS].reset_index(drop=True),
                "users": users,
                "aside": self._aside(),
            },
        )

    def _aside(self) -> pd.DataFrame:
        """What was set aside, personal data masked where a source of the recipe asks for that."""
        aside = self.notes.aside()
        if any(source.mask for source in self.recipe.records):
            aside[WRITTEN] = mask_personal(aside[WRITTEN])
        return aside

    def _read(self, spec: ItemsSpec | UsersSpec | None) -> pd.DataFrame | None:
        return None if spec is None else self.files.read(spec.file, spec)

    def _sources(self) -> list[_Source]:
        found: list[_Source] = []
        start = 0
        several = [name for name, each in self.types.items() if each.several]
        for place, spec in enumerate(map(with_defaults, self.recipe.records)):
            self.tell(f"Reading {spec.file}", READ * place / len(self.recipe.records))
            frame = self.files.read(spec.file, spec)
            name = source_name(spec.file)
            if any(each.name == name for each in found):
                name = f"{name}-{len(found) + 1}"
            if spec.long is not None:
                require_columns(frame, [spec.long.task, spec.long.label], spec.file)
                frame, spec = one_row_per_record(frame, spec, spec.long, several, name, self.notes)
            rows = record_rows(frame, spec, name, self.recipe.records_are_acts, self.notes)
            self.notes.warnings += check_personal(rows[TEXT], name)
            if len(spec.text_columns) == 1 and not self._positive_reads(spec.text_columns[0]):
                frame = frame.drop(columns=spec.text_columns)
            index = pd.RangeIndex(start, start + len(rows))
            found.append(_Source(name, spec, frame.set_axis(index), rows.set_axis(index)))
            start += len(rows)
        return found

    def _positive_reads(self, column: str) -> bool:
        spec = self.recipe.interactions
        return bool(spec and spec.positive and column in parse(spec.positive).columns)

    def _labelled(
        self, records: pd.DataFrame, sources: list[_Source]
    ) -> tuple[pd.DataFrame, dict[str, Labelling]]:
        """The records with their labels read, and how they were."""
        tasks = dict.fromkeys(task for source in sources for task in source.spec.tasks)
        labellings = {}
        for task in tasks:
            specs = {
                each.name: each.spec.tasks[task] for each in sources if task in each.spec.tasks
            }
            labellings[task] = Labelling.of(task, specs, records, self.types, self.where)
            labels = labellings[task].read(records, self.notes)
            records = records.assign(**{task_column(task): labels})
        return records, labellings

    def _check_labels(
        self,
        sources: list[_Source],
        records: pd.DataFrame,
        labellings: Mapping[str, Labelling],
    ) -> list[DataWarning]:
        """What there is to know about labels beside how often they stand."""
        values = {task: known(records[task_column(task)]) for task in labellings}
        labels = {task: labellings[task].kind.occurrences(values[task]) for task in labellings}
        warnings = [
            *check_related_tasks(records, labels),
            *check_label_words(records[TEXT], labels),
        ]
        for source in sources:
            theirs = {task: labels[task] for task in source.spec.tasks}
            if len(sources) > 1:
                theirs = {
                    task: each[each.index.isin(source.rows.index)] for task, each in theirs.items()
                }
            warnings += check_columns(source.frame, source.spec, theirs, source.name)
        for task, labelling in labellings.items():
            warnings += labelling.kind.checks(task, values[task])
        return warnings

    def _interactions(self, sources: list[_Source]) -> pd.DataFrame:
        spec = self.recipe.interactions
        positive = parse(spec.positive) if spec is not None and spec.positive else None
        if spec is not None and spec.file is not None:
            rows = interaction_rows(self.files.read(spec.file, spec), spec, positive, self.notes)
        else:
            rows = self._rows_as_acts(sources, spec, positive)
        interactions = one_per_pair(rows)
        self.notes.warnings += check_interactions(interactions, _is_unsaid(spec))
        return interactions

    def _rows_as_acts(
        self, sources: list[_Source], spec: InteractionsSpec | None, positive: Expression | None
    ) -> pd.DataFrame:
        """The records with a user and an item, as interactions."""
        found = []
        for source in sources:
            if source.spec.user is not None and source.spec.item is not None:
                acts = acts_of(source.frame, spec, positive, source.spec.file, self.notes)
                found.append(source.rows[ACT_COLUMNS].join(acts))
        if found:
            return _stacked(found)
        if spec is not None:
            raise InputError(
                "No records can be taken as interactions",
                expected="a source of records with user: and item:",
                found="none",
                where=f"{self.where}: interactions",
                fix="name the columns of the user and the item, or remove interactions:",
            )
        return _no_rows(ROW_TYPES | ACT_TYPES)

    def _version(self) -> str:
        """12 hex digits of the SHA-256 over the recipe and the content of the files it names.

        `LAYOUT` is in it, since the same files make other tables once mtrec reads them otherwise.
        """
        recipe = self.recipe.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        digest = hashlib.sha256(json.dumps([LAYOUT, recipe], sort_keys=True).encode())
        for file, content in self.files.digests():
            digest.update(f"\0{file}\0{content}".encode())
        return digest.hexdigest()[:12]


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The tables one below the other; one alone is not copied."""
    if not tables:
        return _no_rows(ROW_TYPES)
    return tables[0] if len(tables) == 1 else pd.concat(tables)


def _no_rows(types: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in types}).astype(dict(types))


def _is_unsaid(spec: InteractionsSpec | None) -> bool:
    """Whether acts are taken from records, and nothing says which of them are liked."""
    return spec is None or (spec.from_ is not None and spec.positive is None)


def _task(labelling: Labelling, records: pd.DataFrame) -> DatasetTask:
    values = known(records[task_column(labelling.task)])
    labels = labelling.labels(values)
    occurrences = labelling.kind.occurrences(values)
    splits = records.loc[occurrences.index, SPLIT]
    counts = occurrences.groupby([splits, occurrences]).size()
    sizes = records.loc[values.index, SPLIT].value_counts()
    return DatasetTask(
        name=labelling.task,
        type=labelling.kind.type,
        labels=labels,
        sizes={split: int(sizes.get(split, 0)) for split in SPLITS},
        counts={
            split: {label: int(counts.get((split, label), 0)) for label in labels}
            for split in SPLITS
        },
    )
