"""What one file is and what its columns mean, by what is in them and, for ids, their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mtrec.data.guess.column import LOOKED_AT, MOSTLY, Column
from mtrec.data.guess.liked import liked, stars
from mtrec.data.guess.separable import TextFeatures
from mtrec.data.labels import LabelType
from mtrec.data.long import task_name

TOLD_APART = 0.58  # area under the curve from which a column is taken for a label of the text
CLEAR = 1000  # texts from which it is clear whether a column can be told from them
MOST_TRIED = 40  # columns that are tried as labels, those with the fewest values first
MOST_LABELS = 200
FREE_TEXT = 20  # characters on average
SAYING = 20  # one different cell in so many rows, and a column of words says something of its own
USER = (
    "user customer member person account author client reviewer "
    "kunde kunden kundennr kundennummer nutzer"
)
ITEM = (
    "item product movie film book song track article business restaurant sku asin store "
    "artikel artikelnr artikelnummer produkt"
)
TIME = "time date timestamp created datetime ts at when"
TITLE = "title name"
VALUE = "rating score stars plays count quantity amount value"
EVENT = "event action act"
LABEL = "label class target category"
MANY = 20  # different ids or short texts from which a column of them may be people's
BY_NAME = "its name"

Reasons = dict[str, str]  # the columns that may have a role and why, the likeliest first


@dataclass(frozen=True)
class Guess:
    """What a column was taken for, and why.

    Attributes:
        role: `text`, `user`, `item`, `time`, `split`, `label`, `title`, `value`, `event`, `liked`,
            `attribute`, or `left out`.
        kind: the type of a label; empty otherwise.
        runner_up: the next best: another column, one that has no role, another type of a label, or
            another condition for what is liked; empty without one.
        runner_up_reason: why that one.
    """

    file: str
    column: str
    role: str
    reason: str
    kind: str = ""
    runner_up: str = ""
    runner_up_reason: str = ""


class Table:
    """One file and what its columns look like. Building a section notes the guesses behind it."""

    def __init__(self, file: str, frame: pd.DataFrame, types: Mapping[str, LabelType]) -> None:
        self.file = file
        self.rows = len(frame)
        self.types = types
        self.guesses: list[Guess] = []
        self.reference: str | None = None  # the column that names rows of another file
        rng = np.random.default_rng(0)
        self.seen = rng.choice(self.rows, min(self.rows, LOOKED_AT), replace=False)
        self.columns = {
            str(name): Column(str(name), frame[name], frame[name].iloc[self.seen])
            for name in frame.columns
        }

    # Which file it is

    def keys(self) -> list[str]:
        """Columns that name each row once, in few words."""
        return [
            name
            for name, column in self.columns.items()
            if column.is_unique and column.length < 2 * FREE_TEXT
        ]

    def refers_to(self, key: Column) -> list[str]:
        """Columns whose cells mostly stand in another file's key, and repeat."""
        known = set(key.cells)
        return [
            name
            for name, column in self.columns.items()
            if len(column.known) and not column.is_unique
            if column.known.isin(known).mean() > MOSTLY
        ]

    def key_for(self, others: Sequence[Table]) -> tuple[str, str] | None:
        """`items` or `users` and the key, where this file describes what another one refers to."""
        for name in self.keys():
            key = self.columns[name]
            referring = {
                column
                for other in others
                for column in other.refers_to(key)
                if column == name or not key.numeric
            }
            if referring:
                words = [key, *(Column(each, key.cells, key.seen) for each in referring)]
                is_user = any(each.hint(USER) is not None for each in words)
                return ("users" if is_user else "items"), name
        return None

    # Which columns may have which role

    @property
    def text(self) -> str | None:
        return _likeliest(self.texts)

    @property
    def user(self) -> str | None:
        return _likeliest(self.people)

    @property
    def item(self) -> str | None:
        return _likeliest(self.things)

    @cached_property
    def times(self) -> Reasons:
        """Numbers count as times only where the name says so."""
        times = [
            name
            for name, column in self.columns.items()
            if column.is_time and (column.numeric < MOSTLY or column.hint(TIME) is not None)
        ]
        times.sort(key=lambda name: _rank(self.columns[name].hint(TIME)))
        return dict.fromkeys(times, "its cells are times")

    @cached_property
    def splits(self) -> Reasons:
        return {
            name: f"it holds {', '.join(sorted(column.cells.dropna().str.strip().unique()))}"
            for name, column in self.columns.items()
            if column.is_split
        }

    @cached_property
    def people(self) -> Reasons:
        """By their names, then columns of ids that are no numbers and repeat, most ids first."""
        named = self._hinted(USER, but=[self.reference])
        ids = {
            name: column.distinct
            for name, column in self.columns.items()
            if column.is_id and column.distinct >= MANY and 2 * column.distinct <= self.rows
            if name not in {*named, self.reference} and not column.is_time
        }
        repeated = sorted(ids, key=lambda name: -ids[name])
        return named | dict.fromkeys(repeated, "ids that repeat")

    @cached_property
    def things(self) -> Reasons:
        """What other files tell of, by their names, then what the texts are about."""
        return self._named_things | self._standing_in_texts()

    @cached_property
    def texts(self) -> Reasons:
        """The columns that could be the text, the one with the most different words first."""
        taken = {self.user, _likeliest(self._named_things), *self.times, *self.splits}
        saying = {
            name: column.words
            for name, column in self.columns.items()
            if name not in taken and column.words
            if column.length >= FREE_TEXT
            or column.is_unique
            or (column.distinct >= MANY and column.distinct * SAYING >= self.rows)
            if not self._is_marked(column)
        }
        names = sorted(saying, key=lambda name: -saying[name])
        return {name: f"{saying[name]:,} different words" for name in names}

    @cached_property
    def _named_things(self) -> Reasons:
        known = [] if self.reference is None else [self.reference]
        named = self._hinted(ITEM, but=[*known, self.user])
        return dict.fromkeys(known, "it names rows of another file") | named

    def _standing_in_texts(self) -> Reasons:
        """Columns whose values stand in their texts, of those that are nothing else yet."""
        if self.text is None:
            return {}
        taken = {self.text, self.user, *self._named_things, *self.times, *self.splits}
        texts = _letters(self.columns[self.text].seen)
        found = []
        for name, column in self.columns.items():
            if name in taken or column.distinct < 2:
                continue
            values = _letters(column.seen)
            both = texts.notna() & values.notna() & (values.str.len() > 2)
            pairs = zip(values[both], texts[both], strict=True)
            if both.any() and np.mean([value in text for value, text in pairs]) > 0.5:
                found.append(name)
        return dict.fromkeys(found, "its values stand in the texts")

    def _is_marked(self, column: Column) -> bool:
        """Whether its cells are tags or the like, which only look like a text."""
        return any(
            kind.of_tokens and kind.recognise(column.known, column.known) is not None
            for kind in self.types.values()
        )

    def _hinted(self, words: str, but: Collection[str | None] = ()) -> Reasons:
        """The columns of short cells whose names hold one of the words."""
        hints = {
            name: (rank, len(name))
            for name, column in self.columns.items()
            if name not in but and (rank := column.hint(words)) is not None
            if column.length < FREE_TEXT * 2 and not column.is_time and not column.is_split
        }
        return dict.fromkeys(sorted(hints, key=lambda name: hints[name]), BY_NAME)

    # What its columns mean

    def records(self) -> dict[str, Any]:
        """The file as texts that people left."""
        text = self.text or max(self.columns, key=lambda name: self.columns[name].length)
        self._note(text, "text", self.texts.get(text, "the longest cells"))
        source: dict[str, Any] = {"file": self.file, "text": text}
        source |= self._likeliest_of("user", "item", "time", "split")
        self._note_unclear_times()
        labels = self._labels(text, {text, *(str(value) for value in source.values())})
        self._add_runners_up()
        return source | ({"tasks": labels} if labels else {})

    def items(self, key: str) -> dict[str, Any]:
        """The file as things that can be recommended."""
        self._note(key, "item", "one row each, and another file refers to it")
        section: dict[str, Any] = {"file": self.file, "id": key}
        wordy = [name for name in self.texts if name != key]
        titles = [name for name in wordy if self.columns[name].hint(TITLE) is not None]
        if titles:
            section["title"] = titles[0]
            self._note(titles[0], "title", BY_NAME)
        described = [name for name in wordy if self.columns[name].length >= FREE_TEXT]
        described = [name for name in described if 2 * self.columns[name].distinct > self.rows]
        section["text"] = list(dict.fromkeys([*titles[:1], *described])) or wordy[:1]
        for name in section["text"]:
            self._note(name, "text", self.texts[name])
        return section | self._attributes({key, *section["text"]})

    def users(self, key: str) -> dict[str, Any]:
        """The file as what is known about people."""
        self._note(key, "user", "one row each, and another file refers to it")
        return {"file": self.file, "id": key} | self._attributes({key})

    def interactions(self) -> dict[str, Any]:
        """The file as who acted on what."""
        section: dict[str, Any] = {"file": self.file}
        section |= self._likeliest_of("user", "item", "time")
        self._note_unclear_times()
        if (event := _likeliest(self._hinted(EVENT))) is not None:
            section["event"] = event
            self._note(event, "event", BY_NAME)
        value = _likeliest(self._hinted(VALUE))
        if value is not None and self.columns[value].numeric > MOSTLY:
            section["value"] = value
            self._note(value, "value", "its name, and numbers in it")
            if (found := stars(self.columns[value])) is not None:
                section["positive"] = found.condition
                self._note(value, "liked", found.reason)
        self._add_runners_up()
        return section

    def liked(self, source: Mapping[str, Any]) -> str | None:
        """Which of these texts say that their item is liked, where their labels make that clear.

        Args:
            source: what `records` gave.
        """
        specs = source.get("tasks", {}).values()
        labels = [
            self.columns[spec["label"]] for spec in specs if not self.types[spec["type"]].of_tokens
        ]
        found = liked(labels, self.columns[source["text"]].seen)
        if not found:
            return None
        best, runner_up = found[0], ("", "")
        if len(found) > 1:
            runner_up = (found[1].condition, found[1].reason)
        self._note(best.column, "liked", best.reason, runner_up=runner_up)
        return best.condition

    def _candidates(self, role: str) -> Reasons:
        """The columns that may have a role; none where several columns can have it at once."""
        ranked = {
            "text": self.texts,
            "user": self.people,
            "item": self.things,
            "time": self.times,
            "split": self.splits,
        }
        return ranked.get(role, {})

    def _likeliest_of(self, *roles: str) -> dict[str, str]:
        """The likeliest column of each role that has one."""
        found = {}
        for role in roles:
            candidates = self._candidates(role)
            if (best := _likeliest(candidates)) is not None:
                found[role] = best
                self._note(best, role, candidates[best])
        return found

    def _note_unclear_times(self) -> None:
        for name, column in self.columns.items():
            if column.time_problem is not None:
                self._note(name, "left out", f"{column.time_problem}: set it with a time format")

    def _add_runners_up(self) -> None:
        """Gives each guess of a column the next best one, of those that have no role at all.

        A name alone says little: it must come with at least half as many different values.
        """
        taken = {guess.column for guess in self.guesses}
        for place, guess in enumerate(self.guesses):
            enough = self.columns[guess.column].distinct / 2
            for name, reason in self._candidates(guess.role).items():
                says_enough = reason != BY_NAME or self.columns[name].distinct >= enough
                if name not in taken and says_enough:
                    self.guesses[place] = replace(guess, runner_up=name, runner_up_reason=reason)
                    break

    def _labels(self, text: str, taken: set[str]) -> dict[str, Any]:
        """The columns that can be told from the text, as tasks."""
        texts = self.columns[text].seen.dropna()
        features: TextFeatures | None = None
        fitting: dict[str, list[tuple[str, str]]] = {}
        told: dict[str, str] = {}
        untold: list[str] = []
        fewest = sorted(self.columns.items(), key=lambda pair: pair[1].distinct)
        for name, column in fewest[: MOST_TRIED + len(taken)]:
            if name in taken or column.is_time or column.is_unique:
                continue
            written = column.known[column.known.index.isin(texts.index)]
            kinds = self._kinds(column, written, texts[written.index])
            if not kinds:
                continue
            fitting[name] = kinds
            kind = self.types[kinds[0][0]]
            if kind.of_tokens:
                told[name] = kinds[0][1]
                continue
            features = features or TextFeatures(texts)
            area = features.auc(_one_each(kind, kind.read(written, texts[written.index]).dropna()))
            if area is None:
                untold.append(name)
            elif area >= TOLD_APART:
                told[name] = (
                    f"{kinds[0][1]}; of two texts with different values, a quick test tells which "
                    f"is which {area:.0%} of the time"
                )
        if len(texts) < CLEAR:
            untold = untold or list(fitting)
        if not told and untold:
            chosen = min(untold, key=self._last_resort)
            told[chosen] = fitting[chosen][0][1]
        tasks = {}
        for name in filter(told.__contains__, self.columns):
            (kind_name, _), *others = fitting[name]
            self._note(name, "label", told[name], kind_name, *others[:1])
            tasks[task_name(name)] = {"label": name, "type": kind_name}
        return tasks

    def _kinds(self, column: Column, written: pd.Series, texts: pd.Series) -> list[tuple[str, str]]:
        """The types that a column could be a label of, the likeliest first, and why."""
        found = []
        for name, kind in self.types.items():
            reason = kind.recognise(written, texts) if len(written) else None
            if reason is not None and (kind.of_tokens or self._is_reused(kind, written, texts)):
                found.append((name, reason))
        return found

    def _is_reused(self, kind: LabelType, written: pd.Series, texts: pd.Series) -> bool:
        values = kind.occurrences(kind.read(written, texts).dropna())
        return 2 <= values.nunique() <= MOST_LABELS and 3 * values.nunique() <= len(values)

    def _last_resort(self, name: str) -> tuple[int, bool, int]:
        """Where nothing can be measured: a telling name, words rather than numbers, few values."""
        column = self.columns[name]
        return _rank(column.hint(LABEL)), column.numeric > MOSTLY, column.distinct

    def _attributes(self, taken: set[str]) -> dict[str, Any]:
        found = [
            name
            for name, column in self.columns.items()
            if name not in taken and column.words and not column.is_time
            if 2 <= column.distinct <= self.rows / 2
        ]
        for name in found:
            self._note(name, "attribute", f"{self.columns[name].distinct:,} values for many rows")
        return {"attributes": found} if found else {}

    def _note(
        self,
        column: str,
        role: str,
        reason: str,
        kind: str = "",
        runner_up: tuple[str, str] = ("", ""),
    ) -> None:
        self.guesses.append(Guess(self.file, column, role, reason, kind, *runner_up))


def _one_each(kind: LabelType, values: pd.Series) -> pd.Series:
    """One label a record, to be told from its text: the first, or of an order the half it is in."""
    if kind.ordered:
        ranks = values.map({label: rank for rank, label in enumerate(kind.labels(values))})
        return (ranks > ranks.median()).astype("str")
    occurrences = kind.occurrences(values)
    return occurrences[~occurrences.index.duplicated()]


def _likeliest(candidates: Reasons) -> str | None:
    return next(iter(candidates), None)


def _rank(hint: int | None) -> int:
    """Where a hint stands among all, those without one last."""
    return 1000 if hint is None else hint


def _letters(cells: pd.Series) -> pd.Series:
    """Letters and digits alone, in small letters."""
    return cells.str.lower().str.replace(r"[\W_]+", "", regex=True)
