"""How long a run still takes: texts to come, each at the pace of what is done with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

LATELY = 10.0  # seconds over which the present speed is taken
SETTLED = 1.0  # seconds of work before its pace tells anything
READING = 0.4  # of the time that learning from a text takes; a third where all of an encoder learns


class Kind(StrEnum):
    """What is done with a text; each has a pace of its own."""

    GUESS = "guess"  # hidden words of it are guessed and learned from
    LEARN = "learn"  # the tasks are learned from it
    CHECK = "check"  # a validation text is read and scored
    READ = "read"  # the encoder reads it and learns nothing
    OTHER = "other"  # what goes on is not a matter of texts


LEARNING = (Kind.GUESS, Kind.LEARN)


@dataclass(frozen=True)
class Stretch:
    """Work that is to come under the name of one phase.

    Args:
        phase: as the reporter will be told.
        kind: what is done with its texts.
        texts: how many there are, over all epochs.
        checks: validation texts among what the phase does besides, over all epochs.
        epochs: over how many these are spread.
        seconds: what it takes besides, at a guess that holds until the phase begins and, where it
            is not a matter of texts, until the first of its units is done.
    """

    phase: str
    kind: Kind
    texts: int
    checks: int = 0
    epochs: int = 1
    seconds: float = 0.0


class Clock:
    """Guesses how long a run still takes.

    The pace of a kind of work is the time that all of it took so far, over its texts. For what has
    not been met yet, checking goes as fast as reading, reading as a trial said (`reads`) or else at
    a share of the time that learning takes, and learning as fast as guessing.

    Args:
        now: in seconds, as all times here, of one clock that only goes forward.
    """

    def __init__(self, now: float) -> None:
        self._plan: list[Stretch] = []
        self._stretch: Stretch | None = None
        self._total = self._done = self._checked = self._epoch = 0
        self._guess = 0.0  # seconds that a phase without texts takes
        self._began = self._last = now
        self._learned = False  # whether an update was made that has not been counted yet
        self._seconds: dict[Kind, float] = {}
        self._texts: dict[Kind, int] = {}
        self._told: float | None = None
        self._recent: deque[tuple[float, int]] = deque()

    def expect(self, plan: Sequence[Stretch]) -> None:
        """What comes after the phase that is going on."""
        self._plan = list(plan)

    def reads(self, seconds: float) -> None:
        """What reading a text takes, from a trial."""
        self._told = seconds

    def phase(self, name: str, total: int, now: float) -> None:
        """A phase begins. Stretches planned before the first one of its name are over."""
        place = next((i for i, each in enumerate(self._plan) if each.phase == name), None)
        self._stretch, self._guess = None, 0.0
        if place is not None:
            planned = self._plan[place]
            self._plan = self._plan[place + 1 :]
            if planned.kind is Kind.OTHER:
                self._guess = planned.seconds
            else:
                # The phase knows best how many there are.
                self._stretch = replace(planned, texts=total - planned.checks)
        self._total, self._done, self._checked, self._epoch = total, 0, 0, 0
        self._began = self._last = now
        self._recent.clear()

    def goes_on(self, epoch: int, done: int, now: float) -> None:
        """The phase stands behind `epoch` epochs and `done` texts, by whatever way."""
        self._done, self._epoch, self._last = done, epoch, now
        if self._stretch is not None:
            self._checked = epoch * self._stretch.checks // self._stretch.epochs
        self._recent.clear()

    def step(self) -> None:
        """The texts that are told next were learned from."""
        self._learned = True

    def advance(self, n: int, now: float) -> None:
        """`n` texts are done."""
        self._done += n
        if self._stretch is not None:
            kind = self._stretch.kind
            if kind is Kind.LEARN and not self._learned:
                kind = Kind.CHECK
                self._checked += n
            self._count(kind, n, now)
            self._recent.append((now, n))
        self._learned, self._last = False, now

    def epoch(self, now: float) -> None:
        """An epoch is over; what passed since its last text went into scoring."""
        self._count(Kind.CHECK, 0, now)
        self._epoch, self._last = self._epoch + 1, now

    @property
    def learning_is_over(self) -> bool:
        """Whether nothing is learned from texts now or later."""
        now = [] if self._stretch is None else [self._stretch]
        return not any(each.kind in LEARNING for each in (*now, *self._plan))

    def speed(self, now: float) -> float:
        """Texts a second over the last seconds."""
        while self._recent and self._recent[0][0] < now - LATELY:
            self._recent.popleft()
        since = max(self._began, now - LATELY)
        return sum(n for _, n in self._recent) / (now - since) if now > since else 0.0

    def remaining(self, finishing: bool = False) -> float | None:
        """Seconds, never below 0; None while nothing can be said.

        Args:
            finishing: whether nothing more is to be learned: what would be learned is left out,
                and of all checks but that of the epoch which ends so.
        """
        left = dict.fromkeys(Kind, 0)
        guessed = 0.0
        for each in self._plan:
            ends = finishing and each.kind in LEARNING
            left[each.kind] += 0 if ends else each.texts
            left[Kind.CHECK] += each.checks // each.epochs if ends else each.checks
            guessed += 0 if ends else each.seconds
        own = self._guess
        if self._stretch is not None:
            now, ends = self._stretch, finishing and self._stretch.kind in LEARNING
            checks = now.checks - self._checked
            left[now.kind] += 0 if ends else max(0, self._total - self._done - checks)
            if ends:
                checks = (self._epoch + 1) * now.checks // now.epochs - self._checked
            left[Kind.CHECK] += max(0, checks)
        elif self._done:
            own = max(0, self._total - self._done) * (self._last - self._began) / self._done
        paces = {kind: self._pace(kind) for kind, texts in left.items() if texts}
        if sum(self._seconds.values()) < SETTLED or None in paces.values():
            return None
        return own + guessed + sum(left[kind] * (pace or 0.0) for kind, pace in paces.items())

    def _count(self, kind: Kind, n: int, now: float) -> None:
        self._seconds[kind] = self._seconds.get(kind, 0.0) + now - self._last
        self._texts[kind] = self._texts.get(kind, 0) + n

    def _pace(self, kind: Kind) -> float | None:
        """Seconds a text; None while nothing is known."""
        if self._texts.get(kind):
            return self._seconds[kind] / self._texts[kind]
        if kind is Kind.CHECK:
            return self._pace(Kind.READ)
        if kind is Kind.LEARN:
            return self._pace(Kind.GUESS)
        if kind is Kind.READ:
            learned = self._pace(Kind.LEARN)
            return self._told or (None if learned is None else READING * learned)
        return None
