"""The labels of every task, read as the type that the recipe names or that they look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from mtrec.data.labels import LabelType
from mtrec.data.notes import Notes
from mtrec.data.recipe import TaskSpec
from mtrec.errors import InputError
from mtrec.schema import ROW, SOURCE, TEXT, task_column
from mtrec.wording import many

EXAMPLES = 3
Specs = Mapping[str, TaskSpec]


@dataclass(frozen=True)
class Labelling:
    """How one task's labels are read.

    Attributes:
        specs: what the recipe says of them, by source.
        where: the task in the recipe, for messages.
    """

    task: str
    kind: LabelType
    specs: Specs
    where: str

    @classmethod
    def of(
        cls,
        task: str,
        specs: Specs,
        records: pd.DataFrame,
        types: Mapping[str, LabelType],
        where: str,
    ) -> Labelling:
        """With the type that the recipe gives, or the first registered one that fits the labels.

        Args:
            records: text and, as written, the task's labels.

        Raises:
            InputError: two types are given, or none fits.
        """
        given = sorted({spec.type for spec in specs.values() if spec.type is not None})
        where = f"{where}: tasks.{task}"
        if len(given) > 1:
            raise InputError(
                f"The task {task} has two types",
                expected="one type for all its sources",
                found=" and ".join(given),
                where=where,
                fix="give it the same type everywhere, or another name in one of the sources",
            )
        written = known(records[task_column(task)])
        texts = records[TEXT]
        if len(written) < len(texts):
            texts = texts[written.index]
        if given and len(written):
            return cls(task, types[given[0]], specs, where)
        asked = {key for spec in specs.values() for key in settings_of(spec)}
        fitting = [kind for kind in types.values() if asked <= {*kind.settings}]
        for kind in fitting:
            if len(written) and kind.recognise(written, texts):
                return cls(task, kind, specs, where)
        distinct = written.unique()
        such = ", ".join(str(label)[:40] for label in distinct[:EXAMPLES])
        raise InputError(
            f"The labels of the task {task} do not fit",
            expected=f"labels of type {' or '.join(kind.type for kind in fitting)}",
            found=f"{many(len(distinct), 'label')} in {many(len(written), 'record')}"
            + (f", such as {such}" if such else ""),
            where=where,
            fix="name another column, or remove the task",
        )

    def read(self, records: pd.DataFrame, notes: Notes) -> pd.Series:
        """The task's labels in the form that is kept; what cannot be read is set aside."""
        column = records[task_column(self.task)]
        parts = []
        for spec, sources in self._read_alike():
            written = known(column)
            if len(self.specs) > 1:
                written = written[records[SOURCE][written.index].isin(sources)]
            texts = records[TEXT]
            if len(written) < len(texts):
                texts = texts[written.index]
            with self._placed():
                parts.append(self.kind.read(written, texts, spec))
        kept = parts[0] if len(parts) == 1 else pd.concat(parts)
        if not kept.index.equals(column.index):
            kept = kept.reindex(column.index)
        lost = column[column.notna() & kept.isna()]
        for source, cells in lost.groupby(records.loc[lost.index, SOURCE]):
            notes.set_aside(
                "unreadable_label",
                str(source),
                cells.set_axis(records.loc[cells.index, ROW]),
                "a label that cannot be read",
                f"{self.task}: labels that cannot be read: {{n}}. Their texts count as unlabelled "
                "for this task",
                f"label: {self.task}",
            )
        self._note_conversion(column, kept, notes)
        return kept

    def labels(self, values: pd.Series) -> list[str]:
        """The labels in their order, of values that `read` gave."""
        given = [spec for spec in self.specs.values() if spec.order or spec.scale]
        with self._placed():
            return self.kind.labels(values, *given[:1])

    def _read_alike(self) -> list[tuple[TaskSpec, list[str]]]:
        """The sources that are read by the same settings, together: they share a scale."""
        groups: list[tuple[TaskSpec, list[str]]] = []
        for source, spec in self.specs.items():
            alike = TaskSpec(separator=spec.separator, order=spec.order, scale=spec.scale)
            others = next((sources for each, sources in groups if each == alike), None)
            if others is None:
                groups.append((alike, [source]))
            else:
                others.append(source)
        return groups

    @contextmanager
    def _placed(self) -> Iterator[None]:
        """Says of what goes wrong with labels which task's they are."""
        try:
            yield
        except InputError as error:
            raise InputError(
                f"{self.task}: {error.message}",
                expected=error.expected,
                found=error.found,
                where=error.where or self.where,
                fix=error.fix,
            ) from error

    def _note_conversion(self, written: pd.Series, kept: pd.Series, notes: Notes) -> None:
        """Says so where several ways of writing were brought to one."""
        changed = (written != kept) & kept.notna()
        before, after = written[kept.notna()].nunique(), kept.nunique()
        if not changed.any() or before <= after:
            return
        pairs = pd.DataFrame({"written": written[changed], "kept": kept[changed]})
        shown = pairs.value_counts().head(EXAMPLES).index
        examples = ", ".join(f"{a} → {b}" for a, b in shown)
        notes.warn(
            "converted_labels",
            self.task,
            int(changed.sum()),
            f"{self.task}: {before:,} ways of writing were brought to {after:,} labels, such as "
            f"{examples}",
        )


def known(column: pd.Series) -> pd.Series:
    """The cells that are not missing; where none is, the column itself."""
    return column if column.notna().all() else column.dropna()


def settings_of(spec: TaskSpec) -> list[str]:
    """Which settings of a label type the recipe gives for a task."""
    return [key for key in ("separator", "order", "scale") if getattr(spec, key) is not None]


def strata(records: pd.DataFrame, labellings: Mapping[str, Labelling]) -> pd.Series:
    """A number for each combination of labels, -1 for a record without any.

    Of a record with several labels in one task, the first counts.
    """
    if not labellings:
        return pd.Series(-1, index=records.index)
    first = {}
    for task, labelling in labellings.items():
        values = known(records[task_column(task)])
        occurrences = labelling.kind.occurrences(values)
        first[task] = occurrences[~occurrences.index.duplicated()].reindex(records.index)
    combined = pd.DataFrame(first, index=records.index)
    numbers = combined.groupby(list(first), dropna=False, sort=False).ngroup()
    labelled = records[[task_column(task) for task in first]].notna().any(axis=1)
    return numbers.where(labelled, -1)


def kinds(records: pd.DataFrame, labellings: Mapping[str, Labelling]) -> pd.Series:
    """A number for each source, the same for sources that label a task in common."""
    sources = records[SOURCE].unique().tolist()
    numbers = dict(zip(sources, range(len(sources)), strict=True))
    for task in labellings:
        labelled = records.loc[records[task_column(task)].notna(), SOURCE].unique()
        together = {numbers[source] for source in labelled}
        numbers |= {each: min(together) for each, number in numbers.items() if number in together}
    return records[SOURCE].map(numbers).astype("int64")
