"""The names of columns and the value types that every package shares; each is stated here alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# Columns of the stored tables. A dataset's Parquet files hold these and nothing else.
RECORD = "record"  # int64, 0..n-1, a record's id within its dataset version
SOURCE = "source"  # string, the file's stem: the activity the row comes from
ROW = "row"  # int64, the row in the source file, 1 is the first row of data
TEXT = "text"
USER = "user"
ITEM = "item"
TIME = "time"  # datetime64[us, UTC]
SPLIT = "split"  # train, val, test; missing: left out of every split so that nothing leaks
TITLE = "title"
VALUE = "value"  # float64, the value of an interaction where it has one
EVENT = "event"
LIKED = "liked"  # bool
COUNT = "count"  # int64, how many source rows an interaction stands for
COLD = "cold"  # users: "val" or "test" where all their interactions are held out
PART = "part"  # what of a row is set aside: the row, its time, the label of a task
REASON = "reason"
WRITTEN = "written"
ASIDE = {SOURCE: "str", ROW: "int64", PART: "str", REASON: "str", WRITTEN: "str"}

TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)

PRETRAINED, MULTITASK, ADAPTED = "pretrained", "multitask", "adapted"
STAGES = (PRETRAINED, MULTITASK, ADAPTED)

TRUNK = "trunk"  # the space of the states that all tasks read


def task_column(task: str) -> str:
    """The records' column that holds a task's labels as strings, missing where there is none."""
    return f"task:{task}"


def task_space(task: str) -> str:
    """The space of the states that one task alone reads."""
    return f"{TRUNK}:{task}"


def attribute_column(attribute: str) -> str:
    """The items' or users' column that holds an attribute as a string."""
    return f"attr:{attribute}"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; `low` and `high` are None where no interval can be given."""

    value: float
    low: float | None = None
    high: float | None = None

    def json(self) -> dict[str, float | None]:
        return asdict(self)


@dataclass(frozen=True)
class DataWarning:
    """Something a person should know about their data, with its consequence in `message`."""

    code: str  # snake_case, stable
    source: str  # file or section it concerns
    rows: int  # how many rows it concerns
    message: str  # without a full stop at its end

    @property
    def sentence(self) -> str:
        """The message as it is read by itself."""
        return f"{self.message}."

    def json(self) -> dict[str, Any]:
        return asdict(self)
