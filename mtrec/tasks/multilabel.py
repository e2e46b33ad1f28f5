"""Several labels at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import compress, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.errors import InputError
from mtrec.schema import DataWarning
from mtrec.tasks.base import NOTHING, Floats, Prediction, Targets, TaskType
from mtrec.tasks.ragged import Ragged
from mtrec.tasks.reading import LOOKED_AT, at_least_two, read_each
from mtrec.tasks.sigmoid import divergences
from mtrec.tasks.tally import Metric, Part, Tally, accuracy, macro_f1, micro_f1

if TYPE_CHECKING:
    from torch import Tensor, nn

JOINED = "|"  # between the labels of a cell in the form that is kept
OTHERS = (";", ",", "/")
ORDINARY = (",", "/")  # separators that stand in dates, names and sentences as well
LISTS = "JSON lists"

# What a column of several labels looks like where the recipe names no type.
SEVERAL = 0.02  # of the cells at least hold two labels or more
MOST_LABELS = 200
LONGEST = 40  # characters of a label
REUSED = 3  # times that a label stands on average
ANYWHERE = 0.5  # of the labels behind the first place also stand in it: they have no places
WORDS = 0.8  # of the labels between ordinary separators hold no digit

CUT = 0.5  # from this probability on a label is predicted where no better threshold is known
ENOUGH = 3  # records that carry a label at least, for a threshold of its own

Splitter = Callable[[str], list[str]]


class Multilabel(TaskType):
    """Any number of labels, without an order among them.

    Cells separate them by the recipe's `separator`; where it names none, by |, else by whichever of
    ; , / separates the most cells, or they are JSON lists such as `["calm", "glad"]`. Kept are the
    labels in order of their first appearance, joined by |; a | within a label becomes /. A cell
    without any label is unreadable.

    The head gives a logit z per label, which has probability σ(z) whatever the others do; the loss
    is the mean over labels of the cross-entropy -y log σ(z) - (1 - y) log(1 - σ(z)). Predicted are
    the labels above their thresholds, in the order of the task's labels; it may be none.
    """

    type = "multilabel"
    headline = "macro_f1"
    description = "Each record carries any number of labels"
    several = True
    settings = ("separator",)

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        looked = some_of(written, LOOKED_AT)
        separator = _separator(looked)
        if separator is None:
            return None
        split = _splitter(separator)
        if not _look_like_labels(list(filter(None, map(split, looked))), separator in ORDINARY):
            return None
        cells = list(filter(None, map(split, written.unique())))
        fewest, most = min(map(len, cells)), max(map(len, cells))
        found = {label for labels in cells for label in labels}
        how = f"as {LISTS}" if separator == LISTS else f"separated by {separator}"
        return f"{fewest} to {most} labels a cell, {how}, {len(found)} in all"

    def read(self, written: pd.Series, texts: pd.Series, spec: TaskSpec = UNSAID) -> pd.Series:
        if spec.separator == "":
            raise InputError(
                "Labels cannot be separated by nothing",
                expected='a separator such as separator: "|"',
                found='separator: ""',
                fix="name the character between two labels, or remove separator:",
            )
        split = _splitter(spec.separator or _separator(written) or JOINED)
        return read_each(written, lambda cell: JOINED.join(split(cell)) or None)

    def occurrences(self, values: pd.Series) -> pd.Series:
        return values.str.split(JOINED, regex=False).explode().astype("str")

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        return at_least_two(sorted(self.occurrences(values).unique().tolist()))

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        return _never_several(task, values)

    def encode(self, values: pd.Series, labels: Sequence[str]) -> Targets:
        """Rows `(U, L)` of 0 and 1."""
        known = values.notna().to_numpy()
        found = self.occurrences(values[known].reset_index(drop=True))
        places = pd.Index(labels).get_indexer(pd.Index(found))
        rows = np.zeros((known.sum(), len(labels)), dtype=np.float32)
        rows[found.index[places >= 0], places[places >= 0]] = 1
        return Ragged(rows, known.astype(np.int64))

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        from torch import nn

        return nn.Linear(width, len(labels))

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(
            logits, targets.to(logits.dtype), reduction="none"
        ).mean(dim=1)

    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        return divergences(logits, others).mean(dim=1)

    def probabilities(self, logits: Tensor) -> Floats:
        return np.asarray(logits.float().sigmoid().cpu().numpy())

    def thresholds(
        self, probabilities: Floats, targets: NDArray[Any], labels: Sequence[str]
    ) -> tuple[float, ...]:
        """Where each label's F1 is best; one half for labels too rare to tell."""
        return tuple(_best_cut(*each) for each in zip(probabilities.T, targets.T, strict=True))

    def decode(
        self,
        probabilities: Ragged[Floats],
        labels: Sequence[str],
        thresholds: Sequence[float] = (),
    ) -> Prediction:
        shares = probabilities.rows
        chosen = shares >= np.array(thresholds or [CUT] * len(labels))
        written = [JOINED.join(compress(labels, row)) or NOTHING for row in chosen.tolist()]
        confidence = np.where(chosen, shares, 1 - shares).prod(axis=1)
        return Prediction(np.array(written, dtype=object), confidence, shares)

    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        """`accuracy` is the share of records whose labels are all right, and no other predicted."""
        metrics = {"macro_f1": macro_f1, "micro_f1": micro_f1, "accuracy": accuracy}
        return Tally(truth, predicted, labels, _parts), metrics

    def compare(self, truth: str, predicted: str) -> list[tuple[str, str]]:
        """Hits stand against themselves, each missed label against each predicted in its place."""
        true, said = _labels(truth), _labels(predicted)
        hits = [(label, label) for label in true if label in said]
        missed = [label for label in true if label not in said]
        wrong = [label for label in said if label not in true]
        if not missed and not wrong:
            return hits
        return hits + list(product(missed or [NOTHING], wrong or [NOTHING]))


def _labels(kept: str) -> list[str]:
    return kept.split(JOINED) if kept != NOTHING else []


def _parts(kept: str) -> list[Part]:
    return [(label, None) for label in _labels(kept)]


def _best_cut(probabilities: Floats, targets: NDArray[Any]) -> float:
    """From which probability on to predict one label, so that its F1 is best.

    Every cut between two different probabilities is tried, and one below them all; each lies in the
    middle between its neighbours. Of several that are best it is the one nearest to one half.

    Args:
        probabilities, targets: `(U,)`; targets are 0 or 1.
    """
    true = float(targets.sum())
    if true < ENOUGH:
        return CUT
    order = np.argsort(-probabilities)
    above = probabilities[order].astype(np.float64)
    below = np.append(above[1:], 0.0)
    hits = targets[order].cumsum(dtype=np.float64)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + true)
    f1[:-1][above[:-1] == below[:-1]] = 0  # equal probabilities cannot be told apart
    cuts = (above + below) / 2
    best = cuts[f1 == f1.max()]
    return float(best[np.abs(best - CUT).argmin()])


def _separator(written: pd.Series) -> str | None:
    """What separates labels within these cells; None where no cell holds two."""
    often = written.value_counts()
    lists = often[[_list(cell) is not None for cell in often.index]]
    if lists.sum() * 2 > len(written):
        return LISTS

    def cells(separator: str) -> int:
        return int(often[[len(_split(cell, separator)) > 1 for cell in often.index]].sum())

    if cells(JOINED):
        return JOINED
    best = max(OTHERS, key=cells)
    return best if cells(best) else None


def _splitter(separator: str) -> Splitter:
    return _listed if separator == LISTS else partial(_split, separator=separator)


def _split(cell: str, separator: str) -> list[str]:
    return _clean(cell.split(separator))


def _listed(cell: str) -> list[str]:
    return _clean(_list(cell) or [])


def _list(cell: str) -> list[str] | None:
    """The labels of a JSON list of strings or whole numbers; None of anything else."""
    if not cell.startswith("["):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if any(isinstance(label, bool) or not isinstance(label, str | int) for label in found):
        return None
    return [str(label) for label in found]


def _clean(labels: list[str]) -> list[str]:
    stripped = (label.strip().replace(JOINED, "/") for label in labels)
    return list(dict.fromkeys(label for label in stripped if label))


def _look_like_labels(cells: list[list[str]], ordinary: bool) -> bool:
    """Whether cells hold a few short labels used again and again, in any place.

    Args:
        cells: the labels of each cell, one or more.
        ordinary: the separator is one that dates, names and sentences hold as well.
    """
    several = [labels for labels in cells if len(labels) > 1]
    if len(several) < max(1, SEVERAL * len(cells)):
        return False
    standing = sum(map(len, cells))
    found = {label for labels in cells for label in labels}
    if len(found) > MOST_LABELS or standing < REUSED * len(found):
        return False
    if max(map(len, found)) > LONGEST:
        return False
    first = {labels[0] for labels in cells}
    later = {label for labels in several for label in labels[1:]}
    if len(later & first) < ANYWHERE * len(later):
        return False
    if not ordinary:
        return True
    words = sum(not any(map(str.isdigit, label)) for labels in cells for label in labels)
    return len(set(map(len, cells))) > 1 and words >= WORDS * standing


def _never_several(task: str, values: pd.Series) -> list[DataWarning]:
    if values.empty or values.str.contains(JOINED, regex=False).any():
        return []
    message = (
        f"no record of '{task}' carries two labels: type: multiclass suits them better, since it "
        "knows that exactly one is right; if they should be several, name their separator"
    )
    return [DataWarning("never_several", task, len(values), message)]
