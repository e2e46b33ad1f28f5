"""Labels with an order: stars, grades, steps, or words whose order the recipe gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mtrec.data.labels import UNSAID
from mtrec.data.recipe import TaskSpec
from mtrec.data.sampling import some_of
from mtrec.errors import InputError
from mtrec.schema import DataWarning
from mtrec.tasks.base import Floats
from mtrec.tasks.classification import SingleLabel
from mtrec.tasks.ragged import Index
from mtrec.tasks.ratings import GRADES, Rating, number_text, parse_rating
from mtrec.tasks.reading import LOOKED_AT, at_least_two
from mtrec.tasks.tally import Counts, Metric, Sums, Tally, accuracy

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_LABELS = 21
ORDER = "give words their order in the recipe, such as order: [low, mid, high]"

# What a column of ordered labels looks like where the recipe names no type.
NUMBERS = 0.98  # of the cells are numbers alone
RATINGS = 0.9  # of the cells are grades, or ratings in several notations
OUT_OF = 0.1  # of these at least say out of how many: grades and percentages can be of anything
HIGHEST = 10  # steps go no further, counts, years and ids do
FEWEST = 3
FILLED = 0.8  # of the steps from the lowest to the highest number occur
REUSED = 5  # times that a number stands on average
USUAL = {Decimal(top) for top in (3, 4, 5, 6, 7, 8, 10, 20, 100)}  # fractions have other tops

Ratings = Mapping[str, Rating]


class Ordinal(SingleLabel):
    """One of several labels in an order, so that a near miss is better than a far one.

    - With `order`: these words, in that order.
    - Numbers alone, or on one scale throughout (`3/5`): these numbers. Where they are more than 21,
      they are rounded to halves, or to half stars if that is not enough.
    - Grades alone: these grades, from F- to A+.
    - Several notations: each is brought to a share of its scale and that to the nearest half of
      five stars, 0 to 5. Among them a number alone is unreadable unless `scale` says what it is on.

    How each notation is read, and why grades stand where they do: `mtrec/tasks/ratings.py`.

    Learned as in CORN (Shi, Cao and Raschka, 2021, arXiv:2111.08851), by the continuation ratio: of
    L labels in order, the head gives L - 1 logits z_k, the log-odds of y > k given y ≥ k. A label y
    has probability σ(z_0) ⋯ σ(z_{y-1}) (1 - σ(z_y)), without the last factor if it is the highest,
    and the loss is its negative logarithm. Predicted is the median, which is wrong by the fewest
    steps on average.
    """

    type = "ordinal"
    headline = "qwk"
    bounds = (-1.0, 1.0)
    ordered = True
    settings = ("order", "scale")
    description = "Each record carries one of several labels in an order, such as stars"

    def recognise(self, written: pd.Series, texts: pd.Series) -> str | None:
        often = some_of(written, LOOKED_AT).value_counts()
        ratings = {cell: rating for cell in often.index if (rating := parse_rating(cell))}
        known = often[list(ratings)]
        if len(known) < FEWEST:
            return None
        rows = int(often.sum())
        return (
            _steps(ratings, known, rows)
            or _grades(ratings, known, rows)
            or _several_notations(ratings, known, rows)
        )

    def read(self, written: pd.Series, texts: pd.Series, spec: TaskSpec = UNSAID) -> pd.Series:
        if spec.order is not None:
            return written.where(written.isin(_order(spec)))
        scale = _scale(spec)
        often = written.value_counts()
        ratings = {}
        for cell in often.index:
            rating = parse_rating(cell)
            if rating is not None and scale is not None and _is_on(rating, scale):
                rating = _placed(rating, scale)
            if rating is not None:
                ratings[cell] = rating
        return written.map(_together(ratings, often)).astype("str")

    def labels(self, values: pd.Series, spec: TaskSpec = UNSAID) -> list[str]:
        found = set(values.unique())
        if spec.order is not None:
            return at_least_two([word for word in spec.order if word in found])
        ratings = {label: rating for label in found if (rating := parse_rating(label))}
        grades = [label for label in ratings if ratings[label].grade]
        alone = [label for label in ratings if ratings[label].scale is None]
        if len(found) not in (len(grades), len(alone)):
            raise InputError(
                "The labels have no order",
                expected="numbers, or grades from F to A+, or words with order:",
                found=", ".join(sorted(found)[:6]),
                fix=ORDER,
            )
        if len(alone) > MOST_LABELS:
            raise InputError(
                "There are too many numbers to tell apart",
                expected=f"up to {MOST_LABELS} distinct numbers",
                found=f"{len(alone)} distinct numbers",
                fix="say their scale in the recipe, such as scale: [0, 100]: they are then "
                "brought to half stars",
            )
        if grades:
            return at_least_two(sorted(grades, key=GRADES.index))
        return at_least_two(sorted(alone, key=lambda label: ratings[label].number), ORDER)

    def checks(self, task: str, values: pd.Series) -> list[DataWarning]:
        return _two_steps(task, values.value_counts())

    def head(self, width: int, labels: Sequence[str]) -> nn.Linear:
        from torch import nn

        return nn.Linear(width, len(labels) - 1)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits

        steps = torch.arange(logits.shape[1], device=logits.device)
        further = (targets[:, None] > steps).to(logits.dtype)  # (U, L - 1)
        reached = targets[:, None] >= steps
        each = binary_cross_entropy_with_logits(logits, further, reduction="none")
        return (each * reached).sum(dim=1)

    def divergence(self, logits: Tensor, others: Tensor) -> Tensor:
        logs = _log_probabilities(logits)
        return (logs.exp() * (logs - _log_probabilities(others))).sum(dim=1)

    def probabilities(self, logits: Tensor) -> Floats:
        return np.asarray(_log_probabilities(logits.float()).exp().cpu().numpy())

    def choose(self, shares: Floats) -> Index:
        """The median: the lowest label that with those below it has at least half."""
        return np.asarray((shares.cumsum(axis=1) >= 0.5).argmax(axis=1), dtype=np.int64)

    def tally(
        self, truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> tuple[Tally, Mapping[str, Metric]]:
        """`qwk` is Cohen's kappa with quadratic weights (Cohen, 1968), `mae` is in steps.

        A step leads from a label to the next. Where all is right, kappa is 1, though that is 0/0 if
        all records carry one label; draws in which it is 0/0 otherwise say nothing.
        """
        tally = Tally(truth, predicted, labels)
        apart = _steps_apart(tally.pairs, labels)
        right = not apart.any()
        metrics: dict[str, Metric] = {
            "qwk": _quadratic_kappa(apart, len(labels), 1.0 if right else np.nan),
            "mae": lambda sums: sums.counts @ apart / sums.records,
            "accuracy": accuracy,
        }
        return tally, metrics


def _log_probabilities(logits: Tensor) -> Tensor:
    """Of each label, from the log-odds of going further: `(U, L - 1)` to `(U, L)`."""
    from torch.nn.functional import logsigmoid, pad

    further, stays = logsigmoid(logits), logsigmoid(-logits)
    return pad(further.cumsum(dim=1), (1, 0)) + pad(stays, (0, 1))


def _steps_apart(pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> Counts:
    """How many steps each pair of truth and prediction is apart, `(C,)`."""
    places = {label: place for place, label in enumerate(labels)}
    return np.array([abs(places[a] - places[b]) for a, b in pairs], dtype=np.float64)


def _quadratic_kappa(apart: Counts, size: int, undefined: float) -> Metric:
    """One minus the mean squared steps over what they would be by chance.

    By chance, truths and predictions are as frequent as they are and independent of each other.

    Args:
        apart: steps between the pairs that are counted, `(C,)`.
        size: how many labels there are.
        undefined: where no two labels would meet by chance.
    """
    places = np.arange(size, dtype=np.float64)

    def metric(sums: Sums) -> Counts:
        squares = (sums.support + sums.guessed) @ places**2
        products = (sums.support @ places) * (sums.guessed @ places)
        chance = sums.records * squares - 2 * products  # whole numbers: 0 is exact
        found = sums.records * (sums.counts @ apart**2)
        share = np.divide(found, chance, out=np.full_like(chance, np.nan), where=chance > 0)
        return np.where(chance > 0, 1 - share, undefined)

    return metric


def _order(spec: TaskSpec) -> list[str]:
    words = spec.order or []
    if len(set(words)) == len(words) >= 2 and spec.scale is None:
        return words
    raise InputError(
        "The order of the labels cannot be used",
        expected="two different words or more, each once, and no scale: beside them",
        found=f"order: [{', '.join(words)}]"
        + (f" and scale: {list(spec.scale)}" if spec.scale else ""),
        fix="write each label once, from the lowest to the highest",
    )


def _scale(spec: TaskSpec) -> tuple[Decimal, Decimal] | None:
    if spec.scale is None:
        return None
    low, high = spec.scale
    if not -float("inf") < low < high < float("inf"):
        raise InputError(
            "The scale of the labels cannot be used",
            expected="the lowest and the highest number, such as scale: [0, 5]",
            found=f"scale: [{low:g}, {high:g}]",
            fix="write the lower number first",
        )
    return Decimal(str(low)), Decimal(str(high))


def _is_on(rating: Rating, scale: tuple[Decimal, Decimal]) -> bool:
    """Whether the recipe's scale is that of a number: one alone, or one out of the same top."""
    return rating.grade is None and (rating.scale is None or rating.scale[1] == scale[1])


def _placed(rating: Rating, scale: tuple[Decimal, Decimal]) -> Rating | None:
    low, high = scale
    return Rating(rating.number, scale) if low <= rating.number <= high else None


def _together(ratings: Ratings, often: pd.Series) -> dict[str, str]:
    """The label of each cell, such that all stand in one order.

    Args:
        often: how many rows hold each cell.
    """
    alone = {cell: rating for cell, rating in ratings.items() if rating.scale is None}
    rated = {cell: rating for cell, rating in ratings.items() if rating.scale is not None}
    grades = {cell: rating.grade for cell, rating in rated.items() if rating.grade}
    scales = {rating.scale for rating in rated.values() if rating.scale}
    placed: dict[str, Rating] = {}
    if len(scales) == 1 and not grades:
        (scale,) = scales
        on_it = {cell: _placed(rating, scale) for cell, rating in alone.items()}
        placed = {cell: rating for cell, rating in on_it.items() if rating}
    if len(placed) < len(alone) and often[list(alone)].sum() > often[list(rated)].sum():
        return _numbers(alone)
    if not rated:
        return _numbers(alone)
    if len(grades) == len(rated):
        return grades
    if len(scales) == 1 and not grades:
        return _numbers(rated | placed)
    return {cell: rating.stars for cell, rating in rated.items()}


def _numbers(ratings: Ratings) -> dict[str, str]:
    """The numbers as they are, or coarser where they are too many to tell apart."""
    exact = {cell: number_text(rating.number) for cell, rating in ratings.items()}
    if len(set(exact.values())) <= MOST_LABELS:
        return exact
    halves = {
        cell: number_text(Decimal(round(rating.number * 2)) / 2) for cell, rating in ratings.items()
    }
    if len(set(halves.values())) <= MOST_LABELS:
        return halves
    if any(rating.scale is None for rating in ratings.values()):
        return exact
    return {cell: rating.stars for cell, rating in ratings.items()}


def _steps(ratings: Ratings, known: pd.Series, rows: int) -> str | None:
    """Small numbers one or a half apart, with few gaps, that do not fall off as counts do."""
    alone = known[[ratings[cell].scale is None for cell in known.index]]
    if alone.sum() < NUMBERS * rows:
        return None
    often = alone.groupby([ratings[cell].number for cell in alone.index]).sum()
    numbers = often.index.tolist()
    low, high = min(numbers), max(numbers)
    halves = any(number % 1 for number in numbers)
    places = (high - low) * (2 if halves else 1) + 1
    if any(number * 2 % 1 for number in numbers) or not -HIGHEST <= low < high <= HIGHEST:
        return None
    if not max(FEWEST, FILLED * float(places)) <= len(numbers) <= alone.sum() / REUSED:
        return None
    if low == 0 and often.is_monotonic_decreasing and often.iloc[0] * 2 > often.sum():
        return None
    gap = "half a step" if halves else "a step"
    return f"numbers from {number_text(low)} to {number_text(high)}, {gap} apart"


def _grades(ratings: Ratings, known: pd.Series, rows: int) -> str | None:
    """Grades, of which one has a sign or is F: A to D alone are answers to choose from, too."""
    found = known[[ratings[cell].grade is not None for cell in known.index]]
    if len(found) < FEWEST or found.sum() < RATINGS * rows:
        return None
    grades = sorted({str(ratings[cell].grade) for cell in found.index}, key=GRADES.index)
    if not any(len(grade) > 1 or grade == "F" for grade in grades):
        return None
    return f"grades from {grades[0]} to {grades[-1]}"


def _several_notations(ratings: Ratings, known: pd.Series, rows: int) -> str | None:
    """Numbers out of a usual one, among them perhaps grades and percentages."""
    usual = known[[_is_usual(ratings[cell]) for cell in known.index]]
    out_of = [not ratings[cell].grade and not cell.endswith("%") for cell in usual.index]
    if len(usual) < FEWEST or usual.sum() < RATINGS * rows:
        return None
    if usual[out_of].sum() < OUT_OF * usual.sum():
        return None
    share = usual.sum() / rows
    return f"{share:.0%} of the cells looked at are ratings such as {', '.join(usual.index[:3])}"


def _is_usual(rating: Rating) -> bool:
    return rating.scale is not None and (rating.grade is not None or rating.scale[1] in USUAL)


def _two_steps(task: str, counts: pd.Series) -> list[DataWarning]:
    if len(counts) != 2:
        return []
    message = (
        f"'{task}' has two labels only, and between two every order is the same: type: binary "
        "tells more about them"
    )
    return [DataWarning("two_steps", task, int(counts.sum()), message)]
